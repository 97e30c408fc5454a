"""Orders, fills and previews."""

from collections.abc import Iterable
from typing import Unpack

from sequence import _operations as ops
from sequence import types as t
from sequence._client.ask.ids import checked_id, new_graph_id
from sequence._client.ask.numbers import Number
from sequence._client.ask.orders import (
    OrderOptions,
    amend_request,
    checked_query,
    decrease_request,
    names,
    order_request,
    preview_request,
)
from sequence._client.async_.base import AsyncClientBase
from sequence._client.async_.order import AsyncPlacedOrder
from sequence.types._words import OrderStatus, Side, Urgency


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
                `max_slippage_bps`, `horizon_ms`, `reduce_only`, `perp`, `sandbox`, `graph_id`,
                `tag`; see `sequence.OrderOptions`.

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
        urgency: Urgency = "medium",
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
            urgency: Weight of the risk of delays in the route.
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
            urgency=urgency,
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

    async def cancel_all_on_venue(self, venue: str) -> "t.VenueCancelAll":
        """Cancels every open order that has a leg at a venue."""
        return await self.send(ops.VENUE_CANCEL_ALL, path={"venue": checked_id(venue, "venue")})

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
