// The consolidated book with own orders and the queue ahead of them.
const ladder = {
  rows: [],
  n: 0,
};
function buildLadder() {
  const r = $('lad'),
    n = Math.max(4, Math.min(40, Math.floor((r.clientHeight - 24 - 32 - 20) / 2 / 20)));
  if (n === ladder.n) return;
  ladder.n = n;
  r.replaceChildren();
  const hd = el('div', 'lrow lhead');
  hd.append(
    el('div', 'num', 'Price'),
    el('div', 'num', 'Size'),
    el('div', 'num', 'Yours, queue ahead'),
  );
  hd.setAttribute('role', 'row');
  r.append(hd);
  const mk = c => {
    const e = el('div', 'lrow ' + c);
    e.setAttribute('role', 'row');
    e.b = el('i', 'bar2');
    e.p = el('div', 'px');
    e.z = el('div', 'sz');
    e.m = el('div', 'me');
    e.chip = el('span', 'chip');
    e.q = el('span', 'q');
    e.qi = el('i');
    e.q.append(e.qi);
    e.ah = el('span', 'ah');
    e.m.append(e.ah, e.q, e.chip);
    e.append(e.b, e.p, e.z, e.m);
    e.q.hidden = e.chip.hidden = e.ah.hidden = true;
    return e;
  };
  const A = el('div', 'half a'),
    B = el('div', 'half b');
  ladder.a = [];
  ladder.b = [];
  for (let i = 0; i < n; i++) {
    const x = mk('a');
    A.prepend(x);
    ladder.a.push(x);
    const y = mk('b');
    B.append(y);
    ladder.b.push(y);
  }
  ladder.sp = el('div', 'spread');
  ladder.mid = el('div', 'mid');
  ladder.si = el('div', 'i');
  ladder.sp.append(ladder.mid, ladder.si);
  ladder.out = el('div', 'out');
  r.append(A, ladder.sp, B, ladder.out);
  redraw('ladder');
}
function steps() {
  const d = digits(state.sym),
    m = state.book && state.book.bids[0] ? state.book.bids[0][0] : 1;
  const c = [1, 10, 50, 100, 500, 1000].map(k => d.tick * k).filter(x => x < m * 0.004);
  return c.length ? c : [d.tick];
}
function autoStep() {
  const b = state.book;
  if (!b || !b.bids.length) return digits(state.sym).tick;
  const r = Math.abs(b.bids[0][0] - b.bids[b.bids.length - 1][0]);
  let best = steps()[0];
  for (const x of steps()) if (r / x >= ladder.n * 1.0) best = x;
  return best;
}
function fillSteps() {
  const g = $('grp');
  g.replaceChildren();
  const d = digits(state.sym);
  for (const x of steps()) {
    const o = el('option', '', fmt(x, x < 1 ? d.p : 0));
    o.value = x;
    g.append(o);
  }
  if (!state.step && state.book && state.book.bids.length && ladder.n) state.step = autoStep();
  g.value = state.step;
  if (state.step && !g.value && g.options[0]) {
    g.selectedIndex = 0;
    state.step = +g.value;
  }
}
function aggregate(lv, st, up) {
  const m = new Map();
  m.venues = new Map();
  for (const [p, z, venues] of lv) {
    const k =
      Math.round((up ? Math.ceil(p / st - 1e-9) : Math.floor(p / st + 1e-9)) * st * 1e9) / 1e9;
    m.set(k, (m.get(k) || 0) + z);
    const shares = m.venues.get(k) || m.venues.set(k, {}).get(k);
    for (const v in venues) shares[v] = (shares[v] || 0) + venues[v];
  }
  return m;
}
// Who stands at a price, the largest first.
function whoStands(shares) {
  const rows = Object.entries(shares || {}).sort((a, b) => b[1] - a[1]);
  return rows.map(([venue, size]) => `${venue} ${sizeText(size)}`).join('\n');
}
panel('ladder', 100, () => {
  buildLadder();
  const b = state.book;
  if (b && !state.step && b.bids.length) fillSteps();
  const st = state.step || digits(state.sym).tick;
  const live = [...state.orders.values()].filter(
    o => o.symbol === state.sym && o.limit_price_1e9 && o.remaining_qty_1e8 > 0,
  );
  const age = b ? Date.now() - state.bookAt : 1e9;
  if (!b || (!b.bids.length && !b.asks.length)) {
    setText(ladder.mid, '–');
    setText(
      ladder.si,
      state.syms.length === 0 && state.loaded.syms
        ? 'no market on this server'
        : b
          ? 'No book for ' + state.sym + ' right now'
          : 'Waiting for the first book…',
    );
    for (const e of ladder.a.concat(ladder.b)) {
      setText(e.p, '');
      setText(e.z, '');
      setScale(e.b, 0);
      e.chip.hidden = e.q.hidden = e.ah.hidden = true;
    }
    return;
  }
  const A = aggregate(b.asks, st, true),
    B = aggregate(b.bids, st, false),
    own = new Map();
  for (const o of live) {
    const sell = o.side === 'sell',
      p = from9(o.limit_price_1e9),
      k =
        (sell ? 'a' : 'b') +
        Math.round((sell ? Math.ceil(p / st - 1e-9) : Math.floor(p / st + 1e-9)) * st * 1e9) / 1e9;
    (own.get(k) || own.set(k, []).get(k)).push(o);
    const M = sell ? A : B;
    const kk = +k.slice(1);
    if (!M.has(kk)) M.set(kk, 0);
  }
  const as = [...A.keys()].sort((x, y) => x - y).slice(0, ladder.n),
    bs = [...B.keys()].sort((x, y) => y - x).slice(0, ladder.n);
  let mx = 0;
  for (const k of as) mx = Math.max(mx, A.get(k));
  for (const k of bs) mx = Math.max(mx, B.get(k));
  const paint = (rows, keys, M, t) =>
    rows.forEach((e, i) => {
      const k = keys[i];
      if (k == null) {
        setText(e.p, '');
        setText(e.z, '');
        setScale(e.b, 0);
        e.chip.hidden = e.q.hidden = e.ah.hidden = true;
        return;
      }
      setText(e.p, priceText(k));
      setText(e.z, M.get(k) ? sizeText(M.get(k)) : '·');
      e.p.title = e.z.title = whoStands(M.venues.get(k));
      setScale(e.b, Math.sqrt(M.get(k) / mx) * 0.98);
      const os = own.get(t + k);
      if (!os) {
        e.chip.hidden = e.q.hidden = e.ah.hidden = true;
        return;
      }
      let q = 0,
        f = null;
      for (const o of os) {
        q += from8(o.remaining_qty_1e8);
        if (o.evidence && (!f || o.evidence.v_now_1e8 < f.evidence.v_now_1e8)) f = o;
      }
      e.chip.hidden = false;
      setText(e.chip, shortSize(q) + (os.length > 1 ? ' ×' + os.length : ''));
      const z = queueState(f || os[0]);
      e.q.hidden = false;
      e.ah.hidden = false;
      setScale(e.qi, z.f);
      setText(e.ah, z.t);
      setClass(e.ah, 'warn', z.w);
      e.m.title = os.map(o => whyNotFilled(o, true)).join('\n');
    });
  paint(ladder.a, as, A, 'a');
  paint(ladder.b, bs, B, 'b');
  const bb = b.bids[0] && b.bids[0][0],
    ba = b.asks[0] && b.asks[0][0];
  setText(ladder.mid, bb && ba ? priceText((bb + ba) / 2) : '–');
  const bestBid = bb ? Object.keys(b.bids[0][2]).map(venueCode).slice(0, 3).join(' ') : '';
  const st2 =
    age > 3000
      ? '◌ stale for ' + durationText(age)
      : state.q && !state.q.nbbo.live
        ? '◌ not live: no venue has a live book'
        : '';
  setClass(ladder.si, 'warn', st2);
  setText(
    ladder.si,
    st2 ||
      (bb && ba
        ? bb > ba
          ? 'crossed: ' + priceText(bb - ba) + ' across venues'
          : 'spread ' + priceText(ba - bb) + ' · ' + fmt(((ba - bb) / (bb + ba)) * 2e4, 3) + ' bps'
        : 'one side only'),
  );
  const hid = live.filter(o => {
    const p = from9(o.limit_price_1e9);
    return o.side === 'sell' ? p > as[as.length - 1] + 1e-9 : p < bs[bs.length - 1] - 1e-9;
  });
  setText(
    ladder.out,
    hid.length
      ? `${hid.length} more of yours outside this view, nearest ${priceText(hid.map(o => from9(o.limit_price_1e9)).sort((x, y) => Math.abs(x - bb) - Math.abs(y - bb))[0])}`
      : live.length
        ? `all ${live.length} of your orders in view · bar: queue done`
        : `no order of yours here · best bid ${bestBid || '–'}`,
  );
  setText($('tb-mid'), bb && ba ? fmt((bb + ba) / 2, bb > 1000 ? 0 : 2) : '–');
});
