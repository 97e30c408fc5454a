"""Makes `sequence/feeds/live/snapshots` from recorded lists of instruments.

`catalogue.py FOLDER` reads answers of venues below a folder of recordings and writes, per venue,
the few columns that are traded by, with the day of the answer: a table of facts, not the answers.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import zstandard

from sequence import _core

TARGET = Path(__file__).resolve().parent.parent / "sequence" / "feeds" / "live" / "snapshots"


class Source(NamedTuple):
    """Where a venue's answers are recorded, and when where they do not say it."""

    label: str
    file: str
    asked: str
    as_of: str = ""


# Bybit, Hyperliquid and OKX: no list of theirs is among the recordings.
SOURCES = (
    Source(
        "binance", "binance/cryptofeed_BINANCE.0.txt.zst", "GET api.binance.com/api/v3/exchangeInfo"
    ),
    Source(
        "binance-perp",
        "rest_instruments/cryptofeed_BINANCE_FUTURES.0.txt.zst",
        "GET fapi.binance.com/fapi/v1/exchangeInfo",
    ),
    Source(
        "coinbase",
        "rest_instruments/cryptofeed_COINBASE.0.txt.zst",
        "GET api.pro.coinbase.com/products",
    ),
    Source(
        "kraken",
        "rest_instruments/cryptofeed_KRAKEN.0.txt.zst",
        "GET api.kraken.com/0/public/AssetPairs",
    ),
    Source(
        "kalshi",
        "kalshi/rest_markets.jsonl.zst",
        "GET api.elections.kalshi.com/trade-api/v2/markets/TICKER",
        "2026-07-20T19:10:00Z",
    ),
    Source(
        "polymarket",
        "polymarket/rest_gamma_markets.jsonl.zst",
        "GET gamma-api.polymarket.com/markets",
        "2026-07-20T19:10:00Z",
    ),
)


def answers(line: str) -> Iterator[tuple[float | None, bytes]]:
    """The answer of a line, with its time: `URL -> SECONDS: BODY`, or an object with a body."""
    if line.startswith("http"):
        head, _, body = line.partition(": ")
        yield float(head.rpartition("-> ")[2]), body.encode()
    elif line.startswith("{"):
        yield None, json.dumps(json.loads(line)["body"]).encode()


def table(source: Source, folder: Path) -> str:
    """The table of one list, its first line a comment that begins with the date."""
    catalogue = _core.Catalogue()
    venue, futures = source.label.removesuffix("-perp"), source.label.endswith("-perp")
    as_of = source.as_of
    with (
        (folder / source.file).open("rb") as packed,
        zstandard.ZstdDecompressor().stream_reader(packed) as plain,
    ):
        for line in plain.read().decode().split("\n"):
            for at_s, body in answers(line):
                listed = _core.InstrumentList(venue, body)
                catalogue.take(listed, futures=futures, whole=False)
                if at_s is not None:
                    as_of = datetime.fromtimestamp(int(at_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = catalogue.text(venue, futures=futures)
    if not rows:
        raise SystemExit(f"{source.file} names no instrument of {venue}")
    return f"# {as_of} {source.asked}\n{rows}"


def main(folder: Path) -> None:
    """Writes every table."""
    TARGET.mkdir(exist_ok=True)
    for source in SOURCES:
        text = table(source, folder)
        (TARGET / f"{source.label}.tsv").write_text(text, encoding="utf-8")
        sys.stdout.write(f"{source.label}: {text.count(chr(10)) - 1} instruments\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
