"""Whole columns of market data: every row meets what a call by itself would have met."""

import random
import re
from array import array
from decimal import Decimal

import numpy as np
import polars
import pyarrow as pa
import pytest

from sequence import errors, feeds
from sequence.sandbox import Sandbox

NAMES = ("kind", "venue", "symbol", "side", "price", "qty", "ts_ns")
MARKETS = (("kraken", "BTC-USD"), ("coinbase", "BTC-USD"), ("kraken", "ETH-USD"))
BAD = (
    {"price": float("nan")}, {"price": float("inf")}, {"price": float("-inf")}, {"price": -3.0},
    {"price": 0.0}, {"price": 1e300}, {"price": 1e10}, {"price": 1e-10}, {"price": 0.1234567891},
    {"qty": float("nan")}, {"qty": -1.0}, {"qty": 1e-9}, {"qty": 1e12}, {"side": "left"},
    {"side": "none"}, {"venue": "nowhere"}, {"symbol": "XRP-USD"}, {"symbol": "?"}, {"ts_ns": -1},
    {"ts_ns": 2**63 - 1}, {"kind": "sale"}, {"kind": "add"},
)  # fmt: skip


def manual(**options):
    sandbox = Sandbox(seed=7, clock="manual", market="manual", preset="realistic", **options)
    client = sandbox.client()
    assets = (("fiat", "USD"), ("crypto", "BTC"), ("crypto", "ETH"))
    client.sandbox.set_positions([
        {"venue": venue, "kind": kind, "symbol": asset, "qty": 10_000}
        for venue in ("kraken", "coinbase") for kind, asset in assets
    ])  # fmt: skip
    for venue, symbol in MARKETS:
        sandbox.market.snapshot(venue, symbol, bids=[("100", "5")], asks=[("101", "5")])
        for at in range(3):
            client.buy(symbol, 0.5, limit_price=100 - at, venue=venue)
            client.sell(symbol, 0.25, limit_price=101 + at, venue=venue)
    sandbox.clock.advance(seconds=1)
    return sandbox


def outcome(sandbox):
    client = sandbox.client()
    engine = sandbox.runtime.engine
    fills = [row.model_dump() for row in client.fills(limit=500).fills]
    assert not engine.check_invariants()
    return engine.world_hash(), engine.event_hash(), fills


def messages(seed, count=150, bad=0.15):
    """Rows as `NAMES`, one list for each call that they stand for."""
    dice = random.Random(seed)  # noqa: S311
    for _ in range(count):
        venue, symbol = dice.choice(MARKETS)
        ts_ns = 1_776_657_000_000_000_000 + dice.randrange(10**9)

        def row(kind, side="none", price=0.0, qty=0.0, *, venue=venue, symbol=symbol, ts_ns=ts_ns):
            return dict(zip(NAMES, (kind, venue, symbol, side, price, qty, ts_ns), strict=True))

        def level(low=97):
            side = dice.choice(("bid", "ask"))
            price = dice.randrange(low * 10, low * 10 + 40) / 10 + (4 if side == "ask" else 0)
            return row("level", side, price, dice.randrange(50) / 10)

        kind = dice.random()
        if kind < 0.1:
            found = [row("snapshot_begin"), *(level() for _ in range(5)), row("snapshot_end")]
        elif kind < 0.5:
            found = [
                row("print", dice.choice(("bid", "ask", "none")), dice.randrange(97, 105), 2.5)
            ]
        elif kind < 0.55:
            found = [row("heartbeat")]
        else:
            found = [level()]
        if dice.random() < bad:
            found[dice.randrange(len(found))].update(dice.choice(BAD))
        yield found


