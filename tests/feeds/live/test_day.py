"""A day in a few seconds: planned reconnects of every venue over midnight, and nothing grows."""

import asyncio
import gc
import json
import os
import resource
import time
from pathlib import Path

import pytest

from sequence.fakes import Fake
from sequence.sandbox import Sandbox
from tests.feeds.live.conftest import CASES, World, settle, status_of, until

HOURS = int(os.environ.get("SEQUENCE_HOURS", "4"))
"""Each ends with a planned reconnect of every venue; `make soak` plays 24."""
HOUR_S = 0.5
_DAY_NS = 86_400 * 10**9
_MOST_GROWTH_KIB = 16_384


def counted(sandbox: Sandbox) -> dict[str, int]:
    """What must not grow with the time that passes."""
    gc.collect()
    market = sandbox.runtime.live
    assert market is not None
    return {
        "tasks": len(asyncio.all_tasks(market._loop)),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "waits": sum(len(row._heals) for row in market.connections),
        "books": sum(len(row.status.books) for row in market.connections),
        "names": sum(len(row._names) for row in market.connections),
        "symbols": len(sandbox.client().symbols()),
    }


def wrong_tops(sandbox: Sandbox, fake: Fake) -> list[str]:
    """Symbols whose best prices at a venue are not those of the venue."""
    found: list[str] = []
    for symbol, book in fake.books.items():
        with sandbox.runtime.turn():
            top = sandbox.runtime.engine.quote(symbol, 1)["venues"].get(fake.name, {})
        best = [round((top.get(side) or 0) * 1e9) for side in ("bid", "ask")]
        if best != [book.units(side)[0][0] for side in ("bid", "ask")]:
            found.append(f"{fake.name} {symbol}")
    return found


# A file that holds planned reconnects says so.
@pytest.mark.filterwarnings("ignore:.*books were given up")
@pytest.mark.timeout(120 + 10 * HOURS)
def test_a_day_of_planned_reconnects_leaves_nothing_behind(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in CASES:
        world.fake(name, every_ms=10.0)
        venue = world.venues[name]
        venue.lifetime_s, venue.overlap_s = HOUR_S, 0.05
        venue.silence_s = 10.0
    # Midnight comes in the middle.
    real = time.time_ns
    to_midnight_ns = -real() % _DAY_NS
    ahead_ns = to_midnight_ns - int(HOURS * HOUR_S / 2 * 1e9)
    monkeypatch.setattr(time, "time_ns", lambda: real() + ahead_ns)
    sandbox = world.sandbox(record=tmp_path / "day")
    statuses = [status_of(sandbox, name) for name in CASES]
    # By then every file has its buffers: a recorder packs pieces of a few seconds.
    half = HOURS // 2
    until(lambda: all(row.replaced >= half for row in statuses), "half of the day")
    until(lambda: all(row.is_live for row in statuses), "live after it")
    before, before_kib = counted(sandbox), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for hour in range(half + 1, HOURS + 1):
        until(lambda of=hour: all(row.replaced >= of for row in statuses), f"hour {hour}")
    until(lambda: all(row.is_live for row in statuses), "live at the end")
    after, after_kib = counted(sandbox), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Two connections of a venue overlap for a moment, and books of a new one are asked for.
    for name, room in (("tasks", 8 * len(CASES)), ("files", 4 * len(CASES)), ("waits", 16)):
        assert after.pop(name) <= before.pop(name) + room, name
    assert after == before
    assert after_kib - before_kib < _MOST_GROWTH_KIB
    for name in CASES:
        settle(sandbox, world.fakes[name])
        until(lambda of=world.fakes[name]: wrong_tops(sandbox, of) == [], f"{name} is right")
    assert sandbox.check_invariants() == []
    sandbox.close()
    parts = json.loads((tmp_path / "day" / "manifest.json").read_text())["parts"]
    assert {part["venue"] for part in parts} == set(CASES)
