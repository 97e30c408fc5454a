"""Every recording here of a venue that can be decoded: how much of it is playable, and whether an
order at the price and size its book shows is taken."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence, _core
from sequence.errors import ApiError
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
SLOW = {"binance two days", "binance usdm long", "binance long", "kalshi"}


def cases():
    for name in FILES:
        yield pytest.param(name, marks=pytest.mark.full if name in SLOW else (), id=name)


@pytest.mark.filterwarnings("ignore::sequence.feeds.RecordingWarning")
@pytest.mark.parametrize("name", [*cases()])
def test_an_order_at_the_recorded_touch_is_taken(name, recorded, record_property):
    paths = [recorded(part) for part in FILES[name]]
    live, tried, refused = play(paths)
    record_property("live", live)
    assert refused == [], refused[:3]
    assert tried > 0, "no book was live at any time"


def play(paths: list[Path]) -> tuple[float, int, list[str]]:
    """Share of looks at a live book, orders tried, and what was said of those refused."""
    with Sandbox(clock="replay", market=paths, preset="instant") as sandbox:
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
                client.sandbox.set_positions([fund(listing)])
                for price, size in (
                    (nbbo.bid_1e9, nbbo.bid_size),
                    (nbbo.ask_1e9, nbbo.ask_size),
                ):
                    tried += 1
                    refused.extend(take(client, row.symbol, listing, price, round(size * 10**8)))

        sandbox.replay(at=range(first_ns, last_ns + 1, step), on_time=look)
        assert sandbox.check_invariants() == []
        return lives / max(looks, 1), tried, refused


def fund(listing: Listing) -> dict[str, Any]:
    asset = listing.settle_asset
    kind = "fiat" if asset in {"USD", "EUR", "GBP", "CHF"} else "crypto"
    return {"venue": listing.venue, "kind": kind, "symbol": asset, "qty": 10**9}


def take(client: Sequence, symbol: str, listing: Listing, price: int, shown: int) -> Iterator[str]:
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
