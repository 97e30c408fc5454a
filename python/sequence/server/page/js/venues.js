// The feeds in the bar, and best prices by venue.
const isUsable = status => status === 'OK' || status === 'POST_ONLY';
const statusWord = status => status.toLowerCase().replace('_', ' ');
const sinceText = ns => durationText(ns == null ? null : (nowNs() - ns) / 1e6);
panel('nbbo', 250, () => {
  const root = $('nbbo');
  listHead(root, 'c-nbbo', [
    ['Venue', ''],
    ['Bid, size', 'num'],
    ['Ask, size', 'num'],
    ['Age', 'num'],
  ]);
  const q = state.q;
  emptyNote(root, !q && state.loaded.syms && !state.syms.length, e =>
    e.append(el('div', '', 'No venue has a book.'), el('code', '', 'sequence up --market demo')),
  );
  if (!q || q.symbol !== state.sym) return;
  const vsx = Object.entries(state.tops || q.venues).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  const usable = vsx.map(([, x]) => x).filter(x => isUsable(x.status)),
    bestBid = Math.max(...usable.map(x => x.bid || -Infinity)),
    bestAsk = Math.min(...usable.map(x => x.ask || Infinity));
  setText(
    $('m-nbbo'),
    q.nbbo.live ? `${state.sym} · ${fmt(q.nbbo.spread_bps, 3)} bps` : `${state.sym} · not live`,
  );
  keyedList(
    root,
    vsx,
    x => x[0],
    x => {
      const r = gridRow('c-nbbo', [
        ['v', ''],
        ['b', 'num'],
        ['a', 'num'],
        ['g', 'num'],
      ]);
      r.classList.remove('tr');
      r.removeAttribute('tabindex');
      setText(r.c.v, x[0]);
      r.bp = el('span');
      r.bz = el('span', 'faint');
      r.ap = el('span');
      r.az = el('span', 'faint');
      const b1 = el('div', 'pz'),
        a1 = el('div', 'pz');
      b1.append(r.bp, r.bz);
      a1.append(r.ap, r.az);
      r.c.b.append(b1);
      r.c.a.append(a1);
      const g = el('span', 'ageb'),
        k = el('span', 'trk');
      r.gb = el('b');
      g.append(k, r.gb);
      r.g = g;
      r.c.g.append(g);
      return r;
    },
    (r, [v, x]) => {
      const z = n => (n ? fmt(n, n >= 1000 ? 0 : n >= 100 ? 1 : 2) : '');
      setText(r.bp, x.bid ? priceText(x.bid) : '–');
      setText(r.bz, z(x.bid_size));
      setText(r.ap, x.ask ? priceText(x.ask) : '–');
      setText(r.az, z(x.ask_size));
      const ok = isUsable(x.status);
      r.bp.className = ok && x.bid === bestBid ? 'bid best' : '';
      r.ap.className = ok && x.ask === bestAsk ? 'ask best' : '';
      setText(r.gb, ok ? sinceText(x.last_update_ns) : statusWord(x.status));
      const limit = x.stale_after_ms == null ? 'never' : 'after ' + durationText(x.stale_after_ms);
      r.g.title = x.reason
        ? `${x.reason}, for ${sinceText(x.since_ns)}`
        : `stale ${limit}, gaps ${x.gaps}`;
      setClass(r.g, 'stale', !ok);
    },
  );
});
panel('feeds', 500, () => {
  const hd = state.health;
  if (!hd) return;
  const root = $('feeds');
  keyedList(
    root,
    hd.venues,
    v => v.venue,
    v => {
      const e = el('span', 'feed');
      e.setAttribute('role', 'listitem');
      e.a = el('b', 'age');
      e.a.style.fontWeight = '400';
      e.append(el('i'), el('span', '', venueCode(v.venue)), e.a);
      return e;
    },
    (e, v) => {
      const isLive = v.status === 'connected',
        age = durationText(v.last_tick_age_ms);
      setClass(e, 'stale', !isLive && v.status !== 'down');
      setClass(e, 'down', v.status === 'down');
      setText(e.a, isLive ? age.replace('<0.1', '0').replace(' ', '') : v.status);
      const limit = v.stale_after_ms == null ? 'never' : 'after ' + durationText(v.stale_after_ms);
      const state = isLive ? 'live' : v.status;
      e.title = `${v.venue}: ${state} for ${sinceText(v.since_ns)}, last tick ${age} ago, stale ${limit}, gaps ${v.gaps}`;
    },
  );
  const m = hd.simulation || {};
  const r = $('run');
  if (!r._d) {
    r._d = 1;
    r.replaceChildren();
  }
  setText(
    r,
    `${hd.host_label} · ${hd.market_data.source} market · seed ${m.seed ?? '–'} · ${m.preset || ''} · ${m.model_version || ''}`,
  );
  r.title = `sequence ${hd.version}${hd.release ? '' : ', debug build'} · state in ${hd.store.backend} · epoch ${hd.epoch}`;
});
