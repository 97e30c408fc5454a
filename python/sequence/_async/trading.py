"""Orders, fills, previews and execution graphs."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from sequence import _operations as ops
from sequence import types as t
from sequence._async.base import AsyncClientBase
from sequence._async.order import AsyncPlacedOrder
from sequence._ids import checked_id, graph_id_of, new_graph_id
from sequence._numbers import Number
from sequence._orders import (
    OrderOptions,
    amend_request,
    checked_query,
    decrease_request,
    graph_request,
    names,
    node_amend_request,
    order_request,
    preview_request,
)
from sequence.types._words import OrderStatus, Side, Urgency

if TYPE_CHECKING:
    from sequence._async.graph import AsyncGraphBuilder


class AsyncTradingCalls(AsyncClientBase):
    """The trading verbs."""

    async def buy(
        self,
        symbol: str,
        qty: Number | None = None,
        **options: Unpack[OrderOptions],
    ) -> AsyncPlacedOrder:
        """Buys: at market, or with `limit_price` at that price or better.

        Args:
            symbol: A pair (`BTC-USD`), perp (`BTC-USD-PERP`), Kalshi ticker, Polymarket slug,
                token id or event URL.
            qty: Quantity in units of the instrument, read exactly, at most 8 decimals.
            **options: `limit_price`, `notional`, `venue`, `tif`, `urgency`, `policy`,
                `max_slippage_bps`, `horizon_ms`, `reduce_only`, `perp`, `sandbox`, `graph_id`;
                see `sequence.OrderOptions`.

        Returns:
            The order as the server answered it. A venue's refusal, or a lack of funds, is no
            exception: the status is then REJECTED.

        Raises:
            ValidationError: An argument cannot be sent; nothing was.
            UnprocessableError: Refused before it was recorded, e.g. without a live ask.
            ConflictError: Kill switch, or `graph_id` used for another order.
            NetworkError: No answer: resend with the error's `graph_id`.

        Example:
            >>> order = await client.buy("BTC-USD", 0.1)
            >>> order.status
            'FILLED'
        """
        return await self._place("buy", symbol, qty, options)

    async def sell(
        self,
        symbol: str,
        qty: Number | None = None,
        **options: Unpack[OrderOptions],
    ) -> AsyncPlacedOrder:
        """Sells; arguments, result and errors as `buy`.

        Spot and event contracts need inventory at the venue; perps may go short.
        """
        return await self._place("sell", symbol, qty, options)

    def graph(self) -> "AsyncGraphBuilder":
        """A builder of execution graphs: `graph().node(...).edge(...).submit()`.

        Example:
            >>> hedge = Node.sell("ETH-USD-PERP", 1).venue("hyperliquid")
            >>> graph = client.graph().node("spot", Node.buy("ETH-USD", 1)).node("hedge", hedge)
            >>> answer = await graph.edge("spot", "hedge", Trigger.full_fill()).submit()
        """
        from sequence._async.graph import AsyncGraphBuilder  # noqa: PLC0415 - most bots need none

        return AsyncGraphBuilder(self)

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
        """Submits an execution graph in its wire form; `graph` builds one from parts.

        Args:
            nodes: Orders in their wire form.
            edges: What activates or cancels them.
            risk: Limits of the whole graph.
            metadata: Free JSON, returned with the graph.
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
            sandbox=self._mode(sandbox=sandbox),
            graph_id=self._new_graph_id(graph_id),
        )
        return await self.send(ops.SUBMIT_ORDER, body=body, graph_id=body.graph_id)

    async def preview(
        self,
        symbol: str,
        side: Side,
        qty: Number | None = None,
        *,
        limit_price: Number | None = None,
        notional: Number | None = None,
        venue: str | None = None,
        perp: bool = False,
        sandbox: bool | None = None,
    ) -> "t.PreviewResponse":
        """Estimates price, fee and slippage of an order; reserves and stores nothing.

        Args:
            symbol: As in `buy`.
            side: `buy` or `sell`.
            qty: Quantity in units of the instrument.
            limit_price: Price per unit; None previews a market order.
            notional: Size in USD instead of `qty`.
            venue: Venue to stay on.
            perp: Read a pair as its perpetual.
            sandbox: As in `buy`.
        """
        body = preview_request(
            symbol,
            side,
            qty,
            limit_price=limit_price,
            notional=notional,
            venue=venue,
            perp=perp,
            sandbox=self._mode(sandbox=sandbox),
        )
        return await self.send(ops.PREVIEW, body=body)

    async def order(self, order_id: str) -> "t.Order":
        """One order by its id.

        Raises:
            NotFoundError: Unknown, of another account, or of before the last reset.
        """
        return await self.send(ops.ORDER, path=_order_path(order_id))

    async def orders(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        symbol: str | None = None,
        venue: str | None = None,
        side: Side | None = None,
        status: OrderStatus | Iterable[OrderStatus] | None = None,
        open: bool = False,  # noqa: A002 - the wire's name
        graph_id: str | None = None,
        before_seq: int | None = None,
        sandbox: bool | None = None,
    ) -> "t.OrdersPage":
        """Orders, newest first.

        Args:
            limit: Rows per page, 1 to 500.
            offset: Rows to leave out.
            symbol: Only this symbol.
            venue: Only orders with a leg at this venue.
            side: Only this side.
            status: Only this status or these.
            open: Only orders that are not terminal.
            graph_id: Only orders of this graph.
            before_seq: The `next` of the page before; see also `orders_iter`.
            sandbox: With a live key: False lists the live orders.
        """
        query = checked_query(
            t.OrdersQuery,
            limit=limit,
            offset=offset,
            symbol=symbol,
            venue=venue,
            side=side,
            status=names(status, "status"),
            open=open,
            graph_id=graph_id,
            before_seq=before_seq,
            sandbox=self._mode(sandbox=sandbox),
        )
        return await self.send(ops.ORDERS, query=query)

    async def fills(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        symbol: str | None = None,
        venue: str | None = None,
        node_order_id: str | None = None,
        graph_id: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        before_seq: int | None = None,
        sandbox: bool | None = None,
    ) -> "t.FillsPage":
        """Fills, newest first.

        Args:
            limit: Rows per page, 1 to 500.
            offset: Rows to leave out.
            symbol: Only this symbol.
            venue: Only this venue.
            node_order_id: Only fills of this order.
            graph_id: Only fills of this graph.
            since_ns: Not older, in nanoseconds since the Unix epoch.
            until_ns: Not newer, in nanoseconds since the Unix epoch.
            before_seq: The `next` of the page before; see also `fills_iter`.
            sandbox: With a live key: False lists the live fills.
        """
        query = checked_query(
            t.FillsQuery,
            limit=limit,
            offset=offset,
            symbol=symbol,
            venue=venue,
            node_order_id=node_order_id,
            graph_id=graph_id,
            since_ns=since_ns,
            until_ns=until_ns,
            before_seq=before_seq,
            sandbox=self._mode(sandbox=sandbox),
        )
        return await self.send(ops.FILLS, query=query)

    async def cancel(self, order_id: str) -> "t.OrderCancelResponse":
        """Cancels one order; a graph id cancels the whole graph.

        Raises:
            ConflictError: It is FILLED, REJECTED or EXPIRED.
        """
        return await self.send(ops.CANCEL_ORDER, path=_order_path(order_id))

    async def amend(
        self,
        order_id: str,
        *,
        new_price: Number | None = None,
        new_qty: Number | None = None,
        expected_version: int | None = None,
    ) -> "t.AmendResponse":
        """Changes the limit price or the total quantity of an open order.

        Args:
            order_id: The order; its id stays the same.
            new_price: New limit price per unit.
            new_qty: New total in units of the instrument, the filled part included.
            expected_version: Refuse unless the order still has this `version`.

        Raises:
            ValidationError: Nothing to change, or a number that cannot be sent.
            ConflictError: The order ended, or the change is not possible.
        """
        body = amend_request(new_price, new_qty, expected_version)
        return await self.send(ops.AMEND_ORDER, path=_order_path(order_id), body=body)

    async def decrease(
        self, order_id: str, reduce_by: Number, *, expected_version: int | None = None
    ) -> "t.AmendResponse":
        """Takes a quantity off the total, in one step at the server.

        Args:
            order_id: The order.
            reduce_by: Quantity in units of the instrument, above 0.
            expected_version: Refuse unless the order still has this `version`. With it a lost
                answer is tried again, without it not: a second arrival would take off twice.
        """
        body = decrease_request(reduce_by, expected_version)
        return await self.send(
            ops.AMEND_ORDER,
            path=_order_path(order_id),
            body=body,
            repeatable=expected_version is not None,
        )

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

    async def cancel_all_on_venue(self, venue: str) -> "t.VenueCancelAll":
        """Cancels every open order that has a leg at a venue."""
        return await self.send(ops.VENUE_CANCEL_ALL, path={"venue": checked_id(venue, "venue")})

    async def graph_status(self, graph_id: str) -> "t.Graph":
        """A graph with its nodes and edges; takes a graph id or the id of one of its orders."""
        return await self.send(ops.GRAPH, path={"id": graph_id_of(graph_id)})

    async def graph_cancel(self, graph_id: str) -> "t.GraphCancelResponse":
        """Cancels every open order of a graph and skips what waits; ids as `graph_status`."""
        return await self.send(ops.GRAPH_CANCEL, path={"id": graph_id_of(graph_id)})

    async def graph_resume(self, graph_id: str) -> "t.Graph":
        """Resumes a PAUSED graph; ids as `graph_status`."""
        return await self.send(ops.GRAPH_RESUME, path={"id": graph_id_of(graph_id)})

    async def _place(
        self, side: Side, symbol: str, qty: Number | None, options: OrderOptions
    ) -> AsyncPlacedOrder:
        if self._sandbox_flag is not None and options.get("sandbox") is None:
            options["sandbox"] = self._sandbox_flag
        # Made before the first attempt, so that every attempt is the same order.
        graph_id = options["graph_id"] = self._new_graph_id(options.get("graph_id"))
        body = order_request(symbol, side, qty, options)
        answer = await self.send(ops.SUBMIT_ORDER, body=body, graph_id=graph_id)
        return AsyncPlacedOrder(self, answer)

    def _new_graph_id(self, given: str | None) -> str | None:
        if given is not None or not self._is_lossy():
            return given
        return new_graph_id()


def _order_path(order_id: str) -> dict[str, str]:
    return {"node_order_id": checked_id(order_id, "order_id")}
