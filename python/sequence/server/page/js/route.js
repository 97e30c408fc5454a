// How an order was split: what each venue would have cost, as the router compared them.
const MOST_ROUTES = 500;

function addRoute(route) {
  state.routes.delete(route.node_order_id);
  state.routes.set(route.node_order_id, route);
  if (state.routes.size > MOST_ROUTES) state.routes.delete(state.routes.keys().next().value);
}

function routeOf(orderId) {
  const route = state.routes.get(orderId);
  if (!route) return null;
  const size = sizeOf(route.symbol),
    table = el('table', 'route'),
    head = el('tr');
  for (const name of ['Venue', 'Size', 'Price and fee', 'Delay', 'Age', 'Score'])
    head.append(el('th', '', name));
  table.append(head);
  for (const leg of route.legs) {
    const row = el('tr');
    row.append(el('td', '', leg.venue), el('td', '', size(leg.qty_1e8)));
    for (const bps of [leg.cost_bps, leg.latency_risk_bps, leg.freshness_bps, leg.score_bps])
      row.append(el('td', '', fmt(bps, 2)));
    table.append(row);
  }
  return section('Route', 'basis points, the least score first', table);
}
