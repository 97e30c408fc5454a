"""One connection to one venue: subscribed, alive, healed, opened again.

The reader does no work of its own: a frame is stamped, applied and written down in one step of
the sink. What the decoder then says of the books (joined, lost) decides what is asked for again.
"""

import asyncio
import contextlib
import math
import random
import ssl
import time
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Final

import websockets
from websockets.asyncio.client import ClientConnection

from sequence.feeds.live.budget import Backoff, Budget, Relapses
from sequence.feeds.live.lists import Lists
from sequence.feeds.live.problems import names, remedy, sentence
from sequence.feeds.live.rest import AnsweredError, Documents, wait_of
from sequence.feeds.live.sink import Sink
from sequence.feeds.live.sockets import end, opened
from sequence.feeds.live.status import BookState, BookStatus, Changes, Delay, VenueStatus
from sequence.feeds.live.venue import RECONNECT, Document, Venue

_HEALTHY_S: Final = 60.0
_HEAL_MOST_S: Final = 60.0
_DOUBT_MOST_S: Final = 3600.0
_HELD: Final = 20_000
"""Frames of a second connection that may wait for the first one to be dropped."""


_REFUSED_S: Final = 60.0
_FOR_NOW: Final = (
    *("rate limit", "msg rate", "too many", "busy", "try again", "timeout", "unavailable"),
    "internal error",
)
"""Words of a venue that refuses what it may grant a moment later."""
_MOST_REFUSED: Final = 500
"""Symbols of which a connection remembers why they were refused."""
COLD_S: Final = 3.0
"""How long the first request for a symbol may wait for its book."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A symbol that the venue does not trade."""

    why: str
    at_s: float = field(default_factory=time.monotonic)


Work = Coroutine[None, None, None]


