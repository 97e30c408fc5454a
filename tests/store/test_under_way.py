"""Restarts while messages are between the client and its venues: every order still ends legally."""

import random
import time
from typing import Any, Final

import pytest

from sequence.errors import SequenceError
from sequence.sandbox import Sandbox
from sequence.store.memory import MemoryStore
from sequence.store.sqlite import SqliteStore

ENDED: Final = frozenset({"FILLED", "CANCELLED", "REJECTED", "EXPIRED"})
NEXT: Final = {
    "": {"NEW"},
    "NEW": {"NEW", "ACCEPTED", "REJECTED", "CANCELLED"},
    "ACCEPTED": {"ACCEPTED", "PARTIAL", "FILLED", "CANCELLED", "EXPIRED", "REJECTED"},
    "PARTIAL": {"PARTIAL", "FILLED", "CANCELLED", "EXPIRED"},
}
"""Legal moves; a row may change without a move."""
STATUSES: Final = ("NEW", "ACCEPTED", "PARTIAL", "FILLED", "CANCELLED", "REJECTED", "EXPIRED")
EVENT: Final = "KXBTCZ-26DEC31-T99000:YES"
LIMITS: Final = {
    "BTC-USD": ("60000", "74349", "74360", "80000"),
    "ETH-USD": ("2000", "2310", "2312", "2400"),
    "BTC-USD-PERP": ("60000", "74355", "74365", "80000"),
    EVENT: ("0.35", "0.41", "0.42", "0.5"),
}
"""Prices around the first ones of the demo market."""
SYMBOLS: Final = tuple(LIMITS)
CHANGES: Final = {"new_qty": ("0.02", "5", "150"), "new_price": ("61000", "75000", "0.4")}
RUNS: Final = 120
SECONDS: Final = 40.0


def opened(store: Any) -> Sandbox:
    return Sandbox(store=store, clock="manual", preset="realistic", market="demo")


def moves(store: MemoryStore) -> dict[int, list[str]]:
    """The statuses each order went through, from the stored events."""
    paths: dict[int, list[str]] = {}
    for row in store._sorted("events"):
        if row[3] == "order_changed":
            word, order = int(str(row[4])), int(str(row[5]))
            paths.setdefault(order, []).append(STATUSES[word >> 8])
    return paths


@pytest.mark.parametrize("ms", [0, 1, 5, 10, 15, 20, 25, 30, 40, 60])
def test_an_order_between_its_arrival_and_its_answer_arrives_again(tmp_path: Any, ms: int):
    path = tmp_path / "kept.db"
    with opened(path) as sandbox:
        order = sandbox.client().buy("BTC-USD", "0.01")
        sandbox.clock.advance(ms=ms)
    with opened(path) as sandbox:
        sandbox.clock.advance(seconds=1)
        assert sandbox.client().order(order.id).status == "FILLED"
        assert sandbox.check_invariants() == []
    store = SqliteStore(path)
    assert store.verify() == []
    store.close()


class Run:
    """Random orders, amends, cancels and restarts on one store."""

    def __init__(self, seed: int, store: Any) -> None:
        self.random = random.Random(seed)  # noqa: S311 - nothing secret
        self.store = store
        self.sandbox = opened(store)
        self.ids: list[str] = []
        self.last: dict[str, str] = {}

    def step(self) -> None:
        draw = self.random
        client = self.sandbox.client()
        steps = (
            "order",
            "order",
            "order",
            "amend",
            "amend",
            "cancel",
            "wait",
            "restart",
            "restart",
        )
        match draw.choice(steps):
            case "order":
                self.order()
            case "amend" if self.ids:
                name = draw.choice(tuple(CHANGES))
                change: dict[str, Any] = {name: draw.choice(CHANGES[name])}
                client.amend(draw.choice(self.ids[-3:]), **change)
            case "cancel" if self.ids:
                client.cancel(draw.choice(self.ids[-3:]))
            case "restart":
                self.restart()
            case _:
                self.sandbox.clock.advance(ms=draw.choice((1, 7, 60, 400)))

    def order(self) -> None:
        draw, client = self.random, self.sandbox.client()
        symbol = draw.choice(SYMBOLS)
        options: dict[str, Any] = {}
        if draw.random() < 0.6:
            options["limit_price"] = draw.choice(LIMITS[symbol])
            options["tif"] = draw.choice((None, None, "ioc", "fok", "post_only", "day"))
            options["horizon_ms"] = draw.choice((None, None, 1000))
        if draw.random() < 0.2:
            options["policy"] = "aggressive_chase"
        qty = draw.choice(("5", "100") if symbol == EVENT else ("0.01", "0.1", "9"))
        call = client.buy if draw.random() < 0.8 else client.sell
        self.ids.append(call(symbol, qty, **options).id)

    def restart(self) -> None:
        self.sandbox.clock.advance(ms=self.random.randrange(80))
        self.sandbox.close()
        self.sandbox = opened(self.store)

    def check(self) -> None:
        assert self.sandbox.check_invariants() == []
        for id_ in self.ids:
            status, before = self.sandbox.client().order(id_).status, self.last.get(id_)
            assert before not in ENDED or status == before
            assert status in STATUSES
            self.last[id_] = status

    def finish(self) -> None:
        client = self.sandbox.client()
        self.sandbox.clock.advance(seconds=5)
        for id_ in self.ids:
            if client.order(id_).status not in ENDED:
                client.cancel(id_)
        self.sandbox.clock.advance(seconds=5)
        self.check()
        assert set(self.last.values()) <= ENDED
        self.sandbox.close()


def test_orders_end_legally_however_often_the_sandbox_restarts(tmp_path: Any):
    ends_s = time.monotonic() + SECONDS
    paths = 0
    for seed in range(RUNS):
        if time.monotonic() > ends_s:
            break
        run = Run(seed, MemoryStore() if seed % 8 else tmp_path / f"{seed}.db")
        for _ in range(12):
            try:
                run.step()
            except SequenceError:
                continue
            run.check()
        run.finish()
        if isinstance(run.store, MemoryStore):
            for path in moves(run.store).values():
                paths += 1
                for before, after in zip(["", *path], path, strict=False):
                    assert after in NEXT[before], (seed, path)
        else:
            store = SqliteStore(run.store)
            assert store.verify() == [], seed
            store.close()
    assert paths
