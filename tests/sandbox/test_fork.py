"""Branches of a run: a fork draws what the run would have drawn."""

import pytest

from sequence.sandbox import Sandbox

START = 1_776_657_000 * 10**9
SECOND = 10**9


def rows(count):
    for at in range(count):
        mid = 100 + at % 7
        yield {
            "ts_ns": START + at * SECOND,
            "type": "snapshot",
            "venue": "kraken",
            "symbol": "BTC-USD",
            "bids": [[str(mid), "3"]],
            "asks": [[str(mid + 1), "3"]],
        }


@pytest.fixture
def recording(tmp_path):
    import json

    file = tmp_path / "a.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows(60)))
    return file


def acted(sandbox):
    """The same acts, and everything that came of them."""
    client = sandbox.client()
    orders = [client.buy("BTC-USD", "0.4", graph_id="one")]
    sandbox.clock.advance(seconds=3)
    orders.append(client.sell("BTC-USD", "0.1", graph_id="two"))
    sandbox.clock.advance(seconds=5)
    fills = client.fills().fills
    return (
        [(fill.price_1e9, fill.qty_1e8, fill.ts_ns, fill.evidence["latency"]) for fill in fills],
        client.positions().totals,
        sandbox.world_hash(),
    )


def made(kind, recording):
    if kind == "replay":
        return Sandbox(clock="replay", market=[recording])
    return Sandbox(clock="manual", market=kind)


@pytest.mark.parametrize("kind", ["demo", "replay"])
def test_a_fork_goes_on_as_the_run_would(kind, recording):
    with made(kind, recording) as sandbox:
        sandbox.clock.advance(seconds=4)
        sandbox.client().buy("BTC-USD", "0.2")
        sandbox.client().buy("BTC-USD", "1", limit_price="90")
        sandbox.clock.advance(ms=2)  # an order is under way
        with sandbox.fork() as branch:
            assert branch.clock.now_ns == sandbox.clock.now_ns
            assert branch.client().account().sandbox_epoch == 1
            assert branch.world_hash() == sandbox.world_hash()
            there = acted(branch)
        assert sandbox.client().fills().fills == [] or kind == "replay"
        assert acted(sandbox) == there
        assert len(there[0]) >= 2


@pytest.mark.parametrize("kind", ["demo", "replay"])
def test_what_happens_in_a_fork_does_not_happen_here(kind, recording):
    with made(kind, recording) as sandbox:
        sandbox.client().positions()
        sandbox.clock.advance(seconds=1)
        before = sandbox.world_hash()
        with sandbox.fork() as branch, branch.fork() as third:
            branch.client().buy("BTC-USD", "0.4")
            branch.clock.advance(seconds=9)
            third.client(account="alice").buy("BTC-USD", "0.4")
            third.clock.advance(seconds=2)
            assert branch.client().fills().total > 0
            assert third.client().fills().total == 0
        assert sandbox.world_hash() == before
        assert sandbox.client().orders().total == 0


def test_a_fork_of_a_stored_sandbox_lives_in_memory(tmp_path):
    with Sandbox(store=tmp_path / "a.db", clock="manual") as sandbox:
        sandbox.client().buy("BTC-USD", "0.4", limit_price=1000)
        alice = sandbox.client(account="alice")
        alice.buy("BTC-USD", "0.1")
        sandbox.clock.advance(seconds=2)
        with sandbox.fork() as branch:
            assert branch.client().orders(open=True).total == 1
            assert branch.client(account="alice").fills().total == alice.fills().total
            branch.client().cancel_all()
            branch.clock.advance(seconds=2)
            assert branch.client().orders(open=True).total == 0
        assert sandbox.client().orders(open=True).total == 1


def test_a_copy_of_a_replay_is_played_up_to_the_present(recording):
    with Sandbox(clock="replay", market=[recording]) as sandbox:
        sandbox.clock.advance(seconds=2)
        sandbox.client().positions()
        name = sandbox.snapshot()
        sandbox.clock.advance(seconds=3)
        before = sandbox.client().quote("BTC-USD").nbbo.bid
        sandbox.restore(name)
        assert sandbox.client().quote("BTC-USD").nbbo.bid == before == 105
        sandbox.clock.advance(seconds=1)
        assert sandbox.client().quote("BTC-USD").nbbo.bid == 106


def test_a_live_market_cannot_be_copied_and_says_so():
    from sequence import _core

    engine = _core.Engine(seed=1)
    engine.open_feed("kraken")
    with pytest.raises(ValueError, match="open connections to venues"):
        engine.fork()


def test_going_back_draws_what_the_first_way_drew():
    with Sandbox(clock="manual") as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.1")
        sandbox.clock.advance(seconds=1)
        name = sandbox.snapshot()
        drawn = []
        for _ in range(2):
            order = client.buy("BTC-USD", "0.1", venue="kraken")
            sandbox.clock.advance(seconds=1)
            proof = order.fills()[0].evidence
            drawn.append((proof.latency.z_q32, proof.rng))
            sandbox.restore(name)
        assert drawn[0] == drawn[1]
        client.sandbox.reset()
        order = client.buy("BTC-USD", "0.1", venue="kraken")
        sandbox.clock.advance(seconds=1)
        assert order.fills()[0].evidence.rng.stream_key != drawn[0][1].stream_key, (
            "a reset draws anew"
        )
