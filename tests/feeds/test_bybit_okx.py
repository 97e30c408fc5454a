"""Bybit v5 and OKX v5: the books that were recorded, and what breaks them."""

import json
import re
import zlib

import pytest
import zstandard

from sequence._core import check_recording
from sequence.sandbox import Sandbox

T0 = 1_785_641_751_000


def lines(path):
    return zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read().splitlines()


def folded(snapshot, deltas):
    """A book folded in the plainest way: the last size of each price text."""
    sides = {"b": {}, "a": {}}
    for body in (snapshot, *deltas):
        for side, levels in sides.items():
            for price, size in body[side]:
                if float(size):
                    levels[price] = size
                else:
                    levels.pop(price, None)
    return sides


def units(text, decimals):
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(decimals, "0"))


def shown(levels, *, best_first):
    return sorted(((units(p, 9), units(q, 8)) for p, q in levels.items()), reverse=best_first)


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("bybit/v5_xrpusdt_ob500.jsonl.zst", "orderbook.500.XRPUSDT"),
        ("frames/recent_20260824/bybit_orderbook.jsonl.zst", "orderbook.50.BTCUSDT"),
    ],
)
def test_the_recorded_bybit_book_is_reproduced(name, topic, recorded):
    frames = [json.loads(line) for line in lines(recorded(name))]
    books = [frame["data"] for frame in frames if frame.get("topic") == topic]
    report = check_recording(b"\n".join(lines(recorded(name))))
    assert (report["venue"], report["gaps"], report["rejected"]) == ("bybit", 0, 0)
    (market,) = report["markets"]
    assert market["crossed"] == 0
    expected = folded(books[0], books[1:])
    assert market["bids"] == shown(expected["b"], best_first=True)
    assert market["asks"] == shown(expected["a"], best_first=False)


def bybit(kind, update, bids, topic="orderbook.50.BTCUSDT", at=T0):
    data = {"s": "BTCUSDT", "b": bids, "a": [["101", "1"]], "u": update, "seq": 1}
    return json.dumps({"topic": topic, "type": kind, "ts": at + update, "data": data})


def statuses(frames):
    (market,) = check_recording("\n".join(frames).encode())["markets"]
    return market["statuses"], market["bids"]


def test_a_hole_in_bybit_updates_waits_for_a_snapshot_and_a_restart_is_none():
    first = bybit("snapshot", 10, [["100", "1"]])
    hole = bybit("delta", 12, [["100", "3"]])
    assert statuses([first, bybit("delta", 11, [["100", "2"]])]) == ([], [(100 * 10**9, 2 * 10**8)])
    assert statuses([first, hole, bybit("delta", 13, [["100", "4"]])])[0] == [2]
    again = bybit("snapshot", 1, [["99", "7"]])
    assert statuses([first, again]) == ([], [(99 * 10**9, 7 * 10**8)])
    assert statuses([first, hole, again]) == ([2, 1], [(99 * 10**9, 7 * 10**8)])


def test_the_deepest_bybit_stream_of_a_symbol_counts():
    frames = [
        bybit("snapshot", 5, [["100", "1"]], "orderbook.1.BTCUSDT"),
        bybit("snapshot", 10, [["100", "1"], ["99", "2"]]),
        bybit("delta", 6, [["100", "9"]], "orderbook.1.BTCUSDT"),
        bybit("delta", 11, [["99", "3"]]),
    ]
    assert statuses(frames) == ([], [(100 * 10**9, 10**8), (99 * 10**9, 3 * 10**8)])


def test_bybit_trades_name_the_taker_and_blocks_met_no_book():
    rows = [
        {"T": T0, "s": "BTCUSDT", "S": side, "v": "1", "p": "100", "i": trade, "BT": block}
        for side, trade, block in (("Buy", "1", False), ("Sell", "2", True), ("Buy", "1", False))
    ]
    frame = json.dumps({"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": T0, "data": rows})
    report = check_recording(frame.encode())
    assert (report["prints"], report["duplicates"]) == (2, 1)


def test_every_recorded_okx_checksum_matches(recorded):
    data = b"\n".join(lines(recorded("okx/cryptofeed_OKX.ws.1.0.txt.zst")))
    report = check_recording(data)
    assert report["venue"] == "okx"
    assert report["checksums"] == report["checksums_matched"] == 197
    assert report["gaps"] == report["rejected"] == report["unknown"] == 0
    names = {market["symbol"] for market in report["markets"]}
    assert "BTC-USDT" in names
    assert all(market["crossed"] == 0 for market in report["markets"])


def test_a_checksum_of_zero_says_nothing(recorded):
    data = b"\n".join(lines(recorded("frames/recent_20260824/okx_books.jsonl.zst")))
    report = check_recording(data)
    assert (report["checksums"], report["gaps"]) == (0, 0)
    (market,) = report["markets"]
    assert market["updates"] > 0
    assert market["crossed"] == 0


def okx(action, bids, asks, ids, checksum=None):
    row = {"bids": bids, "asks": asks, "ts": str(T0), "prevSeqId": ids[0], "seqId": ids[1]}
    if checksum is not None:
        row["checksum"] = checksum
    arg = {"channel": "books", "instId": "BTC-USDT"}
    return json.dumps({"arg": arg, "action": action, "data": [row]})


def crc(*texts):
    value = zlib.crc32(":".join(texts).encode())
    return value - 2**32 if value >= 2**31 else value


def test_an_okx_chain_that_breaks_or_a_checksum_that_fails_waits_for_a_snapshot():
    bid, ask = ["100.10", "1", "0", "1"], ["101", "2", "0", "1"]
    first = okx("snapshot", [bid], [ask], (-1, 100), crc("100.10", "1", "101", "2"))
    more = ["100.1", "5", "0", "1"]
    good = okx("update", [more], [], (100, 107), crc("100.1", "5", "101", "2"))
    assert statuses([first, good]) == ([], [(100_100_000_000, 5 * 10**8)])
    quiet = okx("update", [], [], (107, 107))
    turned = okx("update", [], [], (107, 3))
    assert statuses([first, good, quiet, turned, okx("update", [], [], (3, 9))])[0] == []
    assert statuses([first, okx("update", [more], [], (101, 107))])[0] == [2]
    assert statuses([first, okx("update", [more], [], (100, 107), 1)])[0] == [2]
    assert statuses([first, okx("update", [more], [], (101, 107)), first])[0] == [2, 1]


def test_okx_contracts_have_no_symbol_here_and_spot_is_played(tmp_path, recorded):
    with pytest.warns(UserWarning, match="have no symbol here") as told:
        sandbox = Sandbox(clock="replay", market=[recorded("okx/cryptofeed_OKX.ws.1.0.txt.zst")])
    assert re.search("BTC-USD-220527", str(told[0].message))
    sandbox.replay()
    assert [row.symbol for row in sandbox.client().symbols()] == ["BTC-USDT"]
    assert sandbox.client().quote("BTC-USDT").nbbo.bid > 0
