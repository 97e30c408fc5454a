"""A stream while the server is away: it keeps to timeouts, says that data is old, and can end."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from sequence import AsyncSequence, Sequence, Stream, streams
from sequence._client.ask.options import Options
from sequence._client.carry.websocket import open_async_socket
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.mute import mute

SOON_S = 5.0


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual") as made:
        made.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        yield made


@contextmanager
def abandoned(sandbox: Sandbox, *topics: str) -> Iterator[tuple[Sequence, Stream]]:
    """A stream whose server has ended."""
    with ExitStack() as server, ExitStack() as stack:
        url = server.enter_context(serving(sandbox))
        client = stack.enter_context(Sequence(sandbox.test_key, base_url=url))
        stream = stack.enter_context(client.stream(topics))
        assert stream.connected
        if "orders" not in topics:
            while not isinstance(stream.next(timeout=SOON_S), streams.PriceEvent):
                pass
            assert not stream.stale
        server.close()
        yield client, stream


def test_the_next_event_of_a_server_that_is_away_is_none_in_time(sandbox: Sandbox) -> None:
    with abandoned(sandbox, "orders") as (_, stream):
        for _ in range(4):
            began = time.monotonic()
            assert stream.next(timeout=0.3) is None
            assert 0.25 < time.monotonic() - began < SOON_S
        assert not stream.connected
        # Nothing that could be old is subscribed.
        assert not stream.stale


def test_market_data_of_a_server_that_is_away_is_stale_at_once_and_told_once(
    sandbox: Sandbox,
) -> None:
    with abandoned(sandbox, "prices:BTC-USDT") as (_, stream):
        told = stream.next(timeout=SOON_S)
        while isinstance(told, streams.PriceEvent):
            told = stream.next(timeout=SOON_S)
        assert isinstance(told, streams.StaleEvent)
        assert (stream.connected, stream.stale) == (False, True)
        assert stream.next(timeout=0.3) is None


def test_a_stream_that_is_back_is_fresh_with_its_first_message(sandbox: Sandbox) -> None:
    with (
        serving(sandbox) as url,
        Sequence(sandbox.test_key, base_url=url) as client,
        client.stream("prices:BTC-USDT") as stream,
    ):
        assert isinstance(stream.next(timeout=SOON_S), streams.PriceEvent)
        for session in sandbox.runtime.hub.sessions():
            session.sink.cut()
        found: list[type[streams.Event]] = []
        while streams.ReconnectedEvent not in found:
            event = stream.next(timeout=SOON_S)
            assert event is not None
            found.append(type(event))
        assert found[-2:] == [streams.StaleEvent, streams.ReconnectedEvent]
        assert (stream.connected, stream.stale) == (True, True)
        assert isinstance(stream.next(timeout=SOON_S), streams.PriceEvent)
        assert not stream.stale


def test_closing_the_client_ends_a_loop_over_a_stream_that_waits(sandbox: Sandbox) -> None:
    with abandoned(sandbox, "orders") as (client, stream):
        loop = threading.Thread(target=lambda: list(stream))
        loop.start()
        client.close()
        loop.join(SOON_S)
        assert not loop.is_alive()
        assert stream.next(timeout=60) is None


@pytest.mark.parametrize("door", ["process", "http"])
def test_closing_the_client_ends_a_stream_that_listens(sandbox: Sandbox, door: str) -> None:
    with ExitStack() as stack:
        client = sandbox.client()
        if door == "http":
            client = Sequence(sandbox.test_key, base_url=stack.enter_context(serving(sandbox)))
        stream = stack.enter_context(client.stream(["orders"], stale_after_s=0.2))
        loop = threading.Thread(target=lambda: list(stream))
        loop.start()
        client.close()
        loop.join(SOON_S)
        assert not loop.is_alive()


def test_the_same_for_asyncio(sandbox: Sandbox) -> None:
    async def follow(client: AsyncSequence, server: ExitStack) -> None:
        async with client, client.stream(["orders"]) as stream:
            server.close()
            for _ in range(3):
                began = time.monotonic()
                assert await stream.next(timeout=0.3) is None
                assert 0.25 < time.monotonic() - began < SOON_S
            waiting = asyncio.create_task(stream.next(timeout=60))
            await asyncio.sleep(0)
            await client.close()
            assert await asyncio.wait_for(waiting, SOON_S) is None

    with ExitStack() as server:
        client = AsyncSequence(sandbox.test_key, base_url=server.enter_context(serving(sandbox)))
        asyncio.run(follow(client, server))


def test_a_goodbye_that_is_cut_short_leaves_no_socket_open() -> None:
    async def cut() -> bool:
        async with mute() as url, asyncio.timeout(20):
            options = Options(url.replace("ws:", "http:"), "key", SOON_S, 0, 1)
            wire = await open_async_socket(options, SOON_S)
            ending = asyncio.ensure_future(wire.close())
            await asyncio.sleep(0.05)
            assert not ending.done()
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)
            return wire._socket.transport.is_closing()

    assert asyncio.run(cut())
