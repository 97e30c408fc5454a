"""A submitted graph: its last known state, and what can be done with it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sequence._client.ask import recipes
from sequence._client.ask.graph_edge import Trigger
from sequence._client.ask.numbers import Number
from sequence._client.ask.recipe_options import PriceReference
from sequence._client.drawing import draw
from sequence.errors import ValidationError
from sequence.types import Graph, GraphTca, Order, SubmitResponse
from sequence.types._words import TERMINAL_GRAPH_STATUSES, GraphStatus

if TYPE_CHECKING:
    from sequence._client.async_.verbs import AsyncGraphVerbs


class AsyncPlacedGraph:
    """What `twap`, `vwap`, `pov`, `iceberg` and `chase` return.

    `status` is what the server last told; only the calls ask it again.
    """

    __slots__ = ("_client", "_graph", "_status", "submitted")

    def __init__(self, client: "AsyncGraphVerbs", submitted: SubmitResponse) -> None:
        self._client = client
        self._status: GraphStatus = submitted.status
        self._graph: Graph | None = None
        self.submitted = submitted

    def __repr__(self) -> str:
        return f"<graph {self.graph_id} {self.status}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the graph as it was last told."""
        if self._graph is not None:
            return self._graph.to_html()
        from sequence.types._table import html_of  # noqa: PLC0415 - for notebooks

        return html_of(Order, self.submitted.orders)

    @property
    def graph_id(self) -> str:
        """Idempotency key of the submit; also the id of the graph."""
        return self.submitted.graph_id

    @property
    def status(self) -> GraphStatus:
        """ACCEPTED, RUNNING, PAUSED, or how it ended."""
        return self._status

    @property
    def is_terminal(self) -> bool:
        """True when nothing more can happen to the graph."""
        return self._status in TERMINAL_GRAPH_STATUSES

    async def refresh(self) -> Graph:
        """The graph with its nodes and edges, as it is now.

        Raises:
            NotFoundError: The sandbox was reset since.
        """
        return self._seen(await self._client.graph_status(self.graph_id))

    async def cancel(self) -> Graph:
        """Cancels every open order, and lets nothing start any more.

        Raises:
            ConflictError: The graph ended in another way before.
        """
        await self._client.graph_cancel(self.graph_id)
        return await self.refresh()

    async def resume(self) -> Graph:
        """Goes on after a pause.

        Raises:
            ConflictError: The graph is not PAUSED.
        """
        return self._seen(await self._client.graph_resume(self.graph_id))

    async def tca(self) -> GraphTca:
        """What the graph cost against the market, per node."""
        return await self._client.graph_tca(self.graph_id)

    async def draw(self) -> str:
        """The graph as text: which order does what, and which edge waits for what."""
        return draw(await self.refresh())

    def _seen(self, graph: Graph) -> Graph:
        self._status, self._graph = graph.status, graph
        return graph


class AsyncPlacedTrail(AsyncPlacedGraph):
    """What `trailing_stop` returns."""

    __slots__ = ("_activate", "_make", "_reference")

    def __init__(
        self,
        client: "AsyncGraphVerbs",
        submitted: SubmitResponse,
        make: Callable[..., Trigger],
        activate: Number | None,
        reference: PriceReference,
    ) -> None:
        super().__init__(client, submitted)
        self._make = make
        self._activate = activate
        self._reference = reference

    async def move_stop(self, distance: Number | None = None, *, bps: int | None = None) -> Graph:
        """Changes the distance; where the market is beyond it already, it is sent at once.

        Args:
            distance: Distance per unit.
            bps: Distance in basis points instead.

        Raises:
            ConflictError: The stop was reached already.
        """
        trigger = self._make(distance, bps=bps, activate=self._activate, reference=self._reference)
        await self._client.amend_edge(self.graph_id, recipes.STOP_HIT, trigger=trigger)
        return await self.refresh()


class AsyncPlacedStop(AsyncPlacedGraph):
    """What `stop`, `oco` and `bracket` return."""

    __slots__ = ("_stop",)

    def __init__(
        self, client: "AsyncGraphVerbs", submitted: SubmitResponse, stop: recipes.StopAt | None
    ) -> None:
        super().__init__(client, submitted)
        self._stop = stop

    async def move_stop(self, price: Number) -> Graph:
        """Moves the stop; where the market is beyond it already, it is sent at once.

        Raises:
            ValidationError: There is no stop, or it would lie beyond the take-profit.
            ConflictError: The stop was reached already.
        """
        stop = self._known_stop().moved_to(price)
        if stop.target is not None:
            # First, as it must hold when the new price is reached at once.
            await self._amend_edge(recipes.STOP_OUT, condition=stop.confirmed())
        await self._amend_edge(recipes.STOP_HIT, trigger=stop.trigger())
        self._stop = stop
        graph = await self.refresh()
        if any(recipes.may_still_stop(graph, edge) for edge in graph.edges):
            await self._amend_edge(recipes.STOP_ENTRY, trigger=stop.trigger())
        return graph

    async def move_take_profit(self, price: Number) -> Graph:
        """Moves the take-profit: what it will send, and every order that is open.

        Raises:
            ValidationError: It would lie beyond the stop.
            NotFoundError: There is no take-profit.
            ConflictError: It is filled or cancelled.
        """
        stop = None if self._stop is None else self._stop.aimed_at(price)
        if stop is not None and self._known_stop().target is not None:
            await self._amend_edge(recipes.STOP_OUT, condition=stop.confirmed())
        node = await self._client.amend_node(self.graph_id, recipes.TAKE_PROFIT, new_price=price)
        for order_id in node.node_order_ids[:-1]:
            if not (await self._client.order(order_id)).is_terminal:
                await self._client.amend(order_id, new_price=price)
        self._stop = stop
        return await self.refresh()

    def _known_stop(self) -> recipes.StopAt:
        if self._stop is None:
            raise ValidationError("this graph has no stop")
        return self._stop

    async def _amend_edge(self, edge_id: str, **change: Any) -> None:
        await self._client.amend_edge(self.graph_id, edge_id, **change)
