"""Every way out of a client is a `SequenceError`, with the id of what may have been sent."""

import asyncio
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

import sequence
from sequence import errors
from sequence.sandbox import Sandbox
from sequence.server import serving

KEY = "seq_test_" + "c" * 64
NOWHERE = "http://localhost:9"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual") as made:
        made.market.snapshot("binance", "BTC-USDT", [(100, 50_000)], [(101, 50_000)])
        yield made


@pytest.fixture(scope="module")
def url(sandbox: Sandbox) -> Iterator[str]:
    with serving(sandbox) as found:
        yield found


@pytest.mark.parametrize(
    "found", [RuntimeError("loop"), FileNotFoundError("x"), ImportError("y"), KeyError("z")]
)
def test_what_a_transport_raises_comes_out_as_ours_with_the_id(
    drive: Callable[..., Any], found: Exception
):
    driver = drive(found)
    with pytest.raises(errors.SequenceError, match=str(found)) as caught:
        driver.call("buy", "BTC-USD", 1)
    sent = driver.script.sent[0]["graph_id"]
    assert caught.value.graph_id == sent == driver.client.last_graph_id
    assert driver.client.unanswered == (sent,)
    assert caught.value.is_unanswered
    assert isinstance(caught.value, errors.NetworkError) is isinstance(found, OSError)
    assert pickle.loads(pickle.dumps(caught.value)).graph_id == sent  # noqa: S301 - our own


def test_a_closed_client_says_so(drive: Callable[..., Any]):
    client = sequence.Sequence(KEY, base_url=NOWHERE)
    client.close()
    with pytest.raises(errors.ValidationError, match="the client is closed"):
        client.buy("BTC-USD", 1)
    assert client.unanswered == ()


def test_a_closed_http_client_is_told_before_anything_is_sent():
    given = httpx.Client()
    client = sequence.Sequence(KEY, base_url=NOWHERE, http_client=given)
    given.close()
    with pytest.raises(errors.ValidationError, match="http_client is closed"):
        client.buy("BTC-USD", 1)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("ALL_PROXY", "socks5://localhost:1", "environment"),
        ("ALL_PROXY", "nonsense://localhost:1", "environment"),
        ("SSL_CERT_FILE", "/no/such/file", "SSL_CERT_FILE is '/no/such/file'"),
    ],
)
@pytest.mark.parametrize("kind", ["sync", "async", "stream"])
def test_an_environment_that_cannot_be_used_is_said_before_anything_is_sent(
    kind: str, name: str, value: str, text: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(name, value)
    host = "https://localhost.invalid:1"

    async def buy() -> object:
        async with sequence.AsyncSequence(KEY, base_url=host, max_retries=0) as client:
            return await client.buy("BTC-USD", 1)

    with sequence.Sequence(KEY, base_url=host, max_retries=0) as client:
        ways = {
            "sync": lambda: client.buy("BTC-USD", 1),
            "async": lambda: asyncio.run(buy()),
            "stream": lambda: client.stream(["orders"]).__enter__(),
        }
        with pytest.raises(errors.SequenceError) as caught:
            ways[kind]()
        if kind != "stream":
            assert isinstance(caught.value, errors.ValidationError)
            assert text in caught.value.message
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["http://local\x00host", "http://localhost:1/a b", "http://x\\y", 7]
)
def test_a_base_url_that_is_none_is_refused_at_once(url: Any):
    with pytest.raises(errors.ValidationError, match="base_url"):
        sequence.Sequence(base_url=url)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": "1"},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": True},
        {"max_retries": 1.5},
        {"max_retries": None},
        {"max_concurrent": "2"},
        {"api_key": 7},
    ],
)
def test_options_of_a_wrong_type_are_refused_at_once(options: dict[str, Any]):
    with pytest.raises(errors.ValidationError, match=next(iter(options))):
        sequence.Sequence(**{"base_url": NOWHERE, "api_key": KEY} | options)


def test_one_async_client_serves_several_loops_one_after_the_other(sandbox: Sandbox, url: str):
    client = sequence.AsyncSequence(sandbox.test_key, base_url=url, max_concurrent=1)

    async def both() -> list[str]:
        found = await asyncio.gather(*(client.buy("BTC-USDT", 1) for _ in range(3)))
        return [order.status for order in found]

    for _ in range(3):
        assert asyncio.run(both()) == ["FILLED"] * 3
    asyncio.run(client.close())