def one_by_one(sandbox, found):
    """The same by single calls; places of the messages that were refused, and why."""
    refused, at = {}, 0
    market = sandbox.market
    for rows in found:
        head = rows[0]
        place = head["venue"], head["symbol"]
        try:
            assert len({(row["venue"], row["symbol"]) for row in rows}) == 1
            if len(rows) > 1:
                levels = {"bid": [], "ask": []}
                for row in rows[1:-1]:
                    assert row["kind"] == "level"
                    levels[row["side"]].append((row["price"], row["qty"]))
                assert (head["kind"], rows[-1]["kind"]) == ("snapshot_begin", "snapshot_end")
                assert all(0 <= row["ts_ns"] <= 9 * 10**18 for row in rows)
                market.snapshot(*place, levels["bid"], levels["ask"], ts_ns=head["ts_ns"])
            elif head["kind"] == "level":
                side = {"bid": "bids", "ask": "asks"}[head["side"]]
                market.delta(*place, **{side: [(head["price"], head["qty"])]}, ts_ns=head["ts_ns"])
            elif head["kind"] == "print":
                side = {"bid": "sell", "ask": "buy", "none": None}[head["side"]]
                market.trade(*place, head["price"], head["qty"], side, ts_ns=head["ts_ns"])
            elif head["kind"] == "heartbeat":
                market.delta(*place, ts_ns=head["ts_ns"])
            else:
                assert head["kind"] == "nothing a call is made of"
        except (ValueError, errors.SequenceError, AssertionError, KeyError) as error:
            refused[at] = str(error)
        at += len(rows)
    return refused


def as_numpy(rows):
    columns = {name: np.array([row[name] for row in rows]) for name in NAMES[:4]}
    floats = {name: np.array([row[name] for row in rows], float) for name in ("price", "qty")}
    return columns | floats | {"ts_ns": np.array([row["ts_ns"] for row in rows], np.int64)}


def as_arrow(rows):
    return pa.table({name: pa.array([row[name] for row in rows]) for name in NAMES[:4]} | {
        name: pa.chunked_array([
            [float(row[name]) for row in rows[:5]], [float(row[name]) for row in rows[5:]]
        ], pa.float64())
        for name in ("price", "qty")
    } | {"ts_ns": pa.array([row["ts_ns"] for row in rows], pa.int64())})  # fmt: skip


def as_lists(rows):
    return {name: [row[name] for row in rows] for name in NAMES}


def as_swapped(rows):
    """Big-endian, and each second of twice as many."""
    found = as_numpy(rows)
    for name in ("price", "qty", "ts_ns", "symbol"):
        swapped = found[name].astype(found[name].dtype.newbyteorder(">"))
        found[name] = np.repeat(swapped, 2)[::2]
    return found


