// Histograms of how long venues took to acknowledge orders, and of the delays that fills met.
panel('lat', 1000, () => {
  const root = $('lat');
  if (!root._r) {
    root._r = {};
    for (const [k, n] of [
      ['ack_ns', 'acknowledged'],
      ['entry_ns', 'to the venue'],
      ['response_ns', 'answer back'],
      ['feed_ns', 'market data'],
    ]) {
      const r = el('div', 'lr'),
        nm = el('div', 'nm dim', n),
        hh = el('div', 'h');
      const bs = [];
      for (let i = 0; i < 32; i++) {
        const b = el('i');
        bs.push(b);
        hh.append(b);
      }
      const p = el('div', 'p');
      const ps = ['p50', 'p95', 'p99'].map(t => {
        const d = el('div'),
          v = el('div', '', '–');
        d.append(el('div', 'lab', t), v);
        p.append(d);
        return v;
      });
      r.append(nm, hh, p);
      root.append(r);
      root._r[k] = {
        bs,
        ps,
        hh,
      };
    }
  }
  const fs = state.fills.slice(0, 500);
  for (const k in root._r) {
    const r = root._r[k],
      v = [];
    const rows = k === 'ack_ns' ? state.acks : fs.map(f => f.evidence && f.evidence.latency);
    for (const l of rows) if (l && l[k] > 0) v.push(l[k] / 1e6);
    v.sort((a, b) => a - b);
    const c = new Array(32).fill(0);
    for (const x of v) c[Math.max(0, Math.min(31, Math.floor(Math.log10(Math.max(1, x)) * 8)))]++;
    const m = Math.max(1, ...c);
    r.bs.forEach((b, i) => {
      const t = 'scaleY(' + (c[i] / m).toFixed(3) + ')';
      if (b._s !== t) {
        b._s = t;
        b.style.transform = t;
      }
    });
    [0.5, 0.95, 0.99].forEach((q, i) =>
      setText(
        r.ps[i],
        v.length ? fmt(v[Math.min(v.length - 1, Math.floor(q * v.length))], 0) : '–',
      ),
    );
    r.hh.title = `${v.length} ${k === 'ack_ns' ? 'orders' : 'fills'}, ms, log scale`;
  }
  setText($('m-lat'), fs.length ? `ms · drawn for the last ${fs.length} fills` : 'no fills yet');
  const e = fs[0] && fs[0].evidence && fs[0].evidence.latency;
  setText($('tb-ms'), e ? fmt(e.entry_ns / 1e6, 0) + ' ms' : '–');
});
