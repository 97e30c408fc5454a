"""Bodies about whole execution graphs, and amends of their nodes."""

from pydantic import Field, model_validator

from sequence.types._base import Request
from sequence.types._number import Units
from sequence.types._rules import conflict
from sequence.types._words import Urgency
from sequence.types.common import HorizonMs, SlippageBps
from sequence.types.graph_edge import GraphEdgeRequest
from sequence.types.graph_node import Node
from sequence.types.graph_risk import Risk
from sequence.types.order_request import SubmitRequest


class GraphRequest(SubmitRequest):
    """The graph form of `POST /v1/orders`."""

    nodes: list[Node] = Field(min_length=1, max_length=100)
    edges: list[GraphEdgeRequest] = Field(default=[], max_length=300)
    risk: Risk = Risk()


class NodeConstraints(Request):
    """New limits of a node."""

    max_price_1e9: Units | None = None
    max_slippage_bps: SlippageBps | None = None
    horizon_ms: HorizonMs | None = None
    urgency: Urgency | None = None


class NodeAmendRequest(Request):
    """Body of `PATCH /v1/execution_graphs/{id}/nodes/{node_id}`."""

    new_qty_1e8: Units | None = None
    new_constraints: NodeConstraints | None = None
    expected_version: int | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "NodeAmendRequest":
        limits = self.new_constraints
        given = limits is not None and bool(limits.model_dump(exclude_none=True))
        if self.new_qty_1e8 is None and not given:
            raise conflict("amend with no fields: send new_qty_1e8 or new_constraints")
        return self
