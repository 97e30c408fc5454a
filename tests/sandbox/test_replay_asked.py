"""What a replay is asked for: refused before anything is played, or kept to the letter."""

import gc
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
import zstandard

from sequence import errors, feeds
from sequence.feeds import Instrument, Recording, RecordingError, RecordingWarning
from sequence.sandbox import Sandbox

SECOND = 10**9
START = 1_776_657_000 * SECOND
SYMBOL = "BTC-USD"
ONE = 10**8
PRICE = 10**9
TRADES = 3


def lines(steps=10, *, symbol=SYMBOL):
    """A book whose best bid changes every second, and a trade every third; two messages at once
    begin it."""
    row = {"venue": "kraken", "symbol": symbol}
    yield row | {
        "ts_ns": START, "type": "snapshot",
        "bids": [["100", "5"], ["99", "5"]], "asks": [["101", "5"], ["102", "5"]],
    }  # fmt: skip
    yield row | {"ts_ns": START, "type": "delta", "bids": [["100", "4"]]}
    for at in range(1, steps):
        ts_ns = START + at * SECOND
        yield row | {"ts_ns": ts_ns, "type": "delta", "bids": [["100", f"{5 + at % 3}"]]}
        if at % 3 == 0:
            sold = {"price": "100", "qty": "2", "side": "sell"}
            yield row | {"ts_ns": ts_ns, "type": "trade"} | sold


def recording(found=None):
    read = feeds.jsonl.load("\n".join(json.dumps(row) for row in found or lines()).encode())
    return Recording(read.instruments, read.records, "hand", "a test")


def waiting():
    """A sandbox that waits for what is to be played."""
    return Sandbox(clock="replay", market="none", preset="instant", seed=5)


def playing(market, **options):
    return Sandbox(clock="replay", market=[market], preset="instant", seed=5, **options)


async def awaited(_book):
    """Nobody would await it."""


def yielding(_book):
    yield


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"every": "often"}, ValueError, "'touch' or 'message', not 'often'"),
        ({"every": 0}, ValueError, "above 0, not 0"),
        ({"every": float("nan")}, ValueError, "above 0, not nan"),
        ({"every": True}, ValueError, "above 0, not True"),
        ({"until": 1.5e18}, TypeError, "until: a time is an integer of nanoseconds"),
        ({"until": "2026"}, TypeError, "until: a time is an integer of nanoseconds"),
        ({"until": 2**70}, ValueError, "until: time ends at"),
        ({"at": [START, 0.5]}, TypeError, "at: a time is an integer of nanoseconds"),
        ({"at": [2**70]}, ValueError, "at: time ends at"),
        ({"on_book": 5}, TypeError, "on_book is a function, not 5"),
        ({"on_book": awaited}, TypeError, "on_book is a plain function"),
        ({"on_order": yielding}, TypeError, "on_order is a plain function"),
    ],
)
def test_a_replay_that_is_refused_plays_nothing_twice_when_it_is_asked_again(asked, error, told):
    trades = []
    with waiting() as sandbox:
        with pytest.raises(error, match=told):
            sandbox.replay(recording(), **asked)
        sandbox.replay(recording(), on_trade=lambda *trade: trades.append(trade))
    assert len(trades) == TRADES


def test_of_several_recordings_all_are_added_or_none():
    trades = []
    both = [*lines(), *lines(symbol="no symbol!")]
    with waiting() as sandbox:
        with pytest.raises(RecordingError, match="1 of its 2 instruments have no symbol"):
            sandbox.replay([recording(), recording(both)])
        sandbox.replay(recording(), on_trade=lambda *trade: trades.append(trade))
    assert len(trades) == TRADES


def test_a_recording_in_memory_is_not_played_twice_either():
    made = recording()
    with pytest.raises(RecordingError, match="is given twice"):
        Sandbox(clock="replay", market=[made, made])


def test_a_sandbox_that_waited_begins_with_its_recording():
    times = []
    with waiting() as sandbox:
        result = sandbox.replay(recording(), on_time=times.append, every=2)
    assert times == [START + at * SECOND for at in (2, 4, 6, 8)]
    assert (result.from_ns, result.to_ns) == (START, START + 9 * SECOND)


