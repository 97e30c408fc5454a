"""A fork: the child gets connections of its own, or is refused; the parent notices nothing."""

import asyncio
import os
import pickle
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from sequence import AsyncSequence, Sequence, streams
from sequence.errors import SequenceError, ServiceUnavailableError, ValidationError
from sequence.sandbox import Sandbox
from sequence.server import serving

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
_CHILDREN = 4
_CALLS = 10


def in_child(function: Callable[[], Any]) -> Callable[[], Any]:
    """Starts a function in a forked child; the result of the call is what it returned or raised."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Newer versions warn of threads, which is what these tests are about.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 0
        try:
            found: tuple[bool, Any] = (True, function())
        except BaseException as error:
            found = (False, error)
        try:
            os.write(writer, pickle.dumps(found))
        except BaseException:
            code = 1
        os._exit(code)
    os.close(writer)

    def result() -> Any:
        with os.fdopen(reader, "rb") as pipe:
            body = pipe.read()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        good, value = pickle.loads(body)  # noqa: S301 - from our own child
        if good:
            return value
        raise value

    return result


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual") as made:
        made.market.snapshot("binance", "BTC-USDT", [(100, 50_000)], [(101, 50_000)])
        yield made


@pytest.fixture
def url(sandbox: Sandbox) -> Iterator[str]:
    with serving(sandbox) as found:
        yield found


def bought(client: Sequence, who: str) -> list[tuple[str, str]]:
    """Which order was asked for, and which one was answered."""
    asked = [f"{who}-{number}" for number in range(_CALLS)]
    return [(name, client.buy("BTC-USDT", 1, graph_id=name).graph_id) for name in asked]


@pytest.mark.parametrize("transport", [None, "fast"])
def test_a_client_made_before_a_fork_never_hears_another_process(
    sandbox: Sandbox, url: str, transport: Any
):
    with Sequence(sandbox.test_key, base_url=url, transport=transport) as client:
        client.account()
        children = [in_child(lambda who=f"c{n}": bought(client, who)) for n in range(_CHILDREN)]
        pairs = bought(client, "parent")
        for child in children:
            pairs += child()
        # What the children did at their end left the parent's connection alone.
        pairs += bought(client, "later")
    assert len(pairs) == (_CHILDREN + 2) * _CALLS
    assert [pair for pair in pairs if pair[0] != pair[1]] == []


def test_the_same_for_asyncio(sandbox: Sandbox, url: str):
    client = AsyncSequence(sandbox.test_key, base_url=url)

    async def buy(name: str) -> str:
        return (await client.buy("BTC-USDT", 1, graph_id=name)).graph_id

    async def end() -> str:
        answer = await buy("last")
        await client.close()
        return answer

    assert asyncio.run(buy("first")) == "first"
    children = [in_child(lambda n=n: asyncio.run(buy(f"child-{n}"))) for n in range(_CHILDREN)]
    assert asyncio.run(buy("parent")) == "parent"
    assert [child() for child in children] == [f"child-{n}" for n in range(_CHILDREN)]
    assert asyncio.run(end()) == "last"


def test_a_limit_that_a_thread_held_at_the_fork_does_not_lock_the_child(sandbox: Sandbox, url: str):
    with Sequence(sandbox.test_key, base_url=url, max_concurrent=1) as client:
        assert client._limit is not None
        with client._limit:
            child = in_child(lambda: client.account().mode)
            assert child() == "sandbox"


def test_closing_in_the_child_leaves_the_parent_its_connections(sandbox: Sandbox, url: str):
    with (
        Sequence(sandbox.test_key, base_url=url) as client,
        client.stream(["fills"]) as stream,
    ):
        client.account()
        assert in_child(client.close)() is None
        client.buy("BTC-USDT", 1)
        assert isinstance(stream.next(timeout=10), streams.FillEvent)
        assert stream.connected


def test_a_stream_is_opened_afresh_in_the_child(sandbox: Sandbox, url: str):
    def read() -> list[str]:
        found = [type(stream.next(timeout=10)).__name__]
        client.buy("BTC-USDT", 1)
        return [*found, type(stream.next(timeout=10)).__name__]

    with (
        Sequence(sandbox.test_key, base_url=url) as client,
        client.stream(["fills"]) as stream,
    ):
        client.account()
        assert stream.next(timeout=0.2) is None
        assert in_child(read)() == ["ReconnectedEvent", "FillEvent"]
        assert isinstance(stream.next(timeout=10), streams.FillEvent)


def test_a_given_http_client_is_refused_in_the_child(sandbox: Sandbox, url: str):
    with (
        httpx.Client() as given,
        Sequence(sandbox.test_key, base_url=url, http_client=given) as client,
    ):
        client.account()
        with pytest.raises(ValidationError, match="before the fork"):
            in_child(client.account)()
        assert client.account().mode == "sandbox"


@pytest.mark.parametrize("store", ["memory", "file"])
def test_a_sandbox_is_refused_in_the_child_and_goes_on_in_the_parent(store: str, tmp_path: Path):
    file = tmp_path / "sandbox.db"
    with Sandbox(preset="instant", store="memory" if store == "memory" else file) as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.1")
        stream = client.stream(["fills"])
        for call in (
            lambda: client.buy("BTC-USD", "0.1"),
            client.positions,
            sandbox.state_hash,
            sandbox.snapshot,
            lambda: sandbox.clock.now_ns,
            lambda: sandbox.faults.add("http_503"),
            lambda: stream.next(timeout=0.1),
        ):
            with pytest.raises(SequenceError, match="before the fork"):
                in_child(call)()
        assert in_child(sandbox.close)() is None
        assert client.buy("BTC-USD", "0.1").status == "FILLED"
        assert sandbox.check_invariants() == []
    if store == "file":
        with Sandbox(store=file) as again:
            assert again.client().orders().total == 2


def test_the_lock_of_a_sandbox_may_be_held_at_the_fork():
    with (
        Sandbox(preset="instant") as sandbox,
        sandbox.runtime.lock,
        pytest.raises(ServiceUnavailableError, match="before the fork"),
    ):
        in_child(sandbox.state_hash)()


def test_a_child_does_not_hold_the_port_of_a_server_open(sandbox: Sandbox):
    gate, key = os.pipe()

    def wait() -> bytes:
        # The end of the pipe comes when the parent closes it, whatever became of the test.
        os.close(key)
        return os.read(gate, 1)

    with ExitStack() as server:
        url = server.enter_context(serving(sandbox))
        child = in_child(wait)
        server.close()
        port = int(url.rpartition(":")[2])
        try:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=10)
        finally:
            os.close(key)
        assert child() == b""
    os.close(gate)
