"""Readers of private streams over a restart: a gap where something is lost, and only there."""

from pathlib import Path

import pytest

from sequence import streams
from sequence.sandbox import Sandbox


def opened(database: Path, **options: object) -> Sandbox:
    made = Sandbox(store=database, preset="instant", market="manual", **options)  # type: ignore[arg-type]
    made.market.snapshot("kraken", "BTC-USD", [(100, 500)], [(101, 500)])
    return made


def told(sandbox: Sandbox, from_seq: dict[str, int]) -> list[streams.Event]:
    """Everything that a reader hears who comes back with these numbers."""
    found: list[streams.Event] = []
    with sandbox.client().stream([*from_seq], from_seq=from_seq) as stream:
        while (event := stream.next(timeout=0.1)) is not None:
            found.append(event)
    return found


def heard(sandbox: Sandbox, orders: int = 2) -> dict[str, int]:
    """Orders of a sandbox that somebody reads; the newest number of each topic."""
    newest: dict[str, int] = {}
    with sandbox.client().stream(["fills", "orders", "routing"]) as stream:
        for _ in range(orders):
            sandbox.client().buy("BTC-USD", 1)
        while (event := stream.next(timeout=0.1)) is not None:
            if isinstance(event, streams.FillEvent):
                newest["fills"] = event.seq
            elif isinstance(event, streams.OrderEvent):
                newest["orders"] = event.seq
            elif isinstance(event, streams.RouteEvent):
                newest["routing"] = event.seq
    assert len(newest) == 3
    return newest


def test_nothing_is_told_after_a_restart_in_which_nothing_was_lost(database: Path):
    with opened(database) as sandbox:
        newest = heard(sandbox)
    for _ in range(2):
        with opened(database) as sandbox:
            assert told(sandbox, newest) == []


def test_numbers_go_on_where_they_were(database: Path):
    with opened(database) as sandbox:
        newest = heard(sandbox)
    with opened(database) as sandbox:
        sandbox.client().buy("BTC-USD", 1)
        found = told(sandbox, newest)
    assert not [event for event in found if isinstance(event, streams.GapEvent)]
    [fill] = [event for event in found if isinstance(event, streams.FillEvent)]
    assert fill.seq == newest["fills"] + 1


def test_what_a_process_before_told_is_a_gap_for_who_missed_it(database: Path):
    with opened(database) as sandbox:
        newest = heard(sandbox)
    with opened(database) as sandbox:
        [gap] = told(sandbox, {"fills": newest["fills"] - 1})
    assert gap == streams.GapEvent("fills", newest["fills"], newest["fills"] + 1)


def test_what_happened_while_nobody_kept_events_is_a_gap(database: Path):
    with opened(database) as sandbox:
        sandbox.client().buy("BTC-USD", 1)
    with opened(database) as sandbox:
        found = told(sandbox, {"fills": 0})
    assert [type(event) for event in found] == [streams.GapEvent]


def test_a_reset_begins_the_numbers_anew_over_a_restart(database: Path):
    with opened(database) as sandbox:
        heard(sandbox)
        sandbox.client().sandbox.reset()
    with opened(database) as sandbox:
        assert told(sandbox, {"fills": 0}) == []
        sandbox.client().buy("BTC-USD", 1)
        [fill] = told(sandbox, {"fills": 0})
    assert isinstance(fill, streams.FillEvent)
    assert fill.seq == 1


@pytest.mark.parametrize("clock", ["wall", "manual"])
def test_the_demo_market_of_a_new_start_loses_nothing(database: Path, clock: str):
    def demo() -> Sandbox:
        return Sandbox(store=database, preset="instant", clock=clock)  # type: ignore[arg-type]

    with demo() as sandbox:
        newest = heard(sandbox)
    with demo() as sandbox:
        assert told(sandbox, newest) == []
