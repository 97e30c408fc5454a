"""The mid at which each order was placed, for what is said of its cost later."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sequence import _core

_KEPT: Final = 100_000
"""Orders remembered; older ones are measured against the book of their first fill."""


class Arrivals:
    """Mids by order id; the caller holds the runtime's lock.

    An order that ended at once met the very book that its fills prove: only the others are noted.
    """

    def __init__(self) -> None:
        self._mids: dict[str, int] = {}

    def note(self, engine: "_core.Engine", open_orders: Iterable[tuple[str, str]]) -> None:
        """Remembers the present mid for orders that are still open, by id and symbol."""
        for order_id, symbol in open_orders:
            mid = engine.mid(symbol)
            if mid is None:
                continue
            if len(self._mids) >= _KEPT:
                del self._mids[next(iter(self._mids))]
            self._mids.setdefault(order_id, mid)

    def mid(self, order_id: str) -> int | None:
        """The mid when the order was placed (1e-9); None when it was not noted."""
        return self._mids.get(order_id)
