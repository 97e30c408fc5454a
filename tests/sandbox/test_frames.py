"""Raw frames in batches: as if each had come by itself, at the time at which it came."""

import json
import random

import numpy as np
import pytest

from sequence import errors
from sequence.sandbox import Sandbox

SECOND = 10**9
START = 1_776_657_000 * SECOND
STAMP = "2026-04-20T03:50:00Z"


def manual(**options):
    sandbox = Sandbox(seed=3, clock="manual", market="manual", preset="realistic", **options)
    client = sandbox.client()
    assets = (("fiat", "USD"), ("crypto", "BTC"))
    client.sandbox.set_positions(
        [
            {"venue": "coinbase", "kind": kind, "symbol": name, "qty": 10_000}
            for kind, name in assets
        ]
    )
    return sandbox


def frame(number, kind, levels, product="BTC-USD"):
    updates = [
        {"side": side, "price_level": str(price), "new_quantity": str(qty)}
        for side, price, qty in levels
    ]
    event = {"type": kind, "product_id": product, "updates": updates}
    head = {"channel": "l2_data", "timestamp": STAMP, "sequence_num": number}
    return json.dumps(head | {"events": [event]})


def trade(number, price, qty, side):
    row = {"trade_id": str(number), "product_id": "BTC-USD", "price": str(price), "size": str(qty),
           "side": side, "time": STAMP}  # fmt: skip
    head = {"channel": "market_trades", "timestamp": STAMP, "sequence_num": number}
    return json.dumps(head | {"events": [{"type": "update", "trades": [row]}]})


