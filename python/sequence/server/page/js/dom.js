// Elements, and changing them only where something changed.
const $ = id => document.getElementById(id);
function el(tag, cls, ...kids) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  for (const k of kids) if (k != null) e.append(k);
  return e;
}
const SVG_NS = 'http://www.w3.org/2000/svg';
function svg(tag, a, ...kids) {
  const e = document.createElementNS(SVG_NS, tag);
  for (const k in a) e.setAttribute(k, a[k]);
  for (const k of kids) if (k != null) e.append(k);
  return e;
}
function setText(e, t) {
  if (e._t !== t) {
    e._t = t;
    e.textContent = t;
  }
  return e;
}
function setClass(e, c, on) {
  if (!!on !== e.classList.contains(c)) e.classList.toggle(c, !!on);
}
function setScale(e, v) {
  v = Math.max(0, Math.min(1, v || 0));
  const k = v.toFixed(3);
  if (e._s !== k) {
    e._s = k;
    e.style.transform = 'scaleX(' + k + ')';
  }
}
let toastT;
function toast(t) {
  const e = $('toast');
  e.textContent = t;
  e.classList.add('on');
  clearTimeout(toastT);
  toastT = setTimeout(() => e.classList.remove('on'), 2600);
}
async function copyText(t, what) {
  try {
    await navigator.clipboard.writeText(t);
  } catch {
    const a = el('textarea');
    a.value = t;
    document.body.append(a);
    a.select();
    document.execCommand('copy');
    a.remove();
  }
  toast('Copied ' + what);
}
