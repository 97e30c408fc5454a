"""Rules of venues that show with many symbols, or when nothing happens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from sequence.fakes import Fake
from sequence.feeds.live.coinbase import Coinbase
from tests.feeds.live.conftest import CASES, World, status_of, until

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