def story(seed, count=120):
    """Frames and their times: a book that moves and is hit, with gaps and what is no frame."""
    dice = random.Random(seed)  # noqa: S311
    touch = [("bid", 100 - at, 3) for at in range(4)] + [("offer", 101 + at, 3) for at in range(4)]
    frames, number, at_ns = [frame(0, "snapshot", touch)], 1, START
    times = [at_ns]
    for _ in range(count):
        chance = dice.random()
        at_ns += dice.randrange(SECOND // 2)
        times.append(at_ns - (SECOND if dice.random() < 0.1 else 0))
        if chance < 0.05:
            wrong = ["{", b"\xff\xfe", "", "[]", '{"channel":"l2_data"}', "\ud800"]
            frames.append(dice.choice(wrong))
            continue
        if chance < 0.1:
            number += 1  # One is missing.
        if chance < 0.13:
            frames.append(frame(number, "snapshot", touch))
        elif chance < 0.2:
            frames.append(frame(number, "update", [("bid", 1, 1)], product="NO/SUCH/NAME"))
        elif chance < 0.4:
            price, side = dice.choice((99, 100, 101, 102)), dice.choice(("BUY", "SELL"))
            frames.append(trade(number, price, 2, side))
        else:
            side = dice.choice(("bid", "offer"))
            price = dice.randrange(97, 101) + (4 if side == "offer" else 0)
            frames.append(frame(number, "update", [(side, price, dice.randrange(4))]).encode())
        number += 1
    return frames, times


def bought(sandbox):
    """The story's book is there, and orders rest on both of its sides."""
    client = sandbox.client()
    for at in range(3):
        client.buy("BTC-USD", 0.5, limit_price=100 - at, venue="coinbase")
        client.sell("BTC-USD", 0.5, limit_price=101 + at, venue="coinbase")


def outcome(sandbox):
    engine = sandbox.runtime.engine
    assert engine.check_invariants() == []
    fills = [row.model_dump() for row in sandbox.client().fills(limit=500).fills]
    return engine.world_hash(), engine.event_hash(), fills, sandbox.clock.now_ns


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_batch_is_as_if_each_frame_had_come_by_itself(seed):
    frames, times = story(seed)
    known = []
    for cuts in (len(frames), 1, 7):
        sandbox, told = manual(), []
        told += sandbox.market.frames("coinbase", frames[:1], times[:1])
        bought(sandbox)
        sandbox.faults.add("stale_venue", venue="coinbase", ms=7000)
        for piece in range(cuts):
            ends = (1 + at * (len(frames) - 1) // cuts for at in (piece, piece + 1))
            part = slice(*ends)
            told += sandbox.market.frames("coinbase", frames[part], np.array(times[part], np.int64))
        known.append((outcome(sandbox), told))
    assert known[0] == known[1] == known[2]
    (_, _, fills, now_ns), told = known[0]
    assert fills
    assert now_ns == max(times)
    assert sum(row.refused is not None for row in told) > 1


@pytest.mark.parametrize("seed", [1, 2])
def test_it_decides_as_frames_of_a_connection_do(seed):
    frames, times = story(seed)
    batch, alone = manual(), manual()
    batch.market.frames("coinbase", frames[:1], times[:1])
    bought(batch)
    told = batch.market.frames("coinbase", frames[1:], times[1:])
    runtime, refused = alone.runtime, []
    with runtime.turn():
        feed = runtime.engine.open_feed("coinbase")
    for at, (text, at_ns) in enumerate(zip(frames, times, strict=True)):
        raw = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
        _, error = runtime.engine.live_frame(feed, raw, max(at_ns, runtime.engine.now_ns))
        runtime.clock.begin_at(at_ns)
        refused.append(error)
        if not at:
            bought(alone)
    assert outcome(batch) == outcome(alone)
    assert [row.refused for row in told] == refused[1:]


def test_frames_tell_what_became_of_each():
    sandbox = manual()
    touch = [("bid", 100, 3), ("offer", 101, 3)]
    told = sandbox.market.frames("coinbase", [
        frame(0, "snapshot", touch), frame(1, "update", [("bid", 99, 1)]),
        '{"channel":"subscriptions","sequence_num":2,"events":[]}', "no frame", 7,
        frame(3, "update", [("bid", 99, 1)]),
    ])  # fmt: skip
    counts = [(row.applied, row.ignored) for row in told[:5]]
    assert counts == [(4, 0), (1, 0), (0, 0), (1, 0), (0, 0)]
    assert told[3].refused
    assert told[4].refused == "expected bytes or a text, got int"
    assert [row.refused for row in (*told[:3], told[5])] == [None] * 4
    assert sandbox.clock.now_ns == START


def test_a_book_that_is_fetched_joins_the_changes_that_follow():
    sandbox = manual()

    def change(first, last):
        data = {"e": "depthUpdate", "E": START // 10**6, "s": "BTCUSDT", "U": first, "u": last,
                "b": [["100.5", "2"]], "a": []}  # fmt: skip
        return json.dumps({"stream": "btcusdt@depth@100ms", "data": data})

    book = {"lastUpdateId": 10, "bids": [["100", "1"]], "asks": [["101", "1"]]}
    told = sandbox.market.frames(
        "binance", [change(9, 10), ("BTCUSDT", json.dumps(book)), change(11, 12), change(13, 13)]
    )
    assert [row.refused for row in told] == [None] * 4
    best = sandbox.client().quote("BTC-USDT").venues["binance"]
    assert (best.bid_price, best.ask_price) == (100.5, 101)


def test_orders_placed_between_two_batches_fill_and_expire_on_time():
    sandbox = manual()
    client = sandbox.client()
    touch = [("bid", 100, 3), ("offer", 101, 3)]
    sandbox.market.frames(
        "coinbase", [frame(0, "snapshot", touch), frame(1, "update", [("bid", 99, 1)])], [START] * 2
    )
    ends = client.buy("BTC-USD", 1, limit_price=98, venue="coinbase", horizon_ms=1000)
    fills = client.buy("BTC-USD", 1, venue="coinbase")
    sandbox.market.frames("coinbase", [frame(2, "update", [("bid", 99, 2)])], [START + 5 * SECOND])
    assert client.order(ends.id).status == "EXPIRED"
    assert client.order(fills.id).status == "FILLED"
    assert sandbox.clock.now_ns == START + 5 * SECOND


def test_after_a_return_to_a_copy_of_before_them_frames_begin_anew():
    sandbox = manual()
    touch = [("bid", 100, 3), ("offer", 101, 3)]
    story_of_it = [frame(0, "snapshot", touch), frame(1, "update", [("bid", 99, 1)])]
    before = sandbox.client().sandbox.snapshot()
    first = sandbox.market.frames("coinbase", story_of_it)
    sandbox.client().sandbox.restore(before.snapshot_id)
    assert sandbox.market.frames("coinbase", [frame(2, "update", [("bid", 98, 1)])])[0].applied == 0
    assert sandbox.market.frames("coinbase", story_of_it) == first
    assert sandbox.client().quote("BTC-USD").venues["coinbase"].bid_price == 100
    assert sandbox.runtime.engine.check_invariants() == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nowhere", ["{}"]), "no decoder for venue"),
        (("coinbase", "{}"), "expected a list of frames"),
        (("coinbase", ["{}"], [1, 2]), "2 times of 1 frames"),
    ],
)
def test_what_is_no_batch_is_refused(arguments, text):
    sandbox = manual()
    before = sandbox.runtime.engine.world_hash()
    with pytest.raises(errors.ValidationError, match=text):
        sandbox.market.frames(*arguments)
    assert sandbox.runtime.engine.world_hash() == before


def test_a_time_that_is_none_refuses_its_frame_alone():
    sandbox = manual()
    touch = frame(0, "snapshot", [("bid", 100, 3), ("offer", 101, 3)])
    told = sandbox.market.frames("coinbase", [touch] * 5, [START, -1, 2**64, 1.5, None])
    assert [row.refused is None for row in told] == [True, False, False, False, False]
    assert sandbox.clock.now_ns == START


def test_times_need_a_clock_that_can_be_moved():
    sandbox = Sandbox(market="manual")
    assert len(sandbox.market.frames("coinbase", ["{}"])) == 1
    with pytest.raises(errors.ValidationError, match="moves by itself"):
        sandbox.market.frames("coinbase", ["{}"], [START])
    with pytest.raises(errors.ConflictError, match="market='manual'"):
        Sandbox().market.frames("coinbase", ["{}"])
