"""Fakes of every venue, and sandboxes connected to them."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sequence import fakes
from sequence.feeds.live import MAKERS, Live, Venue, VenueStatus
from sequence.sandbox import Sandbox

WAIT_S = 20.0
MOST_LEVELS = 1_000
QUIET_S = 0.06
ON_ITS_WAY_S = 2.0


@dataclass(frozen=True)
class Case:
    """One venue: its fake, what is traded there, and the faults its feed can notice."""

    name: str
    kind: str
    fake: type[fakes.Fake]
    symbols: tuple[str, ...]
    faults: tuple[str, ...]
    checked: int | None = None
    """Levels a side in which a loss must show; None = all."""


ENDS = ("abort", "close", "silent")
"""Faults that end a connection, at every venue."""
ALWAYS = (*ENDS, "split")
"""Faults that every venue can have."""
CASES = {
    case.name: case
    for case in (
        # Without sequence numbers, Kraken's loss shows where its checksum reaches.
        Case(
            "kraken",
            "spot",
            fakes.Kraken,
            ("BTC-USD", "ETH-USD"),
            (*ALWAYS, "drop", "swap", "garbage"),
            checked=10,
        ),
        Case(
            "coinbase",
            "spot",
            fakes.Coinbase,
            ("BTC-USD", "ETH-USD"),
            (*ALWAYS, "drop", "swap", "duplicate", "garbage", "restart"),
        ),
        Case(
            "binance",
            "spot",
            fakes.Binance,
            ("BTC-USDT", "ETH-USDT"),
            (*ALWAYS, "drop", "swap", "duplicate", "garbage", "old_book"),
        ),
        Case(
            "bybit",
            "spot",
            fakes.Bybit,
            ("BTC-USDT", "ETH-USDT"),
            (*ALWAYS, "drop", "swap", "duplicate", "garbage", "restart"),
        ),
        Case(
            "okx",
            "spot",
            fakes.Okx,
            ("BTC-USDT", "ETH-USDT"),
            (*ALWAYS, "drop", "swap", "duplicate", "garbage", "restart"),
        ),
        # Each message is a whole book; the next one repairs whatever was lost.
        Case(
            "hyperliquid",
            "perp",
            fakes.Hyperliquid,
            ("BTC-USD-PERP", "ETH-USD-PERP"),
            (*ALWAYS, "drop", "swap", "duplicate", "garbage", "empty"),
        ),
        # Nothing numbers Polymarket's changes: only what ends a connection is sure to be seen.
        Case("polymarket", "prediction", fakes.Polymarket, (f"7{0:076}", f"8{0:076}"), ALWAYS),
        Case(
            "kalshi",
            "prediction",
            fakes.Kalshi,
            ("KXBTC-26NOV-T1", "KXBTC-26NOV-T2"),
            (*ALWAYS, "drop", "swap", "duplicate", "garbage"),
        ),
    )
}


@pytest.fixture(scope="session")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A private and a public key."""
    folder = tmp_path_factory.mktemp("rsa")
    private, public = folder / "private.pem", folder / "public.pem"
    make = ["openssl", "genrsa", "-out", str(private), "2048"]
    subprocess.run(make, check=True, capture_output=True)  # noqa: S603
    show = ["openssl", "rsa", "-in", str(private), "-pubout", "-out", str(public)]
    subprocess.run(show, check=True, capture_output=True)  # noqa: S603
    return private, public


