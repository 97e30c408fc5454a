"""The fast desk: the same orders by numbers, for strategies in this process."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, TypeVar, cast

from sequence import _core
from sequence.errors import ValidationError
from sequence.sandbox.refuse import closed, core_refusal

if TYPE_CHECKING:
    from sequence.errors import SequenceError
    from sequence.sandbox.runtime import Runtime

ItemT = TypeVar("ItemT", int, bool)
Tif = Literal["gtc", "ioc", "fok", "post_only", "day"]

NewOrder = tuple[int, Literal["buy", "sell"], int, int | None, Tif | None]
"""``(market, side, qty, price, tif)`` of `Desk.submit_many`."""


_PROBLEMS = (_core.Refusal, OverflowError, TypeError)
"""What the core says of a number: not now, too large, none."""
_NO_NUMBERS: Final = "item"
"""Field of a refused item of a batch that has no numbers where they belong."""


class Desk:
    """Orders by numbers: ``sandbox.desk()``.

    It is the engine of the typed client with the same rules, and both may be used in turn: an order
    of one is an order of the other. What it leaves out is what costs time: no model, no dictionary,
    no text. All numbers are integers of the wire: prices times 1e9, quantities times 1e8, cash
    times 1e9, so nothing is rounded on the way.

    A market is a number, from `market` or ``book.market``; an order is a number, too, and `name`
    tells its id elsewhere. What happens to orders is told by ``sandbox.replay(on_order=...)`` in
    tuples: ``("order", order, ts_ns, status, filled)`` for each change of an order's row, and
    ``("fill", order, ts_ns, price, qty, fee)`` for each fill.

    It belongs to a clock that stands (``manual`` or ``replay``) and to state in memory: nothing
    waits here for a delay or a disk. Faults of requests do not meet it, those of venues do.

    Raises:
        ValueError: The clock moves by itself, or state is kept in a file.
    """

    __slots__ = ("__weakref__", "_account", "_engine")

    def __init__(self, runtime: "Runtime", account: int) -> None:
        if not runtime.clock.standing:
            raise ValueError("the desk needs clock='manual', or clock='replay' without a speed")
        if runtime.keeper is not None:
            raise ValueError("the desk waits for no disk: use store='memory', or a client")
        self._engine = runtime.engine
        self._account = account

    def close(self) -> None:
        """Ends the desk with its sandbox: later calls fail."""
        self._engine = cast("Any", _Closed())

    def market(self, symbol: str, venue: str) -> int:
        """The number of a market; an outcome (``TICKER:NO``) is a market of its own.

        Raises:
            NotFoundError: The symbol is not listed there.
        """
        try:
            return self._engine.desk_market(venue, symbol)
        except _PROBLEMS as problem:
            raise _ours(problem) from None

    def book(self, market: int) -> _core.Book:
        """The book of a market, the present whenever it is read; of an outcome, that of YES."""
        try:
            return self._engine.book(market)
        except _PROBLEMS as problem:
            raise _ours(problem) from None

    def buy(
        self,
        market: int,
        qty: int,
        price: int | None = None,
        *,
        tif: Tif | None = None,
        reduce_only: bool = False,
        max_slippage_bps: int | None = None,
        horizon_ms: int | None = None,
    ) -> int:
        """Buys at the market's venue; the rules are those of ``client.buy(..., venue=...)``.

        Args:
            market: Where.
            qty: Quantity times 1e8.
            price: Limit price times 1e9; None is a market order.
            tif: Time in force; by default ``gtc`` with a price and ``ioc`` without.
            reduce_only: Only reduce a perp position.
            max_slippage_bps: Worst price against the best opposite one, 1 to 10,000.
            horizon_ms: Life of the order, at most 30 days.

        Returns:
            The number of the order. One that the venue refuses is REJECTED, as elsewhere.

        Raises:
            ValidationError: A number that is none, or too large; nothing was sent.
            UnprocessableError, ConflictError, NotFoundError: Refused before it was recorded.
        """
        try:
            if max_slippage_bps is not None or horizon_ms is not None:
                _check_options(max_slippage_bps, horizon_ms)
            return self._engine.desk_submit(
                self._account, market, True, qty, price, tif, reduce_only,  # noqa: FBT003
                max_slippage_bps, horizon_ms,
            )  # fmt: skip
        except _PROBLEMS as problem:
            raise _ours(problem) from None

    def sell(
        self,
        market: int,
        qty: int,
        price: int | None = None,
        *,
        tif: Tif | None = None,
        reduce_only: bool = False,
        max_slippage_bps: int | None = None,
        horizon_ms: int | None = None,
    ) -> int:
        """Sells; arguments, result and errors as `buy`."""
        try:
            if max_slippage_bps is not None or horizon_ms is not None:
                _check_options(max_slippage_bps, horizon_ms)
            return self._engine.desk_submit(
                self._account, market, False, qty, price, tif, reduce_only,  # noqa: FBT003
                max_slippage_bps, horizon_ms,
            )  # fmt: skip
        except _PROBLEMS as problem:
            raise _ours(problem) from None

    def cancel(self, order: int) -> bool:
        """Asks for the end of an order; False when it had ended before.

        Raises:
            NotFoundError: The account has no such order.
        """
        try:
            return self._engine.desk_cancel(self._account, order)
        except _PROBLEMS as problem:
            raise _ours(problem) from None

    def amend(self, order: int, qty: int | None = None, price: int | None = None) -> bool:
        """Changes the total quantity or the limit price; True when it keeps its place in the queue.

        Args:
            order: The order.
            qty: New total times 1e8, the filled part included.
            price: New limit price times 1e9.

        Raises:
            ValidationError: Nothing to change.
            ConflictError: It ended, or the change is not possible.
            UnprocessableError: A number that cannot be.
        """
        if qty is None and price is None:
            raise ValidationError("amend with no fields: give qty or price")
        try:
            return self._engine.desk_amend(self._account, order, qty, price)
        except _PROBLEMS as problem:
            raise _ours(problem) from None

    def submit_many(self, orders: Iterable[NewOrder]) -> "list[int | SequenceError]":
        """Submits orders in one call, one after the other.

        Args:
            orders: ``(market, "buy" or "sell", qty, price, tif)`` each, with None where there is no
                price or no wish.

        Returns:
            For each its number, or the exception that `buy` would have raised, which begins with
            the place in the list: a bad item is refused alone.
        """
        return _answers(self._engine.desk_submit_many(self._account, list(orders)))

    def cancel_many(self, orders: Iterable[int]) -> "list[bool | SequenceError]":
        """Asks for the end of orders in one call; answers as `submit_many` gives them."""
        return _answers(self._engine.desk_cancel_many(self._account, list(orders)))

    def order(self, order: int) -> tuple[str, int, int, int | None, int | None]:
        """``(status, filled, total, limit price, average price)`` of an order."""
        try:
            return self._engine.desk_order(self._account, order)
        except _PROBLEMS as problem:
            raise _ours(problem) from None

    def name(self, order: int) -> str:
        """The id that the client, the page and stored rows know an order by."""
        try:
            return self._engine.desk_name(self._account, order)
        except _PROBLEMS as problem:
            raise _ours(problem) from None

    def open_orders(self) -> list[int]:
        """Numbers of the open orders, oldest first."""
        return self._engine.desk_open(self._account)

    def position(self, market: int) -> int:
        """What the account holds there, times 1e8: negative when a perp is short."""
        try:
            return self._engine.desk_position(self._account, market)
        except _PROBLEMS as problem:
            raise _ours(problem) from None

    def cash(self, market: int) -> int:
        """What can still be spent where the market is settled, times 1e9."""
        try:
            return self._engine.desk_cash(self._account, market)
        except _PROBLEMS as problem:
            raise _ours(problem) from None


def _check_options(max_slippage_bps: int | None, horizon_ms: int | None) -> None:
    """The limits that an order of the client has, too."""
    for name, value, most in (
        ("max_slippage_bps", max_slippage_bps, _core.MAX_SLIPPAGE_BPS),
        ("horizon_ms", horizon_ms, _core.MAX_HORIZON_MS),
    ):
        if value is not None and not 1 <= value <= most:
            raise ValidationError(f"{name}: must be from 1 to {most}")


class _Closed:
    """Stands where the engine stood."""

    def __getattr__(self, _name: str) -> NoReturn:
        raise closed()


def _ours(problem: Exception) -> "SequenceError":
    """A problem of the core as the exception that the typed client would raise."""
    if isinstance(problem, _core.Refusal):
        return core_refusal(problem)
    return ValidationError(f"numbers of a desk are integers of 64 bits: {problem}")


def _answers(
    told: "tuple[list[ItemT | _core.Refusal], list[int]]",
) -> "list[ItemT | SequenceError]":
    """Refusals of a batch as exceptions that name their place."""
    rows, refused = told
    found = cast("list[ItemT | SequenceError]", rows)
    for at in refused:
        refusal = cast("_core.Refusal", rows[at])
        if refusal.field == _NO_NUMBERS:
            found[at] = ValidationError(f"item {at}: {refusal.message}")
            continue
        error = core_refusal(refusal)
        error.message = f"item {at}: {error.message}"
        found[at] = error
    return found
