// Price with own fills, equity and drawdown.
const plots = {};
const cssVar = n => getComputedStyle(document.documentElement).getPropertyValue(n).trim();
const WINDOW_S = 600;
function timeRange() {
  const now = Date.now() / 1e3;
  const a = state.eq[0][0] || state.px[0][0] || now;
  return [Math.max(now - WINDOW_S, Math.min(a, now - 60)), now + 2];
}
function makePlot(el, o, data) {
  const u = new uPlot(
    Object.assign(
      {
        width: Math.max(50, el.clientWidth),
        height: Math.max(30, el.clientHeight),
        legend: {
          show: false,
        },
        padding: [8, 0, 0, 8],
        cursor: {
          sync: {
            key: 'x',
            setSeries: false,
          },
          y: false,
          points: {
            show: false,
          },
          drag: {
            x: false,
            y: false,
          },
        },
      },
      o,
    ),
    data,
    el,
  );
  return u;
}
function buildPlots() {
  for (const k in plots) {
    plots[k].destroy();
    delete plots[k];
  }
  const ink = cssVar('--ink'),
    dim = cssVar('--faint'),
    grid = cssVar('--grid'),
    bid = cssVar('--bid'),
    ask = cssVar('--ask'),
    own = cssVar('--own'),
    font = '10.5px ' + cssVar('--f');
  const ax = x => ({
    stroke: dim,
    font,
    grid: {
      stroke: grid,
      width: 1,
    },
    ticks: {
      show: false,
    },
    gap: 4,
    ...x,
  });
  const yax = d =>
    ax({
      side: 1,
      size: 74,
      splits: undefined,
      space: 24,
      values: (u, v) => v.map(x => fmt(x, d())),
    });
  const tx = ax({
    size: 20,
    space: 90,
    values: (u, v) => v.map(x => clockText(x * 1e9)),
  });
  const sc2 = {
    x: {
      time: true,
      range: timeRange,
    },
  };
  plots.price = makePlot(
    $('c-price'),
    {
      scales: {
        ...sc2,
        y: {
          range: (u, a, b) => {
            if (a == null) return [null, null];
            const p = Math.max((b - a) * 0.16, digits(state.sym).tick * 4);
            return [a - p, b + p];
          },
        },
      },
      axes: [
        tx,
        yax(() => (state.px[1].length && state.px[1][0] > 1000 ? 0 : digits(state.sym).p)),
      ],
      series: [
        {},
        {
          stroke: ink,
          width: 1.25,
          points: {
            show: false,
          },
          fill: cssVar('--hov'),
        },
      ],
      hooks: {
        draw: [
          u => {
            const c = u.ctx,
              r = devicePixelRatio;
            c.save();
            c.beginPath();
            c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
            c.clip();
            for (const o of state.orders.values()) {
              if (o.symbol !== state.sym || !o.limit_price_1e9) continue;
              const y = u.valToPos(from9(o.limit_price_1e9), 'y', true),
                x = u.bbox.left + u.bbox.width;
              c.strokeStyle = isBuy(o.side) ? bid : ask;
              c.setLineDash([3 * r, 3 * r]);
              c.lineWidth = 1.2 * r;
              c.globalAlpha = 0.9;
              c.beginPath();
              c.moveTo(x - 46 * r, y);
              c.lineTo(x, y);
              c.stroke();
            }
            c.setLineDash([]);
            c.globalAlpha = 1;
            for (const f of state.fills) {
              if (f.symbol !== state.sym) continue;
              const x = u.valToPos(f.ts_ns / 1e9, 'x', true);
              if (x < u.bbox.left) break;
              const y = u.valToPos(from9(f.price_1e9), 'y', true),
                d = isBuy(f.side) ? 1 : -1,
                z = (state.fills.length > 250 ? 3.2 : 4.2) * r;
              c.beginPath();
              c.moveTo(x, y - d * z * 0.2);
              c.lineTo(x - z, y + d * z * 1.5);
              c.lineTo(x + z, y + d * z * 1.5);
              c.closePath();
              c.strokeStyle = isBuy(f.side) ? bid : ask;
              c.fillStyle = f.is_maker ? cssVar('--panel') : c.strokeStyle;
              c.lineWidth = 1.1 * r;
              c.fill();
              c.stroke();
            }
            c.restore();
          },
        ],
        setCursor: [
          u => {
            const i = u.cursor.idx;
            setText(
              $('m-price'),
              i != null && u.data[1][i] != null
                ? `${clockText(u.data[0][i] * 1e9)}  ${priceText(u.data[1][i])}`
                : '▲ bought  ▼ sold  hollow: maker  dashes: resting',
            );
          },
        ],
      },
    },
    state.px,
  );
  plots.eq = makePlot(
    $('c-eq'),
    {
      scales: {
        ...sc2,
        y: {
          range: (u, a, b) => {
            if (a == null) return [0, 1];
            const p = Math.max((b - a) * 0.15, 1);
            return [a - p, b + p];
          },
        },
      },
      axes: [
        {
          show: false,
        },
        ax({
          side: 1,
          size: 74,
          space: 24,
          values: (u, v) =>
            v.map(x => {
              const y = x - (state.base || 0);
              return Math.abs(y) < 1e-6
                ? 'start'
                : fmt(y, Math.abs(u.scales.y.max - u.scales.y.min) < 10 ? 1 : 0, true);
            }),
          splits: (u, i, lo, hi, inc) => {
            const b = state.base || 0,
              o = [];
            for (let k = Math.ceil((lo - b) / inc); b + k * inc <= hi; k++) o.push(b + k * inc);
            return o;
          },
        }),
      ],
      padding: [8, 0, 4, 8],
      series: [
        {},
        {
          stroke: ink,
          width: 1.5,
          points: {
            show: false,
          },
          fill: cssVar('--hov'),
        },
      ],
      hooks: {
        draw: [
          u => {
            if (state.base == null) return;
            const y = u.valToPos(state.base, 'y', true),
              c = u.ctx;
            if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
            c.save();
            c.strokeStyle = dim;
            c.setLineDash([2, 4]);
            c.beginPath();
            c.moveTo(u.bbox.left, y);
            c.lineTo(u.bbox.left + u.bbox.width, y);
            c.stroke();
            c.restore();
          },
        ],
        setCursor: [
          u => {
            const i = u.cursor.idx;
            if (i != null && u.data[1][i] != null)
              setText($('m-eq'), `${clockText(u.data[0][i] * 1e9)}  ${fmt(u.data[1][i], 2)}`);
            else setText($('m-eq'), 'change since the start');
          },
        ],
      },
    },
    state.eq,
  );
  plots.dd = makePlot(
    $('c-dd'),
    {
      scales: {
        ...sc2,
        y: {
          range: (u, a, b) => [Math.min(a || 0, -1) * 1.1, 0],
        },
      },
      axes: [
        {
          show: false,
        },
        ax({
          side: 1,
          size: 74,
          grid: {
            show: false,
          },
          splits: u => [u.scales.y.min * 0.62],
          values: (u, v) => [fmt(u.scales.y.min / 1.1, 0)],
        }),
      ],
      padding: [3, 0, 3, 8],
      series: [
        {},
        {
          stroke: ask,
          width: 1.2,
          points: {
            show: false,
          },
          fill: cssVar('--ask-a'),
          fillTo: 0,
        },
      ],
    },
    drawdown(),
  );
  redraw('chart');
}
function drawdown() {
  let p = -1e18;
  const o = [];
  for (const v of state.eq[1]) {
    p = Math.max(p, v);
    o.push(v - p);
  }
  return [state.eq[0], o];
}
panel('chart', 500, () => {
  if (!plots.price) return;
  plots.price.setData(state.px);
  plots.eq.setData(state.eq);
  plots.dd.setData(drawdown());
});
new ResizeObserver(() => {
  for (const [k, i] of [
    ['price', 'c-price'],
    ['eq', 'c-eq'],
    ['dd', 'c-dd'],
  ])
    if (plots[k])
      plots[k].setSize({
        width: Math.max(50, $(i).clientWidth),
        height: Math.max(30, $(i).clientHeight),
      });
  redraw('ladder');
}).observe($('main'));
new ResizeObserver(() => {
  ladder.n && redraw('ladder');
}).observe($('lad'));
