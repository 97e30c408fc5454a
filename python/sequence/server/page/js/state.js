// Everything the panels show, and whether the server answers.
const state = {
  sym: 'BTC-USD',
  step: 0,
  book: null,
  bookAt: 0,
  tops: null,
  acks: [],
  q: null,
  syms: [],
  orders: new Map(),
  routes: new Map(),
  fills: [],
  fset: new Set(),
  pos: null,
  health: null,
  acct: null,
  summary: null,
  limits: null,
  faults: [],
  clock: null,
  reqs: [],
  reqSeq: 0,
  eq: [[], []],
  px: [[], []],
  nFills: 0,
  nRej: 0,
  onlySym: false,
  rf: 0,
  seq: {},
  peak: -1e18,
  base: null,
  dd: 0,
  maxdd: 0,
  loaded: {},
};
let isAway = false,
  awaySince = 0,
  lastOk = Date.now(),
  retryAt = 0;
function away(v) {
  if (!v) lastOk = Date.now();
  if (v === isAway) return;
  isAway = v;
  if (v) awaySince = lastOk;
  document.body.classList.toggle('away', v);
  $('banner').classList.toggle('on', v);
  setText($('live'), v ? 'Server away' : 'Server back');
  if (!v && session) {
    connect();
    loadAll();
  }
}
const dirty = new Set(),
  redraw = (...p) => p.forEach(x => dirty.add(x));
