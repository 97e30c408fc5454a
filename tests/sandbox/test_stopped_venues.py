"""Faults that stop a market: several at once, and with copies of the state."""

from collections.abc import Iterator

import pytest

from sequence import Sequence
from sequence.errors import NotFoundError, UnprocessableError
from sequence.sandbox import Sandbox
from tests.doors import DOORS, door

KINDS = ("stale_venue", "halt_venue")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="manual", preset="instant", market="manual") as made:
        made.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        yield made
        assert made.check_invariants() == []


def trades(client: Sequence) -> bool:
    """Whether a market order is filled; false where it is refused or rejected."""
    try:
        return client.buy("BTC-USDT", 1).status == "FILLED"
    except UnprocessableError:
        return False


@pytest.mark.parametrize("kind", KINDS)
def test_a_market_stands_until_the_last_fault_that_stops_it_ends(
    sandbox: Sandbox, kind: str
) -> None:
    alice, bob = sandbox.client(account="alice"), sandbox.client(account="bob")
    hers = alice.sandbox.add_fault(kind, venue="binance")
    his = bob.sandbox.add_fault(kind, venue="binance", symbol="BTC-USDT", ms=1_000)
    alice.sandbox.remove_fault(hers.fault_id)
    assert [fault.fault_id for fault in bob.sandbox.faults()] == [his.fault_id]
    assert not trades(alice)
    sandbox.clock.advance(ms=1_000)
    assert bob.sandbox.faults() == []
    assert trades(alice)


@pytest.mark.parametrize("kind", KINDS)
def test_two_kinds_of_stop_end_each_by_itself(sandbox: Sandbox, kind: str) -> None:
    client = sandbox.client()
    other = next(word for word in KINDS if word != kind)
    first = client.sandbox.add_fault(kind, venue="binance")
    second = client.sandbox.add_fault(other, venue="binance")
    client.sandbox.remove_fault(first.fault_id)
    assert not trades(client)
    client.sandbox.remove_fault(second.fault_id)
    assert trades(client)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_of_the_state_holds_no_fault_that_has_ended(sandbox: Sandbox, kind: str) -> None:
    client = sandbox.client()
    fault = client.sandbox.add_fault(kind, venue="binance")
    taken = client.sandbox.snapshot()
    client.sandbox.remove_fault(fault.fault_id)
    client.sandbox.restore(taken.snapshot_id)
    assert client.sandbox.faults() == []
    assert trades(client)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_goes_on_when_an_older_copy_is_returned_to(sandbox: Sandbox, kind: str) -> None:
    client = sandbox.client()
    taken = client.sandbox.snapshot()
    sandbox.market.snapshot("binance", "ETH-USDT", [(10, 500)], [(11, 500)])
    fault = client.sandbox.add_fault(kind, venue="binance")
    client.sandbox.restore(taken.snapshot_id)
    assert [row.fault_id for row in client.sandbox.faults()] == [fault.fault_id]
    assert not trades(client)
    client.sandbox.remove_fault(fault.fault_id)
    assert trades(client)


@pytest.mark.parametrize("kind", [*KINDS, "reject_next", "cancel_next"])
def test_a_fork_begins_without_faults_and_without_what_they_do(sandbox: Sandbox, kind: str) -> None:
    client = sandbox.client()
    client.sandbox.add_fault(kind, venue="binance" if kind in KINDS else None)
    with client.sandbox.fork() as fork:
        assert fork.sandbox.faults() == []
        assert trades(fork)
    assert not trades(client)


@pytest.mark.parametrize("kind", ["http_503", "drop_reply"])
@pytest.mark.parametrize("way", DOORS)
def test_liveness_is_free_of_faults(sandbox: Sandbox, way: str, kind: str) -> None:
    with door(sandbox, way) as client:
        client.sandbox.add_fault(kind)
        assert client.health()
        assert [row.left for row in client.sandbox.faults()] == [1]


@pytest.mark.parametrize("way", DOORS)
def test_a_copy_that_is_not_kept_is_said_to_end_with_its_process(
    sandbox: Sandbox, way: str
) -> None:
    with door(sandbox, way) as client, pytest.raises(NotFoundError, match="end with the process"):
        client.sandbox.restore("snapshot_of_another_run")
