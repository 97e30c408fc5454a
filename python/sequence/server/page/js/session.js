// The session of this tab. The key never reaches the page.
let session = null,
  armedUntil = 0;
const fragment = new URLSearchParams(location.hash.slice(1));
const tabStorage = (() => {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
})();
let theme = fragment.get('theme');
try {
  theme = theme || localStorage.getItem('seq-theme');
} catch {}
theme = theme || (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');
document.documentElement.dataset.theme = theme;
class Away extends Error {}
async function api(m, p, b) {
  let r;
  try {
    r = await fetch(p, {
      method: m,
      headers: Object.assign(
        {
          Authorization: 'Bearer ' + session,
        },
        b
          ? {
              'Content-Type': 'application/json',
            }
          : {},
      ),
      body: b ? JSON.stringify(b) : undefined,
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(8000),
    });
  } catch (e) {
    away(true);
    throw new Away('no answer');
  }
  if (r.status === 502 || r.status === 504) {
    away(true);
    throw new Away('no answer');
  }
  away(false);
  const j = parse((await r.text()) || '{}');
  if (r.status === 401) {
    gate('The ticket of this tab has ended', 'Type this again; it opens the page with a new one.');
    throw new Error('401');
  }
  if (!r.ok) {
    const e = new Error(j.error?.message || 'HTTP ' + r.status);
    e.status = r.status;
    e.code = j.error?.code;
    throw e;
  }
  return j;
}
function gate(t, p) {
  $('gate').hidden = false;
  if (t) setText($('g-t'), t);
  if (p) setText($('g-p'), p);
  session = null;
  $('g-i').focus();
}
async function enter(ticket) {
  const r = await fetch('/v1/page/session', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({
      ticket,
    }),
  }).catch(() => null);
  if (!r) {
    away(true);
    setTimeout(() => enter(ticket), 2000);
    return;
  }
  if (!r.ok) {
    gate(
      'That ticket was used or is too old',
      'Tickets work once and for one minute. In a terminal type',
    );
    return;
  }
  session = (await r.json()).session;
  tabStorage && tabStorage.setItem('seq-page', session);
  $('gate').hidden = true;
  start();
}
