"""Recordings at the edges: what cannot be used says so in a sentence, and nothing ends early."""

import gc
import gzip
import json
import os

import pytest
import zstandard

from sequence import feeds
from sequence._core import Recording, check_recording
from sequence.sandbox import Sandbox

NS = 10**9
T0 = 1_785_641_751 * NS
COINBASE = (
    '{"type":"snapshot","product_id":"BTC-USD","asks":[["101.50","1"]],"bids":[["100.25","2"]]}',
    '{"type":"l2update","product_id":"BTC-USD","changes":[["buy","100.25","%d"]],'
    '"time":"2026-08-02T03:35:51Z"}',
)


def frames(times, unit="recv_ns"):
    """A Coinbase recording with these receipt times."""
    bodies = [COINBASE[0], *(COINBASE[1] % (3 + n) for n in range(len(times) - 1))]
    return "".join(
        f'{{"{unit}":{at},"frame":{body}}}\n' for at, body in zip(times, bodies, strict=True)
    )


def bid_size(sandbox, symbol="BTC-USD"):
    return sandbox.client().quote(symbol).nbbo.bid_size


@pytest.mark.parametrize(
    "times",
    [
        [T0, T0 + 5 * NS, T0 + 1 * NS, T0 + 2 * NS],  # back at the end
        [T0, T0 + 3600 * NS, T0 + 1 * NS, T0 + 2 * NS],  # one jump
        [T0 + 3 * NS, T0, T0 + 1 * NS, T0 + 2 * NS],  # a late first
        [T0, T0, T0, T0],
    ],
)
@pytest.mark.parametrize("how", ["replay", "by_hand", "converted"])
def test_a_recording_whose_times_go_back_is_played_to_its_end(tmp_path, times, how):
    file = tmp_path / "x.jsonl"
    file.write_text(frames(times))
    if how == "converted":
        feeds.convert(file, tmp_path / "x.tape")
        file = tmp_path / "x.tape"
    with Sandbox(clock="replay", market=[file]) as sandbox:
        if how == "by_hand":
            last_ns = Recording(frames(times).encode()).last_ns
            assert last_ns == max(times)
            sandbox.clock.advance(ns=last_ns - sandbox.runtime.clock.now_ns())
        else:
            assert sandbox.replay().to_ns == max(times)
        assert bid_size(sandbox) == 5


@pytest.mark.parametrize("container", ["prefixed", "envelope", "capture"])
@pytest.mark.parametrize("per_s", [10**3, 10**6, 10**9])
def test_times_in_any_unit_are_times_of_today(container, per_s):
    lines = []
    for n in range(3):
        at = (T0 + n * NS) // (NS // per_s)
        body = COINBASE[0] if n == 0 else COINBASE[1] % n
        lines.append(
            {
                "prefixed": f"{at} {body}",
                "envelope": f'{{"recv_ns":{at},"frame":{body}}}',
                "capture": f"{at}: {body}",
            }[container]
        )
    recording = Recording("\n".join(lines).encode())
    assert (recording.first_ns, recording.last_ns) == (T0, T0 + 2 * NS)


