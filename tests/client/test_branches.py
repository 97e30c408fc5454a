"""Forks and loaded snapshots through both clients and both transports, and from the shell."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sequence import AsyncSequence, Sequence
from sequence.errors import (
    ConflictError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    SequenceError,
    UnprocessableError,
    ValidationError,
)
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import Done, run


class Door:
    """A client of either kind, called without `await`."""

    def __init__(self, client: Any, loop: asyncio.Runner | None, stack: ExitStack) -> None:
        self.client, self._loop, self._stack = client, loop, stack
        stack.callback(self.close)

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any:
        target = self.client.sandbox if hasattr(self.client.sandbox, name) else self.client
        found = self._run(getattr(target, name)(*args, **kwargs))
        is_client = isinstance(found, Sequence | AsyncSequence)
        return Door(found, self._loop, self._stack) if is_client else found

    def close(self) -> None:
        self._run(self.client.close())

    def _run(self, found: Any) -> Any:
        return found if self._loop is None else self._loop.run(found)


@pytest.fixture(params=["memory", "stored"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    store = "memory" if request.param == "memory" else tmp_path / "sandbox.db"
    with Sandbox(clock="manual", seed=5, store=store) as made:
        yield made


@pytest.fixture(params=["process", "http", "fast", "async process", "async http"])
def door(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Door]:
    kind: str = request.param
    with ExitStack() as stack:
        in_process = kind.endswith("process")
        url = None if in_process else stack.enter_context(serving(sandbox))
        loop = stack.enter_context(asyncio.Runner()) if kind.startswith("async") else None
        client: Any
        if loop is None:
            transport: Any = "fast" if kind == "fast" else None
            client = (
                Sequence(sandbox.test_key, base_url=url, transport=transport)
                if url
                else sandbox.client()
            )
        else:
            client = (
                AsyncSequence(sandbox.test_key, base_url=url) if url else sandbox.async_client()
            )
        yield Door(client, loop, stack)


def acted(door: Door) -> list[object]:
    """The same acts, and what came of them."""
    door("buy", "BTC-USD", "0.4", graph_id="one")
    door("advance", seconds=3)
    door("sell", "BTC-USD", "0.1", graph_id="two")
    door("advance", seconds=5)
    fills = door("fills").fills
    return [
        [(row.price_1e9, row.qty_1e8, row.ts_ns, row.evidence["latency"]) for row in fills],
        door("positions").totals,
    ]


def asked_on(ask: Callable[[], object]) -> None:
    """Asks what is ending: it finishes what is running, and then nobody answers."""
    while True:
        ask()


def test_a_fork_goes_on_as_the_run_would_and_leaves_it_alone(door: Door) -> None:
    door("buy", "BTC-USD", "0.2")
    door("buy", "BTC-USD", "1", limit_price="1000")
    door("advance", seconds=1)
    branch = door("fork")
    assert branch("account").sandbox_epoch == door("account").sandbox_epoch
    assert branch("clock").now_ns == door("clock").now_ns
    there = acted(branch)
    assert door("orders").total == 2
    assert acted(door) == there
    assert [row.fork_id for row in door("forks")] == [branch.client.fork.fork_id]
    # A fork of a fork is no different.
    third = branch("fork")
    third("cancel_all")
    third("advance", seconds=2)
    assert third("orders", open=True).total == 0
    assert branch("orders", open=True).total == 1
    branch.close()
    assert door("forks") == []
    with pytest.raises(SequenceError):
        asked_on(lambda: third("account"))


def test_others_get_to_a_fork_with_its_address_and_key(sandbox: Sandbox) -> None:
    with (
        serving(sandbox) as url,
        Sequence(sandbox.test_key, base_url=url) as client,
        client.sandbox.fork() as branch,
    ):
        made = branch.fork
        assert made is not None
        assert made.url is not None
        assert made.api_key not in repr(made)
        with (
            Sequence(sandbox.test_key, base_url=made.url) as stranger,
            pytest.raises(SequenceError, match="key"),
        ):
            stranger.account()
        with Sequence(made.api_key, base_url=made.url) as other, other.stream("orders") as stream:
            branch.buy("BTC-USD", "0.1")
            event = stream.next(timeout=10)
            assert event is not None
            assert other.orders().total == 1
            client.sandbox.end_fork(made.fork_id)
        with (
            Sequence(made.api_key, base_url=made.url, max_retries=0) as late,
            pytest.raises(SequenceError),
        ):
            asked_on(late.account)
        assert client.account().mode == "sandbox"


def test_a_fork_ends_with_its_server(sandbox: Sandbox) -> None:
    with serving(sandbox) as url:
        client = Sequence(sandbox.test_key, base_url=url, max_retries=0)
        branch = client.sandbox.fork()
        branch.account()
    with pytest.raises(NetworkError):
        branch.account()
    branch.close()
    assert sandbox.runtime.beside.of(sandbox.runtime.local, is_admin=True) == []
    assert sandbox.client().account().mode == "sandbox"


def test_who_may_fork_and_how_often(sandbox: Sandbox) -> None:
    alice, admin = sandbox.client(account="alice"), sandbox.client()
    alice.positions()
    with alice.sandbox.fork() as alone:
        alone.buy("BTC-USD", "0.1", graph_id="hers")
        assert alone.account().client_id == alice.account().client_id
        assert admin.sandbox.forks()[0].url is None
    admin.positions()
    with pytest.raises(ConflictError, match="admin key"):
        alice.sandbox.fork()
    mine = [admin.sandbox.fork() for _ in range(8)]
    assert alice.sandbox.forks() == []
    first = mine[0].fork
    assert first is not None
    with pytest.raises(NotFoundError, match="there is none"):
        alice.sandbox.end_fork(first.fork_id)
    with pytest.raises(ConflictError, match="at most 8"):
        admin.sandbox.fork()
    for branch in mine:
        branch.close()
    admin.sandbox.fork().close()


def test_a_running_server_holds_the_state_of_a_file(door: Door, tmp_path: Path) -> None:
    file = tmp_path / "state.seq"
    door("buy", "BTC-USD", "0.4", graph_id="early", venue="kraken", limit_price=1000)
    door("advance", seconds=2)
    door("save_snapshot", file)
    door("cancel_all")
    door("advance", seconds=2)
    loaded = door("load_snapshot", file)
    assert loaded("orders", open=True).total == 1
    assert loaded("order", "graph:early:order:1").status == "ACCEPTED"
    assert door("orders", open=True).total == 0
    assert loaded("buy", "BTC-USD", "0.1", graph_id="late").graph_id == "late"
    assert door("orders").total == 1
    loaded.close()
    assert door("forks") == []
    packed = file.read_bytes()
    for bad, reason in (
        (packed[:-3], "is damaged"),
        (b"sequence snapshot 9\n{}\n", "of form 9"),
        (packed.replace(b'"schema": "0', b'"schema": "1', 1), "with schema 1"),
        (b"something else", "is no snapshot"),
    ):
        file.write_bytes(bad)
        with pytest.raises(UnprocessableError, match=reason):
            door("load_snapshot", file)
    with pytest.raises(ValidationError, match="No such file"):
        door("load_snapshot", tmp_path / "missing.seq")
    assert door("forks") == []


def test_a_recording_is_not_played_twice_and_a_snapshot_takes_an_admin(tmp_path: Path) -> None:
    file = tmp_path / "state.seq"
    with Sandbox(clock="manual") as sandbox:
        sandbox.save_snapshot(file)
        alice = sandbox.client(account="alice")
        with pytest.raises(ForbiddenError, match="admin"):
            alice.sandbox.load_snapshot(file)
    row = {"ts_ns": 1_776_657_000 * 10**9, "type": "snapshot", "venue": "kraken"}
    row |= {"symbol": "BTC-USD", "bids": [["100", "3"]], "asks": [["101", "3"]]}
    recording = tmp_path / "a.jsonl"
    recording.write_text(json.dumps(row) + "\n")
    with Sandbox(clock="replay", market=[recording]) as sandbox:
        with pytest.raises(ConflictError, match="snapshot load"):
            sandbox.client().sandbox.load_snapshot(file)
        with sandbox.client().sandbox.fork() as branch:
            assert branch.quote("BTC-USD").nbbo.bid == 100


def test_a_large_snapshot_is_loaded_and_other_bodies_stay_small(tmp_path: Path) -> None:
    file = tmp_path / "state.seq"
    with Sandbox(clock="manual", preset="instant") as sandbox, serving(sandbox) as url:
        local = sandbox.client()
        for number in range(1_500):
            local.buy("BTC-USD", "0.01", limit_price=1000 + number, tag=f"t{number}")
        with Sequence(sandbox.test_key, base_url=url) as client:
            client.sandbox.save_snapshot(file)
            with client.sandbox.load_snapshot(file) as loaded:
                assert loaded.orders(open=True).total == 1_500
            with pytest.raises(SequenceError):
                client.buy("BTC-USD", "0.01", graph_id="x" * 600)


def test_the_commands(sandbox: Sandbox, tmp_path: Path) -> None:
    file = str(tmp_path / "state.seq")
    with serving(sandbox) as url:

        def ask(*arguments: str, at: str = url, key: str = sandbox.test_key) -> Done:
            return run("--url", at, "--key", key, *arguments, home=tmp_path)

        sandbox.client().buy("BTC-USD", "0.1", limit_price=1000)
        made = json.loads(ask("sandbox", "fork", "--json").out)
        orders = ask("orders", "--json", at=made["url"], key=made["api_key"])
        assert json.loads(orders.out)["total"] == 1
        assert made["fork_id"] in ask("sandbox", "forks").out
        assert ask("sandbox", "unfork", made["fork_id"]).code == 0
        twice = ask("sandbox", "unfork", made["fork_id"])
        assert twice.code == 1
        assert "there is none" in twice.err
        assert "bytes" in ask("snapshot", "save", file).out
        loaded = ask("snapshot", "load", file, "--beside")
        assert loaded.code == 0
        assert "export SEQUENCE_BASE_URL=http://" in loaded.out
        Path(file).write_bytes(Path(file).read_bytes()[:-4])
        for more, code in ((["--beside"], 1), ([], 5)):
            damaged = ask("snapshot", "load", file, *more)
            assert damaged.code == code
            assert "is damaged" in damaged.err
