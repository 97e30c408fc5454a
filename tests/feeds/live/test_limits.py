"""What a venue allows is kept to, and what it never sends costs no other symbol."""

import asyncio
import math
import random
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sequence.errors import NotFoundError
from sequence.feeds.live import MAKERS, Live, rest
from sequence.feeds.live.binance import Binance, usdm
from sequence.feeds.live.budget import Backoff, Relapses
from sequence.feeds.live.bybit import linear
from sequence.feeds.live.connection import Connection
from sequence.feeds.live.okx import Okx
from sequence.feeds.live.problems import names
from sequence.feeds.live.rest import Documents, wait_of
from sequence.feeds.live.venue import RECONNECT, Document
from tests.feeds.live.conftest import CASES, World, settle, shown, status_of, until, wrong_books

STRANGE = {
    "kalshi": "KXDOGE-26NOV-T1",
    "polymarket": f"9{0:076}",
    "hyperliquid": "DOGE-USD-PERP",
}


@pytest.mark.parametrize("name", CASES)
def test_a_symbol_that_never_comes_costs_the_others_nothing(world: World, name: str) -> None:
    world.fake(name)
    known = CASES[name].symbols[0]
    strange = STRANGE.get(name, CASES[name].symbols[0].replace("BTC", "DOGE"))
    venue = world.venues[name]
    venue.symbols, venue.live_within_s, venue.silence_s = [known, strange], 0.3, 10.0
    sandbox = world.sandbox()
    status = status_of(sandbox, name)
    said = (f"{name} says: ", f"{name} sends no book of {strange}: is it traded there?")
    until(lambda: status.problem.startswith(said), f"it is said: {status.problem}")
    until(lambda: status.books[known].state == "live", "the other one is live")
    opened, frames = status.reconnects, status.frames
    # Longer than the waits between two tries.
    until(lambda: status.frames > frames + 150, "it goes on")
    assert status.reconnects == opened <= 1
    assert status.books[known].state == "live"


@pytest.mark.parametrize(
    ("text", "name", "is_there"),
    [
        ("Currency pair not supported BTC/USD", "BTC/USD", True),
        ("Currency pair not supported BTC/USDT", "BTC/USD", False),
        ("Currency pair not supported WBTC/USD", "BTC/USD", False),
        ("Invalid request: btcusdt@depth@100ms", "BTCUSDT", True),
        ("Invalid topic: orderbook.50.BTCUSDT", "BTCUSDT", True),
        ("channel:books,instId:BTC-USD-SWAP doesn't exist", "BTC-USD", False),
        ("BTC-USD is not a valid product", "BTC-USD", True),
        ('Invalid subscription {"type": "l2Book", "coin": "XYZ"}', "S", False),
        ('Invalid subscription {"type": "l2Book", "coin": "S"}', "S", True),
        ("no market KXFED-26-T3.5", "KXFED-26-T3", False),
        ("no market KXFED-26-T3.", "KXFED-26-T3", True),
    ],
)
def test_a_complaint_is_about_the_symbol_that_it_names_whole(
    text: str, name: str, *, is_there: bool
) -> None:
    assert names(text, name) is is_there


def test_symbols_go_to_as_many_connections_as_they_need_and_no_more_than_there_may_be() -> None:
    tokens = [f"{number:077}" for number in range(10**76, 10**76 + 2_001)]
    live = Live(["polymarket"], symbols=tokens[:-1], addresses={"polymarket": "ws://127.0.0.1:9"})
    made = live.connections()
    assert [venue.socket for venue in made[:3]] == ["polymarket", "polymarket-2", "polymarket-3"]
    assert {len(venue.symbols) for venue in made} == {200}
    assert [symbol for venue in made for symbol in venue.symbols] == tokens[:-1]
    assert {venue.url for venue in made} == {"ws://127.0.0.1:9"}
    with pytest.raises(ValueError, match=r"polymarket takes at most 2000 symbols .*, not 2001"):
        Live(["polymarket"], symbols=tokens).connections()


