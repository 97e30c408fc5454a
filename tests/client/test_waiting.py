"""Waiting for an order: what a wait that runs out says, and a clock that stands."""

import asyncio
import builtins
import pickle
import threading
import time

import pytest

from sequence import errors
from sequence.sandbox import Sandbox
from sequence.types._words import FaultKind


def test_a_wait_that_runs_out_is_no_lost_request() -> None:
    with Sandbox() as sandbox:
        order = sandbox.client().buy("BTC-USD", 1, limit_price=50_000, venue="kraken")
        with pytest.raises(errors.WaitTimeoutError) as caught:
            order.wait(timeout=0)
    assert isinstance(caught.value, builtins.TimeoutError)
    assert not isinstance(caught.value, errors.NetworkError)
    assert str(caught.value) == f"order {order.id} is still {order.status} after 0 s"
    assert caught.value.order is order
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (str(again), again.order) == (str(caught.value), None)


def test_nobody_waits_for_a_clock_that_nobody_moves() -> None:
    alone = threading.active_count() == 1
    with Sandbox(clock="manual") as sandbox:
        order = sandbox.client().buy("BTC-USD", 0.1)
        began = time.monotonic()
        with pytest.raises(errors.WaitTimeoutError, match=r"clock\.advance"):
            order.wait(timeout=60 if alone else 0.05)
        assert time.monotonic() - began < 30
        sandbox.clock.advance(seconds=5)
        assert order.wait(timeout=0.05).status == "FILLED"


def test_a_clock_that_another_thread_moves_is_waited_for() -> None:
    with Sandbox(clock="manual") as sandbox:
        order = sandbox.client().buy("BTC-USD", 0.1)
        mover = threading.Timer(0.1, lambda: sandbox.clock.advance(seconds=5))
        mover.start()
        assert order.wait(timeout=20).status == "FILLED"
        mover.join()


def test_a_clock_that_another_task_moves_is_waited_for() -> None:
    async def follow(sandbox: Sandbox) -> str:
        order = await sandbox.async_client().buy("BTC-USD", 0.1)

        async def move() -> None:
            await asyncio.sleep(0.1)
            sandbox.clock.advance(seconds=5)

        moving = asyncio.create_task(move())
        status = (await order.wait(timeout=20)).status
        await moving
        return status

    with Sandbox(clock="manual") as sandbox:
        assert asyncio.run(follow(sandbox)) == "FILLED"


@pytest.mark.parametrize("kind", ["http_429", "http_503"])
def test_a_refusal_on_demand_is_tried_again_in_process_too(kind: FaultKind) -> None:
    with Sandbox(preset="instant", market="manual") as sandbox:
        client = sandbox.client()
        sandbox.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        sandbox.faults.add(kind, count=2)
        assert client.buy("BTC-USDT", 1).status == "FILLED"
        assert list(sandbox.faults) == []
        assert client.orders().total == 1
        sandbox.faults.add(kind, count=4)
        with pytest.raises(errors.ApiError, match="a fault of the sandbox"):
            client.orders()


def test_a_lost_answer_on_demand_is_asked_for_again_unless_it_could_act_twice() -> None:
    with Sandbox(preset="instant", market="manual") as sandbox:
        client = sandbox.client()
        sandbox.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        sandbox.faults.add("drop_reply")
        assert client.orders().total == 0
        sandbox.faults.add("drop_reply")
        assert client.buy("BTC-USDT", 1, graph_id="once").graph_id == "once"
        sandbox.faults.add("drop_reply")
        with pytest.raises(errors.NetworkError):
            client.buy("BTC-USDT", 1)
        assert client.orders().total == 2


def test_a_delay_on_demand_takes_its_time_in_process_too() -> None:
    async def ask(sandbox: Sandbox) -> None:
        await sandbox.async_client().orders()

    with Sandbox() as sandbox:
        for call in (lambda: sandbox.client().orders(), lambda: asyncio.run(ask(sandbox))):
            sandbox.faults.add("delay", ms=200)
            began = time.monotonic()
            call()
            assert time.monotonic() - began >= 0.2
