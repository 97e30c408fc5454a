// One request: how to send it again, and what was answered.
function openReq(r) {
  openDrawer('req', r.seq);
  setText($('d-title'), `${r.method} ${r.path.split('?')[0]}`);
  setText(
    $('d-sub'),
    `${r.status} after ${fmt(r.ms, 1)} ms, from ${r.client || 'a client'}, ${clockText(r.ts_ns, true)}`,
  );
  const code = (t, x, n) => {
    const p = el('pre', 'raw');
    p.textContent = x;
    const b = el('button', 'btn sm', 'Copy');
    b.onclick = () => copyText(x, n);
    const e = section(t, '', p, el('div', 'row'));
    e.lastChild.style.marginTop = '8px';
    e.lastChild.append(b);
    return e;
  };
  $('d-body').replaceChildren(
    code('curl', curl(r), 'curl'),
    code('Python', python(r), 'Python'),
    r.body
      ? section(
          'Body',
          '',
          Object.assign(el('pre', 'raw'), {
            textContent: r.body,
          }),
        )
      : el('span'),
    section(
      'Answer',
      r.request_id || '',
      Object.assign(el('pre', 'raw'), {
        textContent: r.answer || '',
      }),
    ),
  );
  $('d-title').focus({
    preventScroll: true,
  });
}