@pytest.mark.parametrize("name", CASES)
def test_connections_share_the_symbols_that_one_cannot_carry(
    world: World, name: str, tmp_path: Path
) -> None:
    fake = world.fake(name)
    venue = world.venues[name]
    venue.most_symbols, venue.most_sockets = 1, 2
    sandbox = world.sandbox(record=tmp_path / "day")
    assert sandbox.runtime.live is not None
    rows = sandbox.runtime.live.statuses()
    until(lambda: len(rows) == 2 and all(row.is_live for row in rows), "both are live")
    fake.still, fake.paused = False, True
    until(lambda: fake.still, "it stands still")
    for symbol in fake.books:
        told = f"{symbol} is right"
        until(lambda: shown(sandbox, symbol, "bid")[:5] == fake.books[symbol].units("bid", 5), told)  # noqa: B023
    with sandbox.client() as client:
        row = next(row for row in client.venues().venues if row.venue == name)
    assert row.feed is not None
    assert (row.feed.books, row.feed.live_books) == (2, 2)
    sandbox.close()
    files = sorted(path.name for path in (tmp_path / "day").glob("*.zst"))
    assert files == [f"{name}-0000.txt.zst", f"{name}-2-0000.txt.zst"]


def test_a_cold_symbol_opens_a_further_connection_until_there_may_be_no_more(world: World) -> None:
    pairs = ["BTC-USDT", "ETH-USDT", "SOL-USDT"]
    world.fake("okx", symbols=pairs)
    venue = world.venues["okx"]
    venue.symbols, venue.most_symbols, venue.most_sockets = pairs[:1], 1, 2
    sandbox = world.sandbox()
    live = sandbox.runtime.live
    assert live is not None
    until(lambda: status_of(sandbox, "okx").is_live, "the first book")
    with sandbox.client() as client:
        with pytest.raises(NotFoundError, match="okx says"):
            client.quote("DOGE-USDT")
        # The connection that was opened for it is free again.
        assert client.quote(pairs[1]).nbbo.bid_price is not None
        assert [sorted(row.books) for row in live.statuses()] == [[pairs[0]], [pairs[1]]]
        with pytest.raises(NotFoundError, match="okx takes at most 2 symbols here"):
            client.quote(pairs[2])
    assert status_of(sandbox, "okx").reconnects == 0


def test_a_further_connection_without_symbols_is_gone(world: World) -> None:
    fake = world.fake("okx")
    venue = world.venues["okx"]
    venue.symbols, venue.most_symbols, venue.most_sockets = ["BTC-USDT"], 1, 2
    sandbox = world.sandbox()
    live = sandbox.runtime.live
    assert live is not None
    until(lambda: status_of(sandbox, "okx").is_live, "the first book")
    with sandbox.client() as client, pytest.raises(NotFoundError, match="okx says"):
        client.quote("DOGE-USDT")
    assert len(live.connections) == 2
    # As venues do with a connection on which nothing is subscribed.
    fake.subscribe_within_s = 0.01
    until(lambda: len(live.connections) == 1, "it is not opened again")
    assert status_of(sandbox, "okx").is_live


@pytest.mark.parametrize("ends", [True, False])
def test_a_list_of_many_pages_is_read_whole_or_not_at_all(world: World, *, ends: bool) -> None:
    fake = world.fake("bybit", symbols=["BTC-USDT-PERP"], every_ms=50.0)
    fake._names |= {f"X{number}USDT": "BTC-USDT-PERP" for number in range(1_500)}  # type: ignore[attr-defined]
    venue = linear()
    venue.url, venue.rest_url, venue.symbols = fake.url, fake.rest_url, ["BTC-USDT-PERP"]
    world.venues["bybit"] = venue
    real = fake.fetched

    def fetched(path: str) -> tuple[int, str]:
        return (503, "{}") if "cursor" in path else real(path)

    if not ends:
        fake.fetched = fetched  # type: ignore[method-assign,assignment]
    sandbox = world.sandbox()
    status = status_of(sandbox, "bybit")
    assert sandbox.runtime.live is not None
    editions = sandbox.runtime.live.catalogue.editions
    if not ends:
        until(lambda: "503" in status.unlisted, "the list is not there")
        assert "bybit-perp" not in editions
        return
    until(lambda: "bybit-perp" in editions, "the list has come")
    assert editions["bybit-perp"].version == 1
    with sandbox.client() as client:
        rows = {row.symbol for row in client.symbols()}
    assert {f"X{number}-USDT-PERP" for number in range(1_500)} <= rows


def test_a_venue_that_asks_to_wait_is_left_alone(world: World) -> None:
    banned, asking, clock = world.fake("okx"), world.fake("binance"), world.fake("kraken")
    for fake in (banned, asking):
        fake.retry_after_s = 3_600
    banned.faults.append("refuse")
    asked: list[str] = []

    def refused(path: str) -> tuple[int, str]:
        asked.append(path)
        return 418, "{}"

    asking.fetched = refused  # type: ignore[method-assign,assignment]
    sandbox = world.sandbox()
    until(lambda: "with 429" in status_of(sandbox, "okx").problem, "a connection is refused")
    until(lambda: "with 418" in status_of(sandbox, "binance").problem, "a book is refused")
    fetched, frames = len(asked), status_of(sandbox, clock.name).frames
    # Longer than any wait of these connections.
    until(lambda: status_of(sandbox, clock.name).frames > frames + 200, "time passes")
    assert banned.connects == 0
    # What was under way when the first answer came has been asked.
    assert fetched <= len(asked) <= 3


