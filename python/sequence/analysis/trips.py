"""Round trips: what was opened by one fill and closed by a later one, first in, first out."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal

from sequence.types import Fill, Side, Wire
from sequence.types._decimal import exact, in_any_context


class RoundTrip(Wire):
    """A quantity from its opening fill to its closing one, at one venue; amounts in USD.

    `pnl_usd` is before fees. Fees are the parts of both fills that belong to the quantity.
    """

    venue: str
    symbol: str
    side: Side
    qty: Decimal
    entry_price: Decimal
    exit_price: Decimal
    pnl_usd: Decimal
    fees_usd: Decimal
    opened_ns: int
    closed_ns: int

    @property
    @in_any_context
    def net_usd(self) -> Decimal:
        """Profit after fees."""
        return self.pnl_usd - self.fees_usd


class _Open:
    """The rest of a fill that is not closed yet."""

    __slots__ = ("fill", "left")

    def __init__(self, fill: Fill) -> None:
        self.fill = fill
        self.left = fill.qty_1e8


@in_any_context
def round_trips(fills: Iterable[Fill]) -> list[RoundTrip]:
    """Round trips in the order in which they were closed, of fills that have a value in USD.

    Args:
        fills: Oldest first. What a fill sells of holdings that no fill opened begins a short trip.
    """
    books: dict[tuple[str, str], deque[_Open]] = {}
    found: list[RoundTrip] = []
    for fill in (row for row in fills if _is_valued(row)):
        opened = books.setdefault((fill.venue, fill.symbol), deque())
        now = _Open(fill)
        while now.left and opened and opened[0].fill.side != fill.side:
            first = opened[0]
            qty = min(first.left, now.left)
            found.append(_trip(first.fill, fill, qty))
            first.left -= qty
            now.left -= qty
            if not first.left:
                opened.popleft()
        if now.left:
            opened.append(now)
    return found


def _trip(entry: Fill, close: Fill, qty: int) -> RoundTrip:
    sign = 1 if entry.side == "buy" else -1
    gain = _part(close.notional_usd_1e9, qty, close) - _part(entry.notional_usd_1e9, qty, entry)
    fees = _part(entry.fee_usd_1e9, qty, entry) + _part(close.fee_usd_1e9, qty, close)
    return RoundTrip(
        venue=entry.venue,
        symbol=entry.symbol,
        side=entry.side,
        qty=exact(qty, 8),
        entry_price=entry.price,
        exit_price=close.price,
        pnl_usd=sign * gain,
        fees_usd=fees,
        opened_ns=entry.ts_ns,
        closed_ns=close.ts_ns,
    )


def _is_valued(fill: Fill) -> bool:
    return fill.notional_usd_1e9 is not None and fill.fee_usd_1e9 is not None


def _part(amount_1e9: int | None, qty: int, fill: Fill) -> Decimal:
    """The part of an amount of a fill that belongs to a quantity, to 1e-9 rounded down."""
    return exact((amount_1e9 or 0) * qty // fill.qty_1e8, 9)
