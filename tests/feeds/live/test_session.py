"""Sessions: what was recorded plays again to the last event, and best prices hold at every one."""

import contextlib
import json
import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sequence.errors import UnprocessableError
from sequence.fakes import Fake
from sequence.feeds.live import Live
from sequence.feeds.live.recorder import Recorder
from sequence.sandbox import Sandbox
from sequence.sandbox.live import EngineSink
from tests.feeds.live.conftest import World, settle, status_of, until

ORDERS = 12
FIVE = ("kraken", "coinbase", "binance", "bybit", "okx")
PAIR = "BTC-USDT"

Said = tuple[str, str, dict[str, str]]
"""Side, symbol and the rest of an order."""


def orders(draw: random.Random, symbols: list[str]) -> list[Said]:
    """What a bot says: market and limit orders near the touch."""
    found: list[Said] = []
    for _ in range(ORDERS):
        rest = {"qty": "0.2"}
        if draw.random() < 0.5:
            rest["limit_price"] = draw.choice(["64990", "65000", "65010"])
        found.append((draw.choice(["buy", "sell"]), draw.choice(symbols), rest))
    return found


def say(sandbox: Sandbox, said: Said) -> int:
    """Sends one order; when it was."""
    side, symbol, rest = said
    with sandbox.client() as client, contextlib.suppress(UnprocessableError):
        getattr(client, side)(symbol, **rest)
    return sandbox.runtime.now_ns


def outcome(sandbox: Sandbox) -> tuple[int, dict[str, Any]]:
    """When it is, and everything that was decided so far: the hash over the events, the fills."""
    with sandbox.runtime.turn() as now_ns:
        hashed = sandbox.runtime.engine.event_hash()
    with sandbox.client() as client:
        rows = [row for row in client.fills(limit=500).fills if row.ts_ns <= now_ns]
    fills = [(row.price_1e9, row.qty_1e8, row.ts_ns) for row in rows]
    return now_ns, {"hash": hashed, "fills": fills}


# It holds the faults that are played here, and says so.
@pytest.mark.filterwarnings("ignore:.*books were given up")
@pytest.mark.parametrize(("per_connection", "most_bytes"), [(500, None), (1, None), (500, 4_000)])
def test_a_recorded_session_with_orders_plays_to_the_same_events(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    per_connection: int,
    most_bytes: int | None,
) -> None:
    if most_bytes is not None:
        small = partial(Recorder, most_bytes=most_bytes)
        monkeypatch.setattr("sequence.sandbox.live.Recorder", small)
    names = ("kraken", "binance", "okx")
    for name in names:
        world.fake(name)
        world.venues[name].most_symbols = per_connection
    live = Live(list(world.venues.values()), record=tmp_path / "day")
    draw = random.Random(7)  # noqa: S311 - which order comes next
    symbols = ["BTC-USD", "ETH-USD", "BTC-USDT", "ETH-USDT"]
    heard: list[tuple[int, Said]] = []
    with Sandbox(preset="instant", market=live) as sandbox:
        statuses = sandbox.runtime.live.statuses()  # type: ignore[union-attr]
        until(lambda: all(row.is_live for row in statuses), "all books")
        assert len(statuses) == len(names) * (2 if per_connection == 1 else 1)
        for said in orders(draw, symbols):
            at = status_of(sandbox, "okx").frames
            until(lambda of=at: status_of(sandbox, "okx").frames > of + 4, "frames go on")
            if len(heard) == ORDERS // 2:
                world.fakes["okx"].faults.append("drop")
            # The lock is held from the time to the order: what is stamped later comes later.
            with sandbox.runtime.lock:
                heard.append((say(sandbox, said), said))
        for name in names:
            settle(sandbox, world.fakes[name])
        end_ns, live_one = outcome(sandbox)
    parts = json.loads((tmp_path / "day" / "manifest.json").read_text())["parts"]
    files = [tmp_path / "day" / part["file"] for part in parts]
    assert len(files) >= (len(statuses) if most_bytes is None else 3 * len(statuses))
    with Sandbox(preset="instant", clock="replay", market=files) as again:
        for at_ns, said in heard:
            again.clock.advance(ns=at_ns - again.clock.now_ns)
            assert say(again, said) == at_ns
        again.clock.advance(ns=end_ns - again.clock.now_ns)
        _, played = outcome(again)
    assert live_one["fills"]
    assert played == live_one


class Truth:
    """The best prices of a fake behind each frame it sends."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self._tops: dict[str, tuple[int, int]] = {}
        self.now: tuple[int, int] | None = None
        for name in ("update", "snapshot"):
            self._note(name)

    def _note(self, name: str) -> None:
        say_frame = getattr(self._fake, name)

        def noted(*given: Any) -> str | None:
            frame: str | None = say_frame(*given)
            if frame is not None and given[1] == PAIR:
                book = self._fake.books[PAIR]
                self._tops[frame] = book.units("bid")[0][0], book.units("ask")[0][0]
            return frame

        setattr(self._fake, name, noted)

    def hears(self, frame: bytes) -> None:
        """A client applied this frame."""
        self.now = self._tops.get(frame.decode(), self.now)


def test_the_best_price_of_five_venues_is_right_at_every_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    truths = {
        name: Truth(world.fake(name, symbols=[PAIR], mid=650_000 + 3 * at))
        for at, name in enumerate(FIVE)
    }
    live: dict[str, bool] = {}
    wrong: list[str] = []
    compared = 0

    def check(sandbox_engine: Any) -> None:
        nonlocal compared
        shown = [truths[name].now for name, is_live in live.items() if is_live]
        if not shown or None in shown:
            return
        nbbo = sandbox_engine.quote(PAIR, 1)["nbbo"]
        best = max(top[0] for top in shown if top), min(top[1] for top in shown if top)
        compared += 1
        if (nbbo["bid_1e9"], nbbo["ask_1e9"]) != best:
            wrong.append(f"{nbbo} is not {best}")

    def spied(name: str) -> None:
        original = getattr(EngineSink, name)

        def step(self: EngineSink, *given: Any) -> Any:
            with self._runtime.lock:
                answer = original(self, *given)
                changes = answer[0] if isinstance(answer, tuple) else answer
                venue = self._venue.name
                if name == "frame":
                    truths[venue].hears(given[0])
                for _, _, state, _ in changes:
                    live[venue] = state == "live"
                check(self._runtime.engine)
            return answer

        monkeypatch.setattr(EngineSink, name, step)

    for name in ("frame", "book", "lost"):
        spied(name)
    draw = random.Random(5)  # noqa: S311 - which fault comes next
    sandbox = world.sandbox()
    for name in FIVE:
        until(lambda of=name: status_of(sandbox, of).is_live, name)
    for _ in range(10):
        fake = world.fakes[draw.choice(FIVE)]
        fake.faults.append(draw.choice(["drop", "close", "abort"]))  # type: ignore[arg-type]
        until(lambda of=fake: not of.faults, "the fault is played")
        until(lambda of=fake: status_of(sandbox, of.name).is_live, "and healed")
    until(lambda: compared > 300, "books move")
    assert wrong == []
