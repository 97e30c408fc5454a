"""Symbols that nobody subscribed, and markets of which a part is made up."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sequence import Node, Sequence
from sequence.errors import NotFoundError, SequenceError, UnprocessableError
from sequence.feeds.live import Live
from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.streams import PriceEvent, RejectedEvent
from tests.feeds.live.conftest import CASES, World, status_of, until

CLIENTS = 12


def one_of_two(world: World, name: str, **options: object) -> tuple[Sandbox, str]:
    """A sandbox that subscribed the first symbol of a fake, and the name of the second."""
    world.fake(name)
    first, second = CASES[name].symbols
    world.venues[name].symbols = [first]
    sandbox = world.sandbox(**options)
    until(lambda: status_of(sandbox, name).is_live, "the first book")
    return sandbox, second


@pytest.mark.parametrize("name", CASES)
def test_an_order_for_a_symbol_that_is_not_subscribed_subscribes_it(
    world: World, name: str
) -> None:
    sandbox, cold = one_of_two(world, name)
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as client:
        order = client.buy(cold, "1", venue=name).wait()
        assert order.status == "FILLED"
        assert all(fill.evidence for fill in order.fills())
    assert world.fakes[name].refused == []
    assert sandbox.check_invariants() == []


def test_a_quote_for_a_symbol_that_is_not_subscribed_waits_for_its_book(world: World) -> None:
    sandbox, cold = one_of_two(world, "okx")
    with sandbox.client() as client:
        quote = client.quote(cold)
        assert quote.nbbo.bid_price is not None
        assert quote.venues["okx"].source == "live"
        assert client.quotes([cold]).quotes[0].symbol == cold


@pytest.mark.parametrize("call", ["batch", "preview", "stream", "graph"])
def test_every_way_to_name_a_symbol_subscribes_it(world: World, call: str) -> None:
    sandbox, cold = one_of_two(world, "bybit")
    with sandbox.client() as client:
        if call == "batch":
            assert not hasattr(client.quotes_batch([cold]).quotes[0], "error")
        elif call == "preview":
            assert client.preview(symbol=cold, side="buy", qty="0.1").would_fail is None
        elif call == "stream":
            with client.stream(f"prices:{cold}") as stream:
                assert isinstance(next(iter(stream)), PriceEvent)
        else:
            node = Node.buy(cold, "0.1").venue("bybit")
            assert client.graph().node("only", node).submit().graph_id
    until(lambda: cold in status_of(sandbox, "bybit").books, "it is subscribed")
    until(lambda: status_of(sandbox, "bybit").is_live, "and whole")


@pytest.mark.parametrize("name", ["kraken", "binance", "okx", "bybit", "coinbase"])
def test_a_symbol_that_the_venue_does_not_trade_is_refused_in_its_words(
    world: World, name: str
) -> None:
    sandbox, _ = one_of_two(world, name)
    pair = CASES[name].symbols[0].replace("BTC", "DOGE")
    with sandbox.client() as client:
        with pytest.raises(NotFoundError, match=f"unknown symbol.*{name} says"):
            client.quote(pair)
        with pytest.raises(UnprocessableError, match="symbol: unknown symbol"):
            client.buy(pair, "1")
    # It is given up, and costs the others nothing.
    assert pair not in status_of(sandbox, name).books
    assert status_of(sandbox, name).is_live


@pytest.mark.parametrize("over_http", [False, True])
def test_a_stream_of_a_symbol_that_no_venue_trades_ends_with_its_words(
    world: World, *, over_http: bool
) -> None:
    sandbox, _ = one_of_two(world, "kraken")
    with contextlib.ExitStack() as stack:
        client: Sequence
        if over_http:
            url = stack.enter_context(serving(sandbox))
            client = stack.enter_context(Sequence(sandbox.test_key, base_url=url))
        else:
            client = stack.enter_context(sandbox.client())
        with client.stream("prices:DOGE-USD") as stream:
            told = next(iter(stream))
    assert isinstance(told, RejectedEvent)
    assert told.topic == "prices:DOGE-USD"
    assert told.reason.startswith("unknown symbol; kraken says: ")


def test_a_subscription_that_is_refused_for_now_is_asked_for_again(world: World) -> None:
    fake = world.fake("kraken")
    world.venues["kraken"].symbols = ["BTC-USD"]
    real, refusals = fake.word, [1]

    async def busy(client: Any, text: str) -> None:
        if "ETH/USD" in text and refusals:
            refusals.pop()
            why = '{"error":"EService: Unavailable: ETH/USD","method":"subscribe","success":false}'
            await client.socket.send(why)
            return
        await real(client, text)

    fake.word = busy  # type: ignore[method-assign]
    sandbox = world.sandbox()
    until(lambda: status_of(sandbox, "kraken").is_live, "the first book")
    with sandbox.client() as client:
        assert client.quote("ETH-USD").nbbo.bid_price is not None
    assert refusals == []


def test_a_mistyped_symbol_is_answered_with_the_nearest_ones(world: World) -> None:
    sandbox, _ = one_of_two(world, "kraken")
    with sandbox.client() as client:
        with pytest.raises(NotFoundError, match="did you mean BTC-USD"):
            client.quote("BTC-USDD")
        with pytest.raises(UnprocessableError, match="did you mean BTC-USD"):
            client.buy("BTX-USD", "1")
        with pytest.raises(SequenceError, match="krakn"):
            client.buy("BTC-USD", "1", venue="krakn")


def test_prices_in_a_stablecoin_are_none_in_dollars() -> None:
    for name in ("binance", "bybit", "okx"):
        with pytest.raises(ValueError, match=f"BTC-USD is traded at none of {name}"):
            Live([name], symbols=["BTC-USD"]).connections()
    with pytest.raises(ValueError, match="none of hyperliquid"):
        Live(["hyperliquid"], symbols=["BTC-USDT-PERP"]).connections()


def test_what_is_made_up_is_never_at_a_live_venue_nor_beside_a_live_book(world: World) -> None:
    world.fake("kraken")
    live = Live(list(world.venues.values()), demo=True)
    with Sandbox(preset="instant", market=live) as sandbox, sandbox.client() as client:
        until(lambda: status_of(sandbox, "kraken").is_live, "live books")
        for row in client.quotes().quotes:
            sources = {venue: top.source for venue, top in row.venues.items()}
            assert len(set(sources.values())) == 1, row.symbol
            assert all((venue == "kraken") == (of == "live") for venue, of in sources.items())
        assert client.quote("BTC-USD").venues.keys() == {"kraken"}
        assert client.quote("BTC-USD-PERP").venues["binance"].source == "demo"
        assert client.health_report().market_data.source == "live+demo"
        assert client.buy("BTC-USD-PERP", "0.01", venue="binance").wait().status == "FILLED"


def test_demo_is_only_there_when_it_is_named(world: World) -> None:
    assert Live.named("kraken,coinbase").demo is False
    assert Live.named("kraken, demo").demo is True
    world.fake("kraken")
    with world.sandbox().client() as client, pytest.raises(NotFoundError):
        client.quote("BTC-USD-PERP")


@pytest.mark.parametrize("over_http", [False, True])
def test_many_clients_ask_for_one_cold_symbol_and_it_is_subscribed_once(
    world: World, *, over_http: bool
) -> None:
    fake = world.fake("okx", hurry=1.0)
    first, cold = CASES["okx"].symbols
    world.venues["okx"].symbols = [first]
    sandbox = world.sandbox()
    until(lambda: status_of(sandbox, "okx").is_live, "the first book")
    said: list[str] = []
    real = fake.word

    async def word(client: Any, text: str) -> None:
        said.append(text)
        await real(client, text)

    fake.word = word  # type: ignore[method-assign]
    ready = threading.Barrier(CLIENTS)

    def ask(client: Sequence, number: int) -> str:
        ready.wait()
        if number % 2:
            return str(client.quote(cold).venues["okx"].source)
        return str(client.buy(cold, "0.01", venue="okx").wait().status)

    with ThreadPoolExecutor(CLIENTS) as pool, serving(sandbox) as url:
        clients = [
            Sequence(sandbox.test_key, base_url=url) if over_http else sandbox.client()
            for _ in range(CLIENTS)
        ]
        told = list(pool.map(ask, clients, range(CLIENTS)))
        for client in clients:
            client.close()
    assert sorted(told) == ["FILLED"] * (CLIENTS // 2) + ["live"] * (CLIENTS // 2)
    assert len([text for text in said if cold in text]) == 1
    assert fake.refused == []


def test_what_the_demo_makes_up_is_not_subscribed_beside_it(world: World) -> None:
    world.fake("kraken", symbols=["BTC-USD", "SOL-USD", "DOGE-USDT"])
    world.venues["kraken"].symbols = ["BTC-USD"]
    live = Live(list(world.venues.values()), demo=True)
    with Sandbox(preset="instant", market=live) as sandbox, sandbox.client() as client:
        until(lambda: status_of(sandbox, "kraken").is_live, "live books")
        for _ in range(2):
            made_up = client.quote("SOL-USD")
            assert {top.source for top in made_up.venues.values()} == {"demo"}
        with pytest.raises(SequenceError, match="SOL-USD is made up here: name it"):
            client.buy("SOL-USD", "1", venue="kraken")
        # Nobody makes this one up.
        assert client.quote("DOGE-USDT").venues["kraken"].source == "live"
    assert set(status_of(sandbox, "kraken").books) == {"BTC-USD", "DOGE-USDT"}