@pytest.mark.parametrize(("venue", "weight", "most"), [(Binance(), 50, 6_000), (usdm(), 20, 2_400)])
def test_books_are_fetched_no_faster_than_their_weight_allows(
    venue: Binance, weight: int, most: int
) -> None:
    assert venue.depth == 1_000, "what a book of this depth weighs"
    assert venue.fetches_per_min * weight <= most


SAID: dict[str, tuple[float, float, float, int]] = {
    "binance": (5, math.inf, 24 * 3600, 1_024 // 2),
    "bybit": (math.inf, 20, math.inf, 1_000),
    "coinbase": (8, math.inf, math.inf, 1_000),
    "hyperliquid": (math.inf, 60, math.inf, 500),
    "kraken": (20, math.inf, math.inf, 1_000),
    "okx": (math.inf, 30, math.inf, 1_000),
    "polymarket": (math.inf, 30, math.inf, 200),
}
"""Of a venue: messages a second, the longest silence, the longest life, symbols of a connection."""


@pytest.mark.parametrize("name", SAID)
def test_rules_keep_to_what_venues_say(name: str) -> None:
    sends_per_s, silence_s, life_s, most = SAID[name]
    for make in MAKERS[name]:
        venue = make()
        assert venue.sends_per_s <= sends_per_s * (2 if venue.label == "binance-perp" else 1)
        assert (0 < venue.ping_every_s < silence_s) or silence_s == math.inf
        assert (0 < venue.lifetime_s < life_s) or life_s == math.inf
        assert venue.most_symbols <= most


def test_okx_makes_a_connection_anew_before_it_asks_for_more_than_an_hour_allows() -> None:
    okx, asked = Okx(), 0
    for _ in range(2):
        okx.headers()
        asked = len(list(okx.subscribe([f"X{number}-USDT" for number in range(250)])))
        while (words := okx.heal("X1-USDT")) != RECONNECT:
            asked += len(words)
        assert 470 < asked <= 480


@pytest.mark.parametrize("url", ["http://example.com/x", "file:///etc/hostname", "http://[::1]/x"])
def test_nothing_is_fetched_without_tls_but_from_this_machine(url: str) -> None:
    with pytest.raises(OSError, match="not an address that may be fetched"):
        asyncio.run(Documents(60.0).get(Document(url)))


def test_a_document_without_an_end_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_MOST_BYTES", 100)
    world.fake("kraken")
    sandbox = world.sandbox()
    status = status_of(sandbox, "kraken")
    until(lambda: "larger than 100 bytes" in status.unlisted, "it is said")
    until(lambda: status.is_live, "books come all the same")


@pytest.mark.parametrize(
    ("said", "wait_s"), [(None, 0), ("30", 30), ("Fri, 31 Dec 2027 23:59:59 GMT", 0), ("-1", 0)]
)
def test_how_long_a_venue_asks_to_wait(said: str | None, wait_s: float) -> None:
    assert wait_of(said) == wait_s


@pytest.mark.parametrize("name", CASES)
def test_a_signature_is_made_beside_the_loop_that_reads(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fake(name)
    made_in: list[str] = []
    kind: Any = type(world.venues[name])
    real = kind.headers

    def headers(venue: Any) -> Any:
        made_in.append(threading.current_thread().name)
        return real(venue)

    monkeypatch.setattr(kind, "headers", headers)
    sandbox = world.sandbox()
    until(lambda: status_of(sandbox, name).is_live, "live")
    assert made_in
    assert "sequence-live" not in made_in


@pytest.mark.parametrize("name", ["binance", "bybit", "coinbase"])
def test_a_book_that_stays_crossed_is_made_anew(world: World, name: str) -> None:
    fake, symbol = world.fake(name), CASES[name].symbols[0]
    world.venues[name].silence_s = 10.0
    sandbox = world.sandbox()
    status = status_of(sandbox, name)
    until(lambda: status.is_live, "live")
    real = fake.update

    def crossing(client: Any, of: str, changes: list[Any]) -> str | None:
        """Shows a bid that is not there, once, and stands still."""
        if of != symbol:
            return real(client, of, changes)
        fake.update, fake.paused = real, True  # type: ignore[method-assign]
        book = fake.books[of]
        ticks = book.levels("ask")[2][0]
        book.bids[ticks] = 7
        try:
            return real(client, of, [*changes, ("bid", ticks, 7)])
        finally:
            del book.bids[ticks]

    fake.update = crossing  # type: ignore[method-assign]
    until(lambda: shown(sandbox, symbol, "bid") == [], "a crossed book is not shown")
    assert status.reconnects == 0
    with sandbox.runtime.turn() as now_ns:
        sandbox.runtime.clock.begin_at(now_ns + 6 * 10**9)
    fake.paused = False
    until(lambda: status.reconnects == 1 and status.is_live, f"live again: {status}")
    assert (symbol, "refuted") in {(row.symbol, row.state) for row in status.log}
    settle(sandbox, fake)
    assert wrong_books(sandbox, fake) == []
    assert sandbox.check_invariants() == []


@pytest.mark.parametrize("name", ["binance", "okx"])
def test_a_connection_that_will_end_is_replaced_before_it_does(world: World, name: str) -> None:
    fake = world.fake(name)
    venue = world.venues[name]
    venue.overlap_s, venue.silence_s = 0.1, 10.0
    sandbox = world.sandbox()
    status = status_of(sandbox, name)
    until(lambda: status.is_live, "live")
    asked = fake.asks.copy()
    fake.faults.append("leave")
    until(lambda: status.replaced == 1 and status.is_live, f"another one serves: {status}")
    # A connection, a subscription, a book: what came before it took over was kept.
    assert max((fake.asks - asked).values()) <= 3
    until(lambda: len(fake._clients) == 1, "the first one is closed")
    settle(sandbox, fake)
    assert wrong_books(sandbox, fake) == []
    assert status.reconnects == 0
    assert status.unread == 0


@pytest.mark.parametrize("name", MAKERS)
def test_a_book_that_is_lost_again_and_again_is_asked_for_ever_more_seldom(name: str) -> None:
    venue = MAKERS[name][0]()
    sink: Any = None
    connection = Connection(venue, sink, Documents(venue.fetches_per_min))
    waits = [connection._patience("BTC-USD", "resync") for _ in range(6)]
    assert waits[0] == venue.heal_first_s, "one loss is healed at once"
    gaps = [later - earlier for earlier, later in pairwise(waits)]
    assert min(gaps) >= 0.8 * venue.heal_every_s - 1
    assert gaps[-1] > 40
    assert connection._patience("ETH-USD", "resync") == venue.heal_first_s, "each book by itself"


@pytest.mark.parametrize(("served_s", "is_short"), [(59.0, False), (60.0, True)])
def test_a_connection_that_served_a_minute_is_opened_at_once_again(
    monkeypatch: pytest.MonkeyPatch, served_s: float, is_short: bool
) -> None:
    venue = MAKERS["kraken"][0]()
    sink: Any = None
    connection = Connection(venue, sink, Documents(venue.fetches_per_min))
    now_s = 0.0
    waits = list[float]()

    async def stay() -> None:
        nonlocal now_s
        now_s += served_s if len(waits) == 5 else 1.0
        raise ConnectionResetError(104, "reset by peer")

    async def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        if len(waits) == 7:
            raise asyncio.CancelledError

    async def keep() -> None:
        pass

    monkeypatch.setattr(connection, "_stay", stay)
    monkeypatch.setattr(connection, "_drop", lambda: None)
    monkeypatch.setattr(connection._lists, "keep", keep)
    monkeypatch.setattr("sequence.feeds.live.connection.asyncio.sleep", sleep)
    monkeypatch.setattr("sequence.feeds.live.connection.time.monotonic", lambda: now_s)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(connection.run())
    first = venue.retry_first_s
    assert waits[0] <= 1.2 * first
    assert waits[4] >= 10 * first, "each wait is longer than the one before"
    assert (waits[5] <= 1.2 * first) is is_short
    assert (waits[6] <= 2.4 * first) is is_short


def test_after_a_calm_minute_a_loss_is_healed_at_once_again() -> None:
    relapses = Relapses(0.25, Backoff(5.0, 60.0, random.Random(1)), 60.0)  # noqa: S311
    assert relapses.next_s(0.0) == 0.25
    assert relapses.next_s(1.0) > 3
    assert relapses.next_s(100.0) == 0.25
    assert 4 <= relapses.next_s(100.0) <= 6.5
