// The execution graph of the newest order: nodes in columns by depth, edges by what they did.
const NODE_W = 152,
  NODE_H = 72,
  COLUMN_W = 222,
  ROW_H = 104;
const NODE_COLOURS = {
  WORKING: 'var(--bid)',
  ACTIVE: 'var(--bid)',
  WAITING: 'var(--faint)',
  SKIPPED: 'var(--faint)',
  FILLED: 'var(--ok)',
  REJECTED: 'var(--bad)',
  CANCELLED: 'var(--warn)',
  EXPIRED: 'var(--warn)',
};

function newestGraphId() {
  const open = [...state.orders.values()].pop(),
    last = open || state.fills[0];
  return last ? last.graph_id : null;
}

async function loadGraph() {
  const id = newestGraphId();
  if (!id) return;
  state.graph = await api('GET', '/v1/execution_graphs/' + encodeURIComponent(id));
  redraw('graph');
}

// Where each node stands: its column is one right of the deepest node that leads to it.
function placeNodes(graph) {
  const depth = new Map(graph.nodes.map(node => [node.node_id, 0]));
  for (let round = 0; round < graph.nodes.length; round++)
    for (const edge of graph.edges) {
      if (edge.action !== 'activate' || !depth.has(edge.from_node)) continue;
      const next = Math.min(depth.get(edge.from_node) + 1, graph.nodes.length - 1);
      if (next > depth.get(edge.to_node)) depth.set(edge.to_node, next);
    }
  const rows = [];
  return graph.nodes.map(node => {
    const column = depth.get(node.node_id),
      row = (rows[column] = (rows[column] ?? -1) + 1);
    return { node, x: 10 + column * COLUMN_W, y: 14 + row * ROW_H };
  });
}

function edgeLabel(edge) {
  const name = typeof edge.trigger === 'string' ? edge.trigger : Object.keys(edge.trigger)[0];
  const words = name.replace(/^on_/, '').replace(/_/g, ' ');
  const what = edge.action === 'activate' ? words : `${words}: ${edge.action}`;
  return edge.fired_count ? what : what + edgeWait(edge);
}

// What an edge that waits still lacks: time, or a part of a fill.
function edgeWait(edge) {
  if (edge.fires_at_ns) return ' in ' + durationText((edge.fires_at_ns - nowNs()) / 1e6);
  return edge.can_fire && edge.progress != null ? ` ${fmt(edge.progress * 100, 0)} %` : '';
}

function drawEdge(edge, from, to) {
  const fired = edge.fired_count > 0,
    dead = !fired && !edge.can_fire,
    x1 = from.x + NODE_W,
    y1 = from.y + NODE_H / 2,
    x2 = to.x - 4,
    y2 = to.y + NODE_H / 2,
    bend = Math.max(24, (x2 - x1) / 2);
  const colour = fired ? 'var(--ink)' : 'var(--faint)';
  return [
    svg('path', {
      d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
      fill: 'none',
      stroke: colour,
      'stroke-width': fired ? 2 : 1.5,
      'stroke-dasharray': fired ? '' : dead ? '1 4' : '5 4',
    }),
    svg('path', { d: `M${x2 - 5} ${y2 - 4}l6 4l-6 4z`, fill: colour }),
    svgText((x1 + x2) / 2, (y1 + y2) / 2 - 6, edgeLabel(edge), {
      'text-anchor': 'middle',
      fill: fired ? 'var(--ink)' : 'var(--dim)',
    }),
  ];
}

function drawNode({ node, x, y }) {
  const waits = node.status === 'WAITING',
    colour = NODE_COLOURS[node.status] || 'var(--faint)',
    share = node.qty_1e8 ? node.filled_qty_1e8 / node.qty_1e8 : 0;
  const verb = node.side === 'buy' ? 'Buy' : 'Sell',
    where = node.instrument.venue || 'best venue',
    kind = typeof node.order_type === 'string' ? node.order_type : Object.keys(node.order_type)[0];
  const bar = { x: x + 11, y: y + 60, height: 4, rx: 2 };
  return [
    svg('rect', {
      x: x + 0.5,
      y: y + 0.5,
      width: NODE_W,
      height: NODE_H,
      rx: 8,
      fill: 'var(--raised)',
      stroke: colour,
      'stroke-width': 1.25,
      'stroke-dasharray': waits ? '4 3' : '',
    }),
    svgText(x + 11, y + 19, node.node_id.slice(0, 12), {
      'font-weight': 650,
      fill: 'var(--ink)',
      'font-size': 12,
    }),
    svgText(x + NODE_W - 10, y + 19, (waits ? '◌ ' : '● ') + node.status.toLowerCase(), {
      'text-anchor': 'end',
      fill: colour,
    }),
    svgText(
      x + 11,
      y + 36,
      `${verb} ${shortSize(from8(node.qty_1e8))} ${node.instrument.symbol}`.slice(0, 24),
      { fill: 'var(--ink)', 'font-size': 11 },
    ),
    svgText(x + 11, y + 51, `${where} · ${kind}`, { fill: 'var(--faint)' }),
    svg('rect', { ...bar, width: NODE_W - 22, fill: 'var(--line2)' }),
    svg('rect', { ...bar, width: (NODE_W - 22) * Math.min(1, share), fill: colour }),
  ];
}

panel('graph', 500, () => {
  const graph = state.graph,
    root = $('graph');
  setText($('m-graph'), graph ? graph.status.toLowerCase() : '');
  if (!graph) {
    if (!root.firstChild) root.append(el('div', 'empty', 'No order yet, so no graph.'));
    return;
  }
  const placed = placeNodes(graph),
    byId = new Map(placed.map(spot => [spot.node.node_id, spot])),
    width = Math.max(394, ...placed.map(spot => spot.x + NODE_W + 10)),
    height = Math.max(276, ...placed.map(spot => spot.y + NODE_H + 30));
  const label = graph.nodes.map(
    node =>
      `${node.node_id}: ${node.status.toLowerCase()}, ${node.filled_qty_1e8} of ${node.qty_1e8}`,
  );
  const picture = svg('svg', {
    class: 'gsvg',
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': 'Graph. ' + label.join('. '),
  });
  for (const edge of graph.edges) {
    const from = byId.get(edge.from_node),
      to = byId.get(edge.to_node);
    if (from && to) picture.append(...drawEdge(edge, from, to));
  }
  for (const spot of placed) picture.append(...drawNode(spot));
  picture.append(
    svgText(10, height - 8, 'solid: fired · dashed: waiting · dotted: can no longer fire', {
      fill: 'var(--faint)',
    }),
  );
  root.replaceChildren(picture);
});