def test_times_in_seconds_with_decimals_stand_before_a_frame():
    lines = [f"{1_785_641_751 + n / 4:.6f} {COINBASE[0]}" for n in range(3)]
    recording = Recording("\n".join(lines).encode())
    assert (recording.first_ns, recording.last_ns) == (T0, T0 + NS // 2)


@pytest.mark.parametrize(
    ("field", "value"), [("ts_ms", "1669149841000"), ("time", "1669149841000000")]
)
def test_stamps_of_bare_frames_have_any_unit(field, value):
    frame = (
        '{"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KXA-1",'
        f'"yes_dollars_fp":[["0.34","2"]],"{field}":{value}}}}}'
    )
    assert Recording(f"{frame}\n{frame}".encode()).first_ns == 1_669_149_841 * NS


def test_a_time_that_counts_from_nowhere_is_refused():
    with pytest.raises(ValueError, match="no times since 1970"):
        Recording(f"12345 {COINBASE[0]}".encode())


def test_hand_written_times_of_today_in_milliseconds_are_refused(tmp_path):
    line = {"venue": "kraken", "symbol": "BTC-USD", "type": "delta", "bids": [["1", "1"]]}
    (tmp_path / "x.jsonl").write_text(json.dumps({"ts_ns": T0 // 10**6, **line}))
    with pytest.raises(feeds.RecordingError, match="looks like milliseconds of today"):
        feeds.read(tmp_path / "x.jsonl")


def test_a_negative_size_in_a_hand_written_book_is_refused(tmp_path):
    line = {"venue": "kraken", "symbol": "BTC-USD", "type": "snapshot", "bids": [["1", "-1"]]}
    (tmp_path / "x.jsonl").write_text(json.dumps({"ts_ns": T0, **line}))
    with pytest.raises(feeds.RecordingError, match=r"line 1: no level has .* the size -1"):
        feeds.read(tmp_path / "x.jsonl")


@pytest.mark.parametrize("pack", ["plain", "gzip", "zstd", "zstd in two frames"])
def test_packing_marks_and_comments_around_a_recording_are_understood(tmp_path, pack):
    text = b"\xef\xbb\xbf# a remark\n// another\n\n" + frames([T0, T0 + NS, T0 + 2 * NS]).encode()
    compress = zstandard.ZstdCompressor().compress
    data = {
        "plain": text,
        "gzip": gzip.compress(text),
        "zstd": compress(text),
        "zstd in two frames": compress(text[:100]) + compress(text[100:]),
    }[pack]
    (tmp_path / "a,b.frames").write_bytes(data)
    with Sandbox(clock="replay", market=f"replay:{tmp_path}/a,b.frames") as sandbox:
        sandbox.replay()
        assert bid_size(sandbox) == 4
    assert len(feeds.read(tmp_path / "a,b.frames")) == 6


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_a_packed_file_that_was_cut_says_so_and_leaves_nothing_behind(tmp_path, pack, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    data = pack(frames([T0 + n for n in range(2_000)]).encode())
    (tmp_path / "x.frames").write_bytes(data[: len(data) // 2])
    with pytest.raises(feeds.RecordingError, match=r"x\.frames is cut short"):
        Sandbox(clock="replay", market=[tmp_path / "x.frames"])
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_was_unpacked_goes_with_its_sandbox(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "x.frames").write_bytes(gzip.compress(frames([T0, T0 + NS]).encode()))
    with Sandbox(clock="replay", market=[tmp_path / "x.frames"]) as sandbox:
        assert len(list((tmp_path / "temporary").iterdir())) == 1
    del sandbox
    gc.collect()
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="devices have names elsewhere")
@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/proc/self/mem", "."])
def test_what_is_no_file_is_refused_at_once_with_its_name(name):
    with pytest.raises((feeds.RecordingError, OSError), match=name) as refused:
        Sandbox(clock="replay", market=f"replay:{name}")
    assert "None" not in str(refused.value)


def test_a_file_of_another_venue_than_the_one_named_is_refused(tmp_path):
    (tmp_path / "x.frames").write_text(frames([T0, T0 + NS]))
    with pytest.raises(feeds.RecordingError, match="frames of coinbase, not of kraken"):
        Sandbox(clock="replay", market=[tmp_path / "x.frames"], venue="kraken")


def test_two_venues_in_one_file_are_refused(tmp_path):
    kraken = f'{{"recv_ns":{T0 + NS},"frame":{{"channel":"heartbeat"}}}}\n'
    (tmp_path / "x.frames").write_text(frames([T0]) + kraken)
    with pytest.raises(feeds.RecordingError, match="of coinbase and of kraken in one file"):
        feeds.read(tmp_path / "x.frames")


FOREIGN = {
    "bitfinex": '{"event":"subscribed","channel":"trades","chanId":17}\n[17,[[1,2,3]]]',
    "poloniex": '{"channel":"trades","data":[{"symbol":"BTC_USDT","price":"1"}]}',
    "blockchain.com": '{"seqnum":1,"event":"updated","channel":"trades","symbol":"BTC-USD"}',
    "deribit": '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC"}}',
    "gemini": '{"type":"update","eventId":1,"events":[{"type":"change","side":"bid"}]}',
    "kraken futures": '{"feed":"book_snapshot","product_id":"PI_XBTUSD","bids":[]}',
}


@pytest.mark.parametrize("name", FOREIGN)
def test_frames_of_a_venue_that_is_not_known_are_not_taken_for_another_s(tmp_path, name):
    lines = [f"{T0 + n * NS} {line}" for n, line in enumerate(FOREIGN[name].splitlines() * 3)]
    (tmp_path / "x.frames").write_text("\n".join(lines))
    for use in (
        lambda: Sandbox(clock="replay", market=[tmp_path / "x.frames"]),
        lambda: feeds.convert(tmp_path / "x.frames", tmp_path / "x.tape"),
    ):
        with pytest.raises(feeds.RecordingError, match="unknown venue: name the venue"):
            use()
    # Named wrongly, nothing of it is market data.
    with pytest.raises(feeds.RecordingError, match=r"none of its .* is market data of kraken"):
        Sandbox(clock="replay", market=[tmp_path / "x.frames"], venue="kraken")


def hyperliquid(coin, n):
    return (
        f'{T0 + n * NS} {{"channel":"l2Book","data":{{"coin":"{coin}","time":{T0 // 10**6 + n},'
        f'"levels":[[{{"px":"100","sz":"{n + 1}","n":1}}],[{{"px":"101","sz":"1","n":1}}]]}}}}\n'
    )


def test_instruments_without_a_symbol_here_are_named(tmp_path):
    file = tmp_path / "x.frames"
    file.write_text("".join(hyperliquid(coin, n) for n in range(3) for coin in ("@107", "#12")))
    with pytest.raises(feeds.RecordingError, match="none of its 2 instruments has a symbol here"):
        Sandbox(clock="replay", market=[file])
    file.write_text("".join(hyperliquid(coin, n) for n in range(3) for coin in ("@107", "BTC")))
    with pytest.warns(feeds.RecordingWarning, match=r"1 of its 2 instruments .*: @107"):
        sandbox = Sandbox(clock="replay", market=[file])
    sandbox.replay()
    assert sandbox.client().quote("BTC-USD-PERP").nbbo.bid_size == 3


def test_diffs_without_a_book_are_told_before_they_are_played(tmp_path):
    diff = '{"e":"depthUpdate","E":1785641751000,"s":"BTCUSDT","U":%d,"u":%d,"b":[],"a":[]}'
    lines = [f"{T0 + n} {diff % (n + 1, n + 1)}" for n in range(5)]
    (tmp_path / "x.frames").write_text("\n".join(lines))
    with pytest.warns(feeds.RecordingWarning, match="no book comes live.*GET depth"):
        Sandbox(clock="replay", market=[tmp_path / "x.frames"])
    with pytest.raises(feeds.RecordingError, match="GET depth"):
        feeds.read(tmp_path / "x.frames")


def test_frames_of_no_use_are_counted_and_told(tmp_path):
    broken = "".join(f'{{"recv_ns":{T0 + n},"frame":{{"type":"x{n}"}}}}\n' for n in range(9))
    (tmp_path / "x.frames").write_text(frames([T0, T0 + NS]) + broken)
    with pytest.warns(feeds.RecordingWarning, match="9 of its first 11 frames are of no use"):
        Sandbox(clock="replay", market=[tmp_path / "x.frames"])


def test_a_list_of_instruments_alone_is_no_market(tmp_path):
    row = '[{"id":"BTC-USD","base_increment":"0.1","quote_increment":"0.01"}]'
    (tmp_path / "x.frames").write_text(f"{T0} {row}\n")
    with pytest.raises(feeds.RecordingError, match="lists instruments and holds no market data"):
        Sandbox(clock="replay", market=[tmp_path / "x.frames"])


def test_an_empty_recording_is_no_market(tmp_path):
    feeds.write(feeds.Recording((), b""), tmp_path / "x.tape")
    with pytest.raises(feeds.RecordingError, match="it is empty"):
        Sandbox(clock="replay", market=[tmp_path / "x.tape"])


def test_one_array_of_frames_is_played_frame_by_frame(tmp_path):
    diffs = [
        {"e": "depthUpdate", "E": T0 // 10**6 + 1_000 * n, "s": "BTCUSDT", "U": 11 + n,
         "u": 11 + n, "b": [["100", str(n + 1)]], "a": []}
        for n in range(3)
    ]  # fmt: skip
    book = {"lastUpdateId": 10, "bids": [["99", "1"]], "asks": [["101", "1"]]}
    for indent in (None, 2):
        (tmp_path / "x.json").write_text(json.dumps([book, *diffs], indent=indent))
        recording = Recording((tmp_path / "x.json").read_bytes())
        assert (recording.frames, recording.last_ns - recording.first_ns) == (4, 2 * NS)
        with Sandbox(clock="replay", market=[tmp_path / "x.json"]) as sandbox:
            sandbox.replay()
            assert bid_size(sandbox, "BTC-USDT") == 3


def test_a_replay_inside_a_replay_is_refused(tmp_path):
    (tmp_path / "x.frames").write_text(frames([T0, T0 + NS]))
    with Sandbox(clock="replay", market=[tmp_path / "x.frames"]) as sandbox:
        with pytest.raises(ValueError, match="a replay is under way"):
            sandbox.replay(at=[T0 + 1], on_time=lambda _: sandbox.replay())
        sandbox.replay()
        assert bid_size(sandbox) == 3


def test_an_old_binance_futures_recording_is_known_late():
    trade = (
        '{"stream":"btcusdt@trade","data":{"e":"trade","E":1785641751000,"s":"BTCUSDT","t":%d,'
        '"p":"1","q":"1","T":1,"X":"MARKET","m":true}}'
    )
    lines = [f"{T0 + n} {trade % (n + 1)}" for n in range(100)]
    report = check_recording("\n".join(lines).encode())
    assert report["markets"][0]["kind"] == "perp"
