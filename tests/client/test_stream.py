"""The client's stream: typed events, resuming after a lost connection, and the same in process."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from sequence import AsyncSequence, Sequence, Stream, streams
from sequence.errors import NetworkError, SequenceError, ValidationError
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.doors import DOORS, door

WAIT_S = 10.0


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual") as made:
        made.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        yield made


@pytest.fixture(params=DOORS)
def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Sequence]:
    with door(sandbox, request.param) as made:
        yield made


def until(stream: Stream, wanted: Callable[[streams.Event], bool]) -> streams.Event:
    ends = time.monotonic() + WAIT_S
    while time.monotonic() < ends:
        event = stream.next(timeout=WAIT_S)
        if event is not None and wanted(event):
            return event
    raise AssertionError("the event did not come")


def is_a(kind: type[streams.Event]) -> Callable[[streams.Event], bool]:
    return lambda event: isinstance(event, kind)


def test_events_are_typed_through_every_door(client: Sequence) -> None:
    topics = ["prices:BTC-USDT", "book:BTC-USDT", "orders", "fills", "graphs", "routing", "funding"]
    with client.stream(topics) as stream:
        rejected = until(stream, is_a(streams.RejectedEvent))
        assert rejected == streams.RejectedEvent("funding", "not available")
        price = until(stream, is_a(streams.PriceEvent))
        assert isinstance(price, streams.PriceEvent)
        assert (price.symbol, price.data.bid) == ("BTC-USDT", 100.0)
        book = until(stream, is_a(streams.BookEvent))
        assert isinstance(book, streams.BookEvent)
        assert [list(level) for level in book.data.asks] == [[101.0, 500.0]]
        order = client.buy("BTC-USDT", 1)
        fill = until(stream, is_a(streams.FillEvent))
        assert isinstance(fill, streams.FillEvent)
        assert (fill.seq, fill.data.node_order_id) == (1, order.id)
        done = until(stream, lambda e: isinstance(e, streams.OrderEvent) and e.data.is_terminal)
        assert isinstance(done, streams.OrderEvent)
        assert done.data.version == order.row.version


def test_topics_change_while_the_stream_runs(client: Sequence, sandbox: Sandbox) -> None:
    with client.stream(["prices:BTC-USDT"]) as stream:
        until(stream, is_a(streams.PriceEvent))
        stream.subscribe("fills")
        stream.unsubscribe("prices:BTC-USDT")
        stream.subscribe("funding")
        until(stream, is_a(streams.RejectedEvent))
        sandbox.market.snapshot("binance", "BTC-USDT", [(90, 500)], [(91, 500)])
        client.buy("BTC-USDT", 1)
        assert isinstance(until(stream, lambda _: True), streams.FillEvent)


def test_what_happened_before_can_be_asked_for(client: Sequence) -> None:
    for _ in range(3):
        client.buy("BTC-USDT", 1)
    client.sandbox.settings()
    with client.stream(["fills"]) as first:
        client.buy("BTC-USDT", 1)
        event = until(first, is_a(streams.FillEvent))
        assert isinstance(event, streams.FillEvent)
    with client.stream(["fills"], from_seq={"fills": event.seq - 1}) as stream:
        again = until(stream, is_a(streams.FillEvent))
        assert isinstance(again, streams.FillEvent)
        assert again.data.fill_id == event.data.fill_id


def test_a_reset_is_told(client: Sequence) -> None:
    with client.stream(["fills"]) as stream:
        client.buy("BTC-USDT", 1)
        until(stream, is_a(streams.FillEvent))
        client.sandbox.reset()
        assert until(stream, is_a(streams.EpochEvent)) == streams.EpochEvent(2)


def test_silence_of_market_data_is_told_once(client: Sequence) -> None:
    with client.stream(["prices:BTC-USDT"], stale_after_s=0.2) as stream:
        until(stream, is_a(streams.PriceEvent))
        stale = until(stream, lambda _: True)
        assert isinstance(stale, streams.StaleEvent)
        assert stale.silent_s >= 0.2
        assert stream.next(timeout=0.5) is None


def test_a_lost_connection_is_opened_again_and_nothing_is_missed(sandbox: Sandbox) -> None:
    with (
        serving(sandbox) as url,
        Sequence(sandbox.test_key, base_url=url) as client,
        client.stream(["fills", "orders"]) as stream,
    ):
        client.buy("BTC-USDT", 1)
        seen = [until(stream, is_a(streams.FillEvent))]
        for session in sandbox.runtime.hub.sessions():
            session.sink.cut()
        for _ in range(5):
            sandbox.client().buy("BTC-USDT", 1)
        back = until(stream, is_a(streams.ReconnectedEvent))
        assert isinstance(back, streams.ReconnectedEvent)
        assert back.attempts == 1
        while len(seen) < 6:
            seen.append(until(stream, is_a(streams.FillEvent)))
    numbers = [event.seq for event in seen if isinstance(event, streams.FillEvent)]
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_events_of_the_time_away_are_not_missed_by_a_stream_that_had_none(
    sandbox: Sandbox,
) -> None:
    with (
        serving(sandbox) as url,
        Sequence(sandbox.test_key, base_url=url) as client,
        ExitStack() as stack,
    ):
        client.buy("BTC-USDT", 1)
        stream = stack.enter_context(client.stream(["fills"]))
        assert stream.next(timeout=0.1) is None
        for session in sandbox.runtime.hub.sessions():
            session.sink.cut()
        sandbox.client().buy("BTC-USDT", 1)
        event = until(stream, is_a(streams.FillEvent))
        assert isinstance(event, streams.FillEvent)
        assert event.seq == 2


def test_a_key_that_ends_ends_the_stream(sandbox: Sandbox) -> None:
    keys, local = sandbox.runtime.keys, sandbox.runtime.local
    raw = keys.create(local, "sandbox", "key_other", is_admin=False)
    row = keys.row(local, "key_other")
    assert row is not None
    with (
        serving(sandbox) as url,
        Sequence(raw, base_url=url) as client,
        client.stream(["fills"]) as stream,
    ):
        keys.revoke(row, 0)
        with pytest.raises(NetworkError, match="the key has ended"):
            until(stream, lambda _: False)


def test_a_key_that_ends_ends_the_stream_in_this_process_too(sandbox: Sandbox) -> None:
    owner = sandbox.client()
    for end in (owner.api_key_revoke, owner.api_key_rotate):
        made = owner.api_key_create("other")
        with sandbox.client(made.api_key).stream(["orders"]) as stream:
            assert stream.next(timeout=0.05) is None
            owner.buy("BTC-USDT", 1)
            end(made.key_id)
            # What happened before and was not read yet is told no more either.
            with pytest.raises(NetworkError, match="the key has ended"):
                stream.next(timeout=1)


def test_a_wrong_key_and_a_closed_port_are_told_at_once() -> None:
    with (
        Sandbox(market="none") as sandbox,
        serving(sandbox) as url,
        Sequence("seq_test_" + "0" * 64, base_url=url) as client,
    ):
        with pytest.raises(SequenceError) as caught:
            client.stream(["orders"]).__enter__()
        assert caught.value.status == 401
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        Sequence("seq_test_" + "0" * 64, base_url=f"http://localhost:{port}") as client,
        pytest.raises(NetworkError),
    ):
        client.stream(["orders"]).__enter__()


def test_a_live_key_reads_paper_events_unless_it_says_otherwise(sandbox: Sandbox) -> None:
    client = sandbox.client(sandbox.live_key)
    with client.stream(["fills"]) as paper, client.stream(["fills"], sandbox=False) as live:
        client.buy("BTC-USDT", 1)
        assert isinstance(until(paper, lambda _: True), streams.FillEvent)
        assert live.next(timeout=0.1) is None


def test_a_closed_client_opens_no_stream(sandbox: Sandbox) -> None:
    client = sandbox.client()
    client.close()
    with pytest.raises(ValidationError):
        client.stream(["orders"]).__enter__()


@pytest.mark.parametrize("door", ["process", "http"])
def test_the_same_for_asyncio(sandbox: Sandbox, door: str) -> None:
    async def read(client: AsyncSequence) -> list[int]:
        numbers: list[int] = []
        async with client, client.stream(["fills", "prices:BTC-USDT"]) as stream:
            for _ in range(3):
                await client.buy("BTC-USDT", 1)
            async for event in stream:
                if isinstance(event, streams.FillEvent):
                    numbers.append(event.seq)
                if len(numbers) == 3:
                    await stream.close()
        return numbers

    if door == "process":
        assert asyncio.run(read(sandbox.async_client())) == [1, 2, 3]
        return
    with serving(sandbox) as url:
        client = AsyncSequence(sandbox.test_key, base_url=url)
        assert asyncio.run(read(client)) == [1, 2, 3]


def test_a_manual_clock_moves_prices_and_answers() -> None:
    with Sandbox(preset="realistic", clock="manual") as sandbox:
        client = sandbox.client()
        with client.stream(["prices:BTC-USD", "orders"]) as stream:
            first = until(stream, is_a(streams.PriceEvent))
            order = client.buy("BTC-USD", 0.1)
            assert order.status == "NEW"
            sandbox.clock.advance(seconds=2)
            second = until(stream, lambda e: isinstance(e, streams.PriceEvent) and e != first)
            assert isinstance(second, streams.PriceEvent)
            stream.unsubscribe("prices:BTC-USD")
        with client.stream(["orders"], from_seq={"orders": 0}) as stream:
            done = until(stream, lambda e: isinstance(e, streams.OrderEvent) and e.data.is_terminal)
            assert isinstance(done, streams.OrderEvent)
            assert done.data.status == "FILLED"


def test_every_venue_is_told_with_its_book_and_at_each_price(
    client: Sequence, sandbox: Sandbox
) -> None:
    sandbox.market.snapshot("okx", "BTC-USDT", [(100, 20), (99, 7)], [(102, 1)])
    with client.stream(["depth:BTC-USDT", "venues:BTC-USDT"]) as stream:
        depth = until(stream, is_a(streams.DepthEvent))
        assert isinstance(depth, streams.DepthEvent)
        assert [tuple(level) for level in depth.data.bids] == [
            (100.0, 520.0, {"binance": 500.0, "okx": 20.0}),
            (99.0, 7.0, {"okx": 7.0}),
        ]
        tops = until(stream, is_a(streams.VenuesEvent))
        assert isinstance(tops, streams.VenuesEvent)
        okx = tops.data.venues["okx"]
        assert (okx.bid, okx.ask, okx.status, okx.reason) == (100.0, 102.0, "OK", None)
        client.sandbox.add_fault("halt_venue", venue="okx")
        halted = until(
            stream,
            lambda e: (
                isinstance(e, streams.VenuesEvent) and e.data.venues["okx"].status == "HALTED"
            ),
        )
        assert isinstance(halted, streams.VenuesEvent)
        assert halted.data.venues["okx"].reason
        assert halted.data.venues["binance"].status == "OK"


def test_why_an_order_waits_is_told_as_it_changes(client: Sequence, sandbox: Sandbox) -> None:
    order = client.buy("BTC-USDT", 1, limit_price=100)
    with client.stream("evidence") as stream:
        first = until(stream, is_a(streams.EvidenceEvent))
        assert isinstance(first, streams.EvidenceEvent)
        assert (first.data.order_id, first.data.reason) == (order.id, "QUEUE_AHEAD")
        assert first.data.level_size_1e8 == 500 * 10**8
        sandbox.market.trade("binance", "BTC-USDT", 100, 120, "sell")
        then = until(stream, is_a(streams.EvidenceEvent))
        assert isinstance(then, streams.EvidenceEvent)
        assert then.data.v_now_1e8 == first.data.v_now_1e8 - 120 * 10**8


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [("dept:BTC-USD", "depth"), ("venue:BTC-USD", "venues"), ("evidance", "evidence")],
)
def test_a_misspelt_topic_names_the_nearest(client: Sequence, misspelt: str, meant: str) -> None:
    with pytest.raises(ValidationError, match=f"did you mean {meant}"):
        client.stream(misspelt)
