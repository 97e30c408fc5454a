"""Books of a recording as the truth of a fake: its market moves as the recorded one did."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sequence import _core
from sequence.fakes.book import Change, Side, TrueBook
from sequence.fakes.server import Fake
from sequence.feeds.opened import open_all, refusal_of

_LEVELS: Final = 100
_PRICE_DECIMALS: Final = 9
_SIZE_DECIMALS: Final = 8
_SIDES: Final[tuple[Side, Side]] = ("bid", "ask")
_NS_PER_S: Final = 10**9
_SEARCHED_S: Final = 60
_LOOKS: Final = 40


class Player:
    """Plays recordings in steps and begins anew at their end."""

    def __init__(self, files: Sequence[Path], venue: str) -> None:
        self._files = list(files)
        self._venue = venue
        self._now_ns = self._last_ns = 0
        self._engine = self._at(0)
        self._begins_ns = self._most_books()
        self._engine = self._at(self._begins_ns)

    def symbols(self) -> dict[str, tuple[int, int]]:
        """Symbols that have a book, with the decimals of their prices and sizes."""
        found: dict[str, tuple[int, int]] = {}
        for row in self._engine.symbols(self._venue, None):
            listing = next(of for of in row["venues"] if of["venue"] == self._venue)
            if all(self.levels(row["symbol"], side) for side in _SIDES):
                found[row["symbol"]] = (
                    _decimals(listing["tick_1e9"], _PRICE_DECIMALS),
                    _decimals(listing["lot_1e8"], _SIZE_DECIMALS),
                )
        return found

    def advance(self, seconds: float) -> None:
        """Plays on by so much of the recorded time."""
        if self._now_ns >= self._last_ns:
            self._engine = self._at(self._begins_ns)
        else:
            self._move(int(seconds * _NS_PER_S))

    def levels(self, symbol: str, side: Side) -> list[tuple[int, int]]:
        """Levels as `(price_1e9, qty_1e8)`, best first; none while there is no whole book."""
        book = self._engine.quote(symbol, _LEVELS)["book"]
        levels: list[tuple[float, float]] = (
            [] if book is None else book["bids" if side == "bid" else "asks"]
        )
        return [(round(price * 1e9), round(size * 1e8)) for price, size in levels]

    def _at(self, at_ns: int) -> _core.Engine:
        """The recording from its start, played up to a time."""
        engine = _core.Engine()
        opened = open_all(self._files, self._venue)
        for name, source in opened:
            refusal = refusal_of(source)
            if refusal is not None:
                raise ValueError(f"{name} cannot be played: {refusal}")
            if isinstance(source, _core.Tape):
                engine.add_tape(source)
            else:
                engine.add_recording(source)
        first_ns = min(source.first_ns for _, source in opened)
        self._last_ns = max(source.last_ns for _, source in opened)
        self._engine, self._now_ns = engine, max(at_ns, first_ns)
        engine.advance(self._now_ns)
        return engine

    def _move(self, by_ns: int) -> None:
        self._now_ns = min(self._last_ns, self._now_ns + by_ns)
        self._engine.advance(self._now_ns)

    def _most_books(self) -> int:
        """The first time, of the beginning, at which most symbols have whole books."""
        span_ns = min(_SEARCHED_S * _NS_PER_S, self._last_ns - self._now_ns)
        most, at_ns = 0, self._now_ns
        for _ in range(_LOOKS):
            count = len(self.symbols())
            if count > most:
                most, at_ns = count, self._now_ns
            self._move(span_ns // _LOOKS)
        return at_ns


class RecordedBook(TrueBook):
    """The book of a symbol as it was recorded, from one step to the next."""

    def follow(self, player: Player, symbol: str) -> None:
        """Takes its levels from a player from now on."""
        self._player, self._symbol = player, symbol
        self.move()

    def move(self) -> list[Change]:
        """The levels that changed since the last step; none while the book is not whole."""
        shown = {side: self._shown(side) for side in _SIDES}
        if not all(shown.values()):
            return []
        changes: list[Change] = []
        for side in _SIDES:
            held, now = (self.bids if side == "bid" else self.asks), shown[side]
            for ticks in held.keys() | now.keys():
                lots = now.get(ticks, 0)
                if held.get(ticks, 0) != lots:
                    changes.append((side, ticks, lots))
            held.clear()
            held.update(now)
        return changes

    def _shown(self, side: Side) -> dict[int, int]:
        tick = 10 ** (_PRICE_DECIMALS - self.tick_decimals)
        lot = 10 ** (_SIZE_DECIMALS - self.lot_decimals)
        levels = self._player.levels(self._symbol, side)
        return {price // tick: size // lot for price, size in levels if size >= lot}


def play(fake: Fake, player: Player) -> None:
    """Lets the books of a fake move as recorded ones did; it must have the player's symbols."""
    decimals = player.symbols()
    for symbol in fake.symbols:
        made = fake.books[symbol]
        tick_decimals, lot_decimals = decimals[symbol]
        book = RecordedBook(made.mid, fake.draw, tick_decimals, lot_decimals, made.lowest, 10**12)
        book.follow(player, symbol)
        fake.books[symbol] = book
    fake.steps_by(lambda: player.advance(fake.every_s))


def _decimals(step: int, most: int) -> int:
    """Decimals of a step that is a power of ten or a multiple of one."""
    zeros = len(str(step)) - len(str(step).rstrip("0"))
    return max(0, most - zeros)
