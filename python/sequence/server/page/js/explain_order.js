// Why an open order is not filled yet: the queue drawn, and the list of what must be true.
function openOrder(id) {
  openDrawer('order', id);
  drawer.sig = '';
  refreshOrder();
  $('d-title').focus({ preventScroll: true });
}

function refreshOrder() {
  const order = state.orders.get(drawer.id) || drawer.last;
  if (!order) return;
  drawer.last = order;
  const gone = !state.orders.has(drawer.id),
    evidence = order.evidence;
  const seen = evidence && [
    evidence.reason,
    evidence.v_now_1e8,
    evidence.distance_ticks,
    evidence.prints_at_level_1e8,
    evidence.level_size_1e8,
    evidence.eta_ms,
  ];
  const sig = JSON.stringify([order.version, seen, gone, armed()]);
  if (sig === drawer.sig) return;
  drawer.sig = sig;
  const at = order.limit_price_1e9
    ? priceText(from9(order.limit_price_1e9), order.symbol)
    : 'market';
  const what = `${isBuy(order.side) ? 'Buy' : 'Sell'} ${qtyText(from8(order.remaining_qty_1e8), order.symbol)}`;
  setText($('d-title'), `${what} ${order.symbol} at ${at} on ${order.venue || 'the best venue'}`);
  setText(
    $('d-sub'),
    gone ? 'This order is no longer open. See its fills in the tape.' : whyNotFilled(order, true),
  );
  const body = $('d-body');
  // A reader inside the sheet is not moved.
  if (body.contains(document.activeElement) && body.children.length) return;
  const top = body.scrollTop;
  const sections = [
    evidence ? orderQueue(order, evidence) : null,
    evidence ? orderRules(order, evidence) : null,
    orderFacts(order, evidence),
    routeOf(order.node_order_id),
    orderButtons(order, gone),
    rawRecord(order),
  ];
  body.replaceChildren(...sections.filter(Boolean));
  body.scrollTop = top;
}

function orderQueue(order, evidence) {
  const size = sizeOf(order.symbol),
    entry = Math.max(evidence.v_entry_1e8, evidence.v_now_1e8),
    width = 340,
    share = entry ? evidence.v_now_1e8 / entry : 0,
    picture = queuePicture(60, 'Queue');
  picture.append(emptyQueue(0.5, 18.5, width - 1, 13));
  if (share > 0) {
    const w = Math.max(3, share * width);
    picture.append(
      svg('rect', { x: width - w, y: 18, width: w, height: 14, rx: 2, fill: 'var(--warn)' }),
    );
  }
  if (entry && evidence.v_high_1e8 >= 0) {
    const low = width - Math.min(1, evidence.v_low_1e8 / entry) * width,
      high = width - Math.min(1, evidence.v_high_1e8 / entry) * width;
    picture.append(
      svg('path', {
        d: `M${high} 36v6M${high} 39H${low}M${low} 36v6`,
        stroke: 'var(--dim)',
        fill: 'none',
      }),
    );
  }
  const now =
    evidence.reason === 'NOT_AT_TOUCH' && !evidence.v_now_1e8
      ? 'better prices stand before it'
      : evidence.v_now_1e8 > 0
        ? `${size(evidence.v_now_1e8)} ahead now`
        : 'next in line';
  const came =
    evidence.v_entry_1e8 > 0
      ? `${size(evidence.v_entry_1e8)} ahead when you came`
      : 'nobody ahead when you came';
  picture.append(
    ...youChip(width + 4, 15, 64),
    svgText(0, 10, came, { fill: 'var(--faint)' }),
    svgText(width, 10, now, { 'text-anchor': 'end' }),
    svgText(0, 55, 'bracket: between the generous and the cautious estimate', {
      fill: 'var(--faint)',
    }),
  );
  return section(
    'Queue',
    'simulated estimate',
    picture,
    pairs([
      ['Traded at your price since you came', size(evidence.prints_at_level_1e8)],
      ['Traded through it', size(evidence.prints_through_1e8)],
      ['Cancels credited ahead of you', size(evidence.cancels_credited_ahead_1e8)],
      ['Own orders ahead', size(evidence.own_ahead_1e8)],
      ['Displayed at your price', size(evidence.level_size_1e8)],
      [
        'Half of such orders were reached within',
        evidence.eta_ms == null ? 'too little traded to say' : durationText(evidence.eta_ms),
      ],
    ]),
  );
}

function orderRules(order, evidence) {
  const current = FILL_RULES.findIndex(([reason]) => reason === evidence.reason),
    box = el('dl', 'kv');
  const detail = reason =>
    reason === 'NOT_AT_TOUCH'
      ? fmt(evidence.distance_ticks, 0) + ' ticks away'
      : reason === 'QUEUE_AHEAD'
        ? sizeOf(order.symbol)(evidence.v_now_1e8) + ' ahead'
        : 'not yet';
  FILL_RULES.forEach(([reason, text], i) => {
    const rare = i > current && !['QUEUE_AHEAD', 'NO_PRINT'].includes(reason);
    if (i > 4 && rare) return;
    const mark = i < current ? '✓ ' : i === current ? '■ ' : '· ';
    box.append(
      el('dt', i === current ? 'warn best' : i < current ? '' : 'faint', mark + text),
      el(
        'dd',
        i === current ? 'warn' : 'faint',
        i < current ? 'yes' : i === current ? detail(reason) : 'later',
      ),
    );
  });
  return section('What must be true before it fills', 'first that is not, counts', box);
}

function orderFacts(order, evidence) {
  const size = sizeOf(order.symbol);
  const reserved = (order.reserved || []).map(
    row => `${fmt(from8(row.qty_1e8), 2)} ${row.asset} at ${venueCode(row.venue)}`,
  );
  const sent = clockText(order.created_unix_ns, true),
    age = durationText(Date.now() - order.created_unix_ns / 1e6);
  return section(
    'Order',
    '',
    pairs([
      ['Status, version', `${order.status}, ${order.version}`],
      ['Type, time in force', `${order.order_type}, ${order.tif}`],
      ['Filled', `${size(order.filled_qty_1e8)} of ${size(order.qty_1e8)}`],
      ['Reserved', reserved.join(', ') || '–'],
      ['Sent', `${sent}, ${age} ago`],
      ['Acknowledged after', order.ack_ns == null ? null : durationText(order.ack_ns / 1e6)],
      [
        'Book of the venue',
        evidence ? `${evidence.status}, version ${evidence.book_version}` : '–',
      ],
    ]),
  );
}

function orderButtons(order, gone) {
  const id = order.node_order_id,
    path = '/v1/orders/' + encodeURIComponent(id),
    row = el('div', 'row'),
    stop = el('button', 'btn', 'Cancel order'),
    copyCurl = el('button', 'btn', 'Copy cancel as curl'),
    copyId = el('button', 'btn', 'Copy id');
  stop.disabled = !armed() || gone;
  stop.title = armed() ? '' : 'Read-only: arm this tab first';
  stop.onclick = () => cancel(id);
  copyCurl.onclick = () => copyText(curl({ method: 'DELETE', path }), 'curl');
  copyId.onclick = () => copyText(id, 'the order id');
  row.append(stop, copyCurl, copyId);
  return el('div', 'sec', row);
}