class World:
    """Fakes and a sandbox connected to them."""

    def __init__(self, stack: ExitStack, rsa: tuple[Path, Path]) -> None:
        self._stack = stack
        self._rsa = rsa
        self.fakes: dict[str, fakes.Fake] = {}
        self.venues: dict[str, Venue] = {}

    def fake(self, name: str, **options: Any) -> fakes.Fake:
        """Serves a fake and makes the rules that connect to it, in a hurry."""
        case = CASES[name]
        more = {"public_key": self._rsa[1]} if name == "kalshi" else {}
        symbols = list(options.pop("symbols", case.symbols))
        made = case.fake(symbols, **more | options)
        fake = self._stack.enter_context(fakes.serving(made))
        venue = next(make() for make in MAKERS[name] if make().kind == case.kind)
        venue.url, venue.symbols = fake.url, symbols
        venue.silence_s, venue.live_within_s = 0.5, 2.0
        # Often enough that a quiet market is not taken for a silent connection.
        venue.ping_every_s = min(venue.ping_every_s / 20, 0.1)
        # The fake counts a minute as its hurry makes it.
        venue.fetches_per_min *= fake.hurry
        venue.retry_first_s, venue.retry_most_s = 0.02, 0.2
        venue.heal_first_s, venue.heal_every_s = 0.02, 0.0
        if venue.rest_url:
            venue.rest_url = fake.rest_url
        if name == "kalshi":
            venue.environment = {  # type: ignore[attr-defined]
                "KALSHI_API_KEY_ID": "key",
                "KALSHI_PRIVATE_KEY_PATH": str(self._rsa[0]),
            }
        self.fakes[name], self.venues[name] = fake, venue
        return fake

    def sandbox(self, **options: Any) -> Sandbox:
        """A sandbox connected to every fake so far."""
        return self._connected(list(self.venues.values()), **options)

    def sandbox_of(self, name: str) -> Sandbox:
        """A sandbox connected to one fake."""
        return self._connected([self.venues[name]])

    def _connected(self, venues: list[Venue], **options: Any) -> Sandbox:
        live = Live(venues, record=options.pop("record", None))
        made = Sandbox(preset="instant", market=live, **options)
        self._stack.callback(made.close)
        return made


@pytest.fixture
def world(rsa: tuple[Path, Path]) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack, rsa)


def until(true: Callable[[], bool], what: str) -> None:
    """Waits until something is so."""
    ends_s = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < ends_s, f"not in {WAIT_S} s: {what}"
        time.sleep(0.005)


def status_of(sandbox: Sandbox, name: str) -> VenueStatus:
    assert sandbox.runtime.live is not None
    return next(row for row in sandbox.runtime.live.statuses() if row.venue == name)


def settle(sandbox: Sandbox, fake: fakes.Fake) -> None:
    """Stops a fake's books and waits until all it sent has been applied."""
    fake.still, fake.paused = False, True
    until(lambda: fake.still, f"{fake.name} stands still")
    status, seen, since_s = status_of(sandbox, fake.name), -1, time.monotonic()
    while time.monotonic() - since_s < QUIET_S:
        if status.frames != seen:
            seen, since_s = status.frames, time.monotonic()
        time.sleep(0.005)


def shown(sandbox: Sandbox, symbol: str, side: str) -> list[tuple[int, int]]:
    """The book of one symbol as `(price_1e9, qty_1e8)`, best first."""
    with sandbox.runtime.turn():
        book = sandbox.runtime.engine.quote(symbol, MOST_LEVELS)["book"]
    levels = [] if book is None else book["bids" if side == "bid" else "asks"]
    return [(round(price * 1e9), round(size * 1e8)) for price, size in levels]


def wrong_books(sandbox: Sandbox, fake: fakes.Fake) -> list[str]:
    """Books that are called live and are not what the venue, which stands still, holds.

    On a machine under load a frame may be on its way for long, so a difference has to last.
    """
    found = differing(sandbox, fake)
    ends_s = time.monotonic() + ON_ITS_WAY_S
    while found and time.monotonic() < ends_s:
        time.sleep(0.05)
        found = differing(sandbox, fake)
    return found


def differing(sandbox: Sandbox, fake: fakes.Fake) -> list[str]:
    """Books that are called live and are not what the venue holds now."""
    status, checked = status_of(sandbox, fake.name), CASES[fake.name].checked
    found: list[str] = []
    for symbol, book in fake.books.items():
        if status.books[symbol].state != "live":
            continue
        for side in ("bid", "ask"):
            want = book.units(side, checked or fake.depth())
            if shown(sandbox, symbol, side)[: checked or None] != want:
                found.append(f"{symbol} {side}")
    return found
