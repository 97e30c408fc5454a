// Keyboard, buttons, theme and symbol.
const PANELS = [
  'p-ladder',
  'p-orders',
  'p-fills',
  'p-price',
  'p-equity',
  'p-pos',
  'p-nbbo',
  'p-lat',
  'p-reqs',
  'p-faults',
  'p-graph',
];
const KEYS = [
  ['1 … 9, 0', 'go to a panel in order of value'],
  ['↑ ↓ or K J', 'move in a list'],
  ['Enter', 'explain the row: why it filled, or why not'],
  ['Esc', 'close, and back to the row'],
  ['S, then type', 'choose the symbol'],
  ['[ ]', 'symbol before, after'],
  ['C, P', 'copy the request as curl, as Python'],
  ['X', 'cancel the chosen order (armed)'],
  ['Shift+A', 'arm or disarm this tab'],
  ['T', 'dark or light'],
  ['?', 'this list'],
];
for (const [k, t] of KEYS) {
  $('keys').append(el('kbd', '', k), el('span', 'dim', t));
}
function setTheme(t) {
  theme = t;
  document.documentElement.dataset.theme = t;
  try {
    localStorage.setItem('seq-theme', t);
  } catch {}
  buildPlots();
  redraw('graph');
}
document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const a = document.activeElement,
    tag = a && a.tagName;
  if (e.key === 'Escape') {
    if (!document.querySelector('dialog[open]')) closeDrawer();
    return;
  }
  if (
    tag === 'INPUT' ||
    tag === 'SELECT' ||
    tag === 'TEXTAREA' ||
    document.querySelector('dialog[open]')
  )
    return;
  const row = a && a.closest && a.closest('.tr');
  if (/^[0-9]$/.test(e.key)) {
    const p = $(PANELS[e.key === '0' ? 9 : +e.key - 1]);
    if (p) {
      e.preventDefault();
      p.scrollIntoView({
        block: 'nearest',
      });
      const r = p.querySelector('.tr[tabindex="0"]');
      (r || p).focus({
        preventScroll: !!r,
      });
    }
    return;
  }
  if (row && (e.key === 'ArrowDown' || e.key === 'j')) {
    e.preventDefault();
    moveRow(row, 'nextElementSibling');
  } else if (row && (e.key === 'ArrowUp' || e.key === 'k')) {
    e.preventDefault();
    moveRow(row, 'previousElementSibling');
  } else if (row && (e.key === 'Enter' || e.key === ' ') && a === row) {
    e.preventDefault();
    row._open && row._open();
  } else if (row && row._r && e.key === 'c') copyText(curl(row._r), 'curl');
  else if (row && row._r && e.key === 'p') copyText(python(row._r), 'Python');
  else if (row && e.key === 'x' && row.closest('#orders')) cancel(row._k);
  else if (e.key === '?') $('dlg-help').showModal();
  else if (e.key === 't') setTheme(theme === 'dark' ? 'light' : 'dark');
  else if (e.key === 'A') $('arm').click();
  else if (e.key === 's') {
    e.preventDefault();
    $('sym').focus();
  } else if (e.key === '[' || e.key === ']') {
    const i = state.syms.findIndex(x => x.symbol === state.sym),
      n = state.syms.length;
    if (n) setSymbol(state.syms[(i + (e.key === ']' ? 1 : n - 1)) % n].symbol);
  }
});
function moveRow(r, d) {
  let n = r[d];
  while (n && !n.classList.contains('tr')) n = n[d];
  if (n) {
    r.tabIndex = -1;
    n.tabIndex = 0;
    n.focus();
    n.scrollIntoView({
      block: 'nearest',
    });
    if (drawer.kind && n._open && drawer.kind !== 'x') {
      /* follow the selection */
    }
  }
}
document.addEventListener('click', e => {
  const r = e.target.closest && e.target.closest('.tr');
  if (r && r._open && !e.target.closest('button')) {
    r.parentNode.querySelectorAll('.tr[tabindex="0"]').forEach(x => (x.tabIndex = -1));
    r.tabIndex = 0;
    r.focus({
      preventScroll: true,
    });
    r._open();
  } else if (
    drawer.kind &&
    !e.target.closest('.drawer') &&
    !e.target.closest('button,select,a,dialog')
  )
    closeDrawer();
});
$('d-x').onclick = closeDrawer;
$('theme').onclick = () => setTheme(theme === 'dark' ? 'light' : 'dark');
$('help').onclick = () => $('dlg-help').showModal();
$('arm').onclick = () => (armed() ? setArm(false) : $('dlg-arm').showModal());
$('arm-yes').onclick = () => {
  $('dlg-arm').close();
  setArm(true);
};
$('arm-no').onclick = () => $('dlg-arm').close();
for (const d of document.querySelectorAll('dialog'))
  d.addEventListener('click', e => {
    if (e.target === d) d.close();
  });
$('sym').onchange = e => setSymbol(e.target.value);
$('grp').onchange = e => {
  state.step = +e.target.value;
  redraw('ladder');
};
$('f-sym').onclick = e => {
  state.onlySym = !state.onlySym;
  e.target.setAttribute('aria-pressed', state.onlySym);
  e.target.textContent = state.onlySym ? 'this symbol' : 'all symbols';
  redraw('orders');
};
$('r-err').onclick = e => {
  state.rf = (state.rf + 1) % 3;
  e.target.textContent = 'show: ' + ['all', 'writes', 'errors'][state.rf];
  redraw('reqs');
};
$('g-f').onsubmit = e => {
  e.preventDefault();
  const v = $('g-i').value.trim();
  if (/^seq_(test|live)_/.test(v)) {
    $('g-i').value = '';
    setText($('g-p'), 'That is a key. Never paste a key into a page; in a terminal type');
    return;
  }
  enter(v);
};
for (const i of ['orders', 'fills', 'reqs'])
  for (const v of ['pointerleave', 'focusout']) $(i).addEventListener(v, () => redraw(i));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) redraw(...Object.keys(panel.all));
});
if ('IntersectionObserver' in window) {
  const io = new IntersectionObserver(
    es => {
      for (const x of es)
        if (x.isIntersecting)
          for (const a of $('tabs').children)
            a.setAttribute('aria-current', a.hash === '#' + x.target.id);
    },
    {
      rootMargin: '-40% 0px -55% 0px',
    },
  );
  for (const a of $('tabs').children) io.observe($(a.hash.slice(1)));
}
requestAnimationFrame(paintFrame);
const ticket = fragment.get('ticket');
if (location.hash && (ticket || fragment.get('theme')))
  history.replaceState(null, '', location.pathname);
const saved = tabStorage && tabStorage.getItem('seq-page');
if (ticket) enter(ticket);
else if (saved) {
  session = saved;
  start();
} else gate();
