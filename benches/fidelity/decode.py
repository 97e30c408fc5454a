"""Turns order-by-order files into binary tapes: one JSON line, then 64-byte records.

Every source becomes the same truth: orders that are added, reduced, deleted and executed. Orders
that rested before a file starts are added where their id says they arrived, so that each later
event names a known order. Files with less than two minutes of trading cannot hold a shadow order
and are not listed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable  # noqa: TC003 - needed at run time by the dataclass below
from dataclasses import dataclass
from pathlib import Path

import zstandard
from bitstamp import bitstamp
from databento import databento
from events import LAST, RECORD, Event
from lobster import lobster, lobster_touch

VERSION = 11


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the collection and how to read it."""

    name: str
    venue: str
    instrument: str
    path: str
    tick: int
    lot: int
    decode: Callable[[Path], list[Event]]
    licence: str


SOURCES = [
    Source(
        "aapl",
        "nasdaq",
        "AAPL",
        "lobster/AAPL_2012-06-21_0930-1030_message_50.csv.zst",
        10**7,
        10**8,
        lobster,
        "LOBSTER academic sample",
    ),
    Source(
        "es",
        "cme",
        "ESH4",
        "databento/esh4-glbx-mdp3-20231225.mbo.dbn.zst",
        25 * 10**7,
        10**8,
        databento,
        "Databento sample",
    ),
    Source(
        "btcusd",
        "bitstamp",
        "BTC/USD",
        "bitstamp/btcusd_2015-05-01_a.log.zst",
        10**7,
        1,
        bitstamp,
        "GPL (>= 2)",
    ),
    Source(
        "amzn",
        "nasdaq",
        "AMZN",
        "lobster/AMZN_2012-06-21_34200000_57600000_message_1.csv.zst",
        10**7,
        10**8,
        lobster_touch,
        "LOBSTER academic sample",
    ),
]


def write(source: Source, root: Path, out: Path) -> None:
    """Writes one tape, unless it is there already."""
    path = root / source.path
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    target = out / f"{source.name}.tape"
    header = {
        "schema": "tape-1",
        "version": VERSION,
        "venue": source.venue,
        "instrument": source.instrument,
        "scales": {"px": 9, "qty": 8},
        "feed_class": "event",
        "source": source.path,
        "licence": source.licence,
        "sha256": digest,
        "tick": source.tick,
        "lot": source.lot,
    }
    line = (json.dumps(header) + "\n").encode()
    if target.exists() and target.read_bytes().startswith(line):
        return
    events = source.decode(path)
    out.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.write(line)
        for seq, event in enumerate(events):
            file.write(
                RECORD.pack(
                    event.t,
                    event.t,
                    seq,
                    event.kind,
                    event.side,
                    LAST if event.last else 0,
                    0,
                    event.px,
                    event.qty,
                    event.order,
                    0,
                )
            )
    print(f"{target}: {len(events)} events")


RECORDINGS = {
    "kalshi": ["kalshi/gold15m/KX*.ndjson.zst"],
    "hyperliquid-argentina": [
        "hyperliquid/hip4_argentina_egypt_live/ws_l2book.jsonl.zst",
        "hyperliquid/hip4_argentina_egypt_live/ws_trades.jsonl.zst",
    ],
    "hyperliquid-france": [
        "hyperliquid/hip4_france_sweden_orderbook_live/ws_l2book.jsonl.zst",
        "hyperliquid/hip4_france_sweden_orderbook_live/ws_trades.jsonl.zst",
    ],
}
"""Recordings of venues that name no orders, beside the folder of the others, by stream."""


def unpack(stream: str, paths: list[Path], out: Path) -> None:
    """Unpacks the frames of one stream, unless they are there already."""
    out.mkdir(parents=True, exist_ok=True)
    for at, path in enumerate(paths):
        target = out / f"{stream}.{at}.frames"
        if not target.exists():
            with path.open("rb") as packed, target.open("wb") as file:
                zstandard.ZstdDecompressor().copy_stream(packed, file)


def main() -> None:
    """Decodes every file of the collection that is present."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the order-by-order files")
    parser.add_argument("out", type=Path, help="folder for the tapes")
    arguments = parser.parse_args()
    for source in SOURCES:
        if (arguments.data / source.path).exists():
            write(source, arguments.data, arguments.out)
        else:
            print(f"{source.path}: not present, left out")
    for stream, patterns in RECORDINGS.items():
        root = arguments.data.parent
        paths = [path for pattern in patterns for path in sorted(root.glob(pattern))]
        # Every market of Kalshi is a stream of its own.
        streams = [(f"{stream}-{path.name.split('.')[0]}", [path]) for path in paths]
        for name, parts in streams if stream == "kalshi" else [(stream, paths)]:
            unpack(name, parts, arguments.out)


if __name__ == "__main__":
    main()
