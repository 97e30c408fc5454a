"""What live venues list, subscribed or not: their own rows, kept with a version and a date.

A start without a network has the rows of an earlier run, where they were kept, or those that are
shipped: of a day long ago, which the date says. Only a list that the venue itself sent in this run
decides whether something trades.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from sequence import _core
from sequence.feeds.live.venue import Venue

Origin = Literal["venue", "kept", "shipped"]
"""Sent in this run, kept from an earlier one, or part of the package."""
Row = dict[str, Any]

_PACKAGE: Final = "sequence.feeds.live"
_SHIPPED: Final = "snapshots"
_KEPT_VERSIONS: Final = 8
_SUFFIX: Final = ".tsv"


@dataclass(frozen=True, slots=True)
class Edition:
    """Which rows of a list these are.

    Attributes:
        version: Rises when the rows change; 0 is what is shipped.
        as_of: When the venue said so, RFC 3339.
        origin: Where the rows are from.
    """

    version: int
    as_of: str
    origin: Origin


class Catalogue:
    """The rows of some venues' lists; safe to use from several threads.

    Args:
        venues: Whose lists; spot and perpetuals of an exchange are two.
        folder: Where rows are kept for later runs; nowhere when None.

    Attributes:
        editions: Which rows are known, by the name of the connection (`binance`, `binance-perp`).
    """

    def __init__(self, venues: Iterable[Venue], folder: Path | None = None) -> None:
        self._core: Final = _core.Catalogue()
        self._folder: Final = folder
        self._lock: Final = threading.Lock()
        self._texts: dict[str, str] = {}
        self.editions: Final[dict[str, Edition]] = {}
        for venue in venues:
            if venue.label not in self.editions:
                self._load(venue)

    def take(self, venue: Venue, pages: Sequence[_core.InstrumentList], now_ns: int) -> None:
        """Takes all pages of a list that a venue sent."""
        with self._lock:
            before = self.editions.get(venue.label)
            # Rows of a day long ago say nothing beside those of today.
            whole = venue.lists_all or before is None or before.origin == "shipped"
            for number, page in enumerate(page for page in pages if len(page)):
                self._core.take(page, futures=venue.futures, whole=whole and number == 0)
            self._advance(venue, now_ns)

    def rows(self, now_ns: int, venue: str | None = None, kind: str | None = None) -> list[Row]:
        """Symbol rows of all venues or one, of all kinds or one, ordered by symbol."""
        with self._lock:
            rows: list[Row] = self._core.symbols(now_ns, venue, kind)
        for row in rows:
            self._date(row)
        return rows

    def row(self, symbol: str, now_ns: int) -> Row | None:
        """The row of one symbol by any of its names; None where nobody lists it."""
        with self._lock:
            row: Row | None = self._core.symbol(symbol, now_ns)
        if row is not None:
            self._date(row)
        return row

    def _date(self, row: Row) -> None:
        """Says of each listing of which edition it is."""
        for listing in row["venues"]:
            told = listing["listed"]
            edition = self.editions[_label(listing["venue"], told.pop("futures"))]
            told |= {"as_of": edition.as_of, "origin": edition.origin}

    def obstacle(self, venue: Venue, symbol: str, now_ns: int) -> str | None:
        """Why a symbol cannot be traded, by what a venue said in this run; None where it may."""
        edition = self.editions.get(venue.label)
        if edition is None or edition.origin != "venue":
            return None
        with self._lock:
            status = self._core.status(venue.name, symbol, now_ns)
        if status not in ("halted", "closed"):
            return None
        return f"{venue.name} lists {symbol} as {status} ({edition.as_of})"

    def names(self, venue: str | None = None) -> list[str]:
        """The symbols of all venues or one, ordered."""
        with self._lock:
            return self._core.names(venue)

    def _load(self, venue: Venue) -> None:
        kept = None if self._folder is None else _newest(self._folder, venue.label)
        origin: Origin = "shipped"
        if kept is not None:
            text, origin = kept.read_text(encoding="utf-8"), "kept"
            version = int(kept.stem.rpartition("-")[2])
        else:
            shipped = files(_PACKAGE).joinpath(_SHIPPED, venue.label + _SUFFIX)
            if not shipped.is_file():
                return
            text, version = shipped.read_text(encoding="utf-8"), 0
        if self._core.read_text(venue.name, text, futures=venue.futures):
            self.editions[venue.label] = Edition(version, _date_of(text), origin)
            self._texts[venue.label] = self._core.text(venue.name, futures=venue.futures)

    def _advance(self, venue: Venue, now_ns: int) -> None:
        text = self._core.text(venue.name, futures=venue.futures)
        before = self.editions.get(venue.label)
        changed = text != self._texts.get(venue.label)
        version = (0 if before is None else before.version) + changed
        as_of = datetime.fromtimestamp(now_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.editions[venue.label] = Edition(version, as_of, "venue")
        self._texts[venue.label] = text
        if changed and self._folder is not None:
            _keep(self._folder, venue.label, version, f"# {as_of} {venue.label}\n{text}")


def _label(venue: str, futures: bool) -> str:  # noqa: FBT001 - as the core tells it
    return f"{venue}-perp" if futures else venue


def _newest(folder: Path, label: str) -> Path | None:
    return max(_versions(folder, label), default=None)


def _versions(folder: Path, label: str) -> list[Path]:
    return sorted(folder.glob(f"{label}-[0-9]*{_SUFFIX}"))


def _keep(folder: Path, label: str, version: int, text: str) -> None:
    """Writes one version whole or not at all, and drops the oldest ones."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{label}-{version:06}{_SUFFIX}"
    beside = target.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(target)
    for old in _versions(folder, label)[:-_KEPT_VERSIONS]:
        old.unlink(missing_ok=True)


def _date_of(text: str) -> str:
    """The date in the first line, which is a comment."""
    return text.removeprefix("# ").split(maxsplit=1)[0]
