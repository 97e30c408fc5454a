"""Orders and fills of an account from the newest back, page by page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from sequence.sandbox.costs import Cost, cost_of

if TYPE_CHECKING:
    from sequence.sandbox.arrivals import Arrivals

MOST: Final = 2_000
"""Rows that are looked at, at most."""
KEPT_TRADES: Final = 500
"""Trades that the core keeps of one market."""
_PAGE: Final = 500
_EVERY: Final = {"symbol": None, "node_order_id": None, "graph_id": None, "venue": None}
_ORDERS: Final = _EVERY | {"side": None, "statuses": None, "open_only": False}
EVERY_FILL: Final[dict[str, Any]] = _EVERY | {"since_ns": None, "until_ns": None}
"""The filters of a list of fills that keep all of them."""


class Rows(Protocol):
    """What pages of rows come from."""

    @property
    def arrivals(self) -> "Arrivals":
        """Prices at the time orders came."""
        ...

    def orders(self, account: int, *, limit: int, offset: int, **filters: Any) -> dict[str, Any]:
        """A page of orders."""
        ...

    def fills(self, account: int, *, limit: int, offset: int, **filters: Any) -> dict[str, Any]:
        """A page of fills."""
        ...


def newest(
    rows: Rows, account: int, what: Literal["orders", "fills"], **given: object
) -> Iterator[dict[str, Any]]:
    """Rows from the newest back, `MOST` at most."""
    is_orders = what == "orders"
    read = rows.orders if is_orders else rows.fills
    number = "created_seq" if is_orders else "event_seq"
    filters: dict[str, Any] = (_ORDERS if is_orders else EVERY_FILL) | given
    found, before = 0, None
    while found < MOST:
        page = read(account, limit=_PAGE, offset=0, before_seq=before, **filters)
        yield from page[what]
        found += len(page[what])
        if not page["has_more"] or not page[what]:
            return
        before = page[what][-1][number]


def fills_of(rows: Rows, account: int, order_id: str) -> list[dict[str, Any]]:
    """The fills of an order, oldest first; the newest `MOST`."""
    return list(newest(rows, account, "fills", node_order_id=order_id))[::-1]


def order_cost(rows: Rows, account: int, order_id: str) -> Cost | None:
    """What an order cost so far; None without a fill whose book is known."""
    return cost_of(fills_of(rows, account, order_id), rows.arrivals.mid(order_id))
