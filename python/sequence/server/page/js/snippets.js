// A request as curl and as Python; keys stay names of variables.
const shellQuote = t => "'" + String(t).replace(/'/g, "'\\''") + "'",
  pythonLiteral = JSON.stringify;
function curl(r) {
  return (
    `curl -s${r.method === 'GET' ? '' : ' -X ' + r.method} "$SEQUENCE_BASE_URL"${shellQuote(r.path)} -H "Authorization: Bearer $SEQUENCE_API_KEY"` +
    (r.body ? ` -d ${shellQuote(r.body)}` : '')
  );
}
function pythonOrder(v) {
  return v === null
    ? 'None'
    : v === true
      ? 'True'
      : v === false
        ? 'False'
        : Array.isArray(v)
          ? '[' + v.map(pythonOrder).join(', ') + ']'
          : typeof v === 'object'
            ? '{' +
              Object.entries(v)
                .map(([k, x]) => pythonLiteral(k) + ': ' + pythonOrder(x))
                .join(', ') +
              '}'
            : pythonLiteral(v);
}
function python(r) {
  let b = {};
  try {
    b = JSON.parse(r.body || '{}');
  } catch {}
  const H = 'from sequence import Sequence\n\nclient = Sequence()\n';
  if (r.method === 'POST' && r.path === '/v1/orders' && b.symbol) {
    const o = [];
    for (const k of ['price', 'venue', 'tif', 'notional'])
      if (b[k] != null)
        o.push(
          `${k === 'price' ? 'limit_price' : k}=${typeof b[k] === 'number' ? pythonLiteral(String(b[k])) : pythonLiteral(b[k])}`,
        );
    return (
      H +
      `order = client.${b.side}(${pythonLiteral(b.symbol)}${b.qty != null ? ', ' + pythonLiteral(String(b.qty)) : ''}${o.length ? ', ' + o.join(', ') : ''})\nprint(order.wait())`
    );
  }
  const m = /^\/v1\/orders\/([^?]+)$/.exec(r.path);
  if (m && r.method === 'DELETE')
    return H + `client.cancel(${pythonLiteral(decodeURIComponent(m[1]))})`;
  return (
    'import os, httpx\n\n' +
    `answer = httpx.request(${pythonLiteral(r.method)}, os.environ["SEQUENCE_BASE_URL"] + ${pythonLiteral(r.path)},\n    headers={"Authorization": "Bearer " + os.environ["SEQUENCE_API_KEY"]}` +
    (r.body ? `, json=${pythonOrder(b)}` : '') +
    ')\nprint(answer.status_code, answer.json())'
  );
}
