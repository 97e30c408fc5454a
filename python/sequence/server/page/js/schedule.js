// Panels paint when something they show changed, each at its own rate at most.
function panel(name, every, fn) {
  (panel.all || (panel.all = {}))[name] = {
    every,
    fn,
    at: 0,
  };
}
function paintFrame(t) {
  if (!document.hidden)
    for (const k in panel.all) {
      const r = panel.all[k];
      if (dirty.has(k) && t - r.at >= r.every) {
        r.at = t;
        dirty.delete(k);
        try {
          r.fn();
        } catch (e) {
          console.error(k, e);
        }
      }
    }
  requestAnimationFrame(paintFrame);
}
const isHeld = root =>
  root.matches(':hover') ||
  (root.contains(document.activeElement) && document.activeElement.matches(':focus-visible'));
