"""The inputs of all sides, made once: the same records as a tape here and as an array there."""

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np

from sequence import feeds
from sequence.feeds import Instrument, Recording

START_NS = 1_776_657_000 * 10**9
TICK, LOT = 10**7, 1_000
BID = 60_000 * 10**9
LEVELS = 400
LATE_NS = 1_000_000
"""A message is known to the venue this long before it is received."""

RECORD = np.dtype(
    [("venue_ns", "<u8"), ("local_ns", "<u8"), ("seq", "<u8"), ("kind", "u1"), ("side", "u1"),
     ("flags", "<u2"), ("count", "<u4"), ("px", "<i8"), ("qty", "<i8"), ("order", "<u8"),
     ("match", "<u8")]
)  # fmt: skip
LEVEL, PRINT, BEGIN, END = 6, 7, 8, 9
KNOWN, LAST = 1, 16

PEER_EVENT = np.dtype(
    [("ev", "u8"), ("exch_ts", "i8"), ("local_ts", "i8"), ("px", "f8"), ("qty", "f8"),
     ("order_id", "u8"), ("ival", "i8"), ("fval", "f8")],
    align=True,
)  # fmt: skip
DEPTH, TRADE, CLEAR, SNAPSHOT = 1, 2, 3, 4
EXCH, LOCAL, BUY, SELL = 1 << 31, 1 << 30, 1 << 29, 1 << 28


def prepare(out: Path, events: int, recorded: Path | None) -> dict[str, Any]:
    """Writes every input into a folder and says what is there."""
    out.mkdir(parents=True, exist_ok=True)
    synthetic = made_up(events)
    put(out, "synthetic", synthetic, Instrument("kraken", "BTC-USD", TICK, LOT), TICK)
    frames(out / "frames.json")
    have = {"synthetic": len(synthetic), "recorded": 0}
    if recorded is not None:
        have["recorded"] = recording(out, recorded)
    return have


def put(out: Path, name: str, records: np.ndarray, instrument: Instrument, tick: int) -> None:
    """One input in both forms."""
    feeds.write(Recording((instrument,), records.tobytes(), "venue"), out / f"{name}.tape")
    np.save(out / f"{name}.npy", peer_events(records))
    shape = {"tick": tick / 1e9, "lot": (instrument.lot_1e8 or 1) / 1e8}
    shape |= {"venue": instrument.venue, "symbol": instrument.symbol}
    (out / f"{name}.json").write_text(json.dumps(shape))
    ends = records[(records["flags"] & LAST) != 0]
    np.save(out / f"{name}.times.npy", ends["local_ns"].astype("<i8"))


