// What answers and events change in the state.
function addFill(f, front) {
  if (state.fset.has(f.fill_id)) return;
  state.fset.add(f.fill_id);
  if (front) state.fills.unshift(f);
  else state.fills.push(f);
  if (state.fills.length > 1000) {
    const x = state.fills.pop();
    state.fset.delete(x.fill_id);
  }
}
function addNewFill(f) {
  if (state.fset.has(f.fill_id)) return;
  addFill(f, true);
  state.nFills++;
}
const OPEN = new Set(['NEW', 'ACCEPTED', 'PARTIAL']);
function addOrder(o, again) {
  if (OPEN.has(o.status)) {
    const p = state.orders.get(o.node_order_id);
    // Why it is not filled comes by itself: a row that says nothing of it takes nothing back.
    if (!p || p.version <= o.version)
      state.orders.set(o.node_order_id, { ...o, evidence: o.evidence || p?.evidence });
  } else {
    state.orders.delete(o.node_order_id);
    if (o.status === 'REJECTED' && !again) {
      state.nRej++;
      setText($('live'), 'Order rejected: ' + (o.failure_reason || ''));
    }
  }
}
function addEvidence(evidence) {
  const order = state.orders.get(evidence.order_id);
  if (order) state.orders.set(evidence.order_id, { ...order, evidence });
}
// How long venues took to acknowledge, of the newest orders.
function addAck(o) {
  if (o.ack_ns == null || state.acks.some(row => row.id === o.node_order_id)) return;
  state.acks.unshift({ id: o.node_order_id, ack_ns: o.ack_ns });
  state.acks.length = Math.min(state.acks.length, 500);
  redraw('lat');
}
function addEquity(ns, v) {
  const t = ns / 1e9,
    x = state.eq[0];
  if (x.length && t <= x[x.length - 1]) return;
  if (state.base == null) state.base = v;
  x.push(t);
  state.eq[1].push(v);
  state.peak = Math.max(state.peak, v);
  state.dd = state.peak - v;
  state.maxdd = Math.max(state.maxdd, state.dd);
  if (x.length > 2400) {
    x.shift();
    state.eq[1].shift();
  }
}
function addPrice(ms, price) {
  if (!price) return;
  const t = ms / 1e3,
    times = state.px[0];
  if (times.length && t <= times[times.length - 1] + 0.2) return;
  times.push(t);
  state.px[1].push(price);
  if (times.length > 4000) {
    times.shift();
    state.px[1].shift();
  }
}
async function loadPrices() {
  const symbol = state.sym;
  state.px[0].length = state.px[1].length = 0;
  try {
    const path = '/v1/price_history/' + encodeURIComponent(symbol);
    const history = await api('GET', path + '?range=1h&fidelity_secs=1');
    if (symbol !== state.sym) return;
    // Ticks that came meanwhile go behind what was.
    const live = [state.px[0].splice(0), state.px[1].splice(0)];
    for (const point of history.points) addPrice(point.ts_ns / 1e6, from9(point.price_1e9));
    live[0].forEach((t, i) => addPrice(t * 1e3, live[1][i]));
  } catch (e) {
    // Without a history the chart begins now.
    console.info('no price history', e.message);
  }
  redraw('chart');
}
// Counts and extremes that no list of this page is long enough for.
function loadSummary() {
  return api('GET', '/v1/account/summary').then(r => {
    state.summary = r;
    state.nRej = r.rejects;
    redraw('kpi');
  });
}
// A list as it is now. What the stream tells while its answer is on the way may be missing in it, or
// be newer, and is told again after it; of several answers the one that was asked for last counts.
const awaited = {};
function tell(list, add, row) {
  awaited[list]?.push([add, row]);
  add(row);
}
async function load(list, path, take) {
  const told = (awaited[list] = []);
  try {
    const answer = await api('GET', path);
    if (awaited[list] !== told) return;
    take(answer);
    for (const [add, row] of told) add(row, true);
  } finally {
    if (awaited[list] === told) delete awaited[list];
  }
}
const OPEN_LIMIT = 200;
function loadOrders() {
  return load('orders', '/v1/orders?open=true&limit=' + OPEN_LIMIT, r => {
    const listed = new Set(r.orders.map(o => o.node_order_id));
    // Of what is older than a full page, the answer says nothing.
    const since = r.total > OPEN_LIMIT ? r.orders.at(-1).created_unix_ns : -1;
    for (const [id, o] of state.orders)
      if (!listed.has(id) && o.created_unix_ns > since) state.orders.delete(id);
    r.orders.forEach(o => addOrder(o, true));
    state.loaded.orders = 1;
  });
}
function loadFills() {
  return load('fills', '/v1/fills?limit=300', r => {
    state.fills = [];
    state.fset.clear();
    r.fills.forEach(f => addFill(f));
    state.nFills = r.total;
    state.loaded.fills = 1;
  });
}
// Both are asked for again once the stream runs, so that nothing is lost between the two.
function loadLists() {
  return Promise.all([
    loadOrders(),
    loadFills(),
    loadSummary(),
    api('GET', '/v1/orders?limit=200').then(r => [...r.orders].reverse().forEach(addAck)),
  ]).then(
    () => redraw('orders', 'fills', 'ladder', 'chart'),
    e => console.info('not loaded', e.message),
  );
}
async function loadAll() {
  const j = (p, f) =>
    api('GET', p)
      .then(f)
      .catch(() => {});
  await Promise.all([
    j('/v1/symbols', r => {
      state.syms = r;
      state.loaded.syms = 1;
      for (const k in digitCache) delete digitCache[k];
      const e = $('sym');
      e.replaceChildren();
      for (const x of r) {
        const o = el('option', '', x.symbol);
        o.value = x.symbol;
        e.append(o);
      }
      e.value = state.sym;
    }),
    j('/v1/account', r => (state.acct = r)),
    j('/v1/risk_limits', r => (state.limits = r)),
    loadLists(),
    j('/v1/portfolio/snapshots', r => {
      state.eq[0].length = state.eq[1].length = 0;
      state.base = null;
      state.peak = -1e18;
      state.maxdd = 0;
      // What was before a reset is another account's curve.
      const epoch = r.snapshots.at(-1)?.epoch;
      for (const x of r.snapshots)
        if (x.epoch === epoch) addEquity(x.ts_ns, from9(x.nav_usd_1e9));
    }),
  ]);
  await loadPrices();
  fillSteps();
  redraw(...Object.keys(panel.all));
}
