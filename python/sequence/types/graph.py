"""Execution graphs as the server answers them."""

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field

from sequence.types._base import Wire
from sequence.types._decimal import exact, trimmed
from sequence.types._html import html_table
from sequence.types._number import QueryBool
from sequence.types._query import PageQuery, split
from sequence.types._table import Table
from sequence.types._words import (
    TERMINAL_GRAPH_STATUSES,
    AmendMode,
    GraphStatus,
    InstrumentType,
    NodeStatus,
    Side,
)


class GraphInstrument(Wire):
    """What a node trades; a null venue is routed."""

    symbol: str
    type: InstrumentType
    venue: str | None


class GraphNode(Wire):
    """One node and what became of it.

    Quantities are times 1e8, prices and USD amounts times 1e9. `order_type`, `quantity` and
    `execution` are the forms of the request. `hidden_qty_1e8` is what an iceberg has not shown yet.
    """

    exact_decimals: ClassVar[bool] = True

    node_id: str
    kind: Literal["order", "pacing_parent"]
    parent_node: str | None
    instrument: GraphInstrument
    side: Side
    order_type: str | dict[str, Any]
    quantity: dict[str, Any]
    execution: dict[str, Any]
    activation: Literal["root", "wait"]
    join: Literal["any", "all"]
    status: NodeStatus
    activations: int
    qty_1e8: int
    filled_qty_1e8: int
    avg_price_1e9: int | None
    fees_usd_1e9: int | None
    failure_reason: str | None
    node_order_ids: list[str]
    activated_unix_ns: int | None
    done_unix_ns: int | None
    hidden_qty_1e8: int | None = None
    mode: AmendMode | None = Field(default=None, exclude_if=lambda mode: mode is None)
    """Only in the answer of a node amend."""


class GraphEdge(Wire):
    """One edge and how often it fired; `trigger`, `condition`, `sizing` as in the request.

    An edge watches from `armed_unix_ns` on; `due_unix_ns` is when a timer fires, `best_1e9` the
    best price that a trailing trigger has seen. `version` counts the amends, from 1. `progress` is
    how far it is from firing, 0 to 1: the time that passed, or the part that its source filled.
    """

    exact_decimals: ClassVar[bool] = True

    edge_id: str
    from_node: str
    to_node: str
    trigger: str | dict[str, Any]
    condition: dict[str, Any]
    sizing: str | dict[str, Any]
    action: Literal["activate", "cancel", "reduce"]
    fired_count: int
    spent: bool
    residual_qty_1e8: int
    last_fired_unix_ns: int | None
    armed_unix_ns: int | None = None
    due_unix_ns: int | None = None
    best_1e9: int | None = None
    version: int = 1
    armed: bool = False
    can_fire: bool = False
    fires_at_ns: int | None = None
    progress: float | None = None


class Graph(Wire):
    """Answer of `GET /v1/execution_graphs/{id}`; profit, loss and fees are USD times 1e9."""

    exact_decimals: ClassVar[bool] = True

    graph_id: str
    status: GraphStatus
    status_reason: str | None
    is_sandbox: bool
    node_count: int
    edge_count: int
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    risk: dict[str, Any]
    pnl_usd_1e9: int | None
    fees_usd_1e9: int | None
    metadata: dict[str, Any]
    created_unix_ns: int
    updated_unix_ns: int

    @property
    def is_terminal(self) -> bool:
        """True when nothing more can happen to the graph."""
        return self.status in TERMINAL_GRAPH_STATUSES

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return self.to_html()

    def to_html(self) -> str:
        """A table of the orders, and one of what they wait for."""
        nodes = [
            (
                node.node_id,
                node.side,
                node.instrument.symbol,
                node.instrument.venue or "routed",
                node.status,
                f"{_units(node.filled_qty_1e8)} of {_units(node.qty_1e8)}",
            )
            for node in self.nodes
        ]
        edges = [
            (edge.from_node, edge.action, edge.to_node, str(edge.fired_count), _state(edge))
            for edge in self.edges
        ]
        orders = html_table(_NODE, nodes, [False] * 5 + [True], f"{self.graph_id}: {self.status}")
        return orders + (html_table(_EDGE, edges, [False] * 3 + [True, False]) if edges else "")


_NODE: Final = ("node", "side", "symbol", "venue", "status", "filled")
_EDGE: Final = ("from", "does", "to", "fired", "state")


def _units(qty_1e8: int) -> str:
    return f"{trimmed(exact(qty_1e8, 8)):f}"


def _state(edge: GraphEdge) -> str:
    return "spent" if edge.spent else "waits" if edge.armed_unix_ns is None else "armed"


class GraphRow(Wire):
    """Payload of `graphs`: a graph without its nodes, edges and risk limits."""

    graph_id: str
    status: GraphStatus
    status_reason: str | None
    is_sandbox: bool
    node_count: int
    edge_count: int
    pnl_usd_1e9: int
    fees_usd_1e9: int
    metadata: dict[str, Any]
    created_unix_ns: int
    updated_unix_ns: int


class GraphSummary(GraphRow):
    """One row of `GET /v1/execution_graphs`: a graph without its nodes, edges and risk limits.

    `created_seq` is its number in the order of creation, which `before_seq` takes.
    """

    created_seq: int

    @property
    def is_terminal(self) -> bool:
        """True when nothing more can happen to the graph."""
        return self.status in TERMINAL_GRAPH_STATUSES


class GraphsPage(Wire, Table):
    """Answer of `GET /v1/execution_graphs`, newest first.

    `next` is the `before_seq` of the page after this one, null when there is none: graphs that are
    added meanwhile move nothing. An order alone is a graph of one node.
    """

    exact_decimals: ClassVar[bool] = True
    rows_field: ClassVar[str] = "graphs"

    graphs: list[GraphSummary]
    total: int
    limit: int
    offset: int
    has_more: bool
    next: int | None = None


class GraphsQuery(PageQuery):
    """Filters of `GET /v1/execution_graphs`; several statuses are separated by commas."""

    status: Annotated[tuple[GraphStatus, ...], BeforeValidator(split)] | None = None
    open: QueryBool = False


class GraphCancelResponse(Wire):
    """Answer of a graph cancel; `pending` when a simulated cancel is still on its way."""

    graph_id: str
    status: GraphStatus
    cancelled_orders: list[str]
    already_terminal: bool
    pending: bool
