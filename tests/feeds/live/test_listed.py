"""What venues say of their instruments: grids and minimums come from it, and it is written down."""

import json
from pathlib import Path

import pytest

from sequence.sandbox import Sandbox
from tests.feeds.live.conftest import CASES, World, status_of, until

LISTED = {
    "binance": (10**7, 10**5, 10**5),
    "bybit": (10**7, 10**5, 10**5),
    "coinbase": (10**7, 10**5, 10**5),
    # Prices follow a rule; of sizes the decimals are told.
    "hyperliquid": (None, 10**5, None),
    # Numbers of contracts have hundredths or none.
    "kalshi": (10**7, 10**6, None),
    "kraken": (10**7, 10**5, 10**5),
    "okx": (10**7, 10**5, 10**5),
    "polymarket": (10**7, None, 10**8),
}
"""Tick, lot and least size that a list tells; None where it does not."""


# A recording that ends soon after its start is mostly its end.
@pytest.mark.filterwarnings("ignore:.*books were given up")
@pytest.mark.parametrize("name", LISTED)
def test_grids_come_from_the_list_of_the_venue(world: World, name: str, tmp_path: Path) -> None:
    # Contracts are counted in hundredths at most.
    fake = world.fake(name, tick_decimals=2, lot_decimals=2 if name == "kalshi" else 3)
    sandbox = world.sandbox(record=tmp_path / "day")
    status = status_of(sandbox, name)

    told = LISTED[name]

    def listings(of: Sandbox) -> list[object]:
        with of.client() as client:
            rows = [row for row in client.symbols() if row.symbol in CASES[name].symbols]
        shown: list[object] = []
        for v in (v for row in rows for v in row.venues):
            assert v.grid is not None
            by = v.grid.sources
            parts = zip(
                told,
                (by.tick, by.lot, by.min_qty),
                (v.tick_1e9, v.lot_1e8, v.min_qty_1e8),
                strict=True,
            )
            shown.append([None if of is None else (source, is_) for of, source, is_ in parts])
        return shown

    want: list[object] = [[None if of is None else ("venue", of) for of in told]] * 2
    until(lambda: status.is_live and listings(sandbox) == want, f"{name}: {status}")
    assert status.unlisted == ""
    assert fake.refused == []
    end_ns = sandbox.runtime.now_ns
    sandbox.close()
    # A replay of what was recorded knows the same.
    parts = json.loads((tmp_path / "day" / "manifest.json").read_text())["parts"]
    files = [tmp_path / "day" / part["file"] for part in parts]
    with Sandbox(preset="instant", clock="replay", market=files) as again:
        again.clock.advance(ns=end_ns - again.clock.now_ns)
        assert listings(again) == want


def test_a_list_that_is_not_sent_is_said_and_costs_no_book(world: World) -> None:
    fake = world.fake("okx")
    fake.fetched = lambda _: (503, "{}")  # type: ignore[method-assign]
    sandbox = world.sandbox()
    status = status_of(sandbox, "okx")
    until(lambda: status.is_live and status.unlisted != "", "both are said")
    said = "okx: its list of instruments could not be fetched (answered with 503)"
    assert status.unlisted == said
    assert status.problem == ""
