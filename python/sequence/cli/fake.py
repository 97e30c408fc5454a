"""`sequence fake`: a made-up venue on this machine, to try a connector or a bot against."""

import time
from contextlib import suppress
from typing import Annotated

import typer

from sequence import fakes
from sequence.cli.output import write
from sequence.errors import ValidationError

_VENUES = {
    "binance": (fakes.Binance, "BTC-USDT"),
    "bybit": (fakes.Bybit, "BTC-USDT"),
    "coinbase": (fakes.Coinbase, "BTC-USD"),
    "hyperliquid": (fakes.Hyperliquid, "BTC-USD-PERP"),
    "kalshi": (fakes.Kalshi, "KXBTC-26DEC31-T100000"),
    "kraken": (fakes.Kraken, "BTC-USD"),
    "okx": (fakes.Okx, "BTC-USDT"),
    "polymarket": (fakes.Polymarket, "7132104567"),
}


def fake(
    venue: Annotated[str, typer.Argument(help=f"One of {', '.join(_VENUES)}.")],
    symbols: Annotated[
        str | None, typer.Option(help="SYMBOL[,SYMBOL...] to make books of.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Which made-up market.")] = 0,
    every_ms: Annotated[float, typer.Option(min=1, help="How often its books move.")] = 100.0,
) -> None:
    """Serves a venue's public feed with made-up books until Ctrl-C."""
    known = _VENUES.get(venue)
    if known is None:
        raise ValidationError(f"no fake of {venue!r}; known: {', '.join(_VENUES)}")
    make, default = known
    names = [name.strip() for name in (symbols or default).split(",") if name.strip()]
    with fakes.serving(make(names, seed=seed, every_ms=every_ms, hurry=1.0)) as served:
        write(f"{venue} at {served.url}, documents at {served.rest_url}; Ctrl-C ends it")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(1)
