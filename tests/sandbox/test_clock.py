"""Clocks: who moves time, and that it never runs backwards."""

import time

import pytest

from sequence.sandbox import Sandbox
from sequence.sandbox.clock import DEFAULT_START_NS, ManualClock, WallClock, build_clock


def test_the_wall_clock_cannot_be_moved():
    clock = WallClock()
    with pytest.raises(ValueError, match="cannot be moved"):
        clock.move(1)


def test_a_manual_clock_stands_still_until_it_is_moved():
    clock = ManualClock(5)
    assert (clock.now_ns(), clock.now_ns()) == (5, 5)
    clock.move(3)
    assert clock.now_ns() == 8
    with pytest.raises(ValueError, match="backwards"):
        clock.move(-1)
    with pytest.raises(ValueError, match="time ends"):
        clock.move(2**63 - 9)


def test_a_sandbox_advances_in_any_unit():
    with Sandbox(clock="manual") as sandbox:
        assert sandbox.clock.now_ns == DEFAULT_START_NS
        assert sandbox.clock.advance(seconds=1.5) == DEFAULT_START_NS + 1_500_000_000
        assert sandbox.clock.advance(ms=2, ns=3) == DEFAULT_START_NS + 1_502_000_003
        assert sandbox.clock.now_ns == DEFAULT_START_NS + 1_502_000_003
        with pytest.raises(ValueError, match="backwards"):
            sandbox.clock.advance(ms=-1)


def test_a_wall_clock_cannot_be_advanced():
    with Sandbox() as sandbox:
        assert sandbox.clock.kind == "wall"
        first = sandbox.clock.now_ns
        assert abs(first - time.time_ns()) < 60 * 10**9
        with pytest.raises(ValueError, match="cannot be moved"):
            sandbox.clock.advance(seconds=1)
        assert sandbox.clock.now_ns >= first


def test_the_demo_market_moves_with_the_clock():
    with Sandbox(clock="manual") as sandbox:
        client = sandbox.client()
        first = client.quote("BTC-USD")
        assert client.quote("BTC-USD") == first
        sandbox.clock.advance(seconds=30)
        later = client.quote("BTC-USD")
        assert later.nbbo.last_update_ns > first.nbbo.last_update_ns


def test_a_replay_clock_runs_by_itself_and_on_after_the_recording(monkeypatch):
    passed_ns = [5]
    monkeypatch.setattr(time, "monotonic_ns", lambda: passed_ns[0])
    clock = build_clock("replay", 1_000, 10.0)
    assert (clock.kind, clock.now_ns()) == ("replay", 1_000)
    passed_ns[0] += 30
    assert clock.now_ns() == 1_300
    passed_ns[0] += 10**9
    # Orders under way at the last frame still end, and the books of before grow old.
    assert clock.now_ns() == 1_300 + 10**10
    with pytest.raises(ValueError, match="cannot be moved"):
        clock.move(1)


@pytest.mark.parametrize("speed", [0, -1.0, float("inf"), float("nan")])
def test_a_speed_is_a_number_above_0(speed):
    with pytest.raises(ValueError, match="speed must be a number above 0"):
        build_clock("replay", 0, speed)


def test_a_speed_needs_a_replay():
    with pytest.raises(ValueError, match="speed belongs to clock='replay'"):
        Sandbox(speed=2.0)
