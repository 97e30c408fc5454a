"""Rules of venues that show with many symbols, or when nothing happens."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from sequence.fakes import Fake, serving
from sequence.feeds.live.coinbase import Coinbase
from tests.feeds.live.conftest import CASES, WAIT_S, World, status_of, until

MANY = 12
QUIET_FRAMES = 12
"""Answers to pings: more than what was under way can be."""


def named(name: str, number: int) -> str:
    """One of many symbols of a venue."""
    match name:
        case "kalshi":
            return f"KXBTC-26NOV-T{number}"
        case "polymarket":
            return f"{number + 10}{0:075}"
        case _:
            return CASES[name].symbols[0].replace("BTC", f"X{number}")


@pytest.mark.parametrize("name", CASES)
def test_many_symbols_are_subscribed_as_the_venue_allows(world: World, name: str) -> None:
    fake = world.fake(name, symbols=[named(name, number) for number in range(MANY)], every_ms=50)
    world.venues[name].live_within_s = 10.0
    sandbox = world.sandbox()
    status = status_of(sandbox, name)
    until(lambda: status.is_live, f"all are live: {status}")
    assert fake.refused == []
    assert fake.connects == 1


def stop(fake: Fake) -> None:
    """Nothing of its market changes any more."""
    for book in fake.books.values():
        book.move = list  # type: ignore[method-assign]
        book.last_print = None


# Kraken and Coinbase send heartbeats; the others answer pings.
@pytest.mark.parametrize("name", CASES)
def test_a_quiet_market_keeps_its_connection(world: World, name: str) -> None:
    fake = world.fake(name)
    # A machine under load is silent now and then.
    world.venues[name].silence_s = 10.0
    sandbox = world.sandbox()
    status = status_of(sandbox, name)
    until(lambda: status.is_live, "live")
    stop(fake)
    seen, connects = status.frames, fake.connects
    until(lambda: status.frames > seen + QUIET_FRAMES, f"it is heard: {status}")
    assert fake.refused == []
    assert status.is_live
    assert fake.connects == connects


@dataclass(slots=True)
class Deaf(Coinbase):
    """Asks for no heartbeats."""

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """Books and trades alone."""
        return self._messages("subscribe", symbols)


@pytest.mark.parametrize("why", ["kraken", "coinbase", "nobody asked"])
def test_a_quiet_venue_that_sends_no_heartbeats_is_taken_for_a_dead_one(
    world: World, why: str
) -> None:
    name = "coinbase" if why == "nobody asked" else why
    fake = world.fake(name)
    venue = world.venues[name]
    if why == "nobody asked":
        world.venues[name] = Deaf(
            url=venue.url,
            rest_url=venue.rest_url,
            symbols=venue.symbols,
            silence_s=venue.silence_s,
            retry_first_s=venue.retry_first_s,
        )
    else:
        fake.beats_every_s = 0.0
    sandbox = world.sandbox()
    status = status_of(sandbox, name)
    until(lambda: status.is_live, "live")
    stop(fake)
    connects = fake.connects
    until(lambda: fake.connects > connects, "another connection is tried")
    assert status.problem.startswith(f"nothing was heard of {name} for ")
    assert ("BTC-USD", "resync") in {(row.symbol, row.state) for row in status.log}


async def read_without_a_pong(url: str) -> bytes:
    """All that a connection hears whose client leaves pings of the protocol unanswered."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    asked = f"GET {address.path} HTTP/1.1\r\nHost: fake\r\nUpgrade: websocket\r\n"
    asked += f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    writer.write(asked.encode())
    try:
        return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("name", ["binance", "kalshi"])
def test_a_venue_that_pings_ends_a_connection_without_an_answer(name: str) -> None:
    case = CASES[name]
    with serving(case.fake(list(case.symbols), hurry=1_000.0)) as fake:
        heard = asyncio.run(asyncio.wait_for(read_without_a_pong(fake.url), WAIT_S))
    assert b"no pong in time" in heard
    assert fake.refused == ["no pong in time"]


# Kraken and Coinbase send heartbeats; at Binance a change must join the book that was fetched.
@pytest.mark.parametrize("name", sorted(CASES.keys() - {"binance", "coinbase", "kraken"}))
def test_a_book_that_stands_still_counts_once_the_venue_has_answered(
    world: World, name: str
) -> None:
    stop(world.fake(name))
    venue = world.venues[name]
    # The answer to the ping after this would come too late.
    venue.ping_every_s = venue.silence_s = venue.live_within_s = 3 * WAIT_S
    status = status_of(world.sandbox(), name)
    until(lambda: status.is_live, f"live: {status}")
