"""Fills and orders in words, from their records alone."""

from collections.abc import Iterator
from typing import Final

from sequence import _core
from sequence import types as t
from sequence.types._decimal import trimmed

_DOLLARS: Final = frozenset({"USD", "USDC", "USDT"})


def explain(fill: "t.Fill") -> str:
    """A fill in a few lines: times, book, levels or queue, fee, and whether the record adds up.

    Needs nothing but the record, so it also works on fills of another machine or of last week.
    """
    return _core.explain_fill(fill.evidence)


def verify(fill: "t.Fill") -> list[str]:
    """What does not add up in a fill and its record; empty when everything does.

    Quantity and price are rebuilt from the levels or the queue, the fee from its rule, and the
    reservation from what was spent and freed; then the record is compared with its hash, and what
    the fill itself says with the record.
    """
    return _core.verify_fill(fill.evidence) + list(_told_otherwise(fill))


def _told_otherwise(fill: "t.Fill") -> Iterator[str]:
    """Where a fill says something else than its record."""
    record = fill.evidence
    found = False
    for name, proved in (
        ("fill_id", record.fill_id),
        ("node_order_id", record.order_id),
        ("venue", record.venue),
        ("instrument_type", record.kind),
        ("side", record.side),
        ("price_1e9", record.px_1e9),
        ("qty_1e8", record.qty_1e8),
        ("cause", record.cause),
        ("is_maker", record.liquidity == "Maker"),
        ("fee_1e9", record.fee.fee_1e9),
        # Another asset than a dollar has a rate that the record does not hold.
        ("fee_usd_1e9", record.fee.fee_1e9 if fill.fee_asset in _DOLLARS else fill.fee_usd_1e9),
        ("fee_asset", record.fee.asset),
        ("ts_ns", record.time.visible_at_ns),
    ):
        told = getattr(fill, name)
        if told != proved:
            found = True
            yield f"{name}: the fill says {told}, its record {proved}"
    # A price of 1e-9 times a quantity of 1e-8, in money of 1e-9, rounded down.
    value = fill.price_1e9 * fill.qty_1e8 // 10**8
    if fill.fee_asset in _DOLLARS and fill.notional_usd_1e9 != value and not found:
        yield f"notional_usd_1e9: the fill says {fill.notional_usd_1e9}, its price and qty {value}"
    names = (record.instrument, f"{record.instrument}:{record.outcome}")
    if fill.symbol not in names:
        yield f"symbol: the fill says {fill.symbol}, its record {names[0]}"


def explain_order(row: "t.Order", fills: "list[t.Fill]") -> str:
    """An order in a few lines: its state, why it waits or how it ended, and its fills."""
    ended = row.failure_message or row.failure_reason or row.done_reason
    filled = f"{trimmed(row.filled_qty):f} of {trimmed(row.qty):f}"
    first = f"{row.side} {row.symbol}: {row.status}, filled {filled}"
    lines = [f"{first} ({ended})" if ended else first]
    if row.evidence is not None:
        lines.append(f"  {_core.explain_wait(row.evidence)}")
    return "\n".join([*lines, *map(explain, fills)])