@pytest.mark.parametrize("form", [as_numpy, as_arrow, as_lists, as_swapped])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_columns_decide_as_single_calls_do_whatever_the_cuts_are(form, seed):
    found = list(messages(seed))
    alone = manual()
    expected = one_by_one(alone, found)
    assert expected
    for cuts in (1, 2, 17, len(found)):
        sandbox, refused, rows = manual(), [], 0
        for piece in range(cuts):
            some = found[piece * len(found) // cuts : (piece + 1) * len(found) // cuts]
            flat = [row for message in some for row in message]
            fed = sandbox.market.columns(form(flat))
            assert fed.rows == len(flat)
            assert fed.taken + sum(len(row.rows) for row in fed.refused) == fed.rows
            refused += [(rows + row.rows.start, row) for row in fed.refused]
            rows += len(flat)
        assert outcome(sandbox) == outcome(alone)
        # A snapshot that is broken up by a row of another market is several refusals here.
        found_at = {at for at, _ in refused}
        assert set(expected) <= found_at
        assert all(row.code and row.message for _, row in refused)


def test_a_row_that_is_refused_says_what_the_single_call_says():
    for change in BAD:
        found = [{"kind": "level", "venue": "kraken", "symbol": "BTC-USD", "side": "bid",
                  "price": 99.5, "qty": 1.0, "ts_ns": 5} | change]  # fmt: skip
        (text,) = one_by_one(manual(), [found]).values()
        (refused,) = manual().market.columns(as_numpy(found)).refused
        assert (refused.row, refused.rows) == (0, range(1))
        if not {"side", "kind"} & set(change):
            assert text.endswith(refused.message)
            assert refused.field in {*change, "bids[0]"}


def test_a_row_among_good_ones_is_refused_alone_and_named():
    sandbox = manual()
    prices = np.array([99.5, np.nan, 99.75])
    sizes = np.array([1.0, 2.0, 3.0])
    fed = sandbox.market.columns(
        venue="kraken", symbol="BTC-USD", side="bid", price=prices, qty=sizes
    )
    assert (fed.rows, fed.taken) == (3, 2)
    (refused,) = fed.refused
    assert refused == (
        1, range(1, 2), "VALIDATION_ERROR", "price",
        '"nan" is not a decimal number: write it like 0.29',
    )  # fmt: skip
    best = sandbox.client().quote("BTC-USD").venues["kraken"]
    assert best.bid_price == 100


def test_a_message_of_several_rows_is_one_call_and_is_refused_whole():
    alone, sandbox = manual(), manual()
    alone.market.delta(
        "kraken", "BTC-USD", bids=[(99.5, 1), (99.25, 2)], asks=[(101.5, 1)], ts_ns=5
    )
    columns = {
        "venue": "kraken", "symbol": "BTC-USD", "side": ["bid", "bid", "ask", "bid", "ask", "bid"],
        "price": [99.5, 99.25, 101.5, 98.0, -1, 97], "qty": [1, 2, 1, 1, 1, 1], "ts_ns": 5,
    }  # fmt: skip
    fed = sandbox.market.columns(columns, flags=array("H", [0, 0, 16, 0, 16, 0]))
    assert [(row.row, row.rows) for row in fed.refused] == [(4, range(3, 5))]
    alone.market.delta("kraken", "BTC-USD", bids=[(97, 1)], ts_ns=5)
    assert outcome(sandbox) == outcome(alone)


def test_floats_are_their_shortest_text_and_every_form_of_a_number_is_the_same():
    values = [99.1, 74349.44, 0.1 + 0.2, 1e6 + 0.000001, 5e-324, 123456789.12345678, 4.35]
    whole = [100, 99, 98, 97, 96, 95, 94]
    forms = [
        (values, np.array(values)), (values, pa.array(values)), (values, array("d", values)),
        ([str(value) for value in values], values),
        ([str(value) for value in np.array(values, np.float32)], np.array(values, np.float32)),
        ([str(value) for value in values], np.array([str(value) for value in values])),
        ([str(value) for value in values], pa.array([str(value) for value in values])),
        (whole, np.array(whole, np.uint8)), (whole, np.array(whole, ">i2")),
        (whole, pa.array([Decimal(value) for value in whole])),
        (whole, np.array(whole, np.float16).astype(np.float64)),
    ]  # fmt: skip
    for said, form in forms:
        alone, sandbox = manual(), manual()
        refused = []
        for at, value in enumerate(said):
            try:
                alone.market.delta("kraken", "BTC-USD", bids=[(value, 1)], ts_ns=5)
            except (ValueError, errors.UnprocessableError) as error:
                refused.append((at, re.sub(r".*bids\[0\](: | price: )", "", str(error))))
        fed = sandbox.market.columns(
            venue="kraken", symbol="BTC-USD", side="bid", price=form, qty=[1] * 7, ts_ns=5
        )
        assert [(row.row, row.message) for row in fed.refused] == refused
        assert outcome(sandbox) == outcome(alone)


def test_random_floats_are_read_as_their_texts_are():
    dice = random.Random(5)  # noqa: S311
    values = [
        *(round(dice.random() * 10 ** dice.randrange(10), dice.randrange(10)) for _ in range(4000)),
        *(dice.uniform(0, 2) for _ in range(500)), 2**53 / 1e9, 1e15 / 1e9, (1e15 - 1) / 1e9,
    ]  # fmt: skip
    by_text, by_float = manual(), manual()
    rest = {"venue": "kraken", "symbol": "BTC-USD", "side": "bid", "qty": [1] * len(values)}
    texts = by_text.market.columns(rest, price=[repr(value) for value in values], ts_ns=5)
    floats = by_float.market.columns(rest, price=np.array(values), ts_ns=5)
    assert texts == floats
    assert texts.taken > 2000
    assert outcome(by_text) == outcome(by_float)


def test_units_of_a_table_of_a_recording_are_fed_as_they_are():
    recording = feeds.read(feeds.SAMPLE)
    table = feeds.arrow.to_table(recording)
    sandbox = Sandbox(clock="manual", market="manual")
    fed = sandbox.market.columns(table)
    assert (fed.rows, fed.taken, fed.refused) == (len(table), len(table), [])
    played = Sandbox(clock="replay", market=[recording])
    played.clock.advance(seconds=400)
    for venue in ("kraken", "coinbase"):
        here, there = (box.client().quote("BTC-USD").venues[venue] for box in (sandbox, played))
        assert (here.bid_price, here.ask_price) == (there.bid_price, there.ask_price)


def test_status_rows_by_name_and_by_code():
    alone, named, coded = manual(), manual(), manual()
    for word in ("halted", "open"):
        alone.market.status("kraken", "BTC-USD", word)
    rest = {"venue": "kraken", "symbol": "BTC-USD", "kind": "status"}
    assert named.market.columns(rest, status=["halted", "open"]).taken == 2
    assert coded.market.columns(rest | {"count": np.array([3, 1])}).taken == 2
    assert outcome(alone) == outcome(named) == outcome(coded)
    fed = named.market.columns(rest, status=["closing", None, "unfit"])
    assert [row.field for row in fed.refused] == ["status"] * 3


def test_a_snapshot_that_does_not_end_is_refused_whole():
    sandbox = manual()
    before = sandbox.runtime.engine.world_hash()
    rest = {"venue": "kraken", "side": "bid", "price": [99.0] * 3, "qty": [1.0] * 3}
    kinds = ["snapshot_begin", "level", "level"]
    fed = sandbox.market.columns(rest, symbol="BTC-USD", kind=kinds)
    assert [(row.row, row.rows) for row in fed.refused] == [(0, range(3))]
    assert sandbox.runtime.engine.world_hash() == before
    fed = sandbox.market.columns(
        rest, symbol="BTC-USD", kind=["snapshot_end", "snapshot_begin", "snapshot_begin"]
    )
    assert [row.rows for row in fed.refused] == [range(1), range(1, 2), range(2, 3)]
    assert sandbox.runtime.engine.world_hash() == before


def test_nothing_is_missing_silently():
    sandbox = manual()
    price, qty = pa.array([99.0, None, 98.0]), np.array([1.0, 1.0, 1.0])
    fed = sandbox.market.columns(
        venue="kraken", symbol=["BTC-USD", "BTC-USD", None], side="bid", price=price, qty=qty
    )
    assert [(row.row, row.field, row.message) for row in fed.refused] == [
        (1, "price", "is missing"), (2, "symbol", "is missing"),
    ]  # fmt: skip
    masked = np.ma.masked_array([99.0, 98.0], mask=[False, True])
    fed = sandbox.market.columns(
        venue="kraken", symbol="BTC-USD", side="bid", price=masked, qty=[1, 1]
    )
    assert [(row.row, row.message) for row in fed.refused] == [(1, "is missing")]


REST = {"venue": "kraken", "symbol": "BTC-USD", "side": "bid"}


@pytest.mark.parametrize(
    ("columns", "expected", "text"),
    [
        ({"price": np.zeros(2), "qty": np.zeros(3)}, ValueError, "qty: 3 rows where price has 2"),
        ({"price": np.zeros((2, 2)), "qty": np.zeros(2)}, ValueError, "price: needs one dimension"),
        ({"price": np.zeros(2, bool), "qty": np.zeros(2)}, TypeError, "price: expected numbers"),
        ({"price": np.zeros(2, complex), "qty": np.zeros(2)}, TypeError, "price: expected numbers"),
        ({"price": np.zeros(2, np.float16), "qty": np.zeros(2)}, TypeError, "price: expected"),
        ({"price": pa.array([True]), "qty": np.zeros(1)}, TypeError, "price: expected numbers"),
        ({"price": 5, "qty": np.zeros(1)}, TypeError, "price: expected a column"),
        ({"px_1e9": np.zeros(2), "qty": np.zeros(2)}, TypeError, "px_1e9: expected whole numbers"),
        ({"px_1e9": ["1"], "qty": [1]}, TypeError, "px_1e9: expected whole numbers"),
        ({"px_1e9": [1], "price": [1], "qty": [1]}, ValueError, "price: give it or px_1e9"),
        ({"side": np.zeros(2), "price": np.zeros(2)}, TypeError, "side: expected texts"),
        ({"venue": np.zeros(2, int), "price": np.zeros(2)}, TypeError, "venue: expected texts"),
        ({}, ValueError, "how many rows"),
    ],
)
def test_columns_that_cannot_be_meant_are_refused_before_anything_is_fed(columns, expected, text):
    sandbox = manual()
    before = sandbox.runtime.engine.world_hash()
    with pytest.raises(expected, match=text):
        sandbox.market.columns(REST | columns)
    assert sandbox.runtime.engine.world_hash() == before


def test_units_beyond_the_scale_are_refused_by_row():
    sandbox = manual()
    far = np.array([2**64 - 1, 9 * 10**18 + 1, 99 * 10**9], np.uint64)
    fed = sandbox.market.columns(REST, px_1e9=far, qty_1e8=np.array([1, 1, 1]))
    assert [(row.row, row.message) for row in fed.refused] == [
        (0, "18446744073709551615 is out of range"), (1, "9000000000000000001 is out of range"),
    ]  # fmt: skip
    fed = sandbox.market.columns(REST, px_1e9=[2**70, 99 * 10**9, 1.5, True], qty_1e8=[1] * 4)
    assert [row.row for row in fed.refused] == [0, 2, 3]


def test_empty_columns_feed_nothing():
    sandbox = manual()
    before = sandbox.runtime.engine.world_hash()
    for empty in (np.zeros(0), pa.array([], pa.float64()), [], pa.chunked_array([], pa.float64())):
        assert sandbox.market.columns(REST, price=empty, qty=empty) == (0, 0, [])
    assert sandbox.runtime.engine.world_hash() == before


def test_tables_of_other_libraries_and_times_of_numpy():
    rows = [row for message in messages(9, 40, bad=0) for row in message]
    made = [manual() for _ in range(4)]
    stamps = np.array([row["ts_ns"] for row in rows]).astype("datetime64[ns]")
    batch = as_arrow(rows).combine_chunks().to_batches()[0]
    for sandbox, table in zip(
        made, (as_arrow(rows), polars.DataFrame(as_arrow(rows)), batch, as_lists(rows)), strict=True
    ):
        assert sandbox.market.columns(table, ts_ns=stamps).taken == len(rows)
    assert len({outcome(sandbox)[:2] for sandbox in made}) == 1


def test_the_door_is_of_books_that_are_fed_by_hand():
    with pytest.raises(errors.ConflictError, match="market='manual'"):
        Sandbox().market.columns(REST, price=[1], qty=[1])


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_million_rows_are_taken_in_one_call():
    sandbox = manual()
    rows = 1_000_000
    at = np.arange(rows)
    fed = sandbox.market.columns(
        venue="kraken",
        symbol=np.where(at % 3 == 0, "ETH-USD", "BTC-USD"),
        side=np.where(at % 2 == 0, "bid", "ask"),
        price=np.where(at % 2 == 0, 90 + at % 90 / 10, 102 + at % 90 / 10),
        qty=np.where(at % 1000 == 7, -1.0, at % 7),
    )
    assert (fed.rows, fed.taken) == (rows, rows - 1000)
    assert {row.row % 1000 for row in fed.refused} == {7}
    assert not sandbox.runtime.engine.check_invariants()
