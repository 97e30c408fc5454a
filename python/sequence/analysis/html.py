"""A report as one HTML file: no script, nothing from elsewhere."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final

from sequence.analysis.summary import Summary, comparison, shown
from sequence.types._html import html_table

if TYPE_CHECKING:
    from sequence.analysis.rows import RunRows
    from sequence.types import PortfolioSnapshot

_WIDTH: Final = 900
_HEIGHT: Final = 180
_POINTS: Final = 900
_TRIPS: Final = 200
_LIVES: Final = 50
_STYLE: Final = """
:root{color-scheme:light dark;--ink:#10151c;--dim:#4a5565;--line:#e4e8ed;--bg:#fff;--a:#0a5fc9}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf4;--dim:#a3afbf;--line:#1d2530;--bg:#0f141b;
--a:#5aa9ff}}
body{font:13px/1.5 Inter,system-ui,sans-serif;color:var(--ink);background:var(--bg);
max-width:960px;margin:24px auto;padding:0 16px;font-variant-numeric:tabular-nums}
h1{font-size:20px}h2{font-size:15px;margin-top:28px;border-top:1px solid var(--line);
padding-top:12px}p,caption{color:var(--dim)}table{border-collapse:collapse;display:block;
overflow-x:auto}td,th{padding:3px 10px 3px 0;border-bottom:1px solid var(--line)}
svg{width:100%;height:auto}polyline{fill:none;stroke:var(--a);stroke-width:1.5}
text{fill:var(--dim);font-size:11px}li{color:var(--dim)}
"""


def report_html(results: "RunRows", name: str, *others: Summary) -> str:
    """The page of a run, with other runs beside it where there are any."""
    summary = Summary.of(results, name)
    card = results.card
    parts = [
        f"<h1>{escape(name)}</h1><p>Paper trading, simulated: sequence {escape(card.version)}, "
        f"fill model {escape(card.model_version)}, preset {escape(card.preset)}, "
        f"seed {card.seed}. {_span(results)}</p>",
        figures_html(summary),
        _curves(results.equity.snapshots),
        *(_groups(results, what) for what in ("symbol", "venue", "tag")),
        _causes(results),
        _trips(results),
        _lives(results),
        _compared(summary, others),
        _card(results),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(name)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


class Html(str):
    """HTML that a notebook shows as what it is."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def curves_html(samples: "Sequence[PortfolioSnapshot]") -> Html:
    """The value of an account and its drawdown over time, drawn."""
    return Html(_curves(samples))


def figures_html(summary: Summary) -> str:
    """The figures of a run as a table."""
    rows = [[name, shown(value)] for name, value in summary.figures().items()]
    return html_table(("figure", "value"), rows, (False, True))


def _section(title: str, body: str, note: str = "") -> str:
    told = f"<p>{escape(note)}</p>" if note else ""
    return f"<h2>{escape(title)}</h2>{told}{body}"


def _span(results: "RunRows") -> str:
    times = [row.ts_ns for row in results.equity.snapshots]
    if not times:
        return ""
    return f"From {_time(times[0])} to {_time(times[-1])}."


def _time(ts_ns: int) -> str:
    return datetime.fromtimestamp(ts_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _curves(samples: "Sequence[PortfolioSnapshot]") -> str:
    known = [(row.ts_ns, row.nav_usd_1e9) for row in samples if row.nav_usd_1e9 is not None]
    values = [nav / 1e9 for _, nav in known]
    peak, falls = float("-inf"), list[float]()
    for value in values:
        peak = max(peak, value)
        falls.append(value - peak)
    times = [ts_ns for ts_ns, _ in known]
    equity = _section("Equity", _line(times, values), "Net asset value, USD.")
    return equity + _section("Drawdown", _line(times, falls), "Below the peak so far, USD.")


def _line(times: Sequence[int], values: Sequence[float]) -> str:
    if len(values) < 2:  # noqa: PLR2004 - a line has two ends
        return "<p>Nothing to draw yet.</p>"
    low, high = min(values), max(values)
    span, length = (high - low) or 1.0, (times[-1] - times[0]) or 1
    step = max(1, len(values) // _POINTS)
    chosen = [*range(0, len(values), step), len(values) - 1]
    points = " ".join(
        f"{(times[at] - times[0]) / length * _WIDTH:.1f},"
        f"{(high - values[at]) / span * (_HEIGHT - 20) + 14:.1f}"
        for at in chosen
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><polyline points="{points}"/>'
        f'<text x="2" y="10">{high:,.2f}</text>'
        f'<text x="2" y="{_HEIGHT - 1}">{low:,.2f}</text></svg>'
    )


def _groups(results: "RunRows", what: str) -> str:
    rows = results.pnl_by(what)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    names = (what, "fills", "volume, USD", "fees, USD", "realised, USD", "P&L, USD")
    cells = [
        [
            row.key,
            str(row.fills),
            *map(shown, (row.volume_usd, row.fees_usd, row.realized_usd, row.pnl_usd)),
        ]
        for row in rows
    ]
    note = "P&L: sold less bought, plus what is left at its mark, less fees."
    body = html_table(names, cells, (False, *[True] * 5))
    return _section(f"By {what}", body, note)


def _causes(results: "RunRows") -> str:
    rows = [[row.cause, str(row.fills), shown(row.volume_usd)] for row in results.causes]
    return _section("Why fills came about", html_table(("cause", "fills", "volume, USD"), rows,
                                                       (False, True, True)))  # fmt: skip


def _trips(results: "RunRows") -> str:
    names = ("venue", "symbol", "opened by", "qty", "entry", "exit", "held, s", "net, USD")
    trips = results.round_trips[-_TRIPS:]
    cells = [
        [
            *(row.venue, row.symbol, row.side),
            *map(shown, (row.qty, row.entry_price, row.exit_price)),
            f"{(row.closed_ns - row.opened_ns) / 1e9:,.3f}",
            shown(row.net_usd),
        ]
        for row in trips
    ]
    table = html_table(names, cells, (False, False, False, *[True] * 5))
    return _section("Round trips", table, f"The last {len(trips)}, first in, first out.")


def _lives(results: "RunRows") -> str:
    def life(order_id: str) -> str:
        rows = [
            [f"{row.after_ns / 1e6:,.3f}", row.event, row.what] for row in results.life_of(order_id)
        ]
        table = html_table(("ms", "event", "what"), rows, (True, False, False))
        return f"<details><summary>{escape(order_id)}</summary>{table}</details>"

    newest = results.orders[-_LIVES:]
    body = "".join(life(order.node_order_id) for order in newest)
    return _section("Lives of orders", body, f"The newest {len(newest)}.")


def _compared(summary: Summary, others: Iterable[Summary]) -> str:
    runs = [summary, *others]
    if len(runs) == 1:
        return ""
    rows = [[name, *values] for name, values in comparison(*runs)]
    names = ["figure", *(run.name for run in runs)]
    return _section("Beside other runs", html_table(names, rows, [False, *[True] * len(runs)]))


def _card(results: "RunRows") -> str:
    card = results.card
    rules = sorted({str(fill.evidence.get("fee", {}).get("rule_id")) for fill in results.fills})
    rows = [
        ["version", card.version],
        ["fill model", card.model_version],
        ["preset", card.preset],
        ["values in force", card.params_hash],
        ["seed", str(card.seed)],
        ["clock, market", f"{card.clock}, {card.market}"],
        ["fee rules met", ", ".join(rules) or "none"],
        *(["data", f"{row.name} sha256 {row.sha256 or 'not known'}"] for row in card.data),
        *([f"  {name}", str(value)] for name, value in card.params.items()),
    ]
    head, absent = rows, "".join(f"<li>{escape(line)}</li>" for line in card.not_modelled)
    table = "".join(
        html_table(("what", "value"), head[at : at + 60], (False, False))
        for at in range(0, len(head), 60)
    )
    return _section("Card of the run", table) + _section("Not modelled", f"<ul>{absent}</ul>")
