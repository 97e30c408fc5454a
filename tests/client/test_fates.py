"""What becomes of orders on demand: by faults, names, a rate; and waiting by moving the clock."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import (
    ConflictError,
    NetworkError,
    RateLimitedError,
    SequenceError,
    ServiceUnavailableError,
    ValidationError,
    WaitTimeoutError,
)
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import run

ENDS = {
    "reject": ("REJECTED", None),
    "cancel": ("CANCELLED", "HALTED"),
    "expire": ("EXPIRED", "EXPIRED"),
}


@pytest.fixture(params=["instant", "realistic"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(preset=request.param, clock="manual", market="manual", seed=3) as made:
        for venue in ("kraken", "coinbase"):
            made.market.snapshot(venue, "BTC-USD", bids=[("100", 50)], asks=[("101", 50)])
        yield made


def over(client: Sequence, **options: Any) -> Any:
    return client.buy("BTC-USD", 1, **options).wait(5, skip=True)


@pytest.mark.parametrize("fate", ENDS)
@pytest.mark.parametrize("limit_price", [None, 90, 105])
def test_an_end_by_a_fault_and_by_a_name(
    client: Sequence, sandbox: Sandbox, fate: str, limit_price: int | None
) -> None:
    free = client.positions().totals.cash
    client.sandbox.add_fault(f"{fate}_next", count=2)  # type: ignore[arg-type]
    left = [row.left for row in client.sandbox.faults()]
    orders = [over(client, limit_price=limit_price) for _ in range(2)]
    orders.append(over(client, limit_price=limit_price, graph_id=f"magic-{fate}"))
    orders.append(over(client, limit_price=limit_price, graph_id=f"magic-{fate}-2"))
    for order in orders:
        status, done = ENDS[fate]
        assert order.status == status
        assert order.filled_qty == 0
        assert done is None or order.row.done_reason == done
    assert left == [2]
    assert client.sandbox.faults() == []
    assert client.positions().totals.cash == free, "what was held back is free again"
    assert sandbox.check_invariants() == []
    assert over(client, graph_id="magic-else").status == "FILLED"


@pytest.mark.parametrize("by", ["fault", "name"])
def test_a_fill_in_part(client: Sequence, sandbox: Sandbox, by: str) -> None:
    def buy(number: int, **options: Any) -> Any:
        if by == "fault":
            client.sandbox.add_fault("partial_next")
            return client.buy("BTC-USD", 3, **options)
        return client.buy("BTC-USD", 3, graph_id=f"magic-partial-{number}", **options)

    order = buy(1, limit_price=101, venue="kraken")
    client.sandbox.advance(seconds=1)
    assert (order.refresh().status, order.filled_qty) == ("PARTIAL", 1.5)
    assert sandbox.check_invariants() == []
    market = buy(2, venue="coinbase")
    client.sandbox.advance(seconds=1)
    assert (market.refresh().status, market.filled_qty) == ("CANCELLED", 1.5)
    passive = buy(3, limit_price=99, venue="coinbase")
    client.sandbox.advance(seconds=1)
    assert (passive.refresh().status, passive.filled_qty) == ("ACCEPTED", 0)
    whole = buy(4, limit_price=103, venue="coinbase", tif="FOK")
    client.sandbox.advance(seconds=1)
    assert (whole.refresh().status, whole.filled_qty) == ("FILLED", 3)
    # The rest is an order like any other: its market fills it.
    sandbox.market.snapshot("kraken", "BTC-USD", bids=[("100", 50)], asks=[("100.5", 50)])
    assert order.wait(5, skip=True).status == "FILLED"
    assert client.cancel(passive.id).status
    assert sandbox.check_invariants() == []


def test_a_fate_may_be_for_a_venue_and_taken_back(client: Sequence) -> None:
    client.sandbox.add_fault("cancel_next", venue="coinbase")
    expire = client.sandbox.add_fault("expire_next", symbol="ETH-USD")
    with pytest.raises(ConflictError, match="cancel_next is in force"):
        client.sandbox.add_fault("cancel_next")
    assert over(client, venue="kraken").status == "FILLED"
    client.sandbox.remove_fault(expire.fault_id)
    assert over(client, venue="coinbase").status == "CANCELLED"
    assert client.sandbox.faults() == []


def test_a_late_answer_has_its_effect_before(client: Sequence, sandbox: Sandbox) -> None:
    client.sandbox.add_fault("late_next", ms=30)
    client.quote("BTC-USD")
    assert [row.left for row in client.sandbox.faults()] == [1], "it is for orders alone"
    began = time.monotonic()
    client.buy("BTC-USD", 1)
    assert time.monotonic() - began >= 0.03
    assert client.sandbox.faults() == []
    with serving(sandbox) as url:
        hasty = Sequence(sandbox.test_key, base_url=url, timeout=0.3, max_retries=0)
        with hasty, pytest.raises(NetworkError):
            hasty.buy("BTC-USD", 1, graph_id="magic-late-1")
    assert client.buy("BTC-USD", 1, graph_id="magic-late-1").graph_id == "magic-late-1"
    assert client.orders().total == 2


def failed(client: Sequence, calls: int) -> list[str]:
    found: list[str] = []
    for _ in range(calls):
        try:
            client.account()
            found.append("")
        except (ServiceUnavailableError, RateLimitedError, NetworkError) as error:
            found.append(type(error).__name__)
    return found


def test_a_share_of_requests_fails_the_same_ones_for_a_seed(client: Sequence) -> None:
    runs: list[list[str]] = []
    for _ in range(2):
        fault = client.sandbox.add_fault("failures", rate=0.25, seed=9, ms=1)
        assert (fault.rate, fault.left) == (0.25, None)
        in_process = not client._is_lossy()
        if in_process:
            client._options = replaced(client._options)
        runs.append(failed(client, 120))
        client.sandbox.remove_fault(fault.fault_id)
    assert runs[0] == runs[1]
    hit = [name for name in runs[0] if name]
    assert 10 <= len(hit) <= 35, "a quarter, of which a quarter is only late"
    assert set(hit) == {"ServiceUnavailableError", "RateLimitedError", "NetworkError"}
    assert set(failed(client, 20)) == {""}


def replaced(options: Any) -> Any:
    from dataclasses import replace

    return replace(options, max_retries=0)


def test_a_rate_is_a_share_and_counts(client: Sequence) -> None:
    for bad in (0, 1.5, -1):
        with pytest.raises(ValidationError, match="rate"):
            client.sandbox.add_fault("failures", rate=bad)
    with pytest.raises(ValidationError, match="needs a rate"):
        client.sandbox.add_fault("failures")
    with pytest.raises(ValidationError, match="requests"):
        client.sandbox.add_fault("reject_next", rate=0.5)
    client.sandbox.add_fault("delay", rate=1, ms=0, count=3)
    failed(client, 3)
    assert client.sandbox.faults() == []


def test_waiting_moves_a_manual_clock_when_asked(client: Sequence) -> None:
    order = client.buy("BTC-USD", 1, limit_price=50, horizon_ms=20_000)
    before = client.sandbox.clock().now_ns
    with pytest.raises(WaitTimeoutError, match="after 5 s of the sandbox"):
        order.wait(5, skip=True)
    assert order.wait(skip=True).status == "EXPIRED"
    assert client.sandbox.clock().now_ns - before >= 20 * 10**9


def test_a_wall_clock_is_not_moved() -> None:
    with Sandbox() as sandbox:
        order = sandbox.client().buy("BTC-USD", 1, limit_price=50)
        with pytest.raises(SequenceError, match="wall"):
            order.wait(1, skip=True)


def test_the_commands(sandbox: Sandbox, tmp_path: Any) -> None:
    with serving(sandbox) as url:
        at = ("--url", url, "--key", sandbox.test_key)
        for more in (("partial_next",), ("failures", "--rate", "0.5", "--seed", "1")):
            done = run(*at, "sandbox", "faults", "add", *more, home=tmp_path)
            assert done.code == 0, done.err
            assert more[0] in done.out
        bad = run(*at, "sandbox", "faults", "add", "cancel_nxt", home=tmp_path)
        assert bad.code == 2
        assert "cancel_next" in bad.err


def test_a_call_that_no_fault_meets_never_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def asleep(seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s")

    with Sandbox(clock="manual", preset="instant") as sandbox:
        client = sandbox.client()
        monkeypatch.setattr(time, "sleep", asleep)
        assert client.buy("BTC-USD", "0.01").status == "FILLED"


def test_the_sandbox_moves_until_an_order_of_any_account_is_over(sandbox: Sandbox) -> None:
    def placed(client: Sequence) -> Any:
        return client.buy("BTC-USD", 1, venue="kraken", graph_id="mine")

    alice = sandbox.client(account="alice")
    mine, hers = placed(sandbox.client()), placed(alice)
    assert sandbox.advance_until(hers).status == "FILLED"
    assert sandbox.advance_until(mine).status == "FILLED"
    bob = sandbox.async_client(account="bob")
    his = asyncio.run(bob.buy("BTC-USD", 1, venue="kraken", graph_id="mine"))
    assert sandbox.advance_until(his).status == "FILLED"
    rests = alice.buy("BTC-USD", 1, limit_price=90, venue="kraken")
    with pytest.raises(WaitTimeoutError, match="is still ACCEPTED after 2 s of the sandbox"):
        sandbox.advance_until(rests, seconds=2)
