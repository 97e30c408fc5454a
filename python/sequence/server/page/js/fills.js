// Fills, newest first.
function slippageBps(f) {
  const b = f.evidence && f.evidence.bounds,
    r = b && b.ref_px_1e9;
  if (!r || f.is_maker) return null;
  return ((f.price_1e9 - r) / r) * 1e4 * (isBuy(f.side) ? 1 : -1);
}
function latencies(f) {
  const t = f.evidence && f.evidence.time;
  return t ? (t.visible_at_ns - t.match_at_ns) / 1e6 : null;
}
panel('fills', 250, () => {
  const root = $('fills');
  listHead(root, 'c-fill', [
    ['Time', 'f-t'],
    ['Side, qty', ''],
    ['Symbol', 'f-sym'],
    ['At', ''],
    ['Price', 'num'],
    ['How', 'f-cause'],
    ['Slip bps', 'num f-slip'],
    ['Fee USD', 'num'],
    ['Entry ms', 'num f-lat'],
  ]);
  let fs = state.fills.slice(0, 160);
  if (isHeld(root) && root._shown && root._shown.length) {
    fs = root._shown;
    const n = state.fills.findIndex(f => f.fill_id === fs[0].fill_id);
    setText($('m-fills'), n > 0 ? n + ' new above: move away to see them' : 'held while you read');
  } else setText($('m-fills'), 'click a row: why it filled, drawn');
  root._shown = fs;
  setText($('n-fills'), state.loaded.fills ? fmt(state.nFills, 0) : '');
  keyedList(
    root,
    fs,
    f => f.fill_id,
    f => {
      const r = gridRow('c-fill', [
        ['t', 'f-t faint'],
        ['s', 'side sq ' + sideClass(f.side)],
        ['y', 'f-sym'],
        ['v', 'dim'],
        ['p', 'num'],
        ['k', 'f-cause dim'],
        ['b', 'num f-slip'],
        ['f', 'num'],
        ['l', 'num f-lat faint'],
      ]);
      setText(r.c.t, clockText(f.ts_ns));
      r.c.t.title = clockText(f.ts_ns, true);
      r.c.y.title = f.symbol;
      r.c.s.append(
        el('span', '', sideArrow(f.side, f.is_maker)),
        el('span', '', qtyShort(from8(f.qty_1e8), f.symbol)),
      );
      setText(r.c.y, f.symbol);
      setText(r.c.v, venueCode(f.venue));
      setText(r.c.p, priceText(from9(f.price_1e9), f.symbol));
      setText(r.c.k, CAUSES[f.cause] || f.cause);
      r.c.k.title = f.is_maker ? 'maker' : 'taker';
      const b = slippageBps(f);
      setText(r.c.b, b == null ? '' : fmt(b, 2, true));
      if (b > 0.05) r.c.b.classList.add('warn');
      setText(r.c.f, fmt(from9(f.fee_usd_1e9), 2));
      const l = f.evidence && f.evidence.latency;
      setText(r.c.l, l ? fmt(l.entry_ns / 1e6, 0) : '–');
      r._open = () => openFill(f);
      return r;
    },
  );
  emptyNote(root, state.loaded.fills && !fs.length, e =>
    e.append(
      el('div', '', 'No fills yet. Take some:'),
      el('code', '', `sequence buy ${state.sym} 0.1`),
      el(
        'div',
        'faint',
        'Each fill explains itself: levels walked, queue ahead, latency drawn, fee rule.',
      ),
    ),
  );
  setText($('k-fi'), fmt(state.nFills, 0));
  setText($('tb-fi'), fmt(state.nFills, 0));
  redraw('lat');
});
