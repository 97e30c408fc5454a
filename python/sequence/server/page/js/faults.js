// Clock, kill switch and faults.
const FAULT_KINDS = [
  [
    'Delay 200 ms ×5',
    {
      kind: 'delay',
      ms: 200,
      count: 5,
    },
  ],
  [
    'Reject next',
    {
      kind: 'reject_next',
      count: 1,
    },
  ],
  [
    '429 ×3',
    {
      kind: 'http_429',
      count: 3,
    },
  ],
  [
    '503 ×1',
    {
      kind: 'http_503',
      count: 1,
    },
  ],
  [
    'Stale kraken',
    {
      kind: 'stale_venue',
      venue: 'kraken',
    },
  ],
  [
    'Halt kraken',
    {
      kind: 'halt_venue',
      venue: 'kraken',
    },
  ],
  [
    'Drop reply',
    {
      kind: 'drop_reply',
      count: 1,
    },
  ],
  [
    'Cut streams',
    {
      kind: 'disconnect_streams',
      count: 1,
    },
  ],
];
panel('faults', 500, () => {
  const root = $('faults');
  if (!root._b) {
    root._b = 1;
    root.ck = el('dl', 'kv');
    root.act = el('div', '');
    root.act.className = 'fl';
    root.act.style.padding = '0';
    root.btn = el('div', 'row');
    root.bs = [];
    for (const [n, b] of FAULT_KINDS) {
      const x = el('button', 'btn sm', n);
      x.onclick = () => act('POST', '/v1/sandbox/faults', b, 'Fault added: ' + n);
      root.btn.append(x);
      root.bs.push(x);
    }
    root.cb = el('div', 'row');
    for (const [n, ms] of [
      ['+1 s', 1e3],
      ['+30 s', 3e4],
      ['+5 min', 3e5],
    ]) {
      const x = el('button', 'btn sm', n);
      x.onclick = () =>
        act(
          'POST',
          '/v1/sandbox/clock/advance',
          {
            ms,
          },
          'Clock moved ' + n,
        );
      x._clk = 1;
      root.cb.append(x);
      root.bs.push(x);
    }
    root.kill = el('button', 'btn sm', 'Engage kill switch');
    root.kill.onclick = () =>
      act(
        'POST',
        state.kill ? '/v1/kill_switch/clear' : '/v1/kill_switch',
        {},
        'Kill switch ' + (state.kill ? 'cleared' : 'engaged'),
      );
    root.bs.push(root.kill);
    root.none = el('div', 'dim', 'No fault is active: everything answers as the model says.');
    root.why = el('div', 'note');
    root.why.style.marginTop = '0';
    root.replay = replayBar();
    root.append(
      root.ck,
      root.replay,
      root.cb,
      el('div', 'sub', 'Faults'),
      root.none,
      root.act,
      root.btn,
      root.why,
    );
    root.cb.append(root.kill);
    root.children[2].style.padding = '8px 0 0';
    const mk = t => {
      const d = el('dd');
      root.ck.append(el('dt', '', t), d);
      return d;
    };
    root.d1 = mk('Clock');
    root.d2 = mk('Now');
    root.d3 = mk('Kill switch');
  }
  const c = state.clock;
  setText(
    root.d1,
    c
      ? c.clock +
          (c.clock === 'wall'
            ? ' (moves by itself)'
            : c.clock === 'manual'
              ? ' (stands until moved)'
              : '')
      : '–',
  );
  setText(
    root.d2,
    c ? new Date(c.now_ns / 1e6).toISOString().replace('T', ' ').slice(0, 19) + ' UTC' : '–',
  );
  setText(root.d3, state.kill ? '■ engaged: new orders are refused' : 'off');
  root.d3.className = state.kill ? 'bad' : '';
  setText(root.kill, state.kill ? 'Clear kill switch' : 'Engage kill switch');
  keyedList(
    root.act,
    state.faults,
    f => f.fault_id,
    f => {
      const e = el('div', 'fault');
      e.n = el(
        'span',
        'warn',
        '▲ ' +
          f.kind.replace(/_/g, ' ') +
          (f.ms ? ' ' + f.ms + ' ms' : '') +
          (f.venue ? ' · ' + f.venue : '') +
          (f.symbol ? ' · ' + f.symbol : ''),
      );
      e.l = el('span', 'dim');
      e.x = el('button', 'btn sm', 'End');
      e.x.onclick = () =>
        act('DELETE', '/v1/sandbox/faults/' + encodeURIComponent(f.fault_id), null, 'Fault ended');
      e.append(e.n, e.l, e.x);
      return e;
    },
    (e, f) => {
      setText(e.l, f.left == null ? 'until ended' : f.left + ' left');
      e.x.disabled = !armed();
    },
  );
  root.none.hidden = state.faults.length > 0;
  root.act.hidden = !state.faults.length;
  const a = armed();
  const runs = !c || c.clock === 'wall' || c.speed != null;
  for (const x of root.bs) x.disabled = !a || (x._clk && runs);
  root.replay.show(c, a);
  setText(
    root.why,
    !a
      ? 'Read-only. Arm this tab to use these (Shift+A).'
      : c && c.clock === 'wall'
        ? 'The clock moves by itself; to move it by hand start with  sequence up --clock manual'
        : '',
  );
  setText($('m-faults'), state.faults.length ? state.faults.length + ' active' : '');
});
async function act(m, p, b, ok) {
  try {
    await api(m, p, b);
    toast(ok);
    pollSlow();
  } catch (e) {
    toast('Refused: ' + e.message);
  }
}
function cancel(id) {
  if (!armed()) {
    toast('Read-only. Arm this tab first (Shift+A)');
    return;
  }
  act('DELETE', '/v1/orders/' + encodeURIComponent(id), null, 'Cancel sent');
}
