"""Orders at the touch that recordings show: how much of each is playable, and what is refused.

`python -m tests.feeds.touch FOLDER` prints the table of every file below a folder.
"""

import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sequence import Sequence as Client
from sequence import _core
from sequence.errors import ApiError, SequenceError
from sequence.feeds import RecordingError, RecordingWarning
from sequence.sandbox import Sandbox
from sequence.types import Listing

ROUNDS = 20
"""How often the touch is tried in one recording."""

FILES = {
    "kraken btc": ["kraken/v2_kraken_btcusd_sample.jsonl.zst"],
    "kraken eth": ["kraken/v2_kraken_ethusd_sample.jsonl.zst"],
    "kraken recent": ["frames/recent_20260824/kraken_book.jsonl.zst"],
    "coinbase": ["coinbase/cryptofeed_COINBASE.ws.28.0.txt.zst"],
    "coinbase with products": [
        "coinbase/cryptofeed_COINBASE.ws.28.0.txt.zst",
        "rest_instruments/cryptofeed_COINBASE.0.txt.zst",
    ],
    "coinbase advanced": ["coinbase/advanced_trade_level2.jsonl"],
    "binance": [
        "binance/cryptofeed_BINANCE.ws.1.0.txt.zst",
        "binance/cryptofeed_BINANCE.http.0.0.txt.zst",
    ],
    "binance with exchange info": [
        "binance/cryptofeed_BINANCE.ws.1.0.txt.zst",
        "binance/cryptofeed_BINANCE.http.0.0.txt.zst",
        "binance/cryptofeed_BINANCE.0.txt.zst",
    ],
    "binance recent": [
        "frames/recent_20260824/binance_us_depth.jsonl.zst",
        "frames/recent_20260824/binance_us_snapshot.json.zst",
    ],
    "binance usdm": [
        "binance_usdm/cryptofeed_BINANCE_FUTURES.ws.1.0.txt.zst",
        "binance_usdm/cryptofeed_BINANCE_FUTURES.http.0.0.txt.zst",
    ],
    "binance long": ["binance_long/spot_btcusdt_20240808.txt.zst"],
    "binance two days": [
        "binance_long/spot_btcusdt_20240808.txt.zst",
        "binance_long/spot_btcusdt_20240809.txt.zst",
    ],
    "binance usdm long": ["binance_long/usdm_btcusdt_20240808.txt.zst"],
    "binance arrays": [
        "binance_long/ETHBTC_20201101T09_snapshot.json.zst",
        "binance_long/ETHBTC_20201101T09_update.json.zst",
        "binance_long/ETHBTC_20201101T09_trades.json.zst",
    ],
    "kalshi": ["kalshi/gold15m/KXGOLD15M-26AUG101945-45.ndjson.zst"],
    "bybit": ["bybit/v5_xrpusdt_ob500.jsonl.zst"],
    "bybit recent": ["frames/recent_20260824/bybit_orderbook.jsonl.zst"],
    "okx": ["okx/cryptofeed_OKX.ws.1.0.txt.zst"],
    "okx recent": ["frames/recent_20260824/okx_books.jsonl.zst"],
    "polymarket books": ["polymarket/books_1776327300.txt.zst"],
}


class Played(NamedTuple):
    """Share of looks that met a live book, orders tried at its touch, and what refusals said."""

    live: float
    tried: int
    refused: list[str]


def play(paths: Sequence[Path]) -> Played:
    """Plays a recording, and buys and sells at what its books show from time to time."""
    with Sandbox(clock="replay", market=list(paths), preset="instant") as sandbox:
        first_ns = sandbox.runtime.clock.now_ns()
        last_ns = sandbox.runtime.engine.last_recorded_ns() or first_ns
        step = max(1, (last_ns - first_ns) // ROUNDS)
        looks, lives, tried = 0, 0, 0
        refused: list[str] = []
        client = sandbox.client()

        def look(_now_ns: int) -> None:
            nonlocal looks, lives, tried
            for row in client.symbols():
                nbbo = client.quote(row.symbol).nbbo
                looks += 1
                lives += nbbo.live
                (listing, *_) = row.venues
                if not (nbbo.live and nbbo.bid_1e9 and nbbo.ask_1e9):
                    continue
                client.sandbox.set_positions([_fund(listing)])
                for price, size in (
                    (nbbo.bid_1e9, nbbo.bid_size),
                    (nbbo.ask_1e9, nbbo.ask_size),
                ):
                    tried += 1
                    refused.extend(_take(client, row.symbol, listing, price, round(size * 10**8)))

        sandbox.replay(at=range(first_ns, last_ns + 1, step), on_time=look)
        assert sandbox.check_invariants() == []
        return Played(lives / max(looks, 1), tried, refused)


def _fund(listing: Listing) -> dict[str, Any]:
    asset = listing.settle_asset
    kind = "fiat" if asset in {"USD", "EUR", "GBP", "CHF"} else "crypto"
    return {"venue": listing.venue, "kind": kind, "symbol": asset, "qty": 10**9}


def _take(client: Client, symbol: str, listing: Listing, price: int, shown: int) -> Iterator[str]:
    """Buys what a level shows, at its price; yields what was said when that was refused."""
    # What others left of a level may be less than the venue takes.
    lot, worth = listing.lot_1e8, listing.min_notional_usd_1e9
    least = max(listing.min_qty_1e8, -(-worth * 10**8 // price))
    size = max(shown, -(-least // lot) * lot)
    try:
        order = client.buy(
            symbol,
            _core.format_units(size, 8),
            limit_price=_core.format_units(price, 9),
            venue=listing.venue,
        )
    except ApiError as error:
        yield f"{symbol} {size}@{price}: {error}"
        return
    if order.status == "REJECTED" or order.row.limit_price_1e9 != price:
        yield f"{symbol} {size}@{price}: {order.row}"
    if not order.is_terminal:
        order.cancel()


def _recordings(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """What belongs together, then every other file by itself."""
    together = [[folder / part for part in parts] for parts in FILES.values()]
    known = {path for paths in together for path in paths}
    yield from zip(FILES, together, strict=True)
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".zst", ".json", ".jsonl"} and path not in known:
            yield str(path.relative_to(folder)), [path]


def _row(paths: list[Path]) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RecordingWarning)
        try:
            live, tried, refused = play(paths)
        except (RecordingError, SequenceError, ValueError) as error:
            return f"not played: {str(error).splitlines()[0][:120]}"
    said = f"; warned: {str(caught[0].message).splitlines()[0][:120]}" if caught else ""
    accepted = f"{tried - len(refused)} of {tried}" if tried else "no book was live"
    return f"{live:7.1%} | {accepted}{said}{''.join(f'; {text[:120]}' for text in refused[:1])}"


def main(folder: Path) -> None:
    """Prints a table: live share of looks, orders at the touch that were accepted."""
    sys.stdout.write("| recording | live | accepted at the touch |\n|---|---:|---|\n")
    for name, paths in _recordings(folder):
        sys.stdout.write(f"| {name} | {_row(paths)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
