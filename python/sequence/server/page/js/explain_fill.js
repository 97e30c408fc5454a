// Why a fill happened, drawn: time, levels, queue, what set it off, fee, prices, cash, seed.
const CAUSE_TEXT = {
  QUEUE: 'It rested until a trade at its price used up what stood ahead and reached it.',
  THROUGH:
    'It rested; a trade at a worse price for the other side means everything at this price had gone.',
  CROSSING:
    'It rested and the market moved through its price: the other side came to it, so it filled as maker at its own limit.',
  RESYNC_CROSS: 'After a gap the new book already stood beyond its price.',
  LIQUIDATION: 'The position was closed because its margin ran out.',
};

function openFill(fill) {
  openDrawer('fill', fill.fill_id);
  const evidence = fill.evidence || {},
    levels = sweepLevels(fill);
  const side = isBuy(fill.side) ? 'Bought' : 'Sold',
    qty = qtyText(from8(fill.qty_1e8), fill.symbol),
    price = priceText(from9(fill.price_1e9), fill.symbol);
  setText($('d-title'), `${side} ${qty} ${fill.symbol} at ${price} on ${fill.venue}`);
  setText($('d-sub'), fillReason(fill, levels));
  const sections = [
    fillTime(fill, evidence),
    routeOf(fill.node_order_id),
    fillLevels(fill, levels),
    fillQueue(fill, evidence.queue, evidence.model),
    fillTape(fill, evidence.tape),
    fillFee(fill, evidence.fee || {}),
    fillPrices(fill, evidence.book || {}, evidence.bounds),
    fillCash(evidence.cash || {}),
    fillSeed(evidence),
    rawRecord(fill),
  ];
  $('d-body').replaceChildren(...sections.filter(Boolean));
  $('d-title').focus({ preventScroll: true });
}

// All levels of the sweep a taker fill belongs to, best first.
function sweepLevels(fill) {
  const siblings = fill.is_maker
    ? [fill]
    : state.fills
        .filter(other => other.match_id === fill.match_id)
        .sort((a, b) => a.level_index - b.level_index);
  return siblings.flatMap(other =>
    ((other.evidence && other.evidence.levels) || []).map(level => ({
      ...level,
      mine: other.fill_id === fill.fill_id,
    })),
  );
}

function fillReason(fill, levels) {
  if (fill.cause !== 'WALK') return CAUSE_TEXT[fill.cause] || fill.cause;
  const walked = levels.filter(level => level.taken_1e8 > 0).length;
  return walked > 1
    ? `It took what was displayed. The order walked ${walked} levels of the ${fill.venue} book as it stood on arrival; this fill is level ${1 + levels.findIndex(level => level.mine)}.`
    : `It took what was displayed: one level of the ${fill.venue} book as it stood on arrival.`;
}

function fillTime(fill, evidence) {
  const time = evidence.time || {},
    latency = evidence.latency || {};
  const parts = [
    {
      n: 'to the venue',
      ms: (time.arrive_venue_ns - time.submit_local_ns) / 1e6,
      c: 'var(--bid)',
      o: 0.75,
    },
  ];
  if (time.taker_delay_ns)
    parts.push({ n: 'venue delay', ms: time.taker_delay_ns / 1e6, c: 'var(--warn)' });
  const back = fill.is_maker ? time.visible_at_ns - time.match_at_ns : latency.response_ns;
  parts.push(
    {
      n: fill.is_maker ? 'resting' : 'matching',
      ms: (time.match_at_ns - time.arrive_venue_ns) / 1e6,
      c: fill.is_maker ? 'var(--line2)' : 'var(--faint)',
    },
    { n: 'back to you', ms: back / 1e6, c: 'var(--ok)', o: 0.8 },
  );
  const note = `Submitted ${clockText(time.submit_local_ns, true)}, matched ${clockText(time.match_at_ns, true)}. Market data was ${durationText(latency.feed_ns / 1e6)} behind (${latency.feed_measured ? 'measured' : 'assumed'}).`;
  return section('Time', 'log scale', timeline(parts), el('p', 'note', note));
}

function fillLevels(fill, levels) {
  if (fill.is_maker || !levels.length) return null;
  const size = sizeOf(fill.symbol),
    most = Math.max(...levels.map(level => level.displayed_1e8)),
    box = el('div');
  for (const level of levels.slice(0, 14)) {
    const row = el('div', 'lv' + (levels.length > 1 ? (level.mine ? ' me' : ' o') : '')),
      bar = el('div', 'b'),
      used = el('i', 'used'),
      taken = el('i');
    taken.style.background = isBuy(fill.side) ? 'var(--ask)' : 'var(--bid)';
    bar.style.width = Math.max(3, (level.displayed_1e8 / most) * 100) + '%';
    setScale(used, (level.consumed_before_1e8 + level.taken_1e8) / level.displayed_1e8);
    setScale(taken, level.taken_1e8 / level.displayed_1e8);
    bar.append(used, taken);
    row.append(
      el('div', 'num', priceOf(fill.symbol)(level.px_effective_1e9)),
      bar,
      el('div', 'num dim', `${size(level.taken_1e8)} of ${size(level.displayed_1e8)}`),
    );
    box.append(row);
  }
  const all = levels.reduce((sum, level) => sum + level.taken_1e8, 0),
    moved = levels.some(level => level.px_effective_1e9 !== level.px_recorded_1e9);
  return section(
    'Levels walked',
    levels.length > 1 ? `${levels.length} in one sweep, ${size(all)} in all` : '1 touched',
    box,
    el(
      'p',
      'note',
      'Frame: size displayed. Solid: what this fill took. Hatched: what your earlier orders had already used of it.' +
        (moved
          ? ' Prices include the model’s impact, so they may differ by a tick from the book.'
          : ''),
    ),
  );
}

