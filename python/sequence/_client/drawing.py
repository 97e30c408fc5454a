"""An execution graph as text: which order does what, and which edge waits for what."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sequence.types import Graph, GraphEdge, GraphNode
from sequence.types._decimal import exact, trimmed

_ARROWS: Final = {"activate": "->", "cancel": "-x", "reduce": "-<"}
_WORDS: Final = {
    "on_accepted": "a venue to accept {}",
    "on_first_fill": "the first fill of {}",
    "on_fill": "every fill of {}",
    "on_full_fill": "{} to be filled in full",
    "on_fill_ratio": "a fill of {}",
    "on_cancel": "a cancel of {}",
    "on_reject": "a rejection of {}",
    "on_expire": "the expiry of {}",
    "on_done": "the end of {}",
}
_ARMED: Final = {
    "on_full_fill": "is filled in full",
    "on_first_fill": "has a fill",
    "on_accepted": "is accepted",
}
_CONDITIONS: Final = {
    "fill_ratio_gte": "filled >= {}",
    "fill_ratio_lt": "filled < {}",
    "price_gte_1e9": "mid >= {}",
    "price_lte_1e9": "mid <= {}",
    "spread_bps_lte": "spread <= {} bps",
}
_SHARES: Final = {
    "from_fill": "the fill",
    "from_fill_notional": "the fill's value",
    "from_filled": "what is filled",
    "remaining": "the rest",
}
_START: Final = "@start"
_SHOWN_SLICES: Final = 6
_NS_PER_S: Final = 10**9
_MS_PER_S: Final = 1_000


def draw(graph: Graph) -> str:
    """A graph in one line per order, and below each what its edges wait for.

    An arrow `->` starts an order, `-x` cancels it, `-<` makes it smaller. Slices of an order that
    is spread over time are listed below it, the middle ones of many left out.

    Returns:
        ASCII text without a line break at its end.
    """
    reason = f" ({graph.status_reason})" if graph.status_reason else ""
    lines = [f"graph {graph.graph_id}: {graph.status}{reason}"]
    slices = _slices(graph)
    hidden = {node.node_id for rows in slices.values() for node in rows}
    rows: list[tuple[str, ...]] = []
    starting = [edge for edge in graph.edges if edge.from_node == _START]
    if starting:
        rows.append(("@start",))
        rows += (_edge_row(edge, graph) for edge in starting)
    for node in graph.nodes:
        if node.node_id in hidden:
            continue
        rows.append(_node_row(node))
        rows += _slice_rows(slices.get(node.node_id, []))
        rows += (
            _edge_row(edge, graph)
            for edge in graph.edges
            if edge.from_node == node.node_id and edge.to_node not in hidden
        )
    return "\n".join([*lines, *_aligned(rows)])


def _node_row(node: GraphNode, indent: str = "") -> tuple[str, ...]:
    return f"{indent}{node.node_id}", _order(node), f"{node.status}{_progress(node)}"


def _order(node: GraphNode) -> str:
    symbol = node.instrument.symbol
    where = f" on {node.instrument.venue}" if node.instrument.venue else ""
    what = " ".join(filter(None, (node.side, _size(node), symbol, _price(node.order_type))))
    return f"{what}{where}{_pacing(node)}"


def _size(node: GraphNode) -> str:
    if node.qty_1e8:
        return _qty(node.qty_1e8)
    (kind, value), *_ = node.quantity.items()
    if kind == "fixed":
        return _qty(value["qty_1e8"])
    if kind == "notional":
        return f"{_usd(value['usd_1e9'])} USD of"
    if kind == "position":
        return f"{_percent(value['ratio'])} of the position in"
    return ""


def _price(order_type: str | Mapping[str, Any]) -> str:
    if isinstance(order_type, str):
        return "at market"
    if "limit" in order_type:
        return f"at {_usd(order_type['limit']['price_1e9'])}"
    peg = order_type["peg"]
    offset = peg.get("offset_1e9") or 0
    added = f" {'+' if offset > 0 else '-'} {_usd(abs(offset))}" if offset else ""
    bound = f", at worst {_usd(peg['limit_1e9'])}" if peg.get("limit_1e9") else ""
    return f"at the {peg['to']}{added}{bound}"


def _pacing(node: GraphNode) -> str:
    pacing: dict[str, dict[str, Any]] = node.execution.get("pacing") or {}
    for kind, value in pacing.items():
        if kind == "participation":
            return f", {_percent(value['rate_bps'] / 10_000)} of the market's volume"
        if kind == "iceberg":
            return f", {_qty(value['display_qty_1e8'])} shown at a time"
        if kind == "aggressive_chase":
            return f", again and again, every {_span_ms(value['interval_ms'])}"
        slices = len(value["weights"]) if kind == "profile" else value["num_slices"]
        return f", {slices} slices, one every {_span_ms(value['interval_ms'])}"
    return ""


def _progress(node: GraphNode) -> str:
    price = "" if node.avg_price_1e9 is None else f" at {_usd(node.avg_price_1e9)}"
    filled = ""
    if node.filled_qty_1e8 or node.status == "WORKING":
        filled = f" {_qty(node.filled_qty_1e8)} of {_qty(node.qty_1e8)}{price}"
    hidden = f", {_qty(node.hidden_qty_1e8)} hidden" if node.hidden_qty_1e8 else ""
    return f"{filled}{hidden}{f' ({node.failure_reason})' if node.failure_reason else ''}"


def _edge_row(edge: GraphEdge, graph: Graph) -> tuple[str, ...]:
    arrow = f"  {_ARROWS[edge.action]} {edge.to_node}"
    return arrow, edge.edge_id, f"{_state(edge, graph)}{_gives(edge)}"


def _state(edge: GraphEdge, graph: Graph) -> str:
    times = "" if edge.fired_count <= 1 else f" {edge.fired_count} times"
    fired = f"fired{times}" if edge.fired_count else ""
    if edge.spent:
        return fired or "spent: its condition did not hold"
    if graph.is_terminal:
        return fired or "did not fire"
    waits = f"waits for {_event(edge)}{_condition(edge.condition)}"
    return f"{fired}, {waits}" if fired else waits


def _event(edge: GraphEdge) -> str:
    source = "the start" if edge.from_node == _START else edge.from_node
    if isinstance(edge.trigger, str):
        return _WORDS[edge.trigger].format(source)
    ((kind, value),) = edge.trigger.items()
    if kind == "on_timeout":
        due = "" if edge.due_unix_ns is None else f", at {_time(edge.due_unix_ns)}"
        return f"{_span_ms(value['ms'])} since {source} started{due}"
    if kind == "at":
        return _time(value["ns"])
    after = "" if edge.from_node == _START or edge.armed_unix_ns else _after(source, value)
    where = f" at {value['venue']}" if value.get("venue") else ""
    name = f"{value.get('reference', 'mid')}{where}"
    if kind == "on_price":
        return f"{name} {_bound(value)}{after}"
    return f"{name} {_trail(value, edge.best_1e9)}{after}"


def _after(source: str, value: Mapping[str, Any]) -> str:
    return f", once {source} {_ARMED[value.get('arm', 'on_full_fill')]}"


def _bound(value: Mapping[str, Any]) -> str:
    low = value.get("lte_1e9")
    return f"<= {_usd(low)}" if low is not None else f">= {_usd(value['gte_1e9'])}"


def _trail(value: Mapping[str, Any], best_1e9: int | None) -> str:
    bps, units = value.get("distance_bps"), value.get("distance_1e9")
    distance = _usd(units) if units is not None else f"{bps} bps"
    extreme = "highest" if value["side"] == "below" else "lowest"
    best = "" if best_1e9 is None else f" ({_usd(best_1e9)})"
    start = value.get("activate_1e9")
    since = "" if start is None or best_1e9 is not None else f", counted from {_usd(start)}"
    return f"{distance} {value['side']} its {extreme}{best}{since}"


def _condition(condition: Mapping[str, Any]) -> str:
    held = [
        _CONDITIONS[name].format(_percent(value) if "ratio" in name else _plain(name, value))
        for name, value in condition.items()
        if value is not None
    ]
    return f", if {' and '.join(held)}" if held else ""


def _plain(name: str, value: int) -> str:
    return _usd(value) if name.endswith("_1e9") else str(value)


def _gives(edge: GraphEdge) -> str:
    rest = f", {_qty(edge.residual_qty_1e8)} left over" if edge.residual_qty_1e8 else ""
    if isinstance(edge.sizing, str) or edge.action == "cancel":
        return rest
    ((kind, value),) = edge.sizing.items()
    if kind == "fixed":
        return f"; gives {_qty(value['qty_1e8'])}{rest}"
    if kind == "notional":
        return f"; gives {_usd(value['usd_1e9'])} USD{rest}"
    share = "" if value["ratio"] == 1 else f"{_percent(value['ratio'])} of "
    return f"; gives {share}{_SHARES[kind]}{rest}"


def _slices(graph: Graph) -> dict[str, list[GraphNode]]:
    found: dict[str, list[GraphNode]] = {}
    for node in graph.nodes:
        if node.parent_node is not None:
            found.setdefault(node.parent_node, []).append(node)
    return found


def _slice_rows(rows: list[GraphNode]) -> Iterator[tuple[str, ...]]:
    ends = _SHOWN_SLICES // 2
    left_out = len(rows) - _SHOWN_SLICES
    for at, node in enumerate(rows):
        if left_out > 0 and ends <= at < len(rows) - ends:
            if at == ends:
                yield (f"  . {left_out} more",)
            continue
        yield _node_row(node, "  . ")


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Rows with their columns below each other; orders and edges have middle ones of their own."""
    first = max(len(row[0]) for row in rows)
    middle = {True: 0, False: 0}
    for row in rows:
        middle[_is_edge(row)] = max(middle[_is_edge(row)], len(row[1]) if len(row) > 1 else 0)
    for row in rows:
        cells = zip(row, (first, middle[_is_edge(row)], 0), strict=False)
        yield "  ".join(cell.ljust(width) for cell, width in cells).rstrip()


def _is_edge(row: tuple[str, ...]) -> bool:
    return row[0].startswith("  -")


def _qty(units: int) -> str:
    return f"{trimmed(exact(units, 8)):f}"


def _usd(units: int) -> str:
    return f"{trimmed(exact(units, 9)):f}"


def _percent(ratio: Any) -> str:  # noqa: ANN401 - int, float or Decimal
    return f"{round(float(ratio) * 100, 6):g} %"


def _span_ms(ms: int) -> str:
    return f"{ms / _MS_PER_S:g} s" if ms >= _MS_PER_S else f"{ms} ms"


def _time(ns: int) -> str:
    when = datetime.fromtimestamp(ns // _NS_PER_S, UTC)
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
