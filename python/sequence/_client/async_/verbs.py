"""What a placed order and a graph ask of the client that made them."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from sequence import types as t
from sequence._client.ask.numbers import Number

if TYPE_CHECKING:
    from sequence._client.ask.graph_edge import Trigger


class AsyncOrderVerbs(Protocol):
    """Calls about one order."""

    async def order(self, order_id: str) -> "t.Order":
        """One order by its id."""
        ...

    async def cancel(self, order_id: str) -> "t.OrderCancelResponse":
        """Cancels one order."""
        ...

    async def amend(
        self,
        order_id: str,
        *,
        new_price: Number | None = None,
        new_qty: Number | None = None,
        expected_version: int | None = None,
    ) -> "t.AmendResponse":
        """Changes limit price or total quantity of one order."""
        ...

    async def decrease(
        self, order_id: str, reduce_by: Number, *, expected_version: int | None = None
    ) -> "t.AmendResponse":
        """Takes a quantity off one order."""
        ...

    async def fills(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        node_order_id: str | None = None,
        sandbox: bool | None = None,
    ) -> "t.FillsPage":
        """Fills of one order, newest first."""
        ...

    def standing_clock(self) -> str:
        """What to do about a clock that stands, when the client knows of one; else empty."""
        ...

    async def move_clock(self, ns: int) -> None:
        """Lets time pass on a manual clock."""
        ...


class AsyncGraphVerbs(Protocol):
    """Calls about a graph."""

    async def submit_graph(
        self,
        nodes: Iterable[Mapping[str, Any]],
        edges: Iterable[Mapping[str, Any]] = (),
        *,
        risk: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        tag: str | None = None,
        sandbox: bool | None = None,
        graph_id: str | None = None,
    ) -> "t.SubmitResponse":
        """Submits an execution graph in its wire form."""
        ...

    async def graph_status(self, graph_id: str) -> "t.Graph":
        """A graph with its nodes and edges."""
        ...

    async def graph_cancel(self, graph_id: str) -> "t.GraphCancelResponse":
        """Cancels every open order of a graph."""
        ...

    async def graph_resume(self, graph_id: str) -> "t.Graph":
        """Resumes a PAUSED graph."""
        ...

    async def graph_tca(self, graph_id: str) -> "t.GraphTca":
        """What a graph cost."""
        ...

    async def order(self, order_id: str) -> "t.Order":
        """One order by its id."""
        ...

    async def amend(self, order_id: str, *, new_price: Number | None = None) -> "t.AmendResponse":
        """Changes the price of an order."""
        ...

    async def amend_node(
        self, graph_id: str, node_id: str, *, new_price: Number | None = None
    ) -> "t.GraphNode":
        """Changes the price of a node."""
        ...

    async def amend_edge(
        self,
        graph_id: str,
        edge_id: str,
        *,
        trigger: "Trigger | None" = None,
        condition: Mapping[str, Any] | None = None,
    ) -> "t.GraphEdge":
        """Changes what an edge waits for."""
        ...
