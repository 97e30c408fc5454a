"""What a placed order and a graph ask of the client that made them."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from sequence import types as t


class AsyncOrderVerbs(Protocol):
    """Calls about one order."""

    async def order(self, order_id: str) -> "t.Order":
        """One order by its id."""
        ...

    async def cancel(self, order_id: str) -> "t.OrderCancelResponse":
        """Cancels one order."""
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


class AsyncGraphVerbs(Protocol):
    """Calls about a graph."""

    async def submit_graph(
        self,
        nodes: Iterable[Mapping[str, Any]],
        edges: Iterable[Mapping[str, Any]] = (),
        *,
        risk: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        sandbox: bool | None = None,
        graph_id: str | None = None,
    ) -> "t.SubmitResponse":
        """Submits an execution graph in its wire form."""
        ...