function fillQueue(fill, queue, model) {
  if (!queue) return null;
  const size = sizeOf(fill.symbol),
    picture = queuePicture(58, `Queue: ${size(queue.v_entry_1e8)} ahead at entry`),
    width = 360,
    entry = Math.max(1, queue.v_entry_1e8);
  let x = 0;
  const parts =
    queue.v_entry_1e8 > 0
      ? [
          [queue.prints_ahead_1e8, 'var(--bid)', 'traded away'],
          [queue.cancels_credited_ahead_1e8, 'var(--faint)', 'cancelled'],
          [queue.v_before_1e8, 'var(--warn)', 'still ahead'],
        ].filter(([amount]) => amount > 0)
      : [];
  if (!parts.length) picture.append(emptyQueue(0, 16, width, 14));
  for (const [amount, colour, name] of parts) {
    const w = (amount / entry) * width;
    picture.append(
      svg('rect', { x, y: 16, width: Math.max(2, w - 2), height: 14, rx: 2, fill: colour }),
      svgText(x, 46, w > 138 ? `${name} ${size(amount)}` : w > 70 ? name : '', { 'font-size': 11 }),
    );
    x += w;
  }
  const stood =
    queue.v_entry_1e8 > 0
      ? `${size(queue.v_entry_1e8)} stood ahead when you came`
      : 'nobody stood ahead when you came';
  picture.append(...youChip(width + 4, 13, 60), svgText(0, 9, stood, { fill: 'var(--faint)' }));
  const gone = [queue.prints_ahead_1e8, queue.cancels_credited_ahead_1e8, queue.v_before_1e8];
  return section(
    'Queue',
    'simulated estimate',
    picture,
    pairs([
      ['Traded away, cancelled, still ahead', gone.map(size).join(', ')],
      ['Level at entry', size(queue.level_size_at_entry_1e8)],
      ['Own orders ahead', size(queue.own_ahead_1e8)],
      ['Between (cautious, generous)', `${size(queue.v_high_1e8)} and ${size(queue.v_low_1e8)}`],
      [
        'Decreases seen, share that were trades',
        `${queue.decreases_seen}, ${fmt(queue.match_rate_ppm / 1e4, 1)} %`,
      ],
    ]),
    el(
      'p',
      'note',
      `Cancels are credited ahead by the rule “${(model || {}).estimator || ''}”. It is an estimate: real queues hide who leaves.`,
    ),
  );
}

function fillTape(fill, tape) {
  if (!tape || !tape.length) return null;
  const size = sizeOf(fill.symbol),
    box = el('div');
  for (const event of tape.slice(0, 8)) {
    const row = el('div', 'lv');
    row.append(
      el('div', 'num', priceOf(fill.symbol)(event.px_1e9)),
      el('div', 'dim', `${event.kind.toLowerCase()} ${event.side || ''} ${size(event.size_1e8)}`),
      el('div', 'num', `used ${size(event.used_1e8)}`),
    );
    box.append(row);
  }
  return section('What set it off', tape.length + ' event' + (tape.length > 1 ? 's' : ''), box);
}

function fillFee(fill, fee) {
  const rate = fee.rate_1e8 != null ? percentText(fee.rate_1e8) : '–';
  return section(
    'Fee',
    fee.rule_id + ' since ' + (fee.effective_from || '–'),
    pairs([
      [
        `${fmt(from9(fill.notional_usd_1e9), 2)} × ${rate}`,
        `${fmt(from9(fill.fee_1e9), 4)} ${fill.fee_asset}`,
      ],
      ['Rounding', fee.rounding_fee_1e9 ? fmt(from9(fee.rounding_fee_1e9), 4) : null],
      ['Rebate', fee.rebate_1e9 ? fmt(from9(fee.rebate_1e9), 4) : null],
      ['Realised P&L of this fill, without fee', fmt(from9(fill.realized_pnl_usd_1e9), 2, true)],
    ]),
  );
}

function fillPrices(fill, book, bounds) {
  const price = priceOf(fill.symbol),
    slippage = slippageBps(fill);
  return section(
    'Price and book',
    book.status || '',
    pairs([
      ['Best bid, ask at the match', `${price(book.best_bid_1e9)} / ${price(book.best_ask_1e9)}`],
      ['Age of that book', durationText(book.age_ns / 1e6)],
      ['Limit', bounds ? price(bounds.limit_1e9) : null],
      ['Reference when sent', bounds ? price(bounds.ref_px_1e9) : null],
      ['Cap of the sweep', bounds ? price(bounds.cap_px_1e9) : null],
      ['Slippage against reference', slippage != null ? fmt(slippage, 3, true) + ' bps' : null],
      ['Venue sequence, book version', `${book.venue_seq}, ${book.version}`],
    ]),
  );
}

function fillCash(cash) {
  const change = (before, after, decimals) =>
    `${fmt(from9(before), decimals)} → ${fmt(from9(after), decimals)}`;
  return section(
    'Cash',
    '',
    pairs([
      ['Charged', change(cash.charged_before_1e9, cash.charged_after_1e9, 2)],
      ['Reservation', change(cash.reserved_before_1e9, cash.reserved_after_1e9, 4)],
    ]),
  );
}

function fillSeed(evidence) {
  const model = evidence.model || {},
    random = evidence.rng || {};
  return section(
    'Repeatable',
    'same seed, same data: same fill',
    pairs([
      ['Model, preset', `${model.version}, ${model.preset}`],
      [
        'Seed, position in the random stream',
        `${model.seed}, ${random.pos_before} → ${random.pos_after}`,
      ],
      ['Hash of this record', String(evidence.hash || '–')],
    ]),
  );
}
