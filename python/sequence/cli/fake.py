"""`sequence fake`: a made-up venue on this machine, to try a connector or a bot against."""

import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import typer

from sequence import fakes
from sequence._files import in_words
from sequence.cli.output import write
from sequence.errors import ValidationError
from sequence.fakes.recorded import Player, play
from sequence.types._names import did_you_mean

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
    file: Annotated[
        list[Path] | None,
        typer.Option(help="A recording of this venue whose books are shown, again and again."),
    ] = None,
) -> None:
    """Serves a venue's public feed until Ctrl-C: with made-up books, or with recorded ones."""
    known = _VENUES.get(venue)
    if known is None:
        near = did_you_mean(venue, _VENUES)
        raise ValidationError(f"no fake of {venue!r}{near}; known: {', '.join(_VENUES)}")
    make, default = known
    with ExitStack() as stack:
        player = None if not file else _player(file, venue)
        wanted = symbols or (default if player is None else ",".join(player.symbols()))
        names = [name.strip() for name in wanted.split(",") if name.strip()]
        made = make(names, seed=seed, every_ms=every_ms, hurry=1.0)
        if player is not None:
            _check_recorded(names, player)
            play(made, player)
        served = stack.enter_context(fakes.serving(made))
        write(f"{venue} at {served.url}, documents at {served.rest_url}; Ctrl-C ends it")
        write(f"symbols: {', '.join(names)}")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(1)


def _player(file: list[Path], venue: str) -> Player:
    try:
        return Player(file, venue)
    except (OSError, ValueError) as error:
        raise ValidationError(in_words(error)) from None


def _check_recorded(names: list[str], player: Player) -> None:
    """Refuses what the recording has no book of."""
    there = player.symbols()
    missing = [name for name in names if name not in there]
    if missing or not names:
        what = f"of {missing[0]} in" if missing else "in"
        known = f"; it has {', '.join(there)}" if there else ""
        raise ValidationError(f"no whole book {what} the recording{known}")
