"""The books of several venues: which connections there are, and the thread they run in."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sequence import _core
from sequence._loops import end_all
from sequence.feeds.live.binance import Binance, usdm
from sequence.feeds.live.bybit import Bybit, linear
from sequence.feeds.live.catalogue import Catalogue
from sequence.feeds.live.coinbase import Coinbase
from sequence.feeds.live.connection import Connection, Refused
from sequence.feeds.live.hyperliquid import Hyperliquid
from sequence.feeds.live.kalshi import Kalshi
from sequence.feeds.live.kraken import Kraken
from sequence.feeds.live.okx import Okx
from sequence.feeds.live.polymarket import Polymarket
from sequence.feeds.live.reasons import NOT_CONNECTED, reasons
from sequence.feeds.live.rest import Documents
from sequence.feeds.live.sink import Sink
from sequence.feeds.live.status import VenueStatus
from sequence.feeds.live.venue import Venue, batches, plain

if TYPE_CHECKING:
    from sequence.feeds.live.recorder import Recorder

MAKERS: Final[dict[str, tuple[Callable[[], Venue], ...]]] = {
    "binance": (Binance, usdm),
    "bybit": (Bybit, linear),
    "coinbase": (Coinbase,),
    "hyperliquid": (Hyperliquid,),
    "kalshi": (Kalshi,),
    "kraken": (Kraken,),
    "okx": (Okx,),
    "polymarket": (Polymarket,),
}
"""What can be connected: the rules of each connection of a venue."""

DEFAULT_SYMBOLS: Final = {
    "binance": ("BTC-USDT", "ETH-USDT", "BTC-USDT-PERP", "ETH-USDT-PERP"),
    "bybit": ("BTC-USDT", "ETH-USDT", "BTC-USDT-PERP", "ETH-USDT-PERP"),
    "coinbase": ("BTC-USD", "ETH-USD"),
    "hyperliquid": ("BTC-USD-PERP", "ETH-USD-PERP"),
    "kraken": ("BTC-USD", "ETH-USD"),
    "okx": ("BTC-USDT", "ETH-USDT"),
}
"""What is subscribed where nobody says; event markets come and go, so theirs are named."""

_DEMO: Final = "demo"
_REST: Final = "-rest"
_STOP_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Live:
    """Books of venues as they are now, over their public feeds.

    Attributes:
        venues: Venue ids such as `kraken`, or the rules of connections of your own.
        symbols: Canonical symbols; each goes to every venue that has its kind. By default a short
            list per venue; kalshi and polymarket need theirs named.
        record: A folder to write down all that is heard; none by default.
        demo: Make up the rest: the demo market at all other venues, but for symbols that are live.
            Quotes then say which of their prices are real.
        addresses: Addresses instead of the built-in ones, by connection: `kalshi`, `binance-perp`,
            and `binance-rest` for what is fetched.
    """

    venues: Sequence[str | Venue]
    symbols: Sequence[str] | None = None
    record: str | Path | None = None
    demo: bool = False
    addresses: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def named(
        cls,
        names: str,
        *,
        symbols: Sequence[str] | None = None,
        record: str | Path | None = None,
        addresses: Mapping[str, str] | None = None,
    ) -> "Live":
        """Of a list such as `kraken,coinbase`, or `kraken,demo` to make up the rest."""
        venues = [name.strip() for name in names.split(",") if name.strip()]
        real = [name for name in venues if name != _DEMO]
        return cls(
            real,
            symbols=symbols,
            record=record,
            demo=_DEMO in venues,
            addresses=addresses or {},
        )

    @property
    def source(self) -> str:
        """What feeds the market: `live`, or `live+demo`."""
        return "live+demo" if self.demo else "live"

    def connections(self, in_use: Iterable[tuple[str, str | None]] = ()) -> list[Venue]:
        """The rules of each connection, with its symbols.

        Args:
            in_use: Symbols of earlier orders, each with the venue where it matters, if one does:
                subscribed too, where there is room.

        Raises:
            ValueError: A venue or a symbol cannot be connected; the text says what can.
        """
        if not self.venues:
            raise ValueError(f"name a venue; known: {', '.join(MAKERS)}")
        found: list[Venue] = []
        for venue in self._each_once():
            found += _made(venue, self.symbols) if isinstance(venue, str) else [venue]
        named = [venue if isinstance(venue, str) else venue.name for venue in self.venues]
        for symbol in self.symbols or ():
            if any(symbol in venue.symbols for venue in found):
                continue
            known = reasons(symbol, named)
            if not known:
                _check_symbol(symbol)
            near = _near(symbol, _shipped(named))
            text = f"{symbol} is traded at none of {', '.join(named)}{near}"
            raise ValueError("; ".join([text, *known]))
        self._readdress(found)
        self._subscribe(in_use, found)
        return [part for venue in found for part in _parts(venue)]

    def _subscribe(self, in_use: Iterable[tuple[str, str | None]], venues: Sequence[Venue]) -> None:
        for symbol, at in in_use:
            name = plain(symbol)
            # What is wanted anywhere is made up, where something is.
            if name is None or (at is None and self.demo):
                continue
            for venue in venues:
                is_wanted = at in (None, venue.name) and venue.carries(name)
                has_room = len(venue.symbols) < venue.most_symbols * venue.most_sockets
                if is_wanted and has_room and name not in venue.symbols:
                    venue.symbols.append(name)

    def _each_once(self) -> Iterator[str | Venue]:
        named = set[str]()
        for venue in self.venues:
            if isinstance(venue, str):
                if venue in named:
                    continue
                named.add(venue)
            yield venue

    def _readdress(self, venues: Sequence[Venue]) -> None:
        left = dict(self.addresses)
        firsts = {venue.label: venue for venue in reversed(venues)}
        for connection, address in left.items():
            schemes = ("https", "http") if connection.endswith(_REST) else ("wss", "ws")
            if urlsplit(address).scheme not in schemes:
                said = " or ".join(f"{scheme}://" for scheme in schemes)
                raise ValueError(f"the address of {connection} begins with {said}: {address!r}")
        for label, venue in firsts.items():
            venue.url = left.pop(label, venue.url)
            if venue.rest_url:
                venue.rest_url = left.pop(f"{label}{_REST}", venue.rest_url)
        for venue in venues:
            venue.url, venue.rest_url = firsts[venue.label].url, firsts[venue.label].rest_url
        if left:
            name, known = next(iter(left)), list(reversed(firsts))
            near = _near(name, known)
            raise ValueError(f"no connection is called {name}{near}; known: {', '.join(known)}")


def _near(given: str, known: Iterable[str]) -> str:
    """`; did you mean A or B?`, or nothing when no name is near."""
    near = _core.near_names(given, list(known))
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _shipped(names: Iterable[str]) -> list[str]:
    """Symbols that are known of venues without asking them."""
    catalogue = Catalogue([make() for name in names for make in MAKERS.get(name, ())])
    defaults = [symbol for name in names for symbol in DEFAULT_SYMBOLS.get(name, ())]
    return [*defaults, *catalogue.names()]


def _made(name: str, symbols: Sequence[str] | None) -> list[Venue]:
    makers = MAKERS.get(name)
    if name in NOT_CONNECTED:
        raise ValueError(f"no live feed of {name}: {NOT_CONNECTED[name]}")
    if makers is None:
        near = _near(name, MAKERS)
        raise ValueError(f"no live feed of {name!r}{near}; known: {', '.join(MAKERS)}")
    wanted = DEFAULT_SYMBOLS.get(name, ()) if symbols is None else symbols
    if symbols is not None and not wanted:
        raise ValueError(f"name a symbol of {name}, or leave symbols out for its default ones")
    if not wanted:
        raise ValueError(f"{name} has no default symbols: name the markets to subscribe")
    venues = [make() for make in makers]
    for venue in venues:
        venue.symbols = [symbol for symbol in wanted if venue.carries(symbol)]
    return [venue for venue in venues if venue.symbols]


def _parts(venue: Venue) -> list[Venue]:
    """As many connections as the symbols of one need."""
    if len(venue.symbols) <= venue.most_symbols:
        return [venue]
    found = [
        venue.part_of(part, symbols)
        for part, symbols in enumerate(batches(venue.symbols, venue.most_symbols), 1)
    ]
    if len(found) > venue.most_sockets:
        raise ValueError(f"{venue.limit}, not {len(venue.symbols)}")
    return found


def _check_symbol(symbol: str) -> None:
    try:
        _core.parse_symbol(symbol)
    except ValueError as error:
        raise ValueError(f"{symbol!r} is no symbol: {error}") from None


class LiveMarket:
    """Connections in a thread of their own; `close` ends them.

    Attributes:
        connections: One per venue, one more where its perpetuals are elsewhere, and further ones
            where one cannot carry all its symbols.
        catalogue: What the venues list, subscribed or not.
        made_up: Symbols that the demo market has: they are not subscribed on first use.
        recorder: What writes down what is heard, where that is asked for.
        failure: What ended the thread before its time.
    """

    def __init__(
        self,
        venues: Iterable[Venue],
        sink: Callable[[Venue], Sink],
        catalogue: Catalogue,
        lock: AbstractContextManager[object],
    ) -> None:
        self.catalogue: Final = catalogue
        # The lock of whoever holds the books: `want` is called with it and without it.
        self._lock: Final = lock
        self._sink: Final = sink
        self._documents: Final = dict[str, Documents]()
        self.connections: Final = [self._connection(venue) for venue in venues]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sequence-live", daemon=True)
        # Made here: a market may be closed before its thread has begun.
        self._ended: Final = asyncio.Event()
        self._group: Final = asyncio.TaskGroup()
        self._tasks: Final = set[asyncio.Task[None]]()
        self.made_up: Set[str] = frozenset()
        self.recorder: Recorder | None = None
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Begins to connect and returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Ends every connection; twice is fine."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(_STOP_S)

    def statuses(self) -> list[VenueStatus]:
        """The connections, in the order in which they were named."""
        return [connection.status for connection in self.connections]

    def want(self, symbol: str, venue: str | None = None) -> list[Connection]:
        """Subscribes a symbol at every connection that can carry it; returns at once.

        Args:
            symbol: Canonical symbol; what nobody can carry is no error.
            venue: Only there.

        Returns:
            The connections whose book of it may come yet.
        """
        coming: list[Connection] = []
        name = plain(symbol)
        if name is None or name in self.made_up:
            return coming
        for parts in self._carriers(name, venue):
            if self._is_over(parts[0], name):
                continue
            with self._lock:
                connection = self._place(parts, name)
                if connection.may_ask(name):
                    asyncio.run_coroutine_threadsafe(connection.add([name]), self._loop)
            if connection.expects(name):
                coming.append(connection)
        return coming

    def _carriers(self, name: str, venue: str | None) -> list[list[Connection]]:
        """The connections that can carry a symbol, those of one list together."""
        found = dict[str, list[Connection]]()
        for row in self.connections:
            if venue in (None, row.venue.name) and row.venue.carries(name):
                found.setdefault(row.venue.label, []).append(row)
        return list(found.values())

    def _place(self, parts: list[Connection], name: str) -> Connection:
        """The connection that carries a symbol or will; a further one where all are full."""
        has = next((row for row in parts if row.has(name)), None)
        free = has or next((row for row in parts if not row.is_full), None)
        last = parts[-1]
        is_up = last.status.state == "connected"
        if free is not None or not is_up or len(parts) >= last.venue.most_sockets:
            return free or last
        taken = {row.venue.part for row in parts}
        part = min(set(range(2, last.venue.most_sockets + 1)) - taken)
        further = self._connection(last.venue.part_of(part, [name]), is_cold=True)
        self.connections.append(further)
        self._loop.call_soon_threadsafe(self._begin_further, further)
        return further

    def _connection(self, venue: Venue, *, is_cold: bool = False) -> Connection:
        """A connection; those of one list share what they may fetch."""
        label = venue.label
        documents = self._documents.setdefault(label, Documents(venue.fetches_per_min))
        return Connection(venue, self._sink(venue), documents, is_cold=is_cold)

    def _begin(self, connection: Connection) -> asyncio.Task[None]:
        task = self._group.create_task(connection.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _begin_further(self, connection: Connection) -> None:
        """A further connection is gone once it has no symbols left."""
        task = self._begin(connection)
        task.add_done_callback(lambda _: self.connections.remove(connection))

    def _is_over(self, connection: Connection, name: str) -> bool:
        """True for a symbol that its venue lists and does not trade now; it is refused for that."""
        if name in connection.status.books:
            return False
        why = self.catalogue.obstacle(connection.venue, name, time.time_ns())
        if why is not None:
            connection.refused[name] = Refused(why)
        return why is not None

    def refusals(self, symbol: str, venue: str | None = None) -> list[str]:
        """Why no connection has a symbol.

        What venues said of it, what keeps them from saying it, or what is known of its kind.

        Args:
            symbol: As it was asked for.
            venue: Only there.
        """
        if venue in NOT_CONNECTED:
            return [f"no live feed of {venue}: {NOT_CONNECTED[venue]}"]
        name = plain(symbol) or symbol
        if name in self.made_up:
            return [f"{name} is made up here: name it among the symbols to have it live"]
        asked = [row for row in self.connections if venue in (None, row.venue.name)]
        said = [row.refused[name].why for row in asked if name in row.refused]
        away = [row for row in asked if row.status.state != "connected" and row.venue.carries(name)]
        said += [row.status.problem or f"{row.venue.name} is not connected yet" for row in away]
        return said or reasons(symbol, [row.venue.name for row in asked])

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:
            self.failure = error
            for connection in self.connections:
                connection.status.went_wrong(f"the live feeds stopped: {error!r}")
                connection.status.became("closed")
        finally:
            self._loop.run_until_complete(end_all())
            self._loop.close()

    async def _serve(self) -> None:
        try:
            async with self._group:
                for connection in list(self.connections):
                    self._begin(connection)
                await self._ended.wait()
                for task in list(self._tasks):
                    task.cancel()
        finally:
            for documents in self._documents.values():
                await documents.close()
