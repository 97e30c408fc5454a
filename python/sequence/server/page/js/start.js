// What is asked for, how often.
function every(ms, fn) {
  let busy = false;
  setInterval(async () => {
    if (busy || document.hidden || !session) return;
    if (isAway && Date.now() < retryAt) return;
    busy = true;
    try {
      await fn();
    } catch (e) {
      if (e instanceof Away) retryAt = Date.now() + 2000;
    }
    busy = false;
  }, ms);
}
// The present of the sandbox: between two answers the wall clock runs on.
function nowNs() {
  if (!state.clock) return Date.now() * 1e6;
  const since = state.clock.clock === 'wall' ? (Date.now() - state.clockAt) * 1e6 : 0;
  return state.clock.now_ns + since;
}
function pollSlow() {
  return Promise.all([
    api('GET', '/v1/sandbox/faults').then(r => (state.faults = r.faults)),
    api('GET', '/v1/sandbox/clock').then(r => {
      state.clock = r;
      state.clockAt = Date.now();
    }),
    api('GET', '/v1/kill_switch').then(r => (state.kill = r.engaged)),
    loadSummary(),
    loadGraph(),
  ]).then(() => redraw('faults'));
}
let started = false;
async function start() {
  if (started) {
    connect();
    loadAll();
    return;
  }
  started = true;
  await loadAll();
  buildPlots();
  connect();
  pollSlow();
  every(1000, () =>
    api('GET', '/v1/quotes/' + encodeURIComponent(state.sym) + '?depth=1').then(r => {
      if (r.symbol === state.sym) {
        state.q = r;
        redraw('nbbo', 'ladder');
      }
    }),
  );
  every(1000, () =>
    api('GET', '/v1/positions').then(r => {
      state.pos = r;
      addEquity(r.as_of_ns, from9(r.totals.nav_usd_1e9));
      redraw('kpi', 'pos', 'chart');
    }),
  );
  every(5000, () => loadOrders().then(() => redraw('orders', 'ladder')));
  every(2000, () =>
    api('GET', '/v1/health').then(r => {
      state.health = r;
      redraw('feeds');
    }),
  );
  every(1000, () =>
    api('GET', '/v1/sandbox/requests?since_seq=' + state.reqSeq).then(r => {
      for (const x of r.requests) {
        state.reqSeq = Math.max(state.reqSeq, x.seq);
        state.reqs.unshift(x);
      }
      state.reqs.length = Math.min(state.reqs.length, 300);
      state.loaded.reqs = 1;
      if (r.requests.length || !$('reqs')._head) redraw('reqs');
    }),
  );
  every(3000, pollSlow);
  every(15000, () => api('GET', '/v1/risk_limits').then(r => (state.limits = r)));
  setInterval(() => {
    if (state.clock) setText($('clock'), clockText(nowNs()));
    if (isAway)
      setText(
        $('bannert'),
        `No answer from the server for ${durationText(Date.now() - awaySince)}. Numbers below are the last ones seen. Trying every 2 s; if it has stopped, type  sequence up`,
      );
    paintArm();
    redraw('ladder', 'nbbo', 'graph');
  }, 1000);
}
