"""Lists to their end, page by page."""

from collections.abc import AsyncIterator, Iterable

from sequence import types as t
from sequence._client.async_.pages import rows_of_pages
from sequence._client.async_.recipes import AsyncRecipeCalls
from sequence.errors import ConflictError, NotFoundError
from sequence.types._words import GraphStatus, OrderStatus, Side

_PAGE = 500


class AsyncListCalls(AsyncRecipeCalls):
    """Iterators over pages: rows that are added or amended meanwhile come neither twice nor not."""

    def orders_iter(
        self,
        *,
        symbol: str | None = None,
        venue: str | None = None,
        side: Side | None = None,
        status: OrderStatus | Iterable[OrderStatus] | None = None,
        open: bool = False,  # noqa: A002 - the wire's name
        graph_id: str | None = None,
        sandbox: bool | None = None,
        page_size: int = _PAGE,
    ) -> "AsyncIterator[t.Order]":
        """Every order that was there at the start, newest first; filters as in `orders`.

        Args:
            symbol: Only this symbol.
            venue: Only orders with a leg at this venue.
            side: Only this side.
            status: Only this status or these.
            open: Only orders that are not terminal when their page is read.
            graph_id: Only orders of this graph.
            sandbox: With a live key: False lists the live orders.
            page_size: Rows per request, 1 to 500.

        Example:
            >>> async for order in client.orders_iter(open=True):
            ...     print(order.node_order_id)
        """

        async def page(before_seq: int | None) -> "t.OrdersPage":
            return await self.orders(
                limit=page_size,
                symbol=symbol,
                venue=venue,
                side=side,
                status=status,
                open=open,
                graph_id=graph_id,
                before_seq=before_seq,
                sandbox=sandbox,
            )

        return rows_of_pages(page, lambda found: found.orders, lambda found: found.next)

    def graphs_iter(
        self,
        *,
        status: GraphStatus | Iterable[GraphStatus] | None = None,
        open: bool = False,  # noqa: A002 - the wire's name
        sandbox: bool | None = None,
        page_size: int = _PAGE,
    ) -> "AsyncIterator[t.GraphSummary]":
        """Every graph that was there at the start, newest first.

        Args:
            status: Only graphs of this status when their page is read, or of one of these.
            open: Only graphs that go on then.
            sandbox: With a live key: False lists the live graphs.
            page_size: Rows per request, 1 to 500.
        """

        async def page(before_seq: int | None) -> "t.GraphsPage":
            return await self.graphs(
                limit=page_size, status=status, open=open, before_seq=before_seq, sandbox=sandbox
            )

        return rows_of_pages(page, lambda found: found.graphs, lambda found: found.next)

    def fills_iter(
        self,
        *,
        symbol: str | None = None,
        venue: str | None = None,
        node_order_id: str | None = None,
        graph_id: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        sandbox: bool | None = None,
        page_size: int = _PAGE,
    ) -> "AsyncIterator[t.Fill]":
        """Every fill that was there at the start, newest first; filters as in `fills`.

        Args:
            symbol: Only this symbol.
            venue: Only this venue.
            node_order_id: Only fills of this order.
            graph_id: Only fills of this graph.
            since_ns: Not older, in nanoseconds since the Unix epoch.
            until_ns: Not newer, in nanoseconds since the Unix epoch.
            sandbox: With a live key: False lists the live fills.
            page_size: Rows per request, 1 to 500.
        """

        async def page(before_seq: int | None) -> "t.FillsPage":
            return await self.fills(
                limit=page_size,
                symbol=symbol,
                venue=venue,
                node_order_id=node_order_id,
                graph_id=graph_id,
                since_ns=since_ns,
                until_ns=until_ns,
                before_seq=before_seq,
                sandbox=sandbox,
            )

        return rows_of_pages(page, lambda found: found.fills, lambda found: found.next)

    async def cancel_all(
        self, *, symbol: str | None = None, venue: str | None = None, sandbox: bool | None = None
    ) -> "list[t.OrderCancelResponse]":
        """Cancels every open order, newest first; `kill_switch_engage` also stops new ones.

        Args:
            symbol: Only this symbol.
            venue: Only orders with a leg at this venue.
            sandbox: With a live key: False cancels the live orders.

        Returns:
            An answer for each order that was cancelled; one that ended meanwhile has none.
        """
        found = [
            row
            async for row in self.orders_iter(
                symbol=symbol, venue=venue, open=True, sandbox=sandbox
            )
        ]
        answers: list[t.OrderCancelResponse] = []
        for row in found:
            try:
                answers.append(await self.cancel(row.node_order_id))
            except (ConflictError, NotFoundError):
                # Filled, or wiped by a reset, between the list and this call.
                continue
        return answers
