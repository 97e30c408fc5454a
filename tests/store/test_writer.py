"""Answers leave after the commit; a commit that fails is the end."""

import http.client
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sequence.errors import SequenceError, ServiceUnavailableError
from sequence.sandbox import Sandbox
from sequence.sandbox.stream.hub import Hub
from sequence.server import serving
from sequence.store import Batch, StoreError
from sequence.store.memory import MemoryStore


class Gate(MemoryStore):
    """A store whose commits wait until they are let through, or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()
        self.fails = False
        self.groups: list[int] = []

    def commit(self, batch: Batch) -> None:
        self.reached.set()
        assert self.open.wait(20)
        if self.fails:
            raise StoreError("the disk is full")
        self.groups.append(len(batch.rows.get("orders", ())))
        super().commit(batch)


def post(url: str, key: str, body: dict[str, Any]) -> tuple[int, bytes, str | None]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=20)
    headers = {"Authorization": f"Bearer {key}"}
    connection.request("POST", "/v1/orders", json.dumps(body), headers)
    answer = connection.getresponse()
    found = answer.status, answer.read(), answer.getheader("Idempotent-Replayed")
    connection.close()
    return found


ORDER: dict[str, Any] = {"symbol": "BTC-USD", "side": "buy", "qty": 0.01}


def test_no_answer_leaves_before_its_commit():
    store = Gate()
    with Sandbox(store=store, preset="instant") as sandbox, serving(sandbox) as url:
        post(url, sandbox.test_key, ORDER)
        store.open.clear()
        store.reached.clear()
        answers: list[Any] = []
        thread = threading.Thread(
            target=lambda: answers.append(post(url, sandbox.test_key, ORDER | {"graph_id": "g"}))
        )
        thread.start()
        assert store.reached.wait(20)
        assert answers == []
        store.open.set()
        thread.join()
        assert answers[0][0] == 200


def test_a_read_waits_for_what_it_shows():
    store = Gate()
    with Sandbox(store=store, preset="instant") as sandbox, serving(sandbox) as url:
        post(url, sandbox.test_key, ORDER)
        store.open.clear()
        store.reached.clear()
        waiting = [threading.Thread(target=post, args=(url, sandbox.test_key, ORDER))]
        waiting[0].start()
        assert store.reached.wait(20)
        done = threading.Event()

        def read() -> None:
            _get(url, sandbox.test_key, "/v1/orders")
            done.set()

        waiting.append(threading.Thread(target=read))
        waiting[1].start()
        assert not done.wait(0.2)
        store.open.set()
        assert done.wait(20)
        for thread in waiting:
            thread.join()


def test_readers_hear_of_an_order_only_once_it_is_stored(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Hub, "is_read", True)
    store = Gate()
    with Sandbox(store=store, clock="manual", preset="instant") as sandbox:
        told: list[Any] = []
        hub = sandbox.runtime.hub
        hub.listen()
        hub.hand_out = told.extend  # type: ignore[method-assign]
        with sandbox.group():
            sandbox.client().buy("BTC-USD", "0.01")
            assert told == []
        assert {frame[1] for frame in told} >= {"orders", "fills"}
        count = len(told)
        store.fails = True
        with pytest.raises(ServiceUnavailableError):
            sandbox.client().buy("BTC-USD", "0.01")
        assert len(told) == count


def test_many_senders_share_commits():
    store = Gate()
    with Sandbox(store=store, preset="instant") as sandbox, serving(sandbox) as url:
        post(url, sandbox.test_key, ORDER)
        store.open.clear()
        store.reached.clear()
        threads = [
            threading.Thread(target=post, args=(url, sandbox.test_key, ORDER)) for _ in range(20)
        ]
        threads[0].start()
        assert store.reached.wait(20)
        for thread in threads[1:]:
            thread.start()
        keeper = sandbox.runtime.keeper
        assert keeper is not None
        while len(keeper.writer._waiting) < 19:
            threading.Event().wait(0.01)
        store.open.set()
        for thread in threads:
            thread.join()
        assert store.groups[-2:] == [1, 19]


def test_fifty_senders_of_one_id_make_one_order_and_get_one_answer(database: Path):
    with Sandbox(store=database, preset="instant") as sandbox, serving(sandbox) as url:
        body = ORDER | {"graph_id": "same"}
        answers: list[Any] = []
        threads = [
            threading.Thread(target=lambda: answers.append(post(url, sandbox.test_key, body)))
            for _ in range(50)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {(status, raw) for status, raw, _ in answers} == {(200, answers[0][1])}
        assert [replayed for *_, replayed in answers].count(None) == 1
        assert sandbox.client().orders().total == 1
    with Sandbox(store=database, preset="instant") as sandbox, serving(sandbox) as url:
        assert post(url, sandbox.test_key, body) == (200, answers[0][1], "true")


def test_after_a_failed_commit_writes_are_refused_and_nothing_is_tried_again():
    store = Gate()
    with Sandbox(store=store, clock="manual", preset="instant") as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.1")
        store.fails = True
        with pytest.raises(ServiceUnavailableError, match="not stored"):
            client.buy("BTC-USD", "0.1")
        store.fails = False
        with pytest.raises(ServiceUnavailableError, match="read-only"):
            client.buy("BTC-USD", "0.1")
        report = client.health_report()
        assert (report.status, report.store.writable) == ("read_only", False)
        assert len(store.groups) == 2
    with Sandbox(store=store, clock="manual", preset="instant") as sandbox:
        assert sandbox.client().orders().total == 1


def test_a_server_ends_when_a_commit_fails():
    store = Gate()
    sandbox = Sandbox(store=store, preset="instant")
    with pytest.raises(StoreError, match="disk is full"), serving(sandbox) as url:  # noqa: PT012
        post(url, sandbox.test_key, ORDER)
        store.fails = True
        status, raw, _ = post(url, sandbox.test_key, ORDER)
        assert (status, json.loads(raw)["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    sandbox.close()


def test_a_full_disk_ends_the_writes_and_space_brings_everything_back(
    database: Path, reopen: Callable[..., Sandbox]
):
    sandbox = reopen()
    client = sandbox.client()
    client.buy("BTC-USD", "0.1", graph_id="kept")
    keeper = sandbox.runtime.keeper
    assert keeper is not None
    driver: Any = keeper.store._driver  # type: ignore[attr-defined]
    pages = driver.execute("PRAGMA page_count").fetchone()[0]
    driver.execute(f"PRAGMA max_page_count = {pages}")
    acknowledged = ["kept"]
    with pytest.raises(SequenceError, match="full"):  # noqa: PT012
        for number in range(500):
            client.buy("BTC-USD", "0.001", graph_id=f"g{number}")
            acknowledged.append(f"g{number}")
    assert client.orders(limit=1).orders
    with pytest.raises(SequenceError, match="read-only"):
        client.buy("BTC-USD", "0.1")
    sandbox.close()
    with reopen() as sandbox:
        assert sandbox.check_invariants() == []
        orders = sandbox.client().orders(limit=500).orders
        assert {order.graph_id for order in orders} == set(acknowledged)
        assert sandbox.client().buy("BTC-USD", "0.1").status == "FILLED"


def test_a_group_is_one_commit(reopen: Callable[..., Sandbox]):
    with reopen() as sandbox:
        keeper = sandbox.runtime.keeper
        assert keeper is not None
        before = keeper.writer.commits
        with sandbox.group():
            for _ in range(10):
                sandbox.client().buy("BTC-USD", "0.01")
            assert keeper.writer.commits == before
        assert keeper.writer.commits == before + 1


def test_reads_commit_nothing(reopen: Callable[..., Sandbox]):
    with reopen() as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.01")
        keeper = sandbox.runtime.keeper
        assert keeper is not None
        before = keeper.writer.commits
        client.orders()
        client.positions()
        client.quote("BTC-USD")
        assert keeper.writer.commits == before


def _get(url: str, key: str, path: str) -> bytes:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=20)
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    raw = connection.getresponse().read()
    connection.close()
    return raw
