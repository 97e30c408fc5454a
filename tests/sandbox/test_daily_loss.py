"""The loss limit of a day: perpetuals, through both doors, over a restart, and for amends."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import ConflictError
from sequence.sandbox import Sandbox
from tests.doors import DOORS, door

PERP = "BTC-USD-PERP"
LIMIT = {"daily_loss_limit_usd_1e9": 1_000 * 10**9}
DAY_S = 86_400


@contextmanager
def desk(file: Path, kind: str) -> Generator[Sequence]:
    """A sandbox in a file; opened again, it goes on."""
    with ExitStack() as stack:
        settings: dict[str, Any] = {"store": file, "risk": LIMIT, "preset": "instant"}
        sandbox = stack.enter_context(Sandbox(clock="manual", market="manual", **settings))
        yield stack.enter_context(door(sandbox, kind))


def quote(client: Sequence, middle: int) -> None:
    bids, asks = [(middle - 1, 100)], [(middle + 1, 100)]
    client.sandbox.book("hyperliquid", PERP, bids=bids, asks=asks)


def refused(client: Sequence, side: str) -> bool:
    trade = client.buy if side == "buy" else client.sell
    return trade(PERP, "0.01").row.failure_reason == "DAILY_LOSS_LIMIT"


@pytest.mark.parametrize("kind", DOORS)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_the_loss_of_a_perpetual_counts_over_a_restart_until_midnight(
    tmp_path: Path, kind: str, side: str
) -> None:
    file, sign = tmp_path / "a.db", 1 if side == "buy" else -1
    with desk(file, kind) as client:
        quote(client, 50_000)
        assert not refused(client, side)
        (client.buy if side == "buy" else client.sell)(PERP, 1).wait()
    with desk(file, kind) as client:
        # Lost and won back before any order looks.
        quote(client, 50_000 - 1_100 * sign)
        quote(client, 50_000)
        assert refused(client, "buy")
        assert refused(client, "sell")
    with desk(file, kind) as client:
        quote(client, 50_000)
        assert refused(client, side), "the same day"
        client.sandbox.advance(seconds=DAY_S)
        quote(client, 50_000)
        assert not refused(client, side)


@pytest.mark.parametrize("kind", DOORS)
def test_an_amend_is_no_way_around_it(tmp_path: Path, kind: str) -> None:
    with desk(tmp_path / "a.db", kind) as client:
        quote(client, 50_000)
        resting = client.buy(PERP, 1, limit_price=40_000)
        client.buy(PERP, 1).wait()
        quote(client, 48_900)
        assert refused(client, "buy")
        changes: list[dict[str, Any]] = [{"new_qty": 2}, {"new_price": 48_901}]
        for change in [*changes, {"new_qty": 2, "new_price": 41_000}]:
            with pytest.raises(ConflictError, match="DAILY_LOSS_LIMIT"):
                client.amend(resting.id, **change)
        assert client.amend(resting.id, new_qty="0.5").qty_1e8 == 50_000_000


@pytest.mark.parametrize("kind", DOORS)
def test_what_is_written_by_hand_can_lose_before_the_first_order(tmp_path: Path, kind: str) -> None:
    with desk(tmp_path / "a.db", kind) as client:
        quote(client, 50_000)
        row = {"venue": "hyperliquid", "kind": "perp", "symbol": PERP, "qty": -1}
        client.sandbox.set_positions([row | {"entry_price_usd": 45_000}])
        assert not refused(client, "buy"), "what it lost before is not of this day"
        quote(client, 51_200)
        assert refused(client, "buy")


@pytest.mark.parametrize("moves", ["first", "second"])
def test_a_loss_counts_whichever_venue_moves_the_mark_and_whichever_moves_it_back(moves: str):
    """The mark is between the best prices of both: one of them falls, the other stands."""
    with Sandbox(clock="manual", market="manual", preset="instant", risk=LIMIT) as sandbox:
        client = sandbox.client()

        def show(venue: str, bid: int, ask: int) -> None:
            client.sandbox.book(venue, "BTC-USD", bids=[(bid, 9)], asks=[(ask, 9)])

        first, second = ("kraken", "coinbase")[:: 1 if moves == "first" else -1]
        for _ in range(2):
            show("kraken", 50_000, 50_010)
            show("coinbase", 50_000, 50_010)
        client.buy("BTC-USD", "1", venue="kraken").wait()
        show(first, 47_000, 47_010)
        show(first, 50_000, 50_010)
        show(second, 50_000, 50_010)
        order = client.buy("BTC-USD", "0.01", venue="kraken")
        assert order.row.failure_reason == "DAILY_LOSS_LIMIT"


def test_a_mark_that_another_venue_had_moved_counts_when_it_comes_back():
    with Sandbox(clock="manual", market="manual", preset="instant", risk=LIMIT) as sandbox:
        client = sandbox.client()

        def show(venue: str, bid: int, ask: int) -> None:
            client.sandbox.book(venue, "BTC-USD", bids=[(bid, 9)], asks=[(ask, 9)])

        # Low, then high by the other venue, bought high, and low again by the first.
        show("kraken", 48_000, 48_010)
        show("coinbase", 50_000, 50_010)
        show("kraken", 50_000, 50_010)
        client.buy("BTC-USD", "1", venue="kraken").wait()
        show("coinbase", 40_000, 48_010)
        show("kraken", 40_000, 48_010)
        show("kraken", 50_000, 50_010)
        show("coinbase", 50_000, 50_010)
        order = client.buy("BTC-USD", "0.01", venue="kraken")
        assert order.row.failure_reason == "DAILY_LOSS_LIMIT"


def _statuses(client: Sequence, graph_id: str) -> dict[str, tuple[str, str | None]]:
    rows = client.graph_status(graph_id).nodes
    return {row.node_id: (row.status, row.failure_reason) for row in rows}


@pytest.mark.parametrize("kind", DOORS)
def test_a_lost_day_stops_graphs_over_a_restart_until_midnight(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "a.db"
    where: dict[str, Any] = {"venue": "hyperliquid"}
    with desk(file, kind) as client:
        quote(client, 50_000)
        keys = {"take_profit": 60_000, "stop_loss": 48_000}
        client.bracket(PERP, "buy", 1, **keys, **where, graph_id="b")
        hour = {"num_slices": 24, "interval_ms": 3_600_000}
        client.twap(PERP, "buy", "0.24", **hour, **where, graph_id="t")
        assert _statuses(client, "t")["order.s1"] == ("FILLED", None)
        quote(client, 48_900)
    for hours in (1, 2):
        with desk(file, kind) as client:
            quote(client, 50_000)
            client.sandbox.advance(seconds=3_600)
            lost = ("REJECTED", "DAILY_LOSS_LIMIT")
            assert _statuses(client, "t")[f"order.s{hours + 1}"] == lost
            assert _statuses(client, "b")["take_profit"][0] == "WORKING", "what rests stays"
            assert refused(client, "buy")
    with desk(file, kind) as client:
        quote(client, 50_000)
        client.sandbox.advance(seconds=DAY_S)
        quote(client, 50_000)
        slices = [row for name, row in _statuses(client, "t").items() if ".s" in name]
        assert ("FILLED", None) in slices[3:], "a slice of the next day"
        assert not refused(client, "buy")
