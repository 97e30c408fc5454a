// The sheet that explains a row, and what its parts are made of.
const drawer = {
  kind: null,
  id: null,
  back: null,
  sig: '',
};
function openDrawer(kind, id, from) {
  if (!drawer.kind) drawer.back = from || document.activeElement;
  drawer.kind = kind;
  drawer.id = id;
  $('drawer').classList.add('open');
  $('drawer').setAttribute('aria-hidden', 'false');
  document
    .querySelectorAll('.tr[aria-selected=true]')
    .forEach(x => x.setAttribute('aria-selected', 'false'));
  if (document.activeElement && document.activeElement.classList.contains('tr'))
    document.activeElement.setAttribute('aria-selected', 'true');
  $('d-body').scrollTop = 0;
}
function closeDrawer() {
  if (!drawer.kind) return;
  drawer.kind = null;
  drawer.sig = '';
  $('drawer').classList.remove('open');
  $('drawer').setAttribute('aria-hidden', 'true');
  document
    .querySelectorAll('.tr[aria-selected=true]')
    .forEach(x => x.setAttribute('aria-selected', 'false'));
  drawer.back && document.contains(drawer.back) && drawer.back.focus();
}
function section(t, r, ...k) {
  const e = el('div', 'sec'),
    hd = el('h3', '', t);
  if (r) hd.append(el('span', '', r));
  e.append(hd, ...k.filter(Boolean));
  return e;
}
function pairs(o) {
  const d = el('dl', 'kv');
  for (const [k, v] of o) if (v != null) d.append(el('dt', '', k), el('dd', '', v));
  return d;
}
function rawRecord(o, name) {
  const d = el('details'),
    p = el('pre', 'raw');
  d.append(el('summary', '', 'The whole record'));
  d.addEventListener('toggle', () => {
    if (d.open && !p.textContent) p.textContent = JSON.stringify(o, null, 1);
  });
  const b = el('button', 'btn sm', 'Copy JSON');
  b.onclick = () => copyText(JSON.stringify(o, null, 1), 'JSON');
  d.append(p);
  const e = el('div', 'sec');
  e.append(d, el('div', 'row'));
  e.lastChild.style.marginTop = '10px';
  e.lastChild.append(b);
  return e;
}
function timeline(parts) {
  const w = 428,
    mn = 66,
    tot = parts.reduce((a, p) => a + Math.log10(1 + Math.max(0, p.ms) * 10) + 0.05, 0);
  const g = svg('svg', {
    viewBox: `0 0 ${w} 46`,
    role: 'img',
    'aria-label': parts.map(p => p.n + ' ' + durationText(p.ms)).join(', '),
  });
  let x = 0;
  for (const p of parts) {
    const q =
      mn + ((Math.log10(1 + Math.max(0, p.ms) * 10) + 0.05) / tot) * (w - mn * parts.length);
    g.append(
      svg('rect', {
        x: x + 1,
        y: 15,
        width: Math.max(2, q - 2),
        height: 9,
        rx: 2,
        fill: p.c,
        opacity: p.o || 1,
      }),
    );
    const t = svg('text', {
      x: x + 2,
      y: 9,
      'font-size': 10.5,
      fill: 'var(--dim)',
    });
    t.textContent = p.n;
    const v = svg('text', {
      x: x + 2,
      y: 38,
      'font-size': 11,
      'font-weight': 600,
      fill: 'var(--ink)',
    });
    v.textContent = durationText(p.ms);
    g.append(t, v);
    x += q;
  }
  const d = el('div', 'tl');
  d.append(g);
  return d;
}
const percentText = r =>
  fmt(r / 1e6, 3)
    .replace(/0+$/, '')
    .replace(/\.$/, '') + ' %';

// How sizes and prices of a symbol are written in the sheet.
const sizeOf = symbol => v =>
  v == null || v < 0 ? '–' : v === 0 ? '0' : fmt(from8(v), digits(symbol).q);
const priceOf = symbol => v => (v == null ? 'none' : fmt(from9(v), digits(symbol).p));

// Parts of a drawn queue.
function queuePicture(height, label) {
  return svg('svg', {
    viewBox: `0 0 428 ${height}`,
    width: '100%',
    role: 'img',
    'aria-label': label,
  });
}
function emptyQueue(x, y, width, height) {
  return svg('rect', {
    x,
    y,
    width,
    height,
    rx: 2,
    fill: 'none',
    stroke: 'var(--line2)',
    'stroke-dasharray': '3 3',
  });
}
function svgText(x, y, text, more) {
  const e = svg('text', { x, y, 'font-size': 10.5, fill: 'var(--dim)', ...more });
  e.textContent = text;
  return e;
}
function youChip(x, y, width) {
  const bold = { 'font-size': 11, 'font-weight': 650 },
    middle = { 'text-anchor': 'middle', fill: 'var(--own-ink)' };
  return [
    svg('rect', { x, y, width, height: 20, rx: 4, fill: 'var(--own)' }),
    svgText(x + width / 2, y + 14, 'you', { ...bold, ...middle }),
  ];
}
