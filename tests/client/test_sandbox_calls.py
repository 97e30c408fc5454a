"""What a test can do to the world, through both clients and both transports."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sequence import AsyncSequence, Sequence
from sequence.errors import (
    ConflictError,
    NotFoundError,
    ServiceUnavailableError,
    UnprocessableError,
    ValidationError,
    WaitTimeoutError,
)
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import run

EVENT = "KXBTCZ-26DEC31-T99000"
Ask = Callable[..., Any]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="realistic", market="manual", clock="manual") as made:
        yield made


@pytest.fixture(params=["process", "http", "async process", "async http"])
def ask(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Ask]:
    """Calls a verb of `client` or `client.sandbox`, whichever client it is."""
    kind: str = request.param
    with ExitStack() as stack:
        url = stack.enter_context(serving(sandbox)) if kind.endswith("http") else None
        loop = stack.enter_context(asyncio.Runner()) if kind.startswith("async") else None
        client: Any
        if loop is None:
            client = Sequence(sandbox.test_key, base_url=url) if url else sandbox.client()
            stack.callback(client.close)
        else:
            client = (
                AsyncSequence(sandbox.test_key, base_url=url) if url else sandbox.async_client()
            )
            stack.callback(lambda: loop.run(client.close()))

        def call(name: str, *args: Any, **kwargs: Any) -> Any:
            target = client.sandbox if hasattr(client.sandbox, name) else client
            found = getattr(target, name)(*args, **kwargs)
            return found if loop is None else loop.run(found)

        yield call


def test_a_market_is_fed_a_clock_moved_and_an_order_followed_to_its_end(ask: Ask):
    levels: dict[str, Any] = {"bids": [(100, 5)], "asks": [("101.5", 0.25), [102, "5"]]}
    assert ask("book", "kraken", "BTC-USD", **levels).applied == 1
    order = ask("buy", "BTC-USD", 1)
    assert order.status == "NEW"
    before = ask("clock")
    assert before.clock == "manual"
    assert ask("advance_until", order) is order
    assert order.status == "FILLED"
    now_ns = ask("advance", seconds=1, ms=1, ns=1).now_ns
    assert now_ns > before.now_ns + 1_001_000_001
    assert ask("set_clock", now_ns + 5).now_ns == now_ns + 5
    trade = {"type": "trade", "venue": "kraken", "symbol": "BTC-USD", "side": "buy"}
    assert ask("feed", [trade | {"price": 101.5, "qty": 1}]).applied == 1
    types = {row.type for row in ask("events", limit=10_000).events}
    assert {"order_changed", "order_filled"} <= types


def test_an_order_that_nobody_ends_is_told_with_the_order(ask: Ask):
    ask("book", "kraken", "BTC-USD", bids=[(100, 5)], asks=[(101, 5)])
    order = ask("buy", "BTC-USD", 1, limit_price=50)
    with pytest.raises(WaitTimeoutError, match="after 2 s of the sandbox") as caught:
        ask("advance_until", order, seconds=2)
    assert caught.value.order is order
    assert order.status == "ACCEPTED"


def test_time_runs_forward_only(ask: Ask):
    for bad in ({"seconds": -1}, {"ms": float("nan")}, {"ns": 1.5}, {"seconds": "1"}):
        with pytest.raises(ValidationError):
            ask("advance", **bad)
    with pytest.raises(UnprocessableError, match="never runs backwards"):
        ask("set_clock", 1)


def test_faults_come_and_go(ask: Ask):
    ask("book", "kraken", "BTC-USD", bids=[(100, 5)], asks=[(101, 5)])
    fault = ask("add_fault", "halt_venue", venue="kraken")
    assert [row.fault_id for row in ask("faults")] == [fault.fault_id]
    assert ask("remove_fault", fault.fault_id).kind == "halt_venue"
    assert ask("faults") == []
    with pytest.raises(NotFoundError):
        ask("remove_fault", fault.fault_id)
    with pytest.raises(ValidationError, match="needs a venue"):
        ask("add_fault", "halt_venue")
    ask("add_fault", "http_503", count=9)
    with pytest.raises(ServiceUnavailableError):
        ask("account")


def test_a_snapshot_brings_back_what_was(ask: Ask):
    ask("book", "kraken", "BTC-USD", bids=[(100, 5)], asks=[(101, 5)])
    assert ask("snapshots") == []
    kept = ask("snapshot")
    assert [(row.snapshot_id, row.ts_ns) for row in ask("snapshots")] == [
        (kept.snapshot_id, kept.ts_ns)
    ]
    ask("advance_until", ask("buy", "BTC-USD", 1))
    assert ask("orders").total == 1
    assert ask("restore", kept.snapshot_id).snapshot_id == kept.snapshot_id
    assert ask("orders").total == 0


def test_an_event_market_ends(ask: Ask):
    rows = [{"venue": "kalshi", "kind": "event_contract", "symbol": f"{EVENT}:YES", "qty": 100}]
    ask("set_positions", rows)
    ask("book", "kalshi", EVENT, bids=[("0.4", 5)], asks=[("0.5", 5)])
    answer = ask("settle", "kalshi", EVENT, 1)
    assert answer.settled_positions == 1
    assert answer.payout_usd == 100
    with pytest.raises(ValidationError, match="exactly one of value and void"):
        ask("settle", "kalshi", EVENT)


def test_a_world_that_moves_by_itself_is_not_moved():
    with Sandbox() as sandbox:
        client = sandbox.client()
        for call in (
            lambda: client.sandbox.advance(seconds=1),
            lambda: client.sandbox.book("kraken", "BTC-USD", bids=[(1, 1)]),
        ):
            with pytest.raises(ConflictError):
                call()
        assert client.sandbox.clock().clock == "wall"


def test_the_same_from_the_command_line(sandbox: Sandbox, tmp_path: Any):
    client = sandbox.client()
    client.sandbox.book("kalshi", EVENT, bids=[("0.4", 5)], asks=[("0.5", 5)])
    with serving(sandbox) as url:
        environment = {"SEQUENCE_BASE_URL": url, "SEQUENCE_API_KEY": sandbox.test_key}

        def command(*words: str) -> Any:
            return run("sandbox", *words, home=tmp_path, environment=environment)

        before = client.sandbox.clock().now_ns
        assert command("clock").out == f"manual  {before} ns\n"
        moved = command("clock", "--advance", "1.5m", "--json")
        assert moved.json["now_ns"] == before + 90 * 10**9
        assert command("clock", "--to", str(before + 91 * 10**9)).code == 0
        assert command("clock", "--advance", "soon").code == 2
        assert command("clock", "--advance", "1s", "--to", "1").code == 2
        added = command("faults", "add", "delay", "--ms", "5", "--count", "3", "--json").json
        assert added["fault_id"][-8:] in command("faults", "list").out
        assert command("faults", "remove", added["fault_id"]).out == f"{added['fault_id']} ended\n"
        kept = command("snapshot").out.strip()
        assert command("settle", "kalshi", EVENT, "1").out == "0 positions settled, 0 USD paid\n"
        assert command("restore", kept).code == 0
        assert command("restore", "none").code == 1
        assert "hash " in command("events").out
