// Leave to write, for this tab and a while.
const armed = () => armedUntil > Date.now();
async function setArm(v) {
  try {
    const r = await api('POST', '/v1/page/arm', {
      armed: v,
    });
    armedUntil = v ? Date.now() + r.expires_in_s * 1000 : 0;
    redraw('orders', 'faults');
    paintArm();
  } catch (e) {
    toast(e.message);
  }
}
function paintArm() {
  const a = armed();
  $('arm').setAttribute('aria-pressed', a);
  setText(
    $('armt'),
    a ? 'Armed ' + Math.ceil((armedUntil - Date.now()) / 60000) + ' min' : 'Read-only',
  );
}
