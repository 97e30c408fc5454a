"""An amend whose price crosses is routed like a new order, also to other venues."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sequence.errors import ConflictError
from sequence.sandbox import Sandbox

CASH = {"binance": ("crypto", "USDT"), "okx": ("crypto", "USDT"), "kraken": ("fiat", "USD")}
NEAR = {"okx": 100_000, "kraken": 100_000}


class Desk:
    """A sandbox with books and funds by hand, and one buy that rests at the cheapest maker."""

    def __init__(self, preset: str, store: Path | None = None, **funds: float) -> None:
        self.sandbox = Sandbox(preset=preset, market="manual", clock="manual", seed=7, store=store)
        self.client = self.sandbox.client()
        rows = [
            {"venue": venue, "kind": CASH[venue][0], "symbol": CASH[venue][1], "qty": qty}
            for venue, qty in (funds or NEAR).items()
        ]
        coins = [
            {"venue": v, "kind": "crypto", "symbol": "BTC", "qty": 2, "entry_price_usd": 50_000}
            for v in CASH
        ]
        self.client.sandbox.set_positions([*rows, *coins], replace=True)
        self.books()

    def books(self, okx: float = 50_020, kraken: float = 50_001, size: float = 1) -> None:
        for venue, ask in (("okx", okx), ("kraken", kraken)):
            levels = [(ask - 100, size)], [(ask, size)]
            self.sandbox.market.snapshot(venue, "BTC-USD", *levels)

    def wait(self, ms: int = 5_000) -> None:
        for _ in range(ms // 100):
            self.sandbox.clock.advance(ms=100)
            self.books()

    def row(self, order: Any) -> dict[str, Any]:
        shown: dict[str, Any] = order.refresh().row.model_dump()
        return shown

    def held(self) -> Decimal:
        rows = self.client.positions().positions
        return sum((Decimal(row.locked_qty_1e8) for row in rows), Decimal(0))

    def sound(self) -> bool:
        return not self.sandbox.runtime.engine.check_invariants()


@pytest.fixture(params=["instant", "optimistic", "realistic", "adversarial"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    made = Desk(request.param)
    yield made
    made.sandbox.close()


def legs(row: dict[str, Any]) -> dict[str, Decimal]:
    return {leg["venue"]: Decimal(leg["filled_qty_1e8"]) / 10**8 for leg in row["legs"]}


def test_an_amend_takes_what_another_venue_asks_less_for(desk: Desk) -> None:
    order = desk.client.buy("BTC-USD", 1, limit_price=49_000)
    desk.wait()
    assert [leg["venue"] for leg in desk.row(order)["legs"]] == ["okx"]
    desk.client.amend(order.id, new_price=50_010)
    desk.wait()
    row = desk.row(order)
    assert (row["status"], row["qty_1e8"], legs(row)["kraken"]) == ("FILLED", 10**8, 1)
    assert row["limit_price_1e9"] == 50_010 * 10**9
    assert desk.held() == 0
    assert desk.sound()


def test_a_sell_goes_where_more_is_bid(desk: Desk) -> None:
    order = desk.client.sell("BTC-USD", 1, limit_price=51_000)
    desk.wait()
    desk.client.amend(order.id, new_price=49_915)
    desk.wait()
    row = desk.row(order)
    assert (row["status"], legs(row)["okx"]) == ("FILLED", 1)
    assert desk.sound()


def test_what_crosses_nowhere_keeps_its_venue(desk: Desk) -> None:
    order = desk.client.buy("BTC-USD", 1, limit_price=49_000)
    desk.wait()
    desk.client.amend(order.id, new_price=49_500)
    desk.wait()
    row = desk.row(order)
    assert (row["status"], [leg["venue"] for leg in row["legs"]]) == ("ACCEPTED", ["okx"])


def test_a_larger_total_sweeps_several_venues(desk: Desk) -> None:
    order = desk.client.buy("BTC-USD", "0.5", limit_price=49_000)
    desk.wait()
    desk.client.amend(order.id, new_price=50_030, new_qty="1.5")
    desk.wait()
    row = desk.row(order)
    assert (row["status"], row["qty_1e8"]) == ("FILLED", 15 * 10**7)
    assert legs(row) == {"okx": 1, "kraken": Decimal("0.5")}, "okx takes less"
    assert desk.sound()


def test_post_only_leaves_for_a_venue_where_it_can_rest(desk: Desk) -> None:
    order = desk.client.buy("BTC-USD", 1, limit_price=49_000, tif="post_only")
    desk.wait()
    desk.client.amend(order.id, new_price=50_010)
    desk.wait()
    assert desk.row(order)["status"] == "ACCEPTED", "okx asks 50,020: it rests where it was"
    again = desk.client.buy("BTC-USD", "0.5", limit_price=49_000, tif="post_only", venue="kraken")
    desk.wait()
    desk.client.amend(again.id, new_price=50_010)
    desk.wait()
    assert desk.row(again)["status"] == "REJECTED", "a venue that was named is kept"


@pytest.mark.parametrize("preset", ["optimistic", "realistic", "adversarial"])
@pytest.mark.parametrize("gap", range(0, 120, 8))
def test_a_fill_that_is_faster_leaves_less_for_other_venues(preset: str, gap: int) -> None:
    desk = Desk(preset)
    with desk.sandbox as sandbox:
        order = desk.client.buy("BTC-USD", 1, limit_price=49_000)
        desk.wait()
        desk.client.amend(order.id, new_price=50_010)
        for _ in range(gap):
            sandbox.clock.advance(ms=1)
        sandbox.market.snapshot("okx", "BTC-USD", [(48_800, 1)], [(48_900, "0.4")])
        sandbox.clock.advance(ms=1)
        desk.wait()
        row = desk.row(order)
        assert (row["status"], row["qty_1e8"], row["filled_qty_1e8"]) == ("FILLED", 10**8, 10**8)
        assert (desk.held(), desk.sound()) == (0, True)


@pytest.mark.parametrize("preset", ["realistic", "adversarial"])
@pytest.mark.parametrize("gap", [0, 5, 20, 60, 150])
def test_a_cancel_on_the_way_ends_what_was_held_back(preset: str, gap: int) -> None:
    desk = Desk(preset)
    with desk.sandbox as sandbox:
        order = desk.client.buy("BTC-USD", 1, limit_price=49_000)
        desk.wait()
        desk.client.amend(order.id, new_price=50_010)
        for _ in range(gap):
            sandbox.clock.advance(ms=1)
        try:
            order.cancel()
        except ConflictError:
            assert gap
        desk.wait()
        assert desk.row(order)["status"] in {"CANCELLED", "FILLED"}
        assert (desk.held(), desk.sound()) == (0, True)


def test_without_funds_elsewhere_it_stays() -> None:
    desk = Desk("instant", okx=100_000, kraken=1)
    with desk.sandbox:
        order = desk.client.buy("BTC-USD", 1, limit_price=49_000)
        desk.client.amend(order.id, new_price=50_010)
        row = desk.row(order)
        assert (row["status"], [leg["venue"] for leg in row["legs"]]) == ("ACCEPTED", ["okx"])
        version = row["version"]
        with pytest.raises(ConflictError, match="INSUFFICIENT_BALANCE"):
            desk.client.amend(order.id, new_price=50_015, new_qty=3)
        assert desk.row(order)["version"] == version
        assert desk.sound()


@pytest.mark.parametrize("gap", [0, 5, 15, 40])
def test_a_restart_in_between_loses_nothing(tmp_path: Path, gap: int) -> None:
    store = tmp_path / "paper.db"
    desk = Desk("realistic", store)
    order = desk.client.buy("BTC-USD", 1, limit_price=49_000)
    desk.wait()
    desk.client.amend(order.id, new_price=50_010)
    for _ in range(gap):
        desk.sandbox.clock.advance(ms=1)
    name = order.id
    desk.sandbox.close()
    with Sandbox(
        preset="realistic", market="manual", clock="manual", seed=7, store=store
    ) as sandbox:
        desk.sandbox, desk.client = sandbox, sandbox.client()
        desk.books()
        desk.wait()
        row = desk.client.order(name).model_dump()
        assert (row["status"], row["filled_qty_1e8"]) == ("FILLED", 10**8)
        assert (desk.held(), desk.sound()) == (0, True)
