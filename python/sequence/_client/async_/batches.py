"""Many orders in one call, each with an answer of its own."""

from collections.abc import Iterable, Mapping
from typing import cast

from sequence import types as t
from sequence._client.ask.orders import OrderItem, OrderOptions
from sequence._client.async_.lists import AsyncListCalls
from sequence._client.async_.order import AsyncPlacedOrder
from sequence.errors import SequenceError, ValidationError


class AsyncBatchCalls(AsyncListCalls):
    """Calls that go on where one of their items is refused."""

    async def submit_many(
        self, orders: Iterable[OrderItem]
    ) -> list[AsyncPlacedOrder | SequenceError]:
        """Submits orders one after the other, in the order given.

        Args:
            orders: For each the arguments of `buy` or `sell` by their names, and its `side`.

        Returns:
            For each item, at its place, what `buy` would have returned, or the exception it would
            have raised, whose message begins with the place: a bad item is refused alone. One
            without an answer carries its `graph_id`: resend that item with it.

        Example:
            >>> one = {"side": "buy", "symbol": "BTC-USD", "qty": "0.1", "limit_price": 70000}
            >>> answers = await client.submit_many([one, one | {"limit_price": 69000}])
            >>> [answer for answer in answers if isinstance(answer, SequenceError)]
            []
        """
        answers: list[AsyncPlacedOrder | SequenceError] = []
        for at, item in enumerate(orders):
            try:
                answers.append(await self._place_item(item))
            except SequenceError as error:
                answers.append(_at(error, at))
        return answers

    async def cancel_many(
        self, order_ids: Iterable[str]
    ) -> "list[t.OrderCancelResponse | SequenceError]":
        """Cancels orders one after the other; answers as `submit_many` gives them.

        Args:
            order_ids: Ids of orders; see also `cancel_all`.
        """
        answers: list[t.OrderCancelResponse | SequenceError] = []
        for at, order_id in enumerate(order_ids):
            try:
                answers.append(await self.cancel(order_id))
            except SequenceError as error:
                answers.append(_at(error, at))
        return answers

    async def _place_item(self, item: OrderItem) -> AsyncPlacedOrder:
        if not isinstance(item, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValidationError("an order of a batch is a mapping with side, symbol and qty")
        options = dict(item)
        side, symbol, qty = (options.pop(name, None) for name in ("side", "symbol", "qty"))
        # Anything may stand there, also what has no hash.
        if side not in ("buy", "sell"):
            raise ValidationError("side: must be buy or sell")
        unknown = [str(name) for name in options if name not in OrderOptions.__annotations__]
        if unknown:
            raise ValidationError(f"unknown: {', '.join(unknown)}")
        place = self.buy if side == "buy" else self.sell
        return await place(symbol, qty, **cast("OrderOptions", options))  # type: ignore[arg-type]


def _at(error: SequenceError, at: int) -> SequenceError:
    error.message = f"item {at}: {error.message}"
    return error
