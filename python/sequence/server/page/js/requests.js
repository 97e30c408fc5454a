// The last requests of the clients of this account.
function brief(r) {
  try {
    const b = JSON.parse(r.body || '{}');
    if (b.symbol)
      return `${b.side} ${b.qty ?? b.notional + ' USD'} ${b.symbol}${b.price ? ' at ' + b.price : ''}`;
    if (b.kind) return b.kind.replace(/_/g, ' ');
  } catch {}
  if (r.status >= 400)
    try {
      return JSON.parse(r.answer).error.code.toLowerCase().replace(/_/g, ' ');
    } catch {}
  return '';
}
panel('reqs', 500, () => {
  const root = $('reqs');
  listHead(root, 'c-req', [
    ['Time', 'r-t'],
    ['Method', ''],
    ['Path', ''],
    ['Status', 'num'],
    ['ms', 'num r-ms'],
    ['Copy as', 'num'],
  ]);
  let rs = state.reqs
    .filter(r => (state.rf === 2 ? r.status >= 400 : state.rf === 1 ? r.method !== 'GET' : true))
    .slice(0, 120);
  if (isHeld(root) && root._shown && root._rf === state.rf) rs = root._shown;
  root._shown = rs;
  root._rf = state.rf;
  setText($('n-reqs'), state.reqs.length ? String(state.reqSeq) : '');
  keyedList(
    root,
    rs,
    r => r.seq,
    r => {
      const e = gridRow('c-req', [
        ['t', 'r-t faint'],
        ['m', 'dim'],
        ['p', ''],
        ['s', 'num'],
        ['l', 'num r-ms dim'],
        ['c', 'num'],
      ]);
      setText(e.c.t, clockText(r.ts_ns));
      setText(e.c.m, r.method);
      e.c.p.append(
        el(
          'span',
          '',
          r.path
            .replace(/graph:graph_[A-Z0-9]+([A-Z0-9]{4}):/, '…$1:')
            .replace(/graph%3Agraph_[A-Z0-9]+([A-Z0-9]{4})%3A/, '…$1:'),
        ),
        el('span', 'faint', '  ' + brief(r)),
      );
      e.c.p.title = r.path + (r.body ? '\n' + r.body : '');
      setText(e.c.s, (r.status >= 400 ? '■ ' : '') + r.status);
      if (r.status >= 500) e.c.s.classList.add('bad');
      else if (r.status >= 400) e.c.s.classList.add('warn');
      setText(e.c.l, fmt(r.ms, 1));
      const a = el('button', 'btn sm ghost', 'curl'),
        b = el('button', 'btn sm ghost', 'py');
      a.tabIndex = b.tabIndex = -1;
      a.setAttribute('aria-label', 'Copy as curl (C)');
      b.setAttribute('aria-label', 'Copy as Python (P)');
      a.onclick = x => {
        x.stopPropagation();
        copyText(curl(r), 'curl');
      };
      b.onclick = x => {
        x.stopPropagation();
        copyText(python(r), 'Python');
      };
      e.c.c.append(a, b);
      e._open = () => openReq(r);
      e._r = r;
      return e;
    },
  );
  emptyNote(root, state.loaded.reqs && !rs.length, e =>
    e.append(
      el(
        'div',
        '',
        state.rf
          ? 'Nothing of that kind so far.'
          : 'No request from a client yet. Nothing your bot sent has arrived.',
      ),
      el(
        'code',
        '',
        `curl "$SEQUENCE_BASE_URL/v1/quotes/BTC-USD" -H "Authorization: Bearer $SEQUENCE_API_KEY"`,
      ),
    ),
  );
});
