// Where a replay that runs by itself is, and what lets it stand, go on or go faster.
const SPEEDS = [1, 10, 100];
function replayBar() {
  const root = el('div', 'row');
  root.id = 'replay';
  const bar = el('progress', '');
  bar.max = 1000;
  bar.setAttribute('aria-label', 'Replay');
  const at = el('span', 'dim');
  const pause = el('button', 'btn sm', 'Pause');
  pause.onclick = () =>
    act(
      'PUT',
      '/v1/sandbox/clock',
      { paused: !state.clock.paused },
      state.clock.paused ? 'Replay goes on' : 'Replay stands',
    );
  const buttons = SPEEDS.map(n => {
    const one = el('button', 'btn sm', '×' + n);
    one.onclick = () => act('PUT', '/v1/sandbox/clock', { speed: n }, 'Replay at ×' + n);
    return one;
  });
  root.append(bar, at, pause, ...buttons);
  root.show = (clock, mayWrite) => {
    const runs = clock != null && clock.speed != null;
    root.hidden = !runs;
    if (!runs) return;
    const length = clock.end_ns - clock.start_ns;
    const done = length > 0 ? Math.min(1, (clock.now_ns - clock.start_ns) / length) : 1;
    bar.value = Math.round(done * 1000);
    const how = clock.paused ? 'paused' : '×' + clock.speed;
    setText(at, (done < 1 ? Math.floor(done * 100) + ' %' : 'ended') + ', ' + how);
    setText(pause, clock.paused ? 'Go on' : 'Pause');
    pause.disabled = !mayWrite;
    for (const one of buttons) one.disabled = !mayWrite;
  };
  return root;
}
