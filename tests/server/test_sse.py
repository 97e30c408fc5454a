"""`GET /v1/risk/stream` and `GET /v1/alerts/stream`."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from sequence.errors import ServiceUnavailableError
from sequence.sandbox import Sandbox
from sequence.server import Limits, serving
from sequence.store import Batch, StoreError
from sequence.store.memory import MemoryStore
from sequence.streams import TcaEvent
from tests.server.streaming import WAIT_S


class Events:
    """A reader of server-sent events."""

    def __init__(self, made: socket.socket) -> None:
        self._file = made.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers: dict[str, str] = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(": ")
            self.headers[name.lower()] = value

    def close(self) -> None:
        self._file.close()

    def chunk(self) -> str:
        size = int(self._file.readline(), 16)
        data = self._file.read(size)
        self._file.readline()
        return data.decode()

    def next(self) -> dict[str, Any]:
        """The next event; comments are passed over."""
        while True:
            for block in self.chunk().split("\n\n"):
                fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
                if "data" in fields:
                    return {"id": int(fields["id"]), "event": fields["event"]} | json.loads(
                        fields["data"]
                    )


@contextmanager
def events(url: str, key: str, path: str, last_id: int | None = None) -> Iterator[Events]:
    parts = urlsplit(url)
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}"]
    if last_id is not None:
        lines.append(f"Last-Event-ID: {last_id}")
    with socket.create_connection((parts.hostname, parts.port), timeout=WAIT_S) as made:
        made.sendall("\r\n".join([*lines, "", ""]).encode())
        stream = Events(made)
        try:
            yield stream
        finally:
            stream.close()


class Full(MemoryStore):
    """A store that takes commits until it is full."""

    is_full = False

    def commit(self, batch: Batch) -> None:
        if self.is_full:
            raise StoreError("the disk is full")
        super().commit(batch)


def test_readers_hear_that_the_store_refuses_before_the_server_stops() -> None:
    store = Full()
    sandbox = Sandbox(store=store, preset="instant")
    with (  # noqa: PT012
        pytest.raises(StoreError, match="disk is full"),
        serving(sandbox) as url,
        events(url, sandbox.test_key, "/v1/alerts/stream") as stream,
    ):
        assert stream.chunk() == ":\n\n"
        store.is_full = True
        with pytest.raises(ServiceUnavailableError):
            sandbox.client().buy("BTC-USD", "0.1")
        alert = stream.next()
        assert (alert["kind"], alert["severity"]) == ("store_read_only", "critical")
        assert alert["node_order_id"] is None
        assert "disk" not in alert["message"]
        while stream.chunk():
            pass
    sandbox.close()


@pytest.fixture
def place() -> Iterator[tuple[Sandbox, str]]:
    limits = Limits(comment_s=0.3)
    with (
        Sandbox(preset="instant", market="manual") as sandbox,
        serving(sandbox, limits=limits) as url,
    ):
        sandbox.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        yield sandbox, url


def test_the_risk_state_comes_on_connect_and_on_change(place: tuple[Sandbox, str]) -> None:
    sandbox, url = place
    client = sandbox.client()
    with events(url, sandbox.test_key, "/v1/risk/stream") as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        state = stream.next()
        assert (state["event"], state["mode"], state["open_orders"]) == ("risk_state", "sandbox", 0)
        assert state["nav_usd"] == "15000000000.000000000"
        client.buy("BTC-USDT", 1, limit_price=99)
        changed = stream.next()
        assert (changed["open_orders"], changed["id"]) == (1, state["id"] + 1)


def test_the_risk_state_changes_while_time_stands() -> None:
    with (
        Sandbox(preset="instant", market="manual", clock="manual") as sandbox,
        serving(sandbox, limits=Limits(comment_s=0.3)) as url,
    ):
        client = sandbox.client()
        sandbox.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        copy = sandbox.snapshot()
        with events(url, sandbox.test_key, "/v1/risk/stream") as stream:
            worth = stream.next()["nav_usd_1e9"]
            client.kill_switch_engage()
            assert stream.next()["kill_switch"]
            client.kill_switch_clear()
            assert not stream.next()["kill_switch"]
            client.buy("BTC-USDT", 1, limit_price=99)
            assert stream.next()["open_orders"] == 1
            client.cancel_all_on_venue("binance")
            assert stream.next()["open_orders"] == 0
            client.buy("BTC-USDT", 1, venue="binance")
            assert stream.next()["nav_usd_1e9"] < worth
            sandbox.market.snapshot("binance", "BTC-USDT", [(200, 500)], [(202, 500)])
            assert stream.next()["nav_usd_1e9"] > worth
            sandbox.clock.advance(seconds=60)
            sandbox.restore(copy)
            assert stream.next()["nav_usd_1e9"] == worth


def test_alerts_tell_of_rejections_and_of_the_kill_switch(place: tuple[Sandbox, str]) -> None:
    sandbox, url = place
    client = sandbox.client()
    with events(url, sandbox.test_key, "/v1/alerts/stream") as stream:
        assert stream.chunk() == ":\n\n"
        client.kill_switch_engage("enough")
        assert stream.next()["kind"] == "kill_switch_engaged"
        client.kill_switch_clear()
        cleared = stream.next()
        assert (cleared["kind"], cleared["severity"]) == ("kill_switch_cleared", "info")
        order = client.buy("BTC-USDT", 1, limit_price=1_000)
        alert = stream.next()
        assert order.status == "REJECTED"
        assert (alert["kind"], alert["node_order_id"]) == ("order_rejected", order.id)
        number = cleared["id"]
    with events(url, sandbox.test_key, "/v1/alerts/stream", last_id=number) as stream:
        assert stream.next()["alert_id"] == alert["alert_id"]
    path = "/v1/alerts/stream?node_order_id=another"
    with events(url, sandbox.test_key, path, last_id=0) as stream:
        assert [stream.chunk() for _ in range(3)] == [":\n\n"] * 3


def test_silence_is_filled_with_comments(place: tuple[Sandbox, str]) -> None:
    with events(place[1], place[0].test_key, "/v1/alerts/stream") as stream:
        assert [stream.chunk() for _ in range(2)] == [":\n\n", ":\n\n"]


def test_a_last_event_id_that_is_no_number_is_refused(place: tuple[Sandbox, str]) -> None:
    parts = urlsplit(place[1])
    with socket.create_connection((parts.hostname, parts.port), timeout=WAIT_S) as made:
        made.sendall(
            f"GET /v1/risk/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: x\r\n"
            f"Authorization: Bearer {place[0].test_key}\r\n\r\n".encode()
        )
        assert Events(made).status == 400


def test_a_stopping_server_ends_the_events() -> None:
    with Sandbox(preset="instant", market="manual") as sandbox:
        with serving(sandbox) as url:
            context = events(url, sandbox.test_key, "/v1/alerts/stream")
            stream = context.__enter__()
            assert stream.chunk() == ":\n\n"
        assert stream._file.readline() in (b"0\r\n", b"")
        context.__exit__(None, None, None)


def test_the_cost_of_each_order_is_told_once_when_it_ends(place: tuple[Sandbox, str]) -> None:
    sandbox, url = place
    client = sandbox.client()
    with (
        events(url, sandbox.test_key, "/v1/tca/stream") as stream,
        client.tca_stream() as near,
    ):
        resting = client.buy("BTC-USDT", "0.1", limit_price=99)
        filled = client.buy("BTC-USDT", "0.1")
        client.cancel(resting.id)
        told = [stream.next()]
        second = client.sell("BTC-USDT", "0.05", venue=filled.row.legs[0].venue)
        told.append(stream.next())
        assert [row["node_order_id"] for row in told] == [filled.id, second.id]
        assert [row["event"] for row in told] == ["tca", "tca"]
        report = client.execution_review(filled.id).tca
        assert report is not None
        assert told[0] == report.model_dump() | {"id": 1, "event": "tca"}
        event = near.next(timeout=WAIT_S)
        assert isinstance(event, TcaEvent)
        assert event.data == report
    with events(url, sandbox.test_key, "/v1/tca/stream", last_id=1) as stream:
        assert stream.next()["node_order_id"] == second.id
