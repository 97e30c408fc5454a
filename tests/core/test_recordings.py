"""Recorded market data folds cleanly: checksums, sequences, mirrored books."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import zstandard

from sequence._core import Recording, check_recording

_ROOT = Path(__file__).parents[2]
_CANDIDATES = [
    Path(os.environ.get("SEQUENCE_TEST_DATA", "")),
    _ROOT.parent / "shared" / "data",
    _ROOT.parent.parent / "shared" / "data",
]
DATA = next((path for path in _CANDIDATES if (path / "kraken").is_dir()), None)
pytestmark = pytest.mark.skipif(DATA is None, reason="recorded market data is not installed")


def load(name: str) -> bytes:
    assert DATA is not None
    packed = (DATA / name).read_bytes()
    if not name.endswith(".zst"):
        return packed
    return zstandard.ZstdDecompressor().stream_reader(packed).read()


def check(data: bytes, venue: str | None = None) -> dict[str, Any]:
    """Counts of a recording, after what must hold of every one."""
    report = check_recording(data, venue)
    assert report["markets"]
    assert report["backwards"] == 0
    assert report["first_ns"] <= report["last_ns"]
    for market in report["markets"]:
        assert market["unfinished"] == 0
        assert market["crossed"] == 0, market["symbol"]
    return report


def best(market: dict[str, Any]) -> tuple[int, int]:
    return market["bids"][0][0], market["asks"][0][0]


@pytest.mark.parametrize(
    ("name", "checksums"),
    [("v2_kraken_btcusd_sample.jsonl.zst", 2052), ("v2_kraken_ethusd_sample.jsonl.zst", 1129)],
)
def test_every_kraken_checksum_matches(name: str, checksums: int) -> None:
    report = check(load(f"kraken/{name}"))
    assert report["checksums"] == report["checksums_matched"] == checksums
    assert report["gaps"] == report["rejected"] == 0
    (market,) = report["markets"]
    assert len(market["bids"]) == len(market["asks"]) == 25


def test_kraken_time_starts_at_the_first_venue_stamp() -> None:
    recording = Recording(load("kraken/v2_kraken_btcusd_sample.jsonl.zst"))
    assert recording.venue == "kraken"
    assert recording.symbols == ["BTC-USD"]
    assert recording.next_ns() == recording.first_ns
    assert 0 < 1_785_641_751_660_084_000 - recording.first_ns < 2_000_000_000
    assert 0 < recording.last_ns - recording.first_ns < 60_000_000_000
    assert recording.frames == 2104


def test_prices_that_went_through_floats_are_found_damaged() -> None:
    report = check(load("kraken/v2_btcusd_20260719_float_damaged.jsonl.zst"))
    assert (report["checksums"], report["checksums_matched"]) == (1071, 0)
    (market,) = report["markets"]
    assert market["snapshots"] == market["updates"] == 0
    assert market["statuses"] == [2]


def test_kraken_book_vectors_match() -> None:
    assert check(load("kraken/v2_book_vectors.jsonl"))["checksums_matched"] == 3


def test_small_sizes_count_as_plain_decimals() -> None:
    def side(rows: list[list[str]]) -> str:
        return ",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in rows)

    rows = [
        json.loads(line)
        for line in load("kraken/v2_checksum_vectors_small_qty.jsonl.zst").splitlines()
    ]
    frames = [
        f'{{"channel":"book","type":"snapshot","data":[{{"symbol":"BTC/USD",'
        f'"bids":[{side(row["bids"])}],"asks":[{side(row["asks"])}],'
        f'"checksum":{row["checksum"]},"timestamp":"{row["utc"]}"}}]}}'
        for row in rows
    ]
    assert any("E-" in frame for frame in frames)
    report = check("\n".join(frames).encode())
    assert report["checksums"] == report["checksums_matched"] == len(rows) == 100


def test_coinbase_updates_apply_cleanly() -> None:
    report = check(load("coinbase/cryptofeed_COINBASE.ws.28.0.txt.zst"))
    assert report["gaps"] == report["dropped_levels"] == report["rejected"] == 0
    assert sum(market["updates"] for market in report["markets"]) == 6674
    assert sum(market["snapshots"] for market in report["markets"]) == 5
    assert report["prints"] == 88


def test_coinbase_advanced_trade_is_contiguous() -> None:
    report = check(load("coinbase/advanced_trade_level2.jsonl"))
    assert report["gaps"] == report["duplicates"] == 0
    (market,) = report["markets"]
    assert market["messages"] == 12 - 1  # one subscription acknowledgement


@pytest.mark.parametrize(
    ("match", "repeated"), [("argentina_egypt_live", 48), ("france_sweden_orderbook_live", 60)]
)
def test_hyperliquid_outcome_coins_mirror_each_other(match: str, repeated: int) -> None:
    report = check(load(f"hyperliquid/hip4_{match}/ws_l2book.jsonl.zst"))
    markets = {market["symbol"]: market for market in report["markets"]}
    pairs = [(name, name[:-1] + "1") for name in markets if name.endswith("0")]
    assert len(pairs) == 3
    for yes, no in pairs:
        mirrored = [(1_000_000_000 - price, size) for price, size in markets[no]["asks"]]
        assert markets[yes]["bids"] == mirrored
        assert markets[yes]["messages"] == markets[no]["messages"] == 500
    trades = check(load(f"hyperliquid/hip4_{match}/ws_trades.jsonl.zst"))
    assert trades["duplicates"] == repeated


def test_a_plain_hyperliquid_frame_on_many_lines_is_a_recording() -> None:
    (market,) = check(load("hyperliquid/l2_book_btc.json"))["markets"]
    assert market["symbol"] == "BTC-USD-PERP"
    assert best(market) == (77_244_000_000_000, 77_245_000_000_000)


@pytest.mark.parametrize("window", ["26AUG050800-00", "26AUG101945-45", "26AUG101845-45"])
def test_a_folded_kalshi_book_is_never_negative_and_never_crossed(window: str) -> None:
    data = load(f"kalshi/gold15m/KXGOLD15M-{window}.ndjson.zst")
    report = check(data)
    assert report["gaps"] == report["rejected"] == report["duplicates"] == 0
    assert report["rebases_changed"] == 0
    assert report["rebases_empty"] == 1  # the book after the close
    (market,) = report["markets"]
    assert market["messages"] == report["frames"] == data.count(b"\n")
    assert market["prints"] == data.count(b'"type":"trade"')


@pytest.mark.full
def test_kalshi_snapshots_confirm_the_folded_books_of_every_window() -> None:
    assert DATA is not None
    windows = sorted((DATA / "kalshi" / "gold15m").glob("KX*.ndjson.zst"))
    assert len(windows) == 16
    reports = [check(load(f"kalshi/gold15m/{path.name}")) for path in windows]
    assert sum(report["gaps"] for report in reports) == 0
    assert sum(report["rebases_empty"] for report in reports) == 16
    assert sum(report["rebases_equal"] for report in reports) == 9
    # One window was resubscribed in its course and had lost deltas by then.
    assert sum(report["rebases_changed"] for report in reports) == 1


def test_polymarket_frames_are_read() -> None:
    report = check(load("polymarket/ws_frames_netqo.jsonl"))
    assert (report["venue"], report["prints"], report["rejected"]) == ("polymarket", 1, 0)
    (market,) = check(load("polymarket/ws_book.json.zst"))["markets"]
    assert best(market) == (511_000_000, 514_000_000)


def test_a_polymarket_rest_book_is_a_snapshot() -> None:
    lines = load("polymarket/rest_books.jsonl.zst").splitlines()
    bodies = [body for line in lines if "asset_id" in (body := json.loads(line)["body"])]
    assert len(bodies) > 10
    frames = [json.dumps({**body, "event_type": "book"}) for body in bodies]
    report = check("\n".join(frames).encode())
    assert len(report["markets"]) == len({body["asset_id"] for body in bodies})
    assert report["dropped_levels"] == 0


@pytest.mark.parametrize(
    ("names", "diffs"),
    [
        (["spot_btcusdt_20240808.txt.zst"], 3451),
        pytest.param(["usdm_btcusdt_20240808.txt.zst"], 6551, marks=pytest.mark.full),
        pytest.param(
            ["spot_btcusdt_20240808.txt.zst", "spot_btcusdt_20240809.txt.zst"],
            6495,
            marks=pytest.mark.full,
        ),
    ],
)
def test_binance_diffs_bridge_without_a_gap(names: list[str], diffs: int) -> None:
    data = b"\n".join(load(f"binance_long/{name}") for name in names)
    report = check(data)
    assert data.count(b'"e":"depthUpdate"') == diffs
    assert report["gaps"] == report["rejected"] == report["duplicates"] == 0
    assert report["prints"] == data.count(b'"e":"trade"')
    (market,) = report["markets"]
    assert market["snapshots"] == 1
    assert market["kind"] == ("perp" if "usdm" in names[0] else "spot")


@pytest.mark.parametrize(
    "stem", ["binance/cryptofeed_BINANCE", "binance_usdm/cryptofeed_BINANCE_FUTURES"]
)
def test_rest_books_beside_the_stream_bridge_every_pair(stem: str) -> None:
    lines = [
        line
        for part in ("ws.1.0", "http.0.0")
        for line in load(f"{stem}.{part}.txt.zst").splitlines()
        if line
    ]

    def received(line: bytes) -> float:
        found = re.match(rb"(?:\S+ (?:->|<->|<-) )?(\d+\.?\d*)", line)
        return float(found[1]) if found else 0

    report = check(b"\n".join(sorted(lines, key=received)))
    assert report["gaps"] == report["rejected"] == 0
    assert [market["snapshots"] for market in report["markets"]] == [1, 1, 1, 1]


def test_what_is_no_recording_is_refused() -> None:
    for data in (b"", b"hello", b"\xff\xfe", b"{}", b"[1,2]"):
        with pytest.raises(ValueError, match=r"not a recording|unknown venue"):
            Recording(data)
    with pytest.raises(ValueError, match='no decoder for venue "nasdaq"; known: binance'):
        Recording(b"{}", "nasdaq")
    metadata = load("hyperliquid/hip4_argentina_egypt_live/metadata.jsonl.zst")
    with pytest.raises(ValueError, match="unknown venue"):
        Recording(metadata)


def test_a_recording_cut_anywhere_still_plays() -> None:
    data = load("coinbase/cryptofeed_COINBASE.ws.28.0.txt.zst")
    for cut in range(60_000, len(data), len(data) // 20):
        report = check(data[:cut])
        assert report["rejected"] <= 1
