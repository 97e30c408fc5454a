"""The mid at which each order was placed, for what is said of its cost later."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

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

    def note(self, engine: "_core.Engine", orders: Iterable[dict[str, Any]]) -> None:
        """Remembers the present mid for orders that are still open."""
        for row in orders:
            if row["status"] not in ("NEW", "ACCEPTED", "PARTIAL"):
                continue
            mid = engine.mid(row["symbol"])
            if mid is None:
                continue
            if len(self._mids) >= _KEPT:
                del self._mids[next(iter(self._mids))]
            self._mids.setdefault(row["node_order_id"], mid)

    def mid(self, order_id: str) -> int | None:
        """The mid when the order was placed (1e-9); None when it was not noted."""
        return self._mids.get(order_id)