def made_up(events: int) -> np.ndarray:
    """800 levels whose touch stands still, one to four changes a message, mostly near the touch."""
    draw = random.Random(7)  # noqa: S311 - the same book in every run
    rows: list[tuple[int, ...]] = []
    now = START_NS

    def message(parts: list[tuple[int, int, int, int]]) -> None:
        for at, (kind, side, px, qty) in enumerate(parts):
            flags = (LAST if at == len(parts) - 1 else 0) | (KNOWN if kind == PRINT else 0)
            rows.append((now - LATE_NS, now, len(rows) + 1, kind, side, flags, 0, px, qty, 0, 0))

    def price(side: int, depth: int) -> int:
        return BID - depth * TICK if side == 1 else BID + (1 + depth) * TICK

    def size() -> int:
        return draw.randint(1, 500) * LOT

    levels = [(LEVEL, side, price(side, depth), size() + 500 * LOT)
              for depth in range(LEVELS) for side in (1, 2)]  # fmt: skip
    message([(BEGIN, 0, 0, 0), *levels, (END, 0, 0, 0)])
    while len(rows) < events:
        now += draw.randint(100_000, 2_000_000)
        parts = []
        if draw.random() < 0.1:
            parts.append((PRINT, side := draw.choice((1, 2)), price(side, 0), size() // 10 or LOT))
        for _ in range(draw.randint(1, 4)):
            side = draw.choice((1, 2))
            wide = [draw.randrange(40 if draw.random() < 0.8 else LEVELS) for _ in range(3)]
            gone = min(wide) > 0 and draw.random() < 0.2
            parts.append((LEVEL, side, price(side, min(wide)), 0 if gone else size()))
        message(parts)
    return np.array(rows, RECORD)


def recording(out: Path, file: Path) -> int:
    """A recording of a venue; every message gets a time of its own, at which all sides stop."""
    read = feeds.read(file)
    records = np.frombuffer(read.records, RECORD).copy()
    records = records[np.isin(records["kind"], (LEVEL, PRINT, BEGIN, END))]
    first = np.flatnonzero(records["kind"] == BEGIN)[0]
    records = records[first:]
    ends = (records["flags"] & LAST) != 0
    ends[-1] = True
    records["flags"][-1] |= LAST
    message = np.concatenate(([0], np.cumsum(ends)[:-1]))
    times = records["local_ns"][ends].astype("i8")
    # Later than the one before by at least a nanosecond.
    times = np.maximum.accumulate(times - np.arange(len(times))) + np.arange(len(times))
    records["local_ns"] = times[message]
    records["venue_ns"] = records["local_ns"] - LATE_NS
    [instrument] = read.instruments
    tick = instrument.tick_1e9 or int(np.gcd.reduce(records["px"][records["px"] > 0]))
    lot = instrument.lot_1e8 or int(np.gcd.reduce(records["qty"][records["qty"] > 0]))
    put(out, "recorded", records, Instrument(instrument.venue, instrument.symbol, tick, lot), tick)
    return len(records)


def peer_events(records: np.ndarray) -> np.ndarray:
    """The same as hftbacktest's events: prices and sizes as floats, both processors on each."""
    rows = records[np.isin(records["kind"], (LEVEL, PRINT, BEGIN))]
    found = np.zeros(len(rows), PEER_EVENT)
    is_print = rows["kind"] == PRINT
    inside = np.cumsum(records["kind"] == BEGIN) - np.cumsum(records["kind"] == END)
    snapshot = inside[np.isin(records["kind"], (LEVEL, PRINT, BEGIN))] > 0
    kind = np.where(is_print, TRADE, np.where(snapshot, SNAPSHOT, DEPTH))
    kind = np.where(rows["kind"] == BEGIN, CLEAR, kind)
    # Of a print our side is the book that was hit, theirs is who came.
    is_bid = (rows["side"] == 1) != is_print
    side = np.where(rows["side"] == 0, 0, np.where(is_bid, BUY, SELL))
    found["ev"] = kind | side | EXCH | LOCAL
    found["exch_ts"], found["local_ts"] = rows["venue_ns"], rows["local_ns"]
    found["px"], found["qty"] = rows["px"] / 1e9, rows["qty"] / 1e8
    return found


def frames(file: Path, count: int = 400) -> None:
    """A REST book of 1,000 levels a side and combined frames of 88 levels, some 2 KB each."""
    draw = random.Random(11)  # noqa: S311 - as above
    quantity = lambda: f"{draw.randint(1, 9_999) / 1_000:.3f}"  # noqa: E731 - one line, used below
    low = [[f"{61_800 - n / 10:.2f}", quantity()] for n in range(1_000)]
    high = [[f"{61_800.1 + n / 10:.2f}", quantity()] for n in range(1_000)]
    rest = {"lastUpdateId": 100, "bids": low, "asks": high}
    told = []
    for nth in range(count):
        b, a = ([[row[0], quantity()] for row in sorted(draw.sample(side[1:400], 44))]
                for side in (low, high))  # fmt: skip
        last = 101 + nth
        data = {"e": "depthUpdate", "E": 1_723_161_256_299 + nth, "s": "BTCUSDT",
                "U": last, "u": last, "b": b, "a": a}  # fmt: skip
        told.append(
            json.dumps({"stream": "btcusdt@depth@100ms", "data": data}, separators=(",", ":"))
        )
    file.write_text(json.dumps({"rest": json.dumps(rest), "frames": told}))


def recorded_file() -> Path | None:
    """The recording of the maker's backtest, where the test data is."""
    root = Path(os.environ.get("SEQUENCE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    file = root / "binance_long" / "usdm_btcusdt_20240808.txt.zst"
    return file if file.exists() else None
