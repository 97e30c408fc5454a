"""The router against every allocation there is, on books small enough to try them all.

What some allocation fills in full must be filled in full, at no more than the least cost. What can
only be filled in part is filled as far as the best allocation goes; what rests, rests where it
costs least.
"""

import os
from fractions import Fraction
from math import ceil
from random import Random
from typing import Any

import pytest

from sequence import _core
from tests.model.allocations import MID, ROOMY, TIGHT, Case, drawn

BOOKS = int(os.environ.get("SEQUENCE_BOOKS", "12000"))
BLOCK = 1_000
NOW = 1_776_657_000_000_000_000
LATER = NOW + 120 * 10**9
UNITS = [ROOMY, TIGHT]
PRESETS = ("instant", "optimistic", "realistic", "adversarial")


def engine_of(case: Case) -> _core.Engine:
    engine = _core.Engine(seed=7, preset=case.preset)
    engine.set_max_age(enabled=False)
    account = engine.account("router")
    engine.reset(account, 1, NOW)
    is_cash = case.is_perp or case.side == "buy"
    rows: list[tuple[str, str, str, int, int | None]] = []
    for venue in case.venues:
        kind, asset = venue.terms.cash
        rows.append((venue.name, kind, asset, case.funds(venue) if is_cash else 0, None))
        if not case.is_perp:
            rows.append((venue.name, "crypto", "BTC", 0 if is_cash else case.funds(venue), MID))
    engine.set_positions(account, rows, True, NOW)
    for venue in case.venues:
        shown = [(price, size * case.unit) for price, size in venue.levels]
        far = [(MID // 2 if case.side == "buy" else MID * 2, case.unit)]
        bids, asks = (far, shown) if case.side == "buy" else (shown, far)
        engine.market_snapshot(venue.name, case.symbol, bids, asks, NOW, NOW)
    return engine


def submitted(case: Case) -> dict[str, Any]:
    """The row of the order after every message has arrived."""
    engine = engine_of(case)
    answer, _ = engine.submit(
        0, NOW, symbol=case.symbol, side=case.side, qty_1e8=case.qty * case.unit,
        price_1e9=case.limit, tif=case.tif,
        instrument_type="perp" if case.is_perp else "spot",
    )  # fmt: skip
    engine.advance(LATER)
    row: dict[str, Any] = engine.order(0, answer["orders"][0]["node_order_id"])
    return row


def spent(row: dict[str, Any], case: Case) -> Fraction:
    notional, fee = row["filled_notional_usd_1e9"], row["fees_usd_1e9"]
    return Fraction(notional + fee if case.side == "buy" else -(notional - fee))


def shown(row: dict[str, Any], case: Case) -> str:
    legs = [(leg["venue"], leg["qty_1e8"] // case.unit, leg["status"]) for leg in row["legs"]]
    reason = row["done_reason"] or row["failure_reason"]
    return f"{row['status']} {reason} filled {row['filled_qty_1e8'] // case.unit} {legs}"


def wrong_fill(case: Case, row: dict[str, Any]) -> str | None:
    """What the router did that some allocation does better."""
    best = case.best()
    if best is None or (case.tif == "fok" and best.unfilled):
        return None
    unfilled = Fraction(case.qty * case.unit - row["filled_qty_1e8"], case.unit)
    if unfilled > best.unfilled or row["status"] == "REJECTED":
        return f"best leaves {best.unfilled} open: {shown(row, case)}"
    # A unit of money per leg, rounded against the account.
    over = spent(row, case) - best.cost - 4 * len(case.venues)
    if unfilled == best.unfilled and over > 0:
        return f"cost {float(over)} more than {float(best.cost)}: {shown(row, case)}"
    return None


def wrong_rest(case: Case, row: dict[str, Any]) -> str | None:
    """Where the order should have rested, and does not."""
    places = case.resting_places()
    if not places:
        return None
    venues = [leg["venue"] for leg in row["legs"]]
    least = [venue.name for venue in places if venue.terms.maker == places[0].terms.maker]
    if row["status"] != "ACCEPTED" or len(venues) != 1 or venues[0] not in least:
        return f"can rest at {least}: {shown(row, case)}"
    return None


def wrong(case: Case) -> str | None:
    try:
        row = submitted(case)
    except _core.Refusal as refusal:
        return f"refused: {refusal}" if case.best() or case.resting_places() else None
    crossed = any(venue.crosses(case) for venue in case.venues)
    passive = case.rests and (case.tif == "post_only" or not crossed)
    return wrong_rest(case, row) if passive else wrong_fill(case, row)


def check(first: int, unit: int, preset: str) -> None:
    found, decided = list[str](), 0
    for seed in range(first, first + BLOCK):
        case = drawn(Random(seed), unit, preset)  # noqa: S311 - a seed, not a secret
        text = wrong(case)
        decided += case.best() is not None
        if text is not None:
            found.append(f"seed {seed}: {text}: {case}")
    assert decided > BLOCK // 5
    assert not found, f"{len(found)} of {decided}:\n" + "\n".join(found[:5])


@pytest.mark.full
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("block", range(ceil(BOOKS / BLOCK)))
def test_no_allocation_fills_more_or_costs_less(block: int, unit: int) -> None:
    check(block * BLOCK, unit, "instant")


@pytest.mark.full
@pytest.mark.parametrize("preset", PRESETS[1:])
def test_orders_that_travel_are_routed_as_well(preset: str) -> None:
    check(BOOKS, TIGHT, preset)
