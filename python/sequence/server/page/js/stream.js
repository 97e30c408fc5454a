// The stream of the server, with a new ticket after every loss.
let socket = null,
  backoffMs = 500,
  retryTimer = 0;
const symbolTopics = symbol => ['depth', 'venues', 'prices'].map(name => `${name}:${symbol}`);
async function connect() {
  if (socket || !session) return;
  socket = {};
  try {
    const k = await api('GET', '/v1/ws/ticket');
    const w = new WebSocket(
      (location.protocol === 'https:' ? 'wss://' : 'ws://') +
        location.host +
        '/v1/stream?ticket=' +
        k.ticket,
    );
    socket = w;
    w.onopen = () => {
      backoffMs = 500;
      const m = {
        subscribe: [...symbolTopics(state.sym), 'orders', 'fills', 'routing', 'evidence'],
      };
      if (state.seq.fills)
        m.from_seq = {
          fills: state.seq.fills,
        };
      w.send(JSON.stringify(m));
    };
    w.onmessage = e => {
      const m = parse(e.data);
      if (m.epoch != null) {
        state.seq = {};
        state.fills = [];
        state.fset.clear();
        state.orders.clear();
        state.routes.clear();
        loadAll();
        return;
      }
      if (m.subscribed && m.subscribed.includes('fills')) loadLists();
      const c = m.channel,
        d = m.data;
      if (!c) return;
      if (c === 'depth:' + state.sym) {
        state.book = d;
        state.bookAt = Date.now();
        redraw('ladder');
      } else if (c === 'venues:' + state.sym) {
        state.tops = d.venues;
        redraw('nbbo');
      } else if (c === 'evidence') {
        tell('orders', addEvidence, d);
        redraw('orders', 'ladder');
      } else if (c === 'prices:' + state.sym) {
        addPrice(Date.now(), d.bid && d.ask && (d.bid + d.ask) / 2);
        redraw('chart');
      } else if (c === 'orders') {
        state.seq.orders = m.seq;
        tell('orders', addOrder, d);
        addAck(d);
        redraw('orders', 'ladder');
      } else if (c === 'routing') {
        addRoute(d);
      } else if (c === 'fills') {
        state.seq.fills = m.seq;
        if (state.fset.has(d.fill_id)) return;
        tell('fills', addNewFill, d);
        redraw('fills', 'chart');
        setText($('live'), `${d.side} filled ${sizeText(from8(d.qty_1e8))} ${d.symbol}`);
      }
    };
    w.onclose = () => {
      socket = null;
      clearTimeout(retryTimer);
      retryTimer = setTimeout(connect, backoffMs);
      backoffMs = Math.min(8000, backoffMs * 2);
    };
  } catch {
    socket = null;
    clearTimeout(retryTimer);
    retryTimer = setTimeout(connect, backoffMs);
    backoffMs = Math.min(8000, backoffMs * 2);
  }
}
function setSymbol(v) {
  if (v === state.sym || !v) return;
  const o = state.sym;
  state.sym = v;
  state.book = null;
  state.q = null;
  state.tops = null;
  state.step = 0;
  $('grp').replaceChildren();
  $('sym').value = v;
  ladder.n = 0;
  if (socket && socket.send && socket.readyState === 1) {
    socket.send(
      JSON.stringify({
        unsubscribe: symbolTopics(o),
      }),
    );
    socket.send(
      JSON.stringify({
        subscribe: symbolTopics(v),
      }),
    );
  }
  loadPrices();
  redraw('ladder', 'nbbo', 'orders', 'chart');
}
