// Tiles, positions and reservations.
panel('kpi', 250, () => {
  const p = state.pos;
  if (!p) return;
  const t = p.totals,
    nav = from9(t.nav_usd_1e9),
    mg = from9(state.summary?.margin_locked_usd_1e9) || 0,
    res = from9(t.locked_cash_usd_1e9),
    cash = from9(t.cash_usd_1e9);
  setText($('k-eq'), fmt(nav, 2));
  const pl = state.base == null ? 0 : nav - state.base,
    k = $('k-pl');
  setText(k, (pl > 0 ? '▲ ' : pl < 0 ? '▼ ' : '') + fmt(pl, 2, true));
  k.className = pl > 0 ? 'bid' : pl < 0 ? 'ask' : 'dim';
  k.title = 'since ' + (state.eq[0][0] ? clockText(state.eq[0][0] * 1e9) : 'now');
  setText($('k-free'), fmt(cash - res, 0));
  setText($('k-res'), fmt(res, 0));
  setText($('k-fee'), fmt(from9(t.fees_usd_1e9), 2));
  setText($('k-rj'), fmt(state.nRej, 0));
  const why = Object.entries(state.summary?.rejects_by_reason || {}).sort((a, b) => b[1] - a[1]);
  $('k-rj').parentNode.title = why.map(([reason, n]) => `${reason} ${n}`).join('\n');
  const worst = from9(state.summary?.max_drawdown_usd_1e9) ?? state.maxdd;
  const lim =
    state.limits && state.limits.daily_loss_limit_usd_1e9
      ? from9(state.limits.daily_loss_limit_usd_1e9)
      : null;
  setText($('k-dd'), fmt(-state.dd, 2));
  setText(
    $('k-ddl'),
    innerWidth < 720
      ? 'Drawdown'
      : lim
        ? 'Drawdown, of limit ' + fmt(lim, 0)
        : 'Drawdown, worst ' + fmt(-worst, 0),
  );
  setScale($('k-ddm'), state.dd / (lim || worst || 1));
  setText($('tb-pl'), fmt(pl, 0, true));
  const w = $('wf');
  if (!w._b) {
    w._b = 1;
    const st = el('div', 'stack');
    w.f = el('i', 'free');
    w.o = el('i', 'oo');
    w.m = el('i', 'mg');
    st.append(w.f, w.o, w.m);
    w.lg = el('div', 'leg');
    w.l1 = el('span');
    w.l2 = el('span');
    w.l3 = el('span');
    const mk = (c, l, x) => {
      const e = el('span', '');
      e.append(el('i', c), l + ' ', x);
      return e;
    };
    w.tt = el('div', 'lab');
    w.append(w.tt, st, w.lg);
    w.lg.append(mk('free', 'free', w.l1), mk('oo', 'open orders', w.l2), mk('mg', 'margin', w.l3));
  }
  setText(
    w.tt,
    `Cash ${fmt(cash, 0)} USD over ${new Set(p.positions.filter(x => x.instrument.kind === 'fiat' || /^USD/.test(x.instrument.symbol)).map(x => x.venue)).size} venues`,
  );
  const oo = Math.max(0, res - mg);
  for (const [e, v] of [
    [w.f, cash - res],
    [w.o, oo],
    [w.m, mg],
  ])
    e.style.flexGrow = Math.max(0, (v / cash) * 1000);
  for (const [e, v] of [
    [w.o, oo],
    [w.m, mg],
  ])
    e.style.minWidth = v > 0 ? '3px' : '0';
  setText(w.l1, fmt(cash - res, 0));
  setText(w.l2, fmt(oo, 0));
  setText(w.l3, fmt(mg, 0));
  setText(
    $('m-pos'),
    `unrealised ${fmt(from9(t.unrealized_pnl_usd_1e9), 2, true)} · realised ${fmt(from9(t.realized_pnl_usd_1e9), 2, true)}`,
  );
});
panel('pos', 500, () => {
  const p = state.pos;
  if (!p) return;
  const root = $('pos');
  listHead(root, 'c-pos', [
    ['Holding', ''],
    ['At', ''],
    ['Mark', 'num p-m'],
    ['Reserved', 'num'],
    ['P&L, value', 'num'],
  ]);
  const cash = x => x.instrument.kind === 'fiat' || /^(USD|USDT|USDC)$/.test(x.instrument.symbol);
  const rows = p.positions
    .filter(x => x.qty_1e8 !== 0 || x.locked_qty_1e8 !== 0)
    .sort(
      (a, b) =>
        cash(a) - cash(b) ||
        (a.instrument.symbol < b.instrument.symbol
          ? -1
          : a.instrument.symbol > b.instrument.symbol
            ? 1
            : a.venue < b.venue
              ? -1
              : 1),
    );
  keyedList(
    root,
    rows,
    x => x.id,
    x => {
      const r = gridRow('c-pos', [
        ['y', ''],
        ['v', 'dim'],
        ['m', 'num p-m'],
        ['l', 'num dim'],
        ['u', 'num'],
      ]);
      r.classList.remove('tr');
      r.removeAttribute('tabindex');
      r.n = el('span');
      r.s = el('span', 'dim');
      r.c.y.append(r.n, ' ', r.s);
      return r;
    },
    (r, x) => {
      const c = cash(x),
        q = from8(x.qty_1e8);
      setText(r.n, c ? moneyText(q) : shortSize(q));
      r.n.className = c ? '' : 'best';
      setText(
        r.s,
        x.instrument.symbol.replace('-USD-PERP', ' perp') +
          (x.instrument.outcome ? ' ' + x.instrument.outcome : ''),
      );
      r.c.y.title = x.instrument.symbol + ' at ' + x.venue;
      setText(r.c.v, venueCode(x.venue));
      setText(r.c.m, c ? '' : fmt(from9(x.current_price_usd_1e9), 2));
      setText(
        r.c.l,
        x.locked_qty_1e8
          ? fmt(from8(x.locked_qty_1e8), c ? 0 : 3)
          : x.margin_locked_1e8
            ? fmt(x.margin_locked_1e8 / 1e8, 0) + ' m'
            : '·',
      );
      const u = from9(x.unrealized_pnl_usd_1e9);
      setText(
        r.c.u,
        c
          ? moneyText(from9(x.current_value_usd_1e9))
          : (u > 0 ? '▲ ' : u < 0 ? '▼ ' : '') + fmt(Math.abs(u), 2),
      );
      r.c.u.className = 'num ' + (c ? 'dim' : u > 0 ? 'bid' : u < 0 ? 'ask' : 'dim');
    },
  );
});