@pytest.mark.parametrize("source", ["market", "replay"])
def test_every_message_of_the_first_instant_is_told(source):
    seen = []
    made = recording()
    with waiting() if source == "replay" else playing(made) as sandbox:
        sandbox.replay(
            made if source == "replay" else None,
            on_book=lambda book: seen.append((book.now_ns - START, book.bid_qty // ONE)),
            every="message",
            until=START + SECOND,
        )
    assert seen == [(0, 5), (0, 4), (SECOND, 6)]


def test_a_callback_that_moves_the_clock_is_called_with_the_present_once():
    times = []
    with playing(recording()) as sandbox:

        def on_time(now_ns):
            times.append(((now_ns - START) // SECOND, (sandbox.clock.now_ns - START) // SECOND))
            if len(times) == 2:
                sandbox.clock.advance(seconds=4.5)

        sandbox.replay(on_time=on_time, every=1)
    assert times == [(1, 1), (2, 2), (6, 6), (7, 7), (8, 8), (9, 9)]


def test_a_callback_cannot_close_what_calls_it():
    with playing(recording()) as sandbox:
        with pytest.raises(ValueError, match="raise in its callback to end it"):
            sandbox.replay(on_book=lambda _book: sandbox.close())
        assert sandbox.replay().to_ns == START + 9 * SECOND


def test_a_desk_ends_with_its_sandbox():
    with playing(recording()) as sandbox:
        desk = sandbox.desk()
        sandbox.clock.advance(ns=1)
        market = desk.market(SYMBOL, "kraken")
        order = desk.buy(market, ONE, 99 * PRICE)
    for call in (
        lambda: desk.buy(market, ONE, 99 * PRICE),
        lambda: desk.submit_many([(market, "buy", ONE, 99 * PRICE, None)]),
        lambda: desk.cancel(order),
        lambda: desk.cancel_many([order]),
        lambda: desk.position(market),
        desk.open_orders,
    ):
        with pytest.raises(errors.ServiceUnavailableError, match="this sandbox is closed"):
            call()
    with pytest.raises(errors.ServiceUnavailableError, match="this sandbox is closed"):
        sandbox.replay()


def copied(path, target):
    """A database as it is on the disk now: what a crash would leave."""
    for part in path.parent.glob(path.name + "*"):
        shutil.copy(part, target.with_name(target.name + part.name.removeprefix(path.name)))
    return target


@pytest.mark.parametrize("ends", [True, False])
def test_what_a_replay_did_is_on_the_disk_when_it_returns(tmp_path, ends):
    def on_trade(_book, _side, _price, _qty):
        if not ends and sandbox.clock.now_ns > START + 8 * SECOND:
            raise KeyError("a bug of the bot")

    with playing(recording(), store=tmp_path / "a.db") as sandbox:
        order = sandbox.client().buy(SYMBOL, 1, limit_price=100, venue="kraken")
        if ends:
            sandbox.replay(on_trade=on_trade)
        else:
            with pytest.raises(KeyError):
                sandbox.replay(on_trade=on_trade)
        after = copied(tmp_path / "a.db", tmp_path / "b.db")
        hashes = {sandbox.event_hash()}
    with Sandbox(clock="manual", market="none", preset="instant", store=after) as again:
        assert [fill.node_order_id for fill in again.client().fills().fills] == [order.id]
        hashes.add(again.event_hash())
    assert len(hashes) == 1


def test_an_unpacked_file_goes_when_it_is_no_recording(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    feeds.write(recording(), tmp_path / "a.tape")
    torn = (tmp_path / "a.tape").read_bytes()[:-64]
    for name, data in (("b.zst", torn), ("c.zst", b""), ("d.zst", b"no\nrecording\n")):
        (tmp_path / name).write_bytes(zstandard.compress(data))
        with pytest.raises(RecordingError, match=name):
            Sandbox(clock="replay", market=[tmp_path / name])
    gc.collect()
    assert list(tmp_path.glob("sequence-*")) == []


def test_an_empty_file_is_called_empty(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"")
    with pytest.raises(RecordingError, match=r"a\.jsonl is no recording: it is empty"):
        Sandbox(clock="replay", market=[tmp_path / "a.jsonl"])


def test_a_packed_file_may_begin_with_a_frame_that_holds_nothing(tmp_path):
    feeds.write(recording(), tmp_path / "a.tape")
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00four"
    packed = skipped + zstandard.compress((tmp_path / "a.tape").read_bytes())
    (tmp_path / "b.tape.zst").write_bytes(packed)
    assert feeds.read(tmp_path / "b.tape.zst").records == recording().records


def test_a_recording_with_other_scales_is_refused(tmp_path):
    feeds.write(recording(), tmp_path / "a.tape")
    header, _, records = (tmp_path / "a.tape").read_bytes().partition(b"\n")
    told = json.loads(header) | {"scales": {"price": 100, "quantity": 1}}
    text = json.dumps(told, separators=(",", ":")).encode()
    (tmp_path / "b.tape").write_bytes(text + b" " * (-(len(text) + 1) % 64) + b"\n" + records)
    with pytest.raises(RecordingError, match="the scales are"):
        Sandbox(clock="replay", market=[tmp_path / "b.tape"])


def test_a_tape_that_lost_records_while_it_was_played_is_told(tmp_path):
    path = Path(tmp_path / "a.tape")
    feeds.write(recording(list(lines(5_000))), path)
    with playing(path) as sandbox:
        os.truncate(path, 64 * 200)
        with pytest.raises(RecordingError, match="could not be read to its end"):
            sandbox.replay()


def test_an_instrument_of_a_venue_that_is_no_symbol_is_left_out_as_before():
    made = recording([*lines(), *lines(symbol="no symbol!")])
    theirs = Recording(made.instruments, made.records, "venue")
    with (
        pytest.warns(RecordingWarning, match="1 of its 2 instruments have no symbol"),
        playing(theirs) as sandbox,
    ):
        assert sandbox.replay().to_ns == START + 9 * SECOND
    assert Instrument("kraken", "no symbol!") in theirs.instruments
