"""How an order ended, for people and for scripts; and orders by a short id."""

import time
from typing import Final

from sequence import PlacedOrder, Sequence
from sequence.cli.output import meant_id, shown
from sequence.types import Fill

LONGEST_S: Final = 10.0
EXIT_OPEN: Final = 6
_EXIT_UNFILLED: Final = 1
_POLL_S: Final = 0.02
_PAGE: Final = 500


def ended(order: PlacedOrder, longest_s: float) -> PlacedOrder:
    """Waits until the order is over, or rests at its venue and could do so for ever."""
    ends_s = time.monotonic() + longest_s
    while not (order.is_terminal or rests(order)) and time.monotonic() < ends_s:
        time.sleep(_POLL_S)
        order.refresh()
    return order


def rests(order: PlacedOrder) -> bool:
    """True for an order that arrived and may stay open."""
    stays = order.row.tif not in ("ioc", "fok") and order.row.order_type == "limit"
    return stays and order.status in ("ACCEPTED", "PARTIAL")


def settled_fills(order: PlacedOrder) -> list[Fill]:
    """The fills; the row of the order is asked for again until both say the same."""
    while True:
        fills = order.fills()
        if order.is_terminal or sum(fill.qty for fill in fills) == order.filled_qty:
            return fills
        order.refresh()


def outcome(order: PlacedOrder) -> str:
    """One sentence."""
    row = order.row
    filled = f"{shown(row.filled_qty)} of {shown(row.qty)} filled"
    if row.avg_price is not None:
        filled += f" at {shown(row.avg_price)}"
    why = row.failure_message or row.failure_reason or row.done_reason
    if not order.is_terminal:
        where = "rests" if rests(order) else "is still under way"
        hint = "" if rests(order) else " (--wait; a clock that stands must be moved)"
        return f"{order.status}: {where}, {filled}{hint}"
    told = f": {why}" if why and why != order.status else ""
    return f"{order.status}{told}, {filled}"


def exit_code(order: PlacedOrder) -> int:
    """0 filled or resting, 1 over without being filled whole, 6 under way."""
    if order.is_terminal:
        return 0 if order.status == "FILLED" else _EXIT_UNFILLED
    return 0 if rests(order) else EXIT_OPEN


def found_id(client: Sequence, given: str) -> str:
    """The id of the order that a short id means; whole ids stay what they are.

    Raises:
        ValidationError: No open order has it, or several have.
    """
    if ":" in given and given.startswith("graph:"):
        return given
    rows = client.orders(open=True, limit=_PAGE).orders
    return meant_id(given, (row.node_order_id for row in rows), "open orders")
