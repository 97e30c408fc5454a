"""How many ended orders stay in memory, and what is said of those that do not."""

import pytest

from sequence import Sequence
from sequence.errors import ConflictError, NotFoundError, ValidationError
from sequence.sandbox import Sandbox


def _sandbox(keep: int | None) -> Sandbox:
    sandbox = Sandbox(clock="manual", preset="instant", market="manual", seed=1, keep=keep)
    sandbox.market.snapshot("kraken", "BTC-USD", [("100", "1000")], [("101", "1000")])
    return sandbox


def _trade(client: Sequence, count: int) -> None:
    for at in range(count):
        client.buy("BTC-USD", "0.1", venue="kraken", graph_id=f"order-{at}")


def test_the_newest_orders_stay_with_their_fills_and_older_ones_while_they_can_trade() -> None:
    with _sandbox(10) as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.1", limit_price="90", venue="kraken", graph_id="rests")
        _trade(client, 40)
        sandbox.clock.advance(seconds=1)
        ids = [row.graph_id for row in client.orders_iter()]
        assert ids[:10] == [f"order-{at}" for at in range(39, 29, -1)]
        assert ids[-1] == "rests"
        assert len(ids) <= 10 + 1 + 1
        fills = [fill.graph_id for fill in client.fills_iter()]
        assert fills[:10] == ids[:10]
        assert set(fills) <= set(ids)
        assert client.order("rests").status == "ACCEPTED"
        client.cancel("rests")
        assert client.order("rests").status == "CANCELLED"
        assert sandbox.check_invariants() == []


def test_what_was_forgotten_is_refused_by_a_sentence_and_never_sent_twice() -> None:
    with _sandbox(0) as sandbox:
        client = sandbox.client()
        _trade(client, 3)
        held = client.positions()
        with pytest.raises(NotFoundError, match=r"order-0.*ended, and is not kept.*keep"):
            client.order("order-0")
        with pytest.raises(NotFoundError, match=r"order 0 ended, and is not kept.*keep"):
            sandbox.desk().order(0)
        with pytest.raises(NotFoundError, match="there is no order 4000000000"):
            sandbox.desk().order(4_000_000_000)
        with pytest.raises(ConflictError, match=r"order-0 was used before"):
            client.buy("BTC-USD", "0.1", venue="kraken", graph_id="order-0")
        assert client.positions() == held
        with pytest.raises(NotFoundError, match=r'no order or graph "never"'):
            client.order("never")


def test_money_and_events_are_those_of_a_sandbox_that_keeps_all() -> None:
    seen = []
    for keep in (None, 2):
        with _sandbox(keep) as sandbox:
            client = sandbox.client()
            _trade(client, 20)
            seen.append((client.positions(), sandbox.runtime.engine.state_hash()))
    assert seen[0] == seen[1]


def test_a_snapshot_and_a_fork_forget_as_their_origin_does() -> None:
    with _sandbox(2) as sandbox:
        client = sandbox.client()
        _trade(client, 10)
        copy = sandbox.snapshot()
        with sandbox.fork() as branch:
            _trade_more(branch.client())
            assert len([*branch.client().orders_iter()]) <= 4
        sandbox.restore(copy)
        _trade_more(client)
        assert len([*client.orders_iter()]) <= 4
        assert sandbox.check_invariants() == []


def _trade_more(client: Sequence) -> None:
    for at in range(10):
        client.sell("BTC-USD", "0.1", venue="kraken", graph_id=f"later-{at}")


@pytest.mark.parametrize("keep", [-1, 2**32, True, "10", 1.5])
def test_a_number_of_orders_is_asked_for(keep: object) -> None:
    with pytest.raises(ValidationError, match="keep: must be an integer"):
        Sandbox(keep=keep)  # type: ignore[arg-type]