def test_one_async_client_serves_several_loops_at_once(sandbox: Sandbox, url: str):
    client = sequence.AsyncSequence(sandbox.test_key, base_url=url, max_concurrent=2)
    found: list[object] = []

    async def buy() -> None:
        orders = await asyncio.gather(*(client.buy("BTC-USDT", 1) for _ in range(5)))
        found.extend(order.status for order in orders)

    threads = [threading.Thread(target=lambda: asyncio.run(buy())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["FILLED"] * 20
    asyncio.run(client.close())


def test_a_given_async_http_client_says_before_sending_that_its_loop_is_another(
    sandbox: Sandbox, url: str
):
    given = httpx.AsyncClient(headers={"Connection": "close"})
    client = sequence.AsyncSequence(sandbox.test_key, base_url=url, http_client=given)

    async def first() -> str:
        order = await client.buy("BTC-USDT", 1)
        await given.aclose()
        return order.status

    async def second() -> object:
        given._state = httpx._client.ClientState.UNOPENED
        return await client.buy("BTC-USDT", 1)

    assert asyncio.run(first()) == "FILLED"
    with pytest.raises(errors.ValidationError, match="another event loop"):
        asyncio.run(second())


def test_a_stream_goes_on_in_the_next_loop_and_is_refused_in_a_second_one(
    sandbox: Sandbox, url: str
):
    client = sequence.AsyncSequence(sandbox.test_key, base_url=url)
    stream = client.stream(["fills"])

    async def read() -> str:
        order = await client.buy("BTC-USDT", 1)
        while True:
            event = await stream.next(timeout=10)
            if isinstance(event, sequence.streams.FillEvent):
                assert event.data.graph_id == order.graph_id
                return "fill"

    async def first() -> str:
        await stream.next(timeout=0.1)
        return await read()

    assert asyncio.run(first()) == "fill"
    assert asyncio.run(read()) == "fill"

    async def elsewhere() -> object:
        # The connection of the loop before is found out by the first read.
        await stream.next(timeout=0.1)
        while not stream.connected:
            await stream.next(timeout=0.1)

        async def again() -> None:
            for _ in range(5):
                await stream.next(timeout=0.1)

        return await asyncio.to_thread(lambda: asyncio.run(again()))

    try:
        with pytest.raises(errors.ValidationError, match="another event loop"):
            asyncio.run(elsewhere())
    finally:
        asyncio.run(client.close())


def test_two_readers_of_one_stream_are_told(sandbox: Sandbox, url: str):
    client = sequence.AsyncSequence(sandbox.test_key, base_url=url)

    async def read() -> None:
        async with client, client.stream(["fills"]) as stream:
            await asyncio.gather(stream.next(timeout=1), stream.next(timeout=1))

    with pytest.raises(errors.ValidationError, match="reads this stream already"):
        asyncio.run(read())


def test_a_message_of_another_shape_is_told_as_ours():
    from sequence._client.carry.stream_state import StreamState

    for text in ("{", '{"channel": "fills"}', "[]", '{"gap": {}}', '{"error": 1}'):
        with pytest.raises(errors.DeserializeError, match="another shape"):
            StreamState().read(text)


@contextmanager
def dripping(where: str) -> Iterator[str]:
    """A server that sends a byte of its answer every 50 ms, for ever."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(peer,), daemon=True).start()

    def drip(peer: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" if where == "body" else b"HTTP/"
        with peer:
            try:
                peer.recv(65_536)
                peer.sendall(head)
                while not over.wait(0.05):
                    peer.sendall(b"1")
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()


@pytest.mark.parametrize("where", ["head", "body"])
@pytest.mark.parametrize("kind", ["sync", "async", "given", "fast"])
def test_an_answer_that_drips_ends_with_the_attempt(kind: str, where: str):
    if (kind, where) == ("given", "head"):
        pytest.skip("the connections of a given client are its own")
    options: dict[str, Any] = {"timeout": 0.4, "max_retries": 1}
    began = time.monotonic()

    async def buy(url: str) -> None:
        async with sequence.AsyncSequence(KEY, base_url=url, **options) as client:
            await client.buy("BTC-USD", 1)

    def buy_blocking(url: str) -> None:
        with httpx.Client() as given:
            options["http_client"] = given if kind == "given" else None
            options["transport"] = "fast" if kind == "fast" else None
            with sequence.Sequence(KEY, base_url=url, **options) as client:
                client.buy("BTC-USD", 1)

    def either(url: str) -> None:
        if kind == "async":
            asyncio.run(buy(url))
        else:
            buy_blocking(url)

    with dripping(where) as url, pytest.raises(errors.TimeoutError) as caught:
        either(url)
    assert caught.value.graph_id is not None
    assert "no answer within 0.4 s" in caught.value.message
    # Two attempts and the pause between them; an answer that drips on would last for hours.
    assert time.monotonic() - began < 30


class _Stop(BaseException):
    """As ctrl-C, without ending the test run."""


@pytest.mark.parametrize("stop", [KeyboardInterrupt, asyncio.CancelledError, SystemExit, _Stop])
def test_what_ends_a_buy_from_outside_carries_its_id(
    drive: Callable[..., Any], stop: type[BaseException]
):
    driver = drive(stop())
    with pytest.raises(stop) as caught:
        driver.call("buy", "BTC-USD", 1)
    sent = driver.script.sent[0]["graph_id"]
    # A loop of its own makes a new exception of a cancelled main task.
    assert getattr(caught.value, "graph_id", sent) == sent
    assert (driver.client.last_graph_id, driver.client.unanswered) == (sent, (sent,))


def test_a_cancelled_task_and_a_timeout_leave_the_id_behind(sandbox: Sandbox, url: str):
    sandbox.faults.add("delay", ms=2_000)

    async def buy() -> tuple[str, str]:
        async with sequence.AsyncSequence(sandbox.test_key, base_url=url) as client:
            task = asyncio.ensure_future(client.buy("BTC-USDT", 1))
            while not client.unanswered:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            [left] = client.unanswered
            assert getattr(caught.value, "graph_id", None) == left
            again = await client.buy("BTC-USDT", 1, graph_id=left)
            assert client.unanswered == ()
            return left, again.graph_id

    left, again = asyncio.run(buy())
    assert left == again


def test_in_process_the_id_is_on_what_ended_the_call(sandbox: Sandbox, monkeypatch: Any):
    client = sandbox.client()
    sandbox.faults.add("delay", ms=50)

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sequence._client.carry.inprocess.time.sleep", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        client.buy("BTC-USDT", 1)
    sent = getattr(caught.value, "graph_id", None)
    assert sent is not None
    assert (client.last_graph_id, client.unanswered) == (sent, (sent,))
    assert client.graph_status(sent).graph_id == sent


def test_an_answer_that_was_dropped_in_process_names_its_order(sandbox: Sandbox):
    client = sandbox.client()
    sandbox.faults.add("drop_reply")
    with pytest.raises(errors.NetworkError) as caught:
        client.buy("BTC-USDT", 1)
    assert client.orders(graph_id=caught.value.graph_id).total == 1


def test_a_lost_answer_stays_noted_whatever_the_next_attempt_says(drive: Callable[..., Any]):
    limited = errors.api_error(429, "slow down")
    driver = drive(errors.NetworkError("network: gone"), limited, max_retries=1)
    with pytest.raises(errors.RateLimitedError) as caught:
        driver.call("buy", "BTC-USD", 1)
    assert driver.client.unanswered == (caught.value.graph_id,)


def test_a_refusal_leaves_nothing_unanswered(drive: Callable[..., Any]):
    driver = drive(errors.api_error(422, "no"), max_retries=0)
    with pytest.raises(errors.UnprocessableError):
        driver.call("buy", "BTC-USD", 1)
    assert driver.client.unanswered == ()
    assert driver.client.last_graph_id is not None


@pytest.mark.parametrize(
    ("topic", "near"),
    [
        ("price:BTC-USD", "prices"),
        ("Orders", "orders"),
        ("fils", "fills"),
        ("books:X-Y", "book"),
        ("prices", "prices:BTC-USD"),
        ("orders:sandbx", "orders"),
        ("", "known: prices"),
    ],
)
def test_a_misspelt_topic_is_refused_with_the_nearest_names(
    sandbox: Sandbox, topic: str, near: str
):
    for client in (sandbox.client(), sequence.Sequence(KEY, base_url=NOWHERE)):
        with pytest.raises(errors.ValidationError, match=near):
            client.stream(["orders", topic])
    with sandbox.client().stream(["orders"]) as stream, pytest.raises(errors.ValidationError):
        stream.subscribe(topic)


@pytest.mark.parametrize("numbers", [{"fills": 1}, {"prices:X-Y": 1}, {"orders": -1}])
def test_a_number_to_resume_at_belongs_to_a_private_topic(
    sandbox: Sandbox, numbers: dict[str, int]
):
    with pytest.raises(errors.ValidationError, match="from_seq"):
        sandbox.client().stream(["orders", "prices:X-Y"], from_seq=numbers)


def test_a_stream_without_a_key_is_refused_before_it_connects():
    with pytest.raises(errors.ValidationError, match="no API key"):
        sequence.Sequence(base_url=NOWHERE).stream(["orders"])
