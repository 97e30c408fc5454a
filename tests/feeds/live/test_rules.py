"""Rules of venues that show with many symbols, or when nothing happens."""

import pytest

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


# Kraken and Coinbase send heartbeats without being asked; the others answer pings.
@pytest.mark.parametrize("name", sorted(CASES.keys() - {"coinbase", "kraken"}))
def test_a_quiet_market_keeps_its_connection(world: World, name: str) -> None:
    fake = world.fake(name)
    # A machine under load is silent now and then.
    world.venues[name].silence_s = 10.0
    sandbox = world.sandbox()
    status = status_of(sandbox, name)
    until(lambda: status.is_live, "live")
    for book in fake.books.values():
        book.move = list  # type: ignore[method-assign]
        book.last_print = None
    seen, connects = status.frames, fake.connects
    until(lambda: status.frames > seen + QUIET_FRAMES, f"it is heard: {status}")
    assert fake.refused == []
    assert status.is_live
    assert fake.connects == connects
