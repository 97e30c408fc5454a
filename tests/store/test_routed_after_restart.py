"""An order over several venues: through both doors, under every preset, and over a restart."""

from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.sandbox.sim import PRESETS
from sequence.server import serving

VENUES = {"binance": 50_000, "okx": 50_004, "kraken": 49_990}
CASH = {"binance": ("crypto", "USDT"), "okx": ("crypto", "USDT"), "kraken": ("fiat", "USD")}


def books(sandbox: Sandbox) -> None:
    for venue, first in VENUES.items():
        asks = [(first + level, "0.1") for level in range(40)]
        bids = [(first - level - 1, "0.1") for level in range(40)]
        sandbox.market.snapshot(venue, "BTC-USD", bids, asks)


def begin(sandbox: Sandbox, client: Sequence) -> None:
    rows = [
        {"venue": venue, "kind": kind, "symbol": symbol, "qty": 1_000_000}
        for venue, (kind, symbol) in CASH.items()
    ]
    client.sandbox.set_positions(rows, replace=True)
    books(sandbox)


@contextmanager
def opened(file: Path, preset: Any, door: str) -> Generator[tuple[Sandbox, Sequence]]:
    with Sandbox(market="manual", clock="manual", preset=preset, store=file) as sandbox:
        if door == "in process":
            yield sandbox, sandbox.client()
            return
        with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as client:
            yield sandbox, client


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preview_says_where_an_order_goes_through_both_doors(tmp_path: Path, preset: str) -> None:
    hashes = []
    for door in ("in process", "HTTP"):
        with opened(tmp_path / f"{door}.db", preset, door) as (sandbox, client):
            begin(sandbox, client)
            for urgency in ("low", "high"):
                # The second meets what the first one moved and took.
                shown = client.preview("BTC-USD", "buy", 3, urgency=urgency)
                route = client.routing("BTC-USD", "buy", 3)
                order = client.buy("BTC-USD", 3, urgency=urgency)
                legs = {leg.venue for leg in order.row.legs}
                assert legs == {row.venue for row in shown.candidate_venues if row.chosen}
                assert sum(leg.qty_1e8 for leg in route.legs) == 3 * 10**8
                sandbox.clock.advance(seconds=2)
            assert sandbox.check_invariants() == []
            hashes.append(sandbox.event_hash())
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("preset", ["optimistic", "realistic", "adversarial"])
@pytest.mark.parametrize("door", ["in process", "HTTP"])
def test_legs_under_way_go_on_after_a_restart(tmp_path: Path, preset: str, door: str) -> None:
    def life(file: Path, restarts_at_ms: tuple[int, ...]) -> dict[str, Decimal]:
        with opened(file, preset, door) as (sandbox, client):
            begin(sandbox, client)
            client.buy("BTC-USD", 3, limit_price=50_030, graph_id="r")
        for ms in (*restarts_at_ms, 4_000):
            with opened(file, preset, door) as (sandbox, client):
                books(sandbox)
                sandbox.clock.advance(ms=ms)
                assert sandbox.check_invariants() == []
                row = client.order("graph:r:order:1")
                legs = {leg.venue: leg.filled_qty for leg in row.legs}
        assert sum(legs.values()) == row.filled_qty
        assert row.status == "FILLED"
        return legs

    once = life(tmp_path / "once.db", ())
    often = life(tmp_path / "often.db", (1, 3, 9))
    assert once == often
    assert len(once) > 1
