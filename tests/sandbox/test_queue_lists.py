"""Several lists of a level: equal fills whatever comes between, a new place after a restart."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sequence.sandbox import Sandbox, SimConfig

SYMBOL = "BTC-USD"
LISTS = SimConfig.instant(queue_lists=16)

Fills = list[tuple[int, int, str]]


@dataclass
class Level:
    """The true orders of a level; what is displayed is their sum."""

    draw: random.Random
    lots: list[int] = field(default_factory=lambda: [1, 2, 1, 2, 3])

    def copy(self) -> "Level":
        """The same with draws of its own."""
        draw = random.Random()  # noqa: S311 - a made-up market
        draw.setstate(self.draw.getstate())
        return Level(draw, list(self.lots))

    def step(self, sandbox: Sandbox) -> None:
        """One order comes, leaves or is filled; sizes repeat, so that nobody knows which left."""
        sandbox.clock.advance(seconds=1)
        kind = self.draw.random()
        if kind < 0.5 or len(self.lots) < 4:
            self.lots.append(self.draw.choice([1, 2, 3]))
        elif kind < 0.85:
            self.lots.pop(self.draw.randrange(len(self.lots)))
        else:
            sandbox.market.trade("kraken", SYMBOL, 100, self.lots.pop(0), "sell")
        sandbox.market.delta("kraken", SYMBOL, bids=[(100, sum(self.lots))])


def begun(sim: SimConfig = LISTS, **options: object) -> tuple[Sandbox, Level]:
    """A sandbox in the middle of it, with orders that wait."""
    sandbox = Sandbox(clock="manual", market="manual", sim=sim, **options)  # type: ignore[arg-type]
    level = Level(random.Random(3))  # noqa: S311 - a made-up market
    sandbox.market.snapshot(
        "kraken", SYMBOL, bids=[(100, sum(level.lots)), (99, 50)], asks=[(101, 50)]
    )
    for at in range(60):
        if at % 12 == 0:
            sandbox.client().buy(SYMBOL, 1, limit_price=100)
        level.step(sandbox)
    return sandbox, level


def played(sandbox: Sandbox, level: Level, steps: int = 150) -> Fills:
    """What is filled from here on."""
    for _ in range(steps):
        level.step(sandbox)
    rows = sandbox.client().fills(limit=500).fills
    assert sandbox.check_invariants() == []
    return [(row.ts_ns, row.qty_1e8, row.node_order_id) for row in rows]


def ahead(sandbox: Sandbox) -> list[int]:
    """What stands before each order that waits."""
    rows = sandbox.client().orders(open=True).orders
    return [row.evidence.v_now_1e8 for row in rows if row.evidence is not None]


def test_they_estimate_another_place_than_one_list() -> None:
    several, _ = begun()
    one, _ = begun(SimConfig.instant())
    with several, one:
        assert len(ahead(several)) > 2
        assert ahead(several) != ahead(one)


def test_a_fork_fills_as_if_it_had_gone_on() -> None:
    sandbox, level = begun()
    with sandbox, sandbox.fork() as fork:
        assert ahead(fork) == ahead(sandbox)
        assert played(fork, level.copy()) == played(sandbox, level)
        assert ahead(fork) == ahead(sandbox)


def test_what_is_returned_to_has_the_places_of_before() -> None:
    # The clock goes on, and what is drawn later depends on it.
    sandbox, level = begun()
    with sandbox:
        places, name = ahead(sandbox), sandbox.snapshot()
        played(sandbox, level.copy(), 40)
        assert ahead(sandbox) != places
        sandbox.restore(name)
        assert ahead(sandbox) == places
        assert played(sandbox, level)


@pytest.mark.parametrize("way", ["restart", "file"])
def test_after_a_restart_the_place_is_new(tmp_path: Path, way: str) -> None:
    store = str(tmp_path / "sandbox.db")
    sandbox, level = begun(store=store)
    waiting = len(ahead(sandbox))
    assert waiting > 2
    if way == "file":
        sandbox.save_snapshot(tmp_path / "state")
    sandbox.close()
    if way == "restart":
        again = Sandbox(clock="manual", market="manual", sim=LISTS, store=store)
    else:
        again = Sandbox.from_snapshot(tmp_path / "state", market="manual", clock="manual")
    with again:
        bids = [(100, sum(level.lots)), (99, 50)]
        again.market.snapshot("kraken", SYMBOL, bids=bids, asks=[(101, 50)])
        # At the end of the queue that the first book shows.
        assert ahead(again) == [sum(level.lots) * 10**8] * waiting
        assert played(again, level)


@pytest.mark.parametrize("value", [-1, 257, 1.5, "many", None, True])
def test_a_number_that_is_none_is_refused_by_a_sentence(value: object) -> None:
    with pytest.raises(ValueError, match=r"queue.lists: |a parameter is a whole number"):
        SimConfig.realistic(queue_lists=value)  # type: ignore[arg-type]
