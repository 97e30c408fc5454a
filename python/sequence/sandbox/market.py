"""Market data fed by hand: what a test of a bot says the books are."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from sequence import _core
from sequence.errors import ValidationError
from sequence.sandbox.frames import Frame, FrameFed, Frames, frames_of
from sequence.sandbox.number import Number, human_units
from sequence.sandbox.refuse import core_refusal, refused
from sequence.sandbox.rows import Fed, columns_of, fed
from sequence.types._decimal import MAX_UNITS, PRICE_DECIMALS, QTY_DECIMALS
from sequence.types._names import unknown

if TYPE_CHECKING:
    from sequence.sandbox.columns import ArrowTable, Texts, Values
    from sequence.sandbox.runtime import Runtime

Level = tuple[Number, Number]
"""Price and quantity in human units."""

_Levels = list[tuple[int, int]]
_Given = tuple[int | None, int | None, int | None, int | None]
_Feed = Callable[[str, str, _Levels, _Levels, int, int], None]

_FramesFed = list[FrameFed]

_LONGEST_AGE_S: Final = 10**9
_STATUSES: Final = frozenset({"open", "resync", "halted", "post_only", "closed", "down"})


class Settlement(NamedTuple):
    """Holdings an event market settled, and what they pay in USD at 1e-9."""

    positions: int
    payout_usd_1e9: int


class Market:
    """Feeds order books and trades by hand: ``sandbox.market``.

    A symbol is listed at a venue from its first snapshot on, is live at once and never goes stale
    unless ``set_max_age`` says so. Its grid is what ``snapshot`` or ``list`` says, else that of the
    demo market or a rule of the venue, else as fine as the numbers are, without minimums. Prices
    and quantities are human numbers (``"74349.44"``, ``0.5``), taken exactly.
    """

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self._frames = Frames(runtime)

    def snapshot(
        self,
        venue: str,
        symbol: str,
        bids: Iterable[Level] = (),
        asks: Iterable[Level] = (),
        *,
        ts_ns: int | None = None,
        tick: Number | None = None,
        lot: Number | None = None,
        min_qty: Number | None = None,
        min_notional: Number | None = None,
    ) -> None:
        """Replaces the whole book of one symbol at one venue; the rest is as in ``list``."""
        given = _given(tick, lot, min_qty, min_notional)
        feed = partial(self._runtime.engine.market_snapshot, given=given)
        self._book(feed, venue, symbol, (bids, asks), ts_ns)

    def list(
        self,
        venue: str,
        symbol: str,
        *,
        tick: Number | None = None,
        lot: Number | None = None,
        min_qty: Number | None = None,
        min_notional: Number | None = None,
    ) -> None:
        """Lists a symbol at a venue without a book, or says more of its grid.

        What is said holds against everything else that is known, until it is said again. Resting
        orders at a price that the market no longer has are ended by the venue.

        Args:
            venue: Where it trades.
            symbol: What trades.
            tick: Step of prices; an event market's must divide 1.
            lot: Step of quantities.
            min_qty: Least quantity of an order.
            min_notional: Least value of an order in the quote asset.

        Raises:
            sequence.errors.UnprocessableError: A step is not above 0, or a level is off the tick.
        """
        given = _given(tick, lot, min_qty, min_notional)
        with self._turn():
            self._runtime.engine.list_market(venue, symbol, given)

    def delta(
        self,
        venue: str,
        symbol: str,
        bids: Iterable[Level] = (),
        asks: Iterable[Level] = (),
        *,
        ts_ns: int | None = None,
    ) -> None:
        """Sets single levels to new absolute quantities; 0 removes a level."""
        self._book(self._runtime.engine.market_delta, venue, symbol, (bids, asks), ts_ns)

    def trade(
        self,
        venue: str,
        symbol: str,
        price: Number,
        qty: Number,
        side: str | None = None,
        *,
        ts_ns: int | None = None,
    ) -> None:
        """Prints a trade; ``side`` is the side of the aggressor, ``None`` when unknown."""
        price_1e9 = human_units(price, PRICE_DECIMALS, "price")
        qty_1e8 = human_units(qty, QTY_DECIMALS, "qty")
        with self._turn() as now_ns:
            self._runtime.engine.market_trade(
                venue, symbol, price_1e9, qty_1e8, side, _event_ns(ts_ns, now_ns), now_ns
            )

    def columns(
        self,
        table: "Mapping[str, Values] | ArrowTable | None" = None,
        /,
        *,
        venue: "Texts | None" = None,
        symbol: "Texts | None" = None,
        kind: "Texts | Values | None" = None,
        side: "Texts | Values | None" = None,
        price: "Values | None" = None,
        qty: "Values | None" = None,
        px_1e9: "Values | None" = None,
        qty_1e8: "Values | None" = None,
        ts_ns: "Values | int | None" = None,
        status: "Texts | Values | None" = None,
        flags: "Values | int | None" = None,
    ) -> Fed:
        """Feeds rows of market data in one call, each as a call by itself would.

        Columns have one dimension and one length: numpy arrays and anything else with the buffer
        protocol, Arrow columns (with the extra ``arrow``), or lists, which are slower. One text is
        meant for every row. Names are those that recordings have; a table has them as columns, of
        which an argument takes the place. Rows are received now: time stands,
        and other columns are not looked at.

        Args:
            table: A table of Arrow (pyarrow, polars, pandas), or columns by name.
            venue: Where it happened.
            symbol: What it is about, in any form the venue's listings have.
            kind: ``level`` (the default; a size that holds from now on, 0 removes), ``print`` (a
                trade), ``snapshot_begin``, ``snapshot_end``, ``status`` or ``heartbeat``, or their
                codes. What is between the two marks is one snapshot.
            side: ``bid`` or ``ask`` of a level; of a trade the side that was hit, ``buy`` or
                ``sell`` of the one who came, or ``none``.
            price: Prices as people write them; a float is its shortest decimal text.
            qty: Sizes, likewise.
            px_1e9: Instead of ``price``: whole numbers of 1e-9.
            qty_1e8: Instead of ``qty``: whole numbers of 1e-8.
            ts_ns: The venue's stamps, ns since the Unix epoch; ``ts_venue_ns`` in a table. Empty is
                now.
            status: Of rows that are a status: what it is; else its code in ``count`` of a table.
            flags: With 16 the row ends its message; levels before it are applied with it. Without
                flags each row is a message.

        Returns:
            How many rows were taken, and which were refused and why. A message of several rows is
            refused whole; those after a refused one are taken as if it had not been there.

        Raises:
            ValidationError: Columns of unequal lengths, or one that is missing; nothing was fed.
            TypeError: A column of another type; nothing was fed.
        """
        given = {
            "venue": venue, "symbol": symbol, "kind": kind, "side": side, "price": price,
            "qty": qty, "px_1e9": px_1e9, "qty_1e8": qty_1e8, "ts_ns": ts_ns, "status": status,
            "flags": flags,
        }  # fmt: skip
        feed = columns_of(table, {k: v for k, v in given.items() if v is not None})
        with self._turn() as now_ns:
            refused = self._runtime.engine.market_columns(*feed, now_ns)
        return fed(feed[-1], refused)

    def frames(
        self,
        venue: str,
        frames: Iterable[Frame],
        received_ns: Iterable[int] | None = None,
        *,
        futures: bool = False,
    ) -> "_FramesFed":
        """Feeds frames as a venue's socket delivered them, in one call.

        They are decoded as those of a live connection are, and as if each came in a call of its
        own: a book is live from the first update after its snapshot, and a gap gives it up. What
        one call said of a venue is known to the next; such a connection cannot be copied, so from
        then on no snapshot and no fork is taken of the sandbox.

        Args:
            venue: Whose frames they are.
            frames: Bytes or texts; a pair of the venue's name of an instrument and a body is its
                book as an answer over REST.
            received_ns: When each was received, ns since the Unix epoch; it moves a manual clock
                there, and what falls due on the way happens. One that came before the present comes
                now, as all do without times.
            futures: Binance's USD-margined streams instead of its spot streams.

        Returns:
            For each frame how many market events it brought to books, how many were of no symbol
            here, and why it could not be read: the others go on.

        Raises:
            ValidationError: A venue whose frames cannot be decoded, another number of times than of
                frames, or times under a clock that moves by itself; nothing was fed.
        """
        with self._turn() as now_ns:
            read = frames_of(frames, received_ns, self._runtime.clock.kind, now_ns)
            return self._frames.feed(venue, read, now_ns, futures=futures)

    def status(self, venue: str, symbol: str, status: str) -> None:
        """Sets the state of the venue's book: open, resync, halted, post_only, closed or down."""
        if status not in _STATUSES:
            raise ValueError(unknown("market status", status, sorted(_STATUSES)))
        with self._turn() as now_ns:
            self._runtime.engine.market_status(venue, symbol, status, now_ns)

    def set_max_age(self, venue: str, symbol: str, seconds: float | None) -> None:
        """Lets a book go stale when nothing was fed for this long; ``None`` is for ever again.

        A stale book fills nothing until its next snapshot, delta or trade, and market orders that
        need it are refused.

        Raises:
            ValueError: Not above 0.
            sequence.errors.UnprocessableError: The symbol has no book there yet.
        """
        if seconds is not None and not 0 < seconds < _LONGEST_AGE_S:
            raise ValueError(f"a book's age in seconds must be above 0, not {seconds!r}")
        max_age_ns = None if seconds is None else max(1, round(seconds * 10**9))
        with self._turn():
            self._runtime.engine.set_book_max_age(venue, symbol, max_age_ns)

    def settle(
        self,
        venue: str,
        market_slug: str,
        value: Number | None = None,
        *,
        void: bool = False,
    ) -> Settlement:
        """Ends an event market for every account, whatever feeds it.

        Open orders of the market end first. Kalshi pays at once; on Polymarket holdings become
        resolved and pay when they are claimed with ``redeem``. Settling again with another value
        corrects the first; with the same it changes nothing.

        Args:
            venue: ``kalshi`` or ``polymarket``.
            market_slug: Ticker, slug or token id; the market's own name means YES.
            value: What one unit of the named outcome pays, from 0 to 1.
            void: Pay holdings back at cost instead.
        """
        if (value is None) != void:
            raise ValueError("give exactly one of value and void=True")
        value_1e9 = None if value is None else human_units(value, PRICE_DECIMALS, "value")
        with self._any_turn() as now_ns:
            return Settlement(*self._runtime.engine.settle(venue, market_slug, value_1e9, now_ns))

    def redeem(self, market_slug: str, venue: str = "polymarket") -> Settlement:
        """Claims what the local client holds of a resolved market, in cash at once.

        Args:
            market_slug: Slug or token id of the market.
            venue: Where it was resolved; Kalshi has paid by itself, so nothing is left there.
        """
        with self._any_turn() as now_ns:
            account = self._runtime.local.account
            return Settlement(*self._runtime.engine.redeem(account, venue, market_slug, now_ns))

    def funding_rate(self, venue: str, symbol: str, rate: Number) -> None:
        """Sets what longs of a perpetual pay at each funding boundary: ``0.0001`` is 1 bp."""
        rate_1e9 = human_units(rate, PRICE_DECIMALS, "rate")
        with self._any_turn() as now_ns:
            self._runtime.engine.set_funding_rate(venue, symbol, rate_1e9, now_ns)

    def _book(
        self,
        feed: _Feed,
        venue: str,
        symbol: str,
        sides: tuple[Iterable[Level], Iterable[Level]],
        ts_ns: int | None,
    ) -> None:
        bids, asks = _levels(sides[0], "bids"), _levels(sides[1], "asks")
        with self._turn() as now_ns:
            feed(venue, symbol, bids, asks, _event_ns(ts_ns, now_ns), now_ns)

    @contextmanager
    def _turn(self) -> Generator[int]:
        if self._runtime.source != "manual":
            source = self._runtime.source
            raise refused("CONFLICT", f"market={source!r} feeds itself: use market='manual'")
        with self._any_turn() as now_ns:
            yield now_ns

    @contextmanager
    def _any_turn(self) -> Generator[int]:
        with self._runtime.turn() as now_ns:
            try:
                yield now_ns
            except _core.Refusal as refusal:
                raise core_refusal(refusal) from None


def _given(
    tick: Number | None, lot: Number | None, min_qty: Number | None, min_notional: Number | None
) -> _Given | None:
    said = (
        None if tick is None else human_units(tick, PRICE_DECIMALS, "tick"),
        None if lot is None else human_units(lot, QTY_DECIMALS, "lot"),
        None if min_qty is None else human_units(min_qty, QTY_DECIMALS, "min_qty"),
        None if min_notional is None else human_units(min_notional, PRICE_DECIMALS, "min_notional"),
    )
    return None if said == (None, None, None, None) else said


def _event_ns(ts_ns: int | None, now_ns: int) -> int:
    if ts_ns is None:
        return now_ns
    if type(ts_ns) is not int or not 0 <= ts_ns <= MAX_UNITS:
        raise ValidationError(f"ts_ns: must be an integer from 0 to {MAX_UNITS}, not {ts_ns!r}")
    return ts_ns


def _levels(levels: Iterable[Level], side: str) -> list[tuple[int, int]]:
    return [
        (
            human_units(price, PRICE_DECIMALS, f"{side}[{row}] price"),
            human_units(qty, QTY_DECIMALS, f"{side}[{row}] qty"),
        )
        for row, (price, qty) in enumerate(levels)
    ]
