"""Fills and orders in words, from their records alone."""

from sequence import _core
from sequence.types import Fill, Order
from sequence.types._number import trimmed


def explain(fill: Fill) -> str:
    """A fill in a few lines: times, book, levels or queue, fee, and whether the record adds up.

    Needs nothing but the record, so it also works on fills of another machine or of last week.
    """
    return _core.explain_fill(fill.evidence)


def verify(fill: Fill) -> list[str]:
    """What does not add up in the record of a fill; empty when everything does.

    Quantity and price are rebuilt from the levels or the queue, the fee from its rule, and the
    reservation from what was spent and freed; then the record is compared with its hash.
    """
    return _core.verify_fill(fill.evidence)


def explain_order(row: Order, fills: list[Fill]) -> str:
    """An order in a few lines: its state, why it waits or how it ended, and its fills."""
    ended = row.failure_message or row.failure_reason or row.done_reason
    filled = f"{trimmed(row.filled_qty):f} of {trimmed(row.qty):f}"
    first = f"{row.side} {row.symbol}: {row.status}, filled {filled}"
    lines = [f"{first} ({ended})" if ended else first]
    if row.evidence is not None:
        lines.append(f"  {_core.explain_wait(row.evidence)}")
    return "\n".join([*lines, *map(explain, fills)])
