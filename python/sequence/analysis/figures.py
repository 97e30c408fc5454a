"""Sums and ratios over fills. Integers in, decimals out; ratios are rounded to 1e-9 at the end."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final, Literal

from sequence.types import Fill, FillMark, Wire
from sequence.types._decimal import exact, in_any_context, known_sum, maybe_exact, nearest, share

Horizon = Literal[1, 10, 60]
HORIZONS: Final[tuple[Horizon, ...]] = (1, 10, 60)
_BPS: Final = 10_000
_DECIMALS: Final = 9


class GroupRow(Wire):
    """Trading of one symbol, venue or tag, in USD.

    `pnl_usd` is what was sold for less what was bought for, plus what is left at its present mark,
    less fees: groups add up to the whole, also where they share a position, except for what a quote
    that is no dollar gains while it is held, which is no trade's. `realized_usd` is the account's
    own figure, at average cost and before fees. An amount is None where nothing values a part of it
    in USD.
    """

    key: str
    fills: int
    volume_usd: Decimal | None
    fees_usd: Decimal | None
    realized_usd: Decimal | None
    pnl_usd: Decimal | None


class CauseRow(Wire):
    """How often fills came about in one way."""

    cause: str
    fills: int
    volume_usd: Decimal | None


class Markout(Wire):
    """How prices went on after fills, against the fill price; positive is in the account's favour.

    `fills` counts those with a live price at that time.
    """

    seconds: int
    fills: int
    usd: Decimal
    bps: Decimal


class Slippage(Wire):
    """Fill prices against the mid when the order was sent; positive is cost."""

    fills: int
    usd: Decimal
    bps: Decimal


def sign(fill: Fill) -> int:
    """1 for a buy, -1 for a sell."""
    return 1 if fill.side == "buy" else -1


def group_rows(
    fills: Iterable[Fill],
    key: Callable[[Fill], str],
    marks: Mapping[tuple[str, str], int],
) -> list[GroupRow]:
    """One row per key, sorted by it.

    Args:
        fills: All of them.
        key: What a fill belongs to.
        marks: USD times 1e9 per unit of what is held, by venue and symbol; where it is absent the
            last fill there is the mark.
    """
    groups: dict[str, list[Fill]] = {}
    last: dict[tuple[str, str], int] = {}
    for fill in fills:
        groups.setdefault(key(fill), []).append(fill)
        if fill.notional_usd_1e9 is not None:
            last[fill.venue, fill.symbol] = fill.notional_usd_1e9 * 10**8 // fill.qty_1e8
    return [_group(name, rows, last | dict(marks)) for name, rows in sorted(groups.items())]


def cause_rows(fills: Iterable[Fill]) -> list[CauseRow]:
    """One row per cause, the most frequent first."""
    found: dict[str, list[int | None]] = {}
    for fill in fills:
        found.setdefault(fill.cause, []).append(fill.notional_usd_1e9)
    rows = (
        CauseRow(cause=cause, fills=len(sums), volume_usd=maybe_exact(known_sum(sums), _DECIMALS))
        for cause, sums in found.items()
    )
    return sorted(rows, key=lambda row: (-row.fills, row.cause))


def maker_share(fills: Iterable[Fill]) -> Decimal:
    """Share of the volume that rested, 0 to 1, of fills that have a value in USD."""
    rows = list(fills)
    made = sum(_value(row) for row in rows if row.is_maker)
    return share(made, sum(_value(row) for row in rows))


@in_any_context
def markout(fills: Iterable[Fill], marks: Mapping[str, FillMark], seconds: Horizon) -> Markout:
    """Prices so many seconds after the fills, weighted by volume."""
    name = f"after_{seconds}s_1e9"
    known = [(fill, getattr(marks[fill.fill_id], name)) for fill in fills if fill.fill_id in marks]
    rows = [(fill, later) for fill, later in known if later is not None]
    usd = sum((_moved(fill, later) for fill, later in rows), Decimal())
    return Markout(seconds=seconds, fills=len(rows), usd=_cut(usd), bps=_bps(usd, rows))


@in_any_context
def slippage(fills: Iterable[Fill], marks: Mapping[str, FillMark]) -> Slippage:
    """What fills cost against the price when their orders were sent."""
    known = [(fill, marks[fill.fill_id].arrival_mid_1e9) for fill in fills if fill.fill_id in marks]
    rows = [(fill, arrival) for fill, arrival in known if arrival is not None]
    usd = -sum((_moved(fill, arrival) for fill, arrival in rows), Decimal())
    return Slippage(fills=len(rows), usd=_cut(usd), bps=_bps(usd, rows))


def _moved(fill: Fill, price_1e9: int) -> Decimal:
    """The USD that a fill is better off at another price: its value scaled by the difference."""
    return share(
        sign(fill) * _value(fill) * (price_1e9 - fill.price_1e9),
        fill.price_1e9 * 10**_DECIMALS,
    )


def _bps(usd: Decimal, rows: Iterable[tuple[Fill, int]]) -> Decimal:
    volume = exact(sum(_value(fill) for fill, _ in rows), _DECIMALS)
    return _cut(usd * _BPS / volume) if volume else Decimal(0)


def _group(key: str, rows: list[Fill], marks: Mapping[tuple[str, str], int]) -> GroupRow:
    left: dict[tuple[str, str], int] = {}
    for row in rows:
        at = row.venue, row.symbol
        left[at] = left.get(at, 0) + sign(row) * row.qty_1e8
    volume = known_sum(row.notional_usd_1e9 for row in rows)
    fees = known_sum(row.fee_usd_1e9 for row in rows)
    pnl = None
    if volume is not None and fees is not None and left.keys() <= marks.keys():
        worth = sum(qty * marks[at] for at, qty in left.items()) // 10**8
        pnl = worth - sum(sign(row) * _value(row) for row in rows) - fees
    return GroupRow(
        key=key,
        fills=len(rows),
        volume_usd=maybe_exact(volume, _DECIMALS),
        fees_usd=maybe_exact(fees, _DECIMALS),
        realized_usd=maybe_exact(known_sum(row.realized_pnl_usd_1e9 for row in rows), _DECIMALS),
        pnl_usd=maybe_exact(pnl, _DECIMALS),
    )


def _value(fill: Fill) -> int:
    """What a fill weighs in a mean: its value in USD, nothing where nobody can say it."""
    return fill.notional_usd_1e9 or 0


def _cut(value: Decimal) -> Decimal:
    return nearest(value, _DECIMALS)
