"""The machine's clock may step: time here goes on, and says what happened."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sequence.sandbox import Sandbox
from sequence.sandbox.clock import WallClock

SECOND = 1_000_000_000
HOUR = 3_600 * SECOND
START = 1_776_657_000 * SECOND


class Machine:
    """A clock on the wall that can be set, and time that passes."""

    def __init__(self, wall_ns: int = START) -> None:
        self.wall_ns, self.passed_ns = wall_ns, 0

    def clock(self) -> WallClock:
        return WallClock(lambda: self.wall_ns, lambda: self.passed_ns)

    def wait(self, ns: int) -> None:
        self.wall_ns += ns
        self.passed_ns += ns


@pytest.mark.parametrize("step", [-HOUR, HOUR, -2 * SECOND, 2 * SECOND])
def test_a_step_moves_nothing_and_is_said_once(step: int):
    machine = Machine()
    clock = machine.clock()
    machine.wait(5 * SECOND)
    assert (clock.now_ns(), clock.warning) == (START + 5 * SECOND, "")
    machine.wall_ns += step
    machine.wait(SECOND)
    assert clock.now_ns() == START + 6 * SECOND
    said = clock.warning
    assert ("forwards" if step > 0 else "back") in said
    machine.wait(100 * SECOND)
    assert clock.now_ns() == START + 106 * SECOND
    assert clock.warning == said


def test_slow_corrections_are_no_step():
    machine = Machine()
    clock = machine.clock()
    for _ in range(100):
        machine.wait(SECOND)
        machine.wall_ns += 5_000_000
        assert clock.now_ns() - START == machine.passed_ns
    assert clock.warning == ""


@pytest.fixture
def opened(database: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Machine], Sandbox]:
    def open_(machine: Machine) -> Sandbox:
        def build(kind: Any, start_ns: Any, speed: Any) -> WallClock:
            assert kind == "wall"
            del start_ns, speed
            return machine.clock()

        monkeypatch.setattr("sequence.sandbox.sandbox.build_clock", build)
        return Sandbox(store=database, preset="realistic")

    return open_


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "clock.db"


def _filled(sandbox: Sandbox, machine: Machine, name: str) -> bool:
    client = sandbox.client()
    client.buy("BTC-USD", "0.01", graph_id=name)
    machine.wait(3 * SECOND)
    return client.order(f"graph:{name}:order:1").status == "FILLED"


def test_orders_fill_after_a_step_back_while_it_runs(opened: Callable[[Machine], Sandbox]):
    machine = Machine()
    with opened(machine) as sandbox:
        feed = sandbox.runtime.hub.feeds.feed(
            "alerts", sandbox.runtime.keys.find(sandbox.test_key.encode())
        )  # type: ignore[arg-type]
        assert _filled(sandbox, machine, "before")
        machine.wall_ns -= HOUR
        assert _filled(sandbox, machine, "after")
        kinds = [event.data["kind"] for event in feed.recent]
        assert kinds.count("clock_step") == 1


def test_a_start_behind_the_stored_time_goes_on_from_there(opened: Callable[[Machine], Sandbox]):
    machine = Machine()
    with opened(machine) as sandbox:
        assert _filled(sandbox, machine, "before")
        stored_ns = sandbox.runtime.now_ns
    machine.wall_ns -= HOUR
    with opened(machine) as sandbox:
        assert sandbox.runtime.now_ns >= stored_ns
        assert _filled(sandbox, machine, "after")
        assert sandbox.runtime.now_ns < stored_ns + 60 * SECOND
        assert "behind what is stored" in sandbox.runtime.clock.warning
        feed = sandbox.runtime.hub.feeds.feed(
            "alerts", sandbox.runtime.keys.find(sandbox.test_key.encode())
        )  # type: ignore[arg-type]
        assert [event.data["kind"] for event in feed.recent] == ["clock_step"]