class Connection:
    """Keeps one venue's books live until it is cancelled."""

    def __init__(
        self,
        venue: Venue,
        sink: Sink,
        documents: Documents,
        *,
        is_cold: bool = False,
    ) -> None:
        self.venue: Final = venue
        self.status: Final = VenueStatus(venue.name)
        self._sink = sink
        self._draw = random.Random(venue.socket)  # noqa: S311 - jitter
        self._backoff = Backoff(venue.retry_first_s, venue.retry_most_s, self._draw)
        self._names = {venue.spell(symbol): symbol for symbol in venue.symbols}
        for symbol in venue.symbols:
            self.status.books[symbol] = BookStatus()
        self.refused: Final = dict[str, Refused]()
        self._asked_s = dict.fromkeys(venue.symbols if is_cold else (), time.monotonic())
        self._heals: dict[str, asyncio.Task[None]] = {}
        self._missed = set[str]()
        self._doubts = dict[str, Backoff]()
        self._relapses = dict[str, Relapses]()
        self._reopen = asyncio.Event()
        self._is_leaving = asyncio.Event()
        self._ping_now = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._sends = Budget(venue.sends_per_s, 1.0, time.monotonic)
        self._documents = documents
        self._lists = Lists(venue, sink, self.status, documents)

    async def run(self) -> None:
        """Opens, serves and opens again, until cancelled, or until a further one has no symbols."""
        listing = asyncio.ensure_future(self._lists.keep())
        try:
            while self.venue.part == 1 or self.venue.symbols or self._asked_s:
                began_s, wait_s = time.monotonic(), 0.0
                self.status.became("connecting")
                try:
                    await self._stay()
                except (
                    OSError,
                    TimeoutError,
                    ssl.SSLError,
                    websockets.WebSocketException,
                ) as error:
                    self.status.went_wrong(sentence(self.venue, error))
                    if isinstance(error, websockets.InvalidStatus):
                        wait_s = wait_of(error.response.headers.get("Retry-After"))
                finally:
                    self._drop()
                if time.monotonic() - began_s >= _HEALTHY_S:
                    self._backoff.reset()
                self.status.became("disconnected")
                self.status.reconnects += 1
                await asyncio.sleep(max(wait_s, self._backoff.next_s()))
        finally:
            listing.cancel()
            self.status.became("closed")

    def delay(self) -> Delay | None:
        """How late the venue's messages come; None before one that says when it was."""
        return self._sink.delay()

    def has(self, symbol: str) -> bool:
        """True when a symbol is subscribed, or will be."""
        return symbol in self._asked_s or symbol in self.status.books

    @property
    def is_full(self) -> bool:
        """True when it carries as many symbols as the venue allows."""
        return len(self.status.books.keys() | self._asked_s.keys()) >= self.venue.most_symbols

    def may_ask(self, symbol: str) -> bool:
        """True when a symbol is not subscribed, and may be: from any thread."""
        if self.has(symbol):
            return False
        refused = self.refused.get(symbol)
        if refused is not None and time.monotonic() - refused.at_s < _REFUSED_S:
            return False
        if self.status.state != "connected":
            return False
        if self.is_full:
            self._remember(symbol, Refused(self.venue.limit))
            return False
        self._asked_s[symbol] = time.monotonic()
        return True

    def expects(self, symbol: str) -> bool:
        """True while the first book of a symbol that was asked for just now may come."""
        asked_s = self._asked_s.get(symbol)
        book = self.status.books.get(symbol)
        recent = asked_s is not None and time.monotonic() - asked_s < COLD_S
        return recent and (book is None or book.state in ("waiting", "joined"))

    async def add(self, symbols: Iterable[str]) -> None:
        """Subscribes further symbols, now and after every reconnect."""
        new = [symbol for symbol in symbols if symbol not in self.status.books]
        for symbol in new:
            self._asked_s.setdefault(symbol, time.monotonic())
            self.refused.pop(symbol, None)
        self.venue.symbols.extend(new)
        for symbol in new:
            self._names[self.venue.spell(symbol)] = symbol
            self.status.books[symbol] = BookStatus()
        socket = self._socket
        if new and socket is not None:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._send(socket, self.venue.subscribe(new))
                self._watch(new)
        if self.venue.lists(new) != self.venue.lists(self.venue.symbols):
            await self._lists.fetch(new)

    async def _stay(self) -> None:
        """Serves one connection after the other, each opened before the one before it is closed."""
        socket, held = await opened(self.venue), list[bytes]()
        self.status.became("subscribing")
        self._socket = socket
        begin = self._begin(socket)
        try:
            while await self._serve(socket, held, begin):
                old, (socket, held) = socket, await self._follow(socket)
                await end(old)
                self._drop()
                self._socket = socket
                self.status.became("connected")
                self.status.replaced += 1
                begin = self._watched()
        finally:
            await end(socket)

    async def _serve(self, socket: ClientConnection, held: list[bytes], begin: Work) -> bool:
        """Applies what comes until the connection ends; True when it has lived long enough."""
        self._reopen.clear()
        self._is_leaving.clear()
        helpers = (begin, self._ping(socket), self._wait_for_reopen(socket))
        tasks = [asyncio.ensure_future(helper) for helper in helpers]
        try:
            for frame in held:
                await self._apply(socket, frame)
            is_old = await self._read(socket)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for result in ended:
            if isinstance(result, Exception):
                raise result
        return is_old

    async def _watched(self) -> None:
        self._watch(self.venue.symbols)

    async def _begin(self, socket: ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            await self._send(socket, self.venue.subscribe(self.venue.symbols))
            self.status.became("connected")
            self._lists.reached.set()
            self._watch(self.venue.symbols)

    async def _read(self, socket: ClientConnection) -> bool:
        """Applies frames until the connection ends or falls silent, or has lived long enough."""
        reads = asyncio.ensure_future(self._read_all(socket))
        minds = asyncio.ensure_future(self._mind())
        try:
            await asyncio.wait((reads, minds), return_when=asyncio.FIRST_COMPLETED)
        finally:
            reads.cancel()
            minds.cancel()
            read, is_old = await asyncio.gather(reads, minds, return_exceptions=True)
        if isinstance(read, Exception):
            raise read
        return is_old is True

    async def _read_all(self, socket: ClientConnection) -> None:
        try:
            while True:
                await self._apply(socket, bytes(await socket.recv(decode=False)))
        except websockets.ConnectionClosed:
            self.status.went_wrong(f"{self.venue.name} closed the connection")

    async def _mind(self) -> bool:
        """Waits until nothing was heard for too long, or (True) until it is old or will be closed.

        Looked at now and then: a timer for every frame would cost as much as its book does.
        """
        began_s, silence_s = time.monotonic(), self.venue.silence_s
        ends_s = began_s + (self.venue.lifetime_s or math.inf)
        while True:
            now_s = time.monotonic()
            silent_s = max(began_s, self.status.last_heard_s) + silence_s
            if now_s >= ends_s:
                return True
            if now_s >= silent_s:
                self.status.went_wrong(
                    f"nothing was heard of {self.venue.name} for {silence_s:g} s"
                )
                return False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(silent_s, ends_s) - now_s):
                    await self._is_leaving.wait()
                return True

    async def _apply(self, socket: ClientConnection, frame: bytes) -> None:
        self.status.heard()
        changes, unread = self._sink.frame(frame)
        complaint = self.venue.complaint(frame)
        if complaint is not None:
            self.status.went_wrong(f"{self.venue.name} says: {complaint}")
            self._give_up(complaint)
        elif unread is not None:
            self.status.unread += 1
            self.status.went_wrong(
                f"a message of {self.venue.name} cannot be read: {unread}: "
                "has the venue changed its format? Update this package"
            )
        self._note(changes)
        if self.venue.ends_soon(frame):
            self._is_leaving.set()
        # Last: what ends the wait for it ends no frame.
        answer = self.venue.reply(frame)
        if answer is not None:
            await socket.send(answer)

    def _give_up(self, complaint: str) -> None:
        """Books that the venue names and will not send are not asked for again, not at once."""
        for_now = any(words in complaint.lower() for words in _FOR_NOW)
        for symbol in [s for s, book in self.status.books.items() if book.state == "waiting"]:
            if not names(complaint, self.venue.spell(symbol)):
                continue
            self._cancel_heal(symbol)
            if for_now:
                self._heal_later(symbol, self.venue.heal_first_s)
            else:
                self._refuse(symbol, Refused(f"{self.venue.name} says: {complaint}"))

    def _refuse(self, symbol: str, refused: Refused) -> None:
        self._remember(symbol, refused)
        if symbol not in self._asked_s:
            # It was named at the start: the next connection subscribes it again.
            return
        self._asked_s.pop(symbol)
        self.status.books.pop(symbol)
        self._names.pop(self.venue.spell(symbol), None)
        self.venue.symbols.remove(symbol)

    def _remember(self, symbol: str, refused: Refused) -> None:
        self.refused[symbol] = refused
        if len(self.refused) > _MOST_REFUSED:
            self.refused.pop(next(iter(self.refused)))

    def _note(self, changes: Changes) -> None:
        for venue_symbol, named, state, listed in changes:
            symbol = self._names.get(venue_symbol, named)
            self.status.book_became(symbol, state, listed=listed)
            if self.status.books[symbol].is_there:
                self._missed.discard(symbol)
                self.refused.pop(symbol, None)
                self._cancel_heal(symbol)
                if state == "joined":
                    # The answer shows a quiet book to be the present one.
                    self._ping_now.set()
            elif symbol in self._names.values() and symbol not in self._heals:
                self._heal_later(symbol, self._patience(symbol, state))

    def _patience(self, symbol: str, state: BookState) -> float:
        """How long a lost book waits; one that is lost again and again waits ever longer."""
        if state != "refuted":
            if symbol not in self._relapses:
                every = Backoff(self.venue.heal_every_s, _HEAL_MOST_S, self._draw)
                self._relapses[symbol] = Relapses(self.venue.heal_first_s, every, _HEALTHY_S)
            return self._relapses[symbol].next_s(time.monotonic())
        self.status.went_wrong(
            f"{self.venue.name} sends an impossible book of {symbol}: the connection is made anew"
        )
        if symbol not in self._doubts:
            self._doubts[symbol] = Backoff(self.venue.heal_first_s, _DOUBT_MOST_S, self._draw)
        return self._doubts[symbol].next_s()

    def _watch(self, symbols: Iterable[str]) -> None:
        """Books that do not come by themselves are fetched, or asked for again."""
        for symbol in symbols:
            if not self.status.books[symbol].is_there:
                fetched = self.venue.book_url(symbol) is not None
                self._heal_later(symbol, 0.0 if fetched else self.venue.live_within_s)

    def _heal_later(self, symbol: str, wait_s: float) -> None:
        if symbol not in self._heals:
            task = asyncio.get_running_loop().create_task(self._heal(symbol, wait_s))
            self._heals[symbol] = task

    def _cancel_heal(self, symbol: str) -> None:
        task = self._heals.pop(symbol, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    async def _heal(self, symbol: str, wait_s: float) -> None:
        """Brings one book back; each try waits longer than the one before."""
        backoff = Backoff(max(wait_s, self.venue.heal_first_s), _HEAL_MOST_S, self._draw)
        await asyncio.sleep(wait_s)
        while symbol in self.status.books and not self.status.books[symbol].is_there:
            socket = self._socket
            if socket is None:
                return
            url = self.venue.book_url(symbol)
            if url is not None and self.status.books[symbol].state != "refuted":
                await self._fetch(symbol, url)
            elif not await self._ask_again(socket, symbol):
                break
            await asyncio.sleep(backoff.next_s())
        self._heals.pop(symbol, None)

    async def _ask_again(self, socket: ClientConnection, symbol: str) -> bool:
        """Asks for one book; False when the connection is made anew for it."""
        # What makes one book anew may not tell a decoder that misses nothing to begin again.
        is_refuted = self.status.books[symbol].state == "refuted"
        words = RECONNECT if is_refuted else self.venue.heal(symbol)
        if words != RECONNECT:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._send(socket, words)
            await asyncio.sleep(self.venue.live_within_s)
        elif self._is_in_vain(symbol):
            self.status.went_wrong(
                f"{self.venue.name} sends no book of {symbol}: is it traded there?"
            )
        else:
            waiting = (name for name, book in self.status.books.items() if book.state == "waiting")
            self._missed.update(waiting)
            self._reopen.set()
            return False
        return True

    def _is_in_vain(self, symbol: str) -> bool:
        """True when a new connection did not bring it, and one more would cost others theirs."""
        books = self.status.books
        never_came = symbol in self._missed and books[symbol].state == "waiting"
        return never_came and any(book.is_there for book in books.values())

    async def _fetch(self, symbol: str, url: str) -> None:
        try:
            body = await self._documents.get(Document(url))
        except OSError as error:
            why = str(error)
            if isinstance(error, AnsweredError):
                why = f"{why}: {remedy(error.status)}"
                if error.is_final:
                    self._give_up(f"{error} to {self.venue.spell(symbol)}")
            self.status.went_wrong(f"{self.venue.name}: the book of {symbol} was not sent ({why})")
            return
        if self._socket is not None:
            self._note(self._sink.book(self.venue.spell(symbol), url, body)[0])

    async def _follow(self, old: ClientConnection) -> tuple[ClientConnection, list[bytes]]:
        """A second connection, subscribed before the first is dropped, so that little is missed.

        What it hears meanwhile waits, and is applied in one go when the first is gone.
        """
        new, held = await opened(self.venue), list[bytes]()
        try:
            await self._send(new, self.venue.subscribe(self.venue.symbols))
            await self._overlap(old, new, held)
        except BaseException:
            await end(new)
            raise
        return new, held

    async def _overlap(
        self, old: ClientConnection, new: ClientConnection, held: list[bytes]
    ) -> None:
        """Applies what the old connection hears and holds what the new one does, for a while."""

        async def read_old() -> None:
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await self._apply(old, bytes(await old.recv(decode=False)))

        async def read_new() -> None:
            while len(held) < _HELD:
                held.append(bytes(await new.recv(decode=False)))

        tasks = [asyncio.ensure_future(read_old()), asyncio.ensure_future(read_new())]
        try:
            await asyncio.wait(tasks[1:], timeout=self.venue.overlap_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ping(self, socket: ClientConnection) -> None:
        if not self.venue.ping_every_s:
            return
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.venue.ping_every_s):
                        await self._ping_now.wait()
                self._ping_now.clear()
                await self._send(socket, [self.venue.ping()])

    async def _wait_for_reopen(self, socket: ClientConnection) -> None:
        await self._reopen.wait()
        lost = f"a book of {self.venue.name} was lost: the connection is made anew"
        self.status.went_wrong(lost)
        await socket.close()

    async def _send(self, socket: ClientConnection, words: Iterable[str]) -> None:
        for word in words:
            await self._sends.take()
            await socket.send(word)

    def _drop(self) -> None:
        """Every book of the connection is given up."""
        self._socket = None
        for task in self._heals.values():
            task.cancel()
        self._heals.clear()
        for venue_symbol, named, state, listed in self._sink.lost():
            self.status.book_became(self._names.get(venue_symbol, named), state, listed=listed)
