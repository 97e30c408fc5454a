// Open orders.
panel('orders', 250, () => {
  const root = $('orders');
  listHead(root, 'c-ord', [
    ['Side, left', ''],
    ['Symbol', 'o-sym'],
    ['At', 'o-ven'],
    ['Price', 'num'],
    ['Queue', 'o-q'],
    ['Why not filled yet', 'o-w'],
    ['', 'o-x'],
  ]);
  let os = [...state.orders.values()]
    .filter(o => !state.onlySym || o.symbol === state.sym)
    .sort((a, b) => b.created_unix_ns - a.created_unix_ns);
  const nOpen = os.length;
  if (isHeld(root) && root._shown) {
    const have = new Set(root._shown.map(o => o.node_order_id));
    os = root._shown
      .map(
        o =>
          state.orders.get(o.node_order_id) ||
          Object.assign({}, o, {
            _gone: 1,
          }),
      )
      .concat(os.filter(o => !have.has(o.node_order_id)));
  }
  root._shown = os;
  setText($('n-orders'), state.loaded.orders ? String(nOpen) : '');
  keyedList(
    root,
    os,
    o => o.node_order_id,
    o => {
      const r = gridRow('c-ord', [
        ['s', 'side'],
        ['y', 'o-sym'],
        ['v', 'o-ven dim'],
        ['p', 'num'],
        ['q', 'o-q'],
        ['w', 'o-w'],
        ['x', 'o-x'],
      ]);
      r.st = el('span');
      r.sn = el('span');
      r.pi = el('i');
      r.c.s.append(r.st, r.sn, r.pi);
      const q = el('span', 'q');
      r.qi = el('i');
      q.append(r.qi);
      r.c.q.append(q);
      const x = el('button', 'x', '×');
      x.tabIndex = -1;
      x.setAttribute('aria-label', 'Cancel this order');
      x.onclick = e => {
        e.stopPropagation();
        cancel(o.node_order_id);
      };
      r.c.x.append(x);
      r.x = x;
      r._open = () => openOrder(o.node_order_id);
      return r;
    },
    (r, o) => {
      const e = o.evidence;
      setClass(r, 'gone', o._gone);
      setText(r.st, sideArrow(o.side, 1));
      setText(r.sn, qtyShort(from8(o.remaining_qty_1e8), o.symbol));
      r.c.s.className = 'side sq ' + sideClass(o.side);
      setText(r.c.y, o.symbol);
      setText(r.c.v, venueCode(o.venue));
      setText(r.c.p, o.limit_price_1e9 ? priceText(from9(o.limit_price_1e9), o.symbol) : 'market');
      setScale(r.pi, o.filled_qty_1e8 / o.qty_1e8);
      const f = queueState(o).f;
      setScale(r.qi, f);
      r.c.q.title = e ? `queue ${fmt(f * 100, 0)} % done (simulated)` : '';
      r.c.s.title = fmt((o.filled_qty_1e8 / o.qty_1e8) * 100, 0) + ' % filled';
      r.c.y.title = o.symbol;
      setText(r.c.w, whyNotFilled(o));
      r.c.w.title = whyNotFilled(o, true);
      setClass(r.c.w, 'dim', e && e.reason === 'NOT_AT_TOUCH');
      setClass(r.c.w, 'warn', e && e.reason === 'WAITING_BOOK');
      r.x.disabled = !armed();
      r.x.title = armed() ? 'Cancel (X)' : 'Read-only: arm this tab first';
    },
  );
  emptyNote(root, state.loaded.orders && !os.length, e => {
    e.append(
      el('div', '', 'No open orders. Rest one below the market:'),
      el(
        'code',
        '',
        `sequence buy ${state.sym} 0.1 --price ${state.book && state.book.bids[3] ? state.book.bids[3][0] : '74000'} --tif post_only`,
      ),
      el(
        'div',
        'faint',
        'It appears here with its place in the queue and the rule that keeps it from filling.',
      ),
    );
  });
  setText($('k-oo'), state.loaded.orders ? fmt(state.orders.size, 0) : '–');
  setText($('tb-oo'), String(state.orders.size));
  if (drawer.kind === 'order') refreshOrder();
});
