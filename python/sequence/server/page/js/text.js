// Numbers, times and names as people read them.
const formats = {};
function fmt(v, d = 2, sign) {
  if (v == null || !isFinite(v)) return '–';
  const k = d + (sign ? 's' : '');
  const f =
    formats[k] ||
    (formats[k] = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: d,
      maximumFractionDigits: d,
      signDisplay: sign ? 'exceptZero' : 'auto',
    }));
  return f.format(v).replace('-', '−');
}
const from9 = v => (v == null ? null : v / 1e9),
  from8 = v => (v == null ? null : v / 1e8);
const sizeText = v => {
  if (v == null) return '–';
  const a = Math.abs(v);
  return fmt(v, a >= 1000 ? 1 : a >= 100 ? 2 : a >= 1 ? 3 : 4);
};
const shortSize = v => {
  if (v == null) return '–';
  const a = Math.abs(v),
    d = a >= 1000 ? 0 : a >= 100 ? 1 : a >= 10 ? 2 : a >= 1 ? 3 : 4;
  return fmt(v, d)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
};
const moneyText = v => (Math.abs(v) >= 1e8 ? fmt(v / 1e6, 0) + ' M' : fmt(v, 0));
const pad = (n, w = 2) => String(n).padStart(w, '0');
function clockText(ns, ms) {
  const d = new Date(ns / 1e6);
  return (
    pad(d.getHours()) +
    ':' +
    pad(d.getMinutes()) +
    ':' +
    pad(d.getSeconds()) +
    (ms ? '.' + pad(d.getMilliseconds(), 3) : '')
  );
}
function durationText(ms) {
  if (ms == null || !isFinite(ms)) return '–';
  if (ms < 0) ms = 0;
  if (ms < 1) return ms < 0.05 ? '<0.1 ms' : fmt(ms, 1) + ' ms';
  if (ms < 1000) return fmt(ms, ms < 10 ? 1 : 0) + ' ms';
  const t = ms / 1000;
  if (t < 60) return fmt(t, t < 10 ? 1 : 0) + ' s';
  if (t < 3600) return Math.floor(t / 60) + ' m ' + pad(Math.floor(t % 60)) + ' s';
  return Math.floor(t / 3600) + ' h ' + pad(Math.floor((t % 3600) / 60)) + ' m';
}
const VENUE_CODES = {
  binance: 'BIN',
  bybit: 'BYB',
  coinbase: 'CB',
  dex: 'DEX',
  hyperliquid: 'HL',
  kalshi: 'KAL',
  kraken: 'KRK',
  okx: 'OKX',
  polymarket: 'POLY',
  bitget: 'BGT',
};
const venueCode = v => (v ? VENUE_CODES[v] || v.slice(0, 4).toUpperCase() : 'SOR');
const isBuy = x => x === 'buy',
  sideArrow = (x, m) => (m ? (isBuy(x) ? '△' : '▽') : isBuy(x) ? '▲' : '▼'),
  sideClass = x => (isBuy(x) ? 'bid' : 'ask');
const TEXT_NUMBERS = new Set(['stream_key', 'hash', 'params_hash']);
const parse = t =>
  JSON.parse(t, (k, v, c) =>
    typeof v === 'number' && TEXT_NUMBERS.has(k) && c && c.source ? c.source : v,
  );
