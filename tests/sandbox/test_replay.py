"""Replays at full speed: where Python is called, and what the readings say."""

import pytest

from sequence import feeds
from sequence.feeds import Instrument, Recording, arrow
from sequence.sandbox import Sandbox, SimConfig, envelope

SECOND = 10**9
START = 1_776_657_000 * SECOND
SYMBOL = "BTC-USD"


def recording(seconds=60, *, feed="hand"):
    """A book of two levels a side; every second the best bid is hit for a tenth of its size."""
    lines = [
        {"ts_ns": START, "type": "snapshot", "bids": [["100", "10"], ["99", "10"]],
         "asks": [["101", "10"], ["102", "10"]]},
    ]  # fmt: skip
    left = 10_000
    for at in range(1, seconds + 1):
        ts_ns = START + at * SECOND
        left = left - 1_000 if left > 1_000 else 10_000
        qty = {"price": "100", "qty": "1", "side": "sell"}
        lines += [
            {"ts_ns": ts_ns, "type": "trade", "more": True} | qty,
            {"ts_ns": ts_ns, "type": "delta", "bids": [["100", f"{left / 1000}"]]},
        ]
    return lines_of(lines, feed)


def lines_of(lines, feed):
    import json

    named = ({"venue": "kraken", "symbol": SYMBOL} | line for line in lines)
    found = feeds.jsonl.load("\n".join(json.dumps(line) for line in named).encode())
    return Recording(found.instruments, found.records, feed, "a test")


def sandbox_of(market, **options):
    return Sandbox(clock="replay", market=market, **options)


def test_a_resting_order_is_reported_when_prints_reach_it():
    heard = []
    with sandbox_of([recording()], preset="instant") as sandbox:
        client = sandbox.client()
        order = client.buy(SYMBOL, qty=2, limit_price=100)
        placed = sandbox.runtime.engine.last_seq
        result = sandbox.replay(on_event=heard.append)
        fills = client.fills().fills
        assert sum(fill.qty for fill in fills) == 2
        assert all(fill.cause == "QUEUE" for fill in fills)
        filled = [event for event in heard if event.type == "order_filled"]
        assert [event.ts_ns for event in filled] == sorted(fill.ts_ns for fill in fills)
        assert {event.node_order_id for event in filled} == {order.id}
        assert [event.seq for event in heard] == list(range(placed + 1, placed + len(heard) + 1))
        assert result.stops == len(heard)
        assert result.to_ns == START + 60 * SECOND
        assert result.event_hash == sandbox.event_hash()
        assert sandbox.check_invariants() == []


def test_orders_of_callbacks_happen_at_the_time_of_the_callback_and_are_reported_too():
    times = []
    heard = []
    with sandbox_of([recording()], preset="instant") as sandbox:
        client = sandbox.client()

        def on_time(now_ns):
            times.append(now_ns)
            if len(times) == 2:
                client.buy(SYMBOL, qty=1)

        at = [START + 25 * SECOND, START + 5 * SECOND]
        sandbox.replay(on_event=heard.append, on_time=on_time, every=20, at=at)
        assert [(now - START) // SECOND for now in times] == [5, 20, 25, 40, 60]
        fills = client.fills().fills
        assert [fill.ts_ns for fill in fills] == [START + 20 * SECOND]
        assert [event.ts_ns for event in heard if event.type == "order_filled"] == [
            START + 20 * SECOND
        ]


def test_how_often_python_is_called_changes_nothing():
    def run(**options):
        with sandbox_of([recording()]) as sandbox:
            sandbox.client().buy(SYMBOL, qty=2, limit_price=100)
            return sandbox.replay(**options).event_hash

    plain = run()
    assert run(on_event=lambda _: None) == plain
    assert run(every=0.37, on_time=lambda _: None) == plain


def test_a_replay_stops_where_it_is_told_and_goes_on_from_there():
    with sandbox_of([recording()]) as sandbox:
        assert sandbox.replay(until=START + 7 * SECOND).to_ns == START + 7 * SECOND
        assert sandbox.clock.now_ns == START + 7 * SECOND
        assert sandbox.replay().to_ns == START + 60 * SECOND
        assert sandbox.replay().to_ns == START + 60 * SECOND


@pytest.mark.parametrize("form", ["memory", "table", "x.tape", "x.jsonl.zst", "x.parquet"])
def test_every_form_of_a_recording_plays_the_same(form, tmp_path):
    made = recording()
    if form == "table":
        source = arrow.to_table(made)
    elif form == "memory":
        source = made
    else:
        source = tmp_path / form
        feeds.write(made, source)
    hashes = set()
    for market in (source, made):
        with Sandbox(clock="replay", market="none") as sandbox:
            sandbox.replay(market, until=START + SECOND)
            sandbox.client().buy(SYMBOL, qty=1, limit_price=100)
            hashes.add(sandbox.replay().event_hash)
    assert len(hashes) == 1


def test_a_named_file_is_a_market(tmp_path):
    feeds.write(recording(), tmp_path / "x.tape")
    with sandbox_of(f"replay:{tmp_path / 'x.tape'}") as sandbox:
        sandbox.replay()
        assert sandbox.client().quote(SYMBOL).nbbo.ask == 101


def test_what_cannot_be_replayed_is_refused():
    with Sandbox(clock="manual") as sandbox, pytest.raises(ValueError, match="clock='replay'"):
        sandbox.replay(recording())
    with sandbox_of([recording()], speed=2) as sandbox, pytest.raises(ValueError, match="speed"):
        sandbox.replay()
    with Sandbox(clock="replay", market="none") as sandbox:
        with pytest.raises(ValueError, match="nothing to replay"):
            sandbox.replay()
        sandbox.replay(recording())
        with pytest.raises(ValueError, match="begins before"):
            sandbox.replay(recording())
        with pytest.raises(ValueError, match="above 0"):
            sandbox.replay(every=0)
    with pytest.raises(TypeError, match="no recording"):
        sandbox_of([3])
    unknown = Recording((Instrument("kraken", "no symbol!"),), recording().records, "hand")
    with pytest.raises(ValueError, match="symbol"):
        sandbox_of([unknown])


def test_an_envelope_shows_each_order_under_three_readings():
    sent = []

    def run(sandbox):
        client = sandbox.client()
        sandbox.replay(until=START + SECOND)
        client.buy(SYMBOL, qty=3, limit_price=100)
        client.buy(SYMBOL, qty=10)
        sandbox.replay(until=START + 5 * SECOND)
        client.buy(SYMBOL, qty=10)
        sent.append(sandbox.record["preset"])
        sandbox.replay()

    found = envelope(run, market=[recording()], seed=3)
    assert sent == ["optimistic", "realistic", "adversarial"]
    resting, _, taking = found.rows()
    low, middle, high = (resting[name] for name in sent)
    assert low.filled >= middle.filled >= high.filled
    assert low.filled > 0
    kind, plain, harsh = (taking[name] for name in sent)
    assert kind.vwap <= plain.vwap <= harsh.vwap
    assert kind.vwap < harsh.vwap
    assert kind.pnl > harsh.pnl
    for name, reading in found.readings.items():
        assert reading.sim == SimConfig(name)
        assert reading.pnl == sum(order.pnl for order in reading.orders)
    text = found.to_text().splitlines()
    assert len(text) == 1 + 3 * 3
    assert "adversarial" in text[-1]
