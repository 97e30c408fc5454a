// Ticks and lots, for the decimals of a symbol.
function listing(sym, ven) {
  const r = state.syms.find(x => x.symbol === sym);
  if (!r) return null;
  return r.venues.find(v => v.venue === ven) || r.venues[0];
}
const digitCache = {};
function digits(sym) {
  if (digitCache[sym]) return digitCache[sym];
  const l = listing(sym);
  if (!l)
    return {
      p: 2,
      q: 5,
      tick: 0.01,
    };
  const dec = x => {
    let n = 0;
    while (n < 9 && Math.abs(x * 10 ** n - Math.round(x * 10 ** n)) > 1e-9) n++;
    return n;
  };
  return (digitCache[sym] = {
    p: Math.max(2, dec(l.tick_1e9 / 1e9)),
    q: dec(l.lot_1e8 / 1e8),
    tick: l.tick_1e9 / 1e9,
  });
}
const qtyShort = (v, sym) => fmt(v, Math.min(digits(sym).q, 4));
const priceText = (v, sym) => fmt(v, digits(sym || state.sym).p),
  qtyText = (v, sym) => fmt(v, digits(sym || state.sym).q);
