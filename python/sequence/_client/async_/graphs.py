"""Execution graphs: put together, submitted, read, changed and cancelled."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sequence import _operations as ops
from sequence import types as t
from sequence._client.ask.ids import checked_id, graph_id_of
from sequence._client.ask.numbers import Number
from sequence._client.ask.orders import (
    checked_query,
    edge_amend_request,
    graph_request,
    names,
    node_amend_request,
)
from sequence._client.async_.trading import AsyncTradingCalls
from sequence.types._words import GraphStatus, Urgency

if TYPE_CHECKING:
    from sequence._client.ask.graph_edge import Trigger
    from sequence._client.async_.graph import AsyncGraphBuilder


class AsyncGraphCalls(AsyncTradingCalls):
    """Calls about whole graphs."""

    def graph(self) -> "AsyncGraphBuilder":
        """A builder of execution graphs: `graph().node(...).edge(...).submit()`.

        Example:
            >>> hedge = Node.sell("ETH-USD-PERP", 1).venue("hyperliquid")
            >>> graph = client.graph().node("spot", Node.buy("ETH-USD", 1)).node("hedge", hedge)
            >>> answer = await graph.edge("spot", "hedge", Trigger.full_fill()).submit()
        """
        from sequence._client.async_.graph import AsyncGraphBuilder  # noqa: PLC0415 - most bots need none

        return AsyncGraphBuilder(self)

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
        """Submits an execution graph in its wire form; `graph` builds one from parts.

        Args:
            nodes: Orders in their wire form.
            edges: What activates or cancels them.
            risk: Limits of the whole graph.
            metadata: Free JSON, returned with the graph.
            tag: What the graph is for; every order of it has it.
            sandbox: As in `buy`.
            graph_id: As in `buy`.

        Raises:
            ValidationError: The graph cannot be sent; the message names the field.
        """
        body = graph_request(
            nodes,
            edges,
            risk=risk,
            metadata=metadata,
            tag=tag,
            sandbox=self._mode(sandbox=sandbox),
            graph_id=self._new_graph_id(graph_id),
        )
        return await self.send(ops.SUBMIT_ORDER, body=body, graph_id=body.graph_id)

    async def amend_node(
        self,
        graph_id: str,
        node_id: str,
        *,
        new_price: Number | None = None,
        new_qty: Number | None = None,
        max_slippage_bps: int | None = None,
        horizon_ms: int | None = None,
        urgency: Urgency | None = None,
        expected_version: int | None = None,
    ) -> "t.GraphNode":
        """Changes a node of a graph: its newest open order, or what it will send.

        Args:
            graph_id: As `graph_status`.
            node_id: The node.
            new_price: New limit price per unit.
            new_qty: New total in units of the instrument, the filled part included.
            max_slippage_bps: New worst price against the best opposite one.
            horizon_ms: New life of the order, from its creation.
            urgency: New weight of speed against cost.
            expected_version: Refuse unless the order still has this `version`.

        Raises:
            ValidationError: Nothing to change, or a number that cannot be sent.
            ConflictError: The node ended, or the change is not possible.
        """
        body = node_amend_request(
            new_price,
            new_qty,
            expected_version,
            max_slippage_bps=max_slippage_bps,
            horizon_ms=horizon_ms,
            urgency=urgency,
        )
        path = {"id": graph_id_of(graph_id), "node_id": checked_id(node_id, "node_id")}
        return await self.send(ops.AMEND_NODE, path=path, body=body)

    async def amend_edge(
        self,
        graph_id: str,
        edge_id: str,
        *,
        trigger: "Trigger | None" = None,
        condition: Mapping[str, Any] | None = None,
        expected_version: int | None = None,
    ) -> "t.GraphEdge":
        """Changes what an edge waits for, such as the price of a stop; it may fire at once.

        Args:
            graph_id: As `graph_status`.
            edge_id: The edge.
            trigger: What its source has to do instead; its own condition comes with it.
            condition: What must hold as well instead.
            expected_version: Refuse unless the edge still has this `version`.

        Raises:
            ValidationError: Nothing to change, or a number that cannot be sent.
            ConflictError: The edge fired already, or its graph ended.
        """
        body = edge_amend_request(trigger, condition, expected_version)
        path = {"id": graph_id_of(graph_id), "edge_id": checked_id(edge_id, "edge_id")}
        return await self.send(ops.AMEND_EDGE, path=path, body=body)

    async def graphs(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        status: GraphStatus | Iterable[GraphStatus] | None = None,
        open: bool = False,  # noqa: A002 - the wire's name
        before_seq: int | None = None,
        sandbox: bool | None = None,
    ) -> "t.GraphsPage":
        """Graphs, newest first, each without its parts: `graph_status` has them.

        Args:
            limit: Rows per page, 1 to 500.
            offset: Rows to leave out.
            status: Only graphs of this status, or of one of these.
            open: Only graphs that go on.
            before_seq: The `next` of the page before; see also `graphs_iter`.
            sandbox: With a live key: False lists the live graphs.
        """
        query = checked_query(
            t.GraphsQuery,
            limit=limit,
            offset=offset,
            status=names(status, "status"),
            open=open,
            before_seq=before_seq,
            sandbox=self._mode(sandbox=sandbox),
        )
        return await self.send(ops.GRAPHS, query=query)

    async def graph_status(self, graph_id: str) -> "t.Graph":
        """A graph with its nodes and edges; takes a graph id or the id of one of its orders."""
        return await self.send(ops.GRAPH, path={"id": graph_id_of(graph_id)})

    async def graph_cancel(self, graph_id: str) -> "t.GraphCancelResponse":
        """Cancels every open order of a graph and skips what waits; ids as `graph_status`."""
        return await self.send(ops.GRAPH_CANCEL, path={"id": graph_id_of(graph_id)})

    async def graph_resume(self, graph_id: str) -> "t.Graph":
        """Resumes a PAUSED graph; ids as `graph_status`."""
        return await self.send(ops.GRAPH_RESUME, path={"id": graph_id_of(graph_id)})

    async def graph_tca(self, graph_id: str) -> "t.GraphTca":
        """What a graph cost against the market at its start, per node; ids as `graph_status`."""
        return await self.send(ops.GRAPH_TCA, path={"id": graph_id_of(graph_id)})
