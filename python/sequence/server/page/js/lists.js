// Lists with a key per row: rows stay where they are while numbers change.
function keyedList(root, items, key, make, upd) {
  const m = root._m || (root._m = new Map()),
    seen = new Set();
  let prev = root._head || null;
  for (const it of items) {
    const k = key(it);
    seen.add(k);
    let n = m.get(k);
    if (!n) {
      n = make(it);
      n._k = k;
      m.set(k, n);
    }
    if (upd) upd(n, it);
    const want = prev ? prev.nextSibling : root.firstChild;
    if (want !== n) {
      if (want && !items._set) {
        root.insertBefore(n, want);
      } else root.insertBefore(n, want || null);
    }
    prev = n;
  }
  for (const [k, n] of m)
    if (!seen.has(k)) {
      if (n === document.activeElement) {
        const a = n.nextElementSibling || n.previousElementSibling;
        a && a.focus && a.focus();
      }
      n.remove();
      m.delete(k);
    }
  rovingTab(root);
}
function rovingTab(root) {
  const r = root.querySelectorAll('.tr');
  let f = false;
  r.forEach(x => {
    if (x.tabIndex === 0) {
      if (f) x.tabIndex = -1;
      f = true;
    }
  });
  if (!f && r[0]) r[0].tabIndex = 0;
}
function listHead(root, cls, cols) {
  if (root._head) return;
  const e = el('div', 'tb th ' + cls);
  e.setAttribute('role', 'row');
  for (const [t, c] of cols) {
    const d = el('div', c, t);
    d.setAttribute('role', 'columnheader');
    e.append(d);
  }
  root.append(e);
  root._head = e;
}
function emptyNote(root, on, build) {
  if (on) {
    if (!root._e) {
      root._e = el('div', 'empty');
      build(root._e);
      root.append(root._e);
    }
  } else if (root._e) {
    root._e.remove();
    root._e = null;
  }
}
function gridRow(cls, defs) {
  const r = el('div', 'tb tr ' + cls);
  r.setAttribute('role', 'row');
  r.tabIndex = -1;
  r.c = {};
  for (const [k, c] of defs) {
    const d = el('div', c);
    d.setAttribute('role', 'gridcell');
    r.c[k] = d;
    r.append(d);
  }
  return r;
}
