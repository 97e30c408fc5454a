"""What a graph cost: against the market at its start, and against its own legs."""

from sequence.types._base import Wire
from sequence.types._words import GraphStatus, NodeStatus, Side


class NodeTca(Wire):
    """One node of a graph against the market.

    Shortfalls are in basis points, positive when the node paid more or got less: against the mid
    when its first order was placed, and against the mid of the book that its first fill met.
    A paced order is what its slices are together. `market_vwap_1e9` is the price of what the market
    traded while the node lived; of each market the newest 500 trades are kept, and it is null where
    there were more. Times are nanoseconds from activation.
    What cannot be said, such as the price of a node without a fill, is null.
    """

    node_id: str
    symbol: str
    side: Side
    status: NodeStatus
    qty_1e8: int
    filled_qty_1e8: int
    arrival_mid_1e9: int | None
    activation_mid_1e9: int | None
    vwap_1e9: int | None
    market_vwap_1e9: int | None
    shortfall_arrival_bps: float | None
    shortfall_activation_bps: float | None
    vs_market_vwap_bps: float | None
    spread_cost_usd_1e9: int
    impact_usd_1e9: int
    fees_usd_1e9: int | None
    time_to_first_fill_ns: int | None
    time_to_fill_ns: int | None


class GraphUnhedged(Wire):
    """How much of one base asset was not hedged, and for how long.

    `qty_seconds` is the sum over time of the absolute net quantity, in units times seconds;
    `worst_qty_1e8` the largest net quantity, with its sign.
    """

    asset: str
    qty_seconds: float
    worst_qty_1e8: int
    net_qty_1e8: int


class GraphTca(Wire):
    """Answer of `GET /v1/execution_graphs/{id}/tca`; `hedge_lag` is from a fill to its hedge."""

    graph_id: str
    status: GraphStatus
    is_sandbox: bool
    nodes: list[NodeTca]
    unhedged: list[GraphUnhedged]
    hedge_lag_p50_ns: int | None
    hedge_lag_p99_ns: int | None
    fees_usd_1e9: int | None
    pnl_usd_1e9: int | None
    ts_ns: int
