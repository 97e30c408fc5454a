"""The half of a fake venue that is the same for all: sockets, rates, heartbeats, faults.

Times of the real venue are divided by `hurry`, so that a test sees an hour's rules in a second.
"""

import asyncio
import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal, TypeVar

import websockets
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from sequence._loops import end_all, stop_accepting
from sequence.fakes.book import Change, Print, TrueBook
from sequence.fakes.request import answer, asked

FaultKind = Literal[
    "drop",
    "swap",
    "duplicate",
    "split",
    "empty",
    "abort",
    "close",
    "silent",
    "garbage",
    "restart",
    "old_book",
    "refuse",
    "leave",
]
"""What a fault does: leaves a frame of a book out (few venues number their prints: nobody could
miss one), sends two in the wrong order, sends one twice, or in two pieces, shows a book without a
level (where each message is a whole one), cuts the connection inside a frame, closes it, goes
silent with the connection open, sends what is no frame, starts its numbers anew, answers with an
old book, refuses the next connection or fetch, says that the connection will end."""


NoticeKind = Literal["grid", "end"]
"""What befalls a market: its prices get a finer grid, it is resolved."""

_SLOWEST_S: Final = 3.0
"""Rates are per second in any hurry: a client that keeps to one may need so long to subscribe, and
on a busy machine to be heard."""


@dataclass(eq=False)
class Client:
    """One connection of a client to a fake."""

    socket: ServerConnection
    topics: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Channel and symbol."""
    began_s: float = 0.0
    heard_s: float = 0.0
    recent_s: list[float] = field(default_factory=list[float])
    seq: int = 0
    ids: dict[str, int] = field(default_factory=dict[str, int])
    beaten_s: float = 0.0
    """When it was last sent a heartbeat."""
    told_s: float = 0.0
    """When it was last sent anything of a market."""
    pinged_s: float = 0.0
    pong: asyncio.Future[float] | None = None
    """Its answer to the last ping."""
    silent: bool = False
    late: str | None = None
    """A frame that a swap holds back."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while an answer or a change is made and sent: nothing comes between the two."""


class Fake:
    """A fake venue; one class per venue says what it sends and what it accepts."""

    name = ""
    subscribe_within_s = 0.0
    """Closes a connection that subscribes to nothing for this long; 0 = never."""
    heard_within_s = 0.0
    """Closes a connection that says nothing for this long; 0 = never."""
    sends_per_s = 0.0
    """Closes a connection that sends more; 0 = no limit."""
    lifetime_s = 0.0
    beats_every_s = 0.0
    """Sends a heartbeat this often; 0 = never."""
    pings_every_s = 0.0
    """Sends a ping of the protocol's own this often; 0 = never."""
    ponged_within_s = 0.0
    """Closes a connection that leaves one unanswered for this long."""
    beats_when_quiet = False
    """Sends one only to those to whom nothing else was sent for so long."""

    def __init__(
        self,
        symbols: Sequence[str],
        *,
        seed: int = 0,
        every_ms: float = 5.0,
        hurry: float = 20.0,
        tick_decimals: int = 1,
        lot_decimals: int = 4,
        mid: int = 650_000,
    ) -> None:
        self.draw: Final = random.Random(f"{seed}|{self.name}")  # noqa: S311 - a made-up market
        self.symbols: Final = list(symbols)
        self.books: Final = {
            symbol: TrueBook(mid, self.draw, tick_decimals, lot_decimals) for symbol in symbols
        }
        self.hurry: Final = hurry
        self.every_s: Final = every_ms / 1000
        self.url = ""
        self.rest_url = ""
        self.paused = False
        self.still = False
        """Paused, and all that moved before has been sent."""
        self.retry_after_s = 0
        """How long it asks those whom it refuses for their rate to wait."""
        self.halted: set[str] = set()
        """Symbols whose row in the list of instruments says that they do not trade."""
        self.connects = 0
        self.asks = Counter[str]()
        """Steps clients took for the book of a symbol: connections, subscriptions and their ends,
        books fetched. Each costs a round trip at most."""
        self.refused: list[str] = []
        """Why connections were closed or words refused, for tests that expect none."""
        self.faults: list[FaultKind] = []
        """Played one after the other, each at the next frame or connection it fits."""
        self.notices: list[tuple[NoticeKind, str]] = []
        """What befalls a market (its symbol), told before its next move."""
        self._clients: set[Client] = set()
        self._trade_id = 1_000
        self._pulse: Callable[[], None] = lambda: None

    # What a venue says. --------------------------------------------------------------------------

    async def greet(self, client: Client) -> None:
        """Sends what comes right after a connection opens."""

    async def word(self, client: Client, text: str) -> None:
        """Acts on one message of a client."""
        raise NotImplementedError

    def snapshot(self, client: Client, symbol: str) -> str | None:
        """The whole book as the stream sends it; None where it does not."""
        raise NotImplementedError

    def update(self, client: Client, symbol: str, changes: list[Change]) -> str | None:
        """Changes of a book as the stream sends them."""
        raise NotImplementedError

    def trade(self, client: Client, symbol: str, printed: Print) -> str:
        """A print as the stream sends it."""
        raise NotImplementedError

    def notice(self, client: Client, kind: NoticeKind, symbol: str) -> str | None:
        """What tells a client of something that befalls a market; None where it did not ask."""
        raise NotImplementedError

    def beat(self, client: Client) -> str | None:
        """A heartbeat; None for a client that did not ask for any."""
        raise NotImplementedError

    def fetched(self, path: str, posted: str = "") -> tuple[int, str]:
        """Status and body of a document over HTTP; `posted` is what was sent there, if anything."""
        listed = self.listed(path, posted)
        return (HTTPStatus.NOT_FOUND, "{}") if listed is None else (HTTPStatus.OK, listed)

    def listed(self, path: str, posted: str) -> str | None:
        """What the venue says of its instruments at a path; None where it says nothing."""
        del path, posted
        return None

    def admits(self, headers: Headers) -> str | None:
        """Why a handshake is refused; None lets it in."""
        del headers
        return None

    def farewell(self) -> str:
        """What says that a connection will be closed soon."""
        raise NotImplementedError

    def restart(self, client: Client) -> None:
        """Starts the venue's numbers anew, as a restart of the service does."""
        client.seq = 0

    def steps(self) -> None:
        """Called before every move of the books."""

    def steps_by(self, pulse: Callable[[], None]) -> None:
        """Has something called before every move of the books."""
        self._pulse = pulse

    def step(self, symbol: str) -> str:
        """Tick of a symbol, as text."""
        return self.books[symbol].price(1)

    def lot(self, symbol: str) -> str:
        """Lot of a symbol, as text."""
        return self.books[symbol].size(1)

    # What a client should hold. ------------------------------------------------------------------

    def depth(self) -> int | None:
        """Levels a side that a client of this feed knows; None = all."""
        return None

    def new_trade_id(self) -> int:
        """A trade id nobody had."""
        self._trade_id += 1
        return self._trade_id

    # The server. ---------------------------------------------------------------------------------

    async def run(self, ready: "threading.Event", ended: asyncio.Event) -> None:
        """Serves until told to end."""
        async with serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._request,
            ping_interval=None,
            close_timeout=1,
        ) as server:
            documents = await asyncio.start_server(self._document, "127.0.0.1", 0)
            self.url = f"ws://127.0.0.1:{_port(server)}/ws"
            self.rest_url = f"http://127.0.0.1:{_port(documents)}"
            ready.set()
            mover = asyncio.ensure_future(self._move())
            async with documents:
                await ended.wait()
                await stop_accepting(server, documents)
            mover.cancel()
            await asyncio.gather(mover, return_exceptions=True)

    async def _document(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request over HTTP and closes."""
        try:
            path, posted = await asked(reader)
            if self._take("refuse"):
                status, body = int(HTTPStatus.TOO_MANY_REQUESTS), "{}"
            else:
                status, body = self.fetched(path, posted) if posted else self.fetched(path)
            writer.write(answer(status, body, self.retry_after_s))
            await writer.drain()
        except (ValueError, asyncio.IncompleteReadError, ConnectionError):
            # It said nothing that could be answered, or went away.
            pass
        finally:
            writer.close()

    def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        if self._take("refuse"):
            refusal = connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "slow down")
            refusal.headers["Retry-After"] = str(self.retry_after_s)
            return refusal
        reason = self.admits(request.headers)
        if reason is not None:
            self.refused.append(reason)
            return connection.respond(HTTPStatus.UNAUTHORIZED, reason)
        return None

    async def _serve(self, socket: ServerConnection) -> None:
        self.connects += 1
        self.asks.update(self.symbols)
        now_s = time.monotonic()
        client = Client(socket, began_s=now_s, heard_s=now_s)
        self._clients.add(client)
        try:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self.greet(client)
                async for text in socket:
                    client.heard_s = time.monotonic()
                    if client.silent:
                        continue
                    if not self._within_rate(client):
                        await self.hang_up(client, "too many messages in a second")
                        break
                    async with client.turn:
                        before = set(client.topics)
                        await self.word(client, text if isinstance(text, str) else text.decode())
                        changed = before ^ client.topics
                        self.asks.update(symbol for channel, symbol in changed if channel == "book")
        finally:
            self._clients.discard(client)

    async def hang_up(self, client: Client, reason: str) -> None:
        """Closes a connection for breaking a rule."""
        self.refused.append(reason)
        await client.socket.close(1008, reason)

    def _within_rate(self, client: Client) -> bool:
        if not self.sends_per_s:
            return True
        now_s = time.monotonic()
        client.recent_s = [at for at in client.recent_s if now_s - at < 1.0]
        client.recent_s.append(now_s)
        return len(client.recent_s) <= self.sends_per_s

    async def _move(self) -> None:
        while True:
            await asyncio.sleep(self.every_s)
            await self._enforce()
            self.still = self.paused
            if self.paused:
                continue
            self._pulse()
            self.steps()
            while self.notices:
                await self._announce(*self.notices.pop(0))
            for symbol, book in self.books.items():
                changes = book.move()
                for client in list(self._clients):
                    with contextlib.suppress(websockets.ConnectionClosed):
                        await self._tell(client, symbol, changes)
            await self._beat()

    async def _beat(self) -> None:
        now_s = time.monotonic()
        for client in list(self._clients) if self.beats_every_s else ():
            since_s = client.told_s if self.beats_when_quiet else client.beaten_s
            if now_s - since_s < self.beats_every_s / self.hurry:
                continue
            with contextlib.suppress(websockets.ConnectionClosed):
                async with client.turn:
                    client.beaten_s = now_s
                    await self.send(client, self.beat(client), of_book=False)

    async def _announce(self, kind: NoticeKind, symbol: str) -> None:
        for client in list(self._clients):
            with contextlib.suppress(websockets.ConnectionClosed):
                async with client.turn:
                    frame = self.notice(client, kind, symbol)
                    if frame is not None:
                        await client.socket.send(frame)

    async def _tell(self, client: Client, symbol: str, changes: list[Change]) -> None:
        async with client.turn:
            if ("book", symbol) in client.topics and changes:
                await self.send(client, self.update(client, symbol, changes))
            printed = self.books[symbol].last_print
            if ("trade", symbol) in client.topics and printed is not None:
                await self.send(client, self.trade(client, symbol, printed), of_book=False)

    async def _enforce(self) -> None:
        now_s = time.monotonic()
        for client in list(self._clients):
            age_s, quiet_s = now_s - client.began_s, now_s - client.heard_s
            if self.lifetime_s and age_s > self.lifetime_s / self.hurry:
                await client.socket.close(1001, "lifetime")
            elif self.subscribe_within_s and not client.topics:
                if age_s > max(_SLOWEST_S, self.subscribe_within_s / self.hurry):
                    await self.hang_up(client, "nothing was subscribed in time")
            elif self.heard_within_s and quiet_s > max(
                _SLOWEST_S, self.heard_within_s / self.hurry
            ):
                await self.hang_up(client, "no ping in time")
            elif self.pings_every_s and not client.silent:
                with contextlib.suppress(websockets.ConnectionClosed):
                    await self._ping(client, now_s)

    async def _ping(self, client: Client, now_s: float) -> None:
        since_s = now_s - client.pinged_s
        if client.pong is not None and not client.pong.done():
            if since_s > max(_SLOWEST_S, self.ponged_within_s / self.hurry):
                await self.hang_up(client, "no pong in time")
        elif since_s >= self.pings_every_s / self.hurry:
            client.pinged_s, client.pong = now_s, asyncio.ensure_future(await client.socket.ping())

    async def send(self, client: Client, frame: str | None, *, of_book: bool = True) -> None:
        """Sends a frame, as the next fault has it."""
        if frame is None or client.silent:
            return
        client.told_s = time.monotonic()
        if client.late is not None:
            first, client.late = client.late, None
            await client.socket.send(frame)
            await client.socket.send(first)
            return
        fault = self.faults[0] if self.faults else None
        waits = fault == "drop" and not of_book
        if waits or fault in (None, "refuse", "old_book", "empty"):
            await client.socket.send(frame)
            return
        self.faults.pop(0)
        await self._play(client, frame, fault)

    async def _play(self, client: Client, frame: str, fault: FaultKind) -> None:
        match fault:
            case "drop" | "refuse" | "old_book" | "empty":
                pass
            case "swap":
                client.late = frame
            case "duplicate":
                await client.socket.send(frame)
                await client.socket.send(frame)
            case "split":
                middle = len(frame) // 2
                await client.socket.send([frame[:middle], frame[middle:]])
            case "garbage":
                await client.socket.send(frame[: len(frame) // 2])
            case "silent":
                client.silent = True
            case "close":
                await client.socket.close(1001)
            case "abort":
                client.socket.transport.abort()
            case "leave":
                await client.socket.send(frame)
                await client.socket.send(self.farewell())
            case "restart":
                await self.restarted(client, frame)

    async def restarted(self, client: Client, frame: str) -> None:
        """Sends what comes after a restart; the frame that was due is lost with it."""
        del frame
        self.restart(client)
        for symbol in sorted({symbol for channel, symbol in client.topics if channel == "book"}):
            snapshot = self.snapshot(client, symbol)
            if snapshot is not None:
                await client.socket.send(snapshot)

    def _take(self, kind: FaultKind) -> bool:
        if self.faults and self.faults[0] == kind:
            self.faults.pop(0)
            return True
        return False

    def takes_empty(self) -> bool:
        """True when the next whole book shall have no level."""
        return self._take("empty")

    def takes_old_book(self) -> bool:
        """True when the next fetched book shall be an old one."""
        return self._take("old_book")


FakeT = TypeVar("FakeT", bound=Fake)


def _port(server: asyncio.Server | Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


@contextlib.contextmanager
def serving(*fakes: FakeT) -> Generator[FakeT]:
    """Serves fakes from one thread of this process for as long as the block runs.

    Yields:
        The first of them.
    """
    ready = [threading.Event() for _ in fakes]
    loop, ended = asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        await asyncio.gather(
            *(fake.run(event, ended) for fake, event in zip(fakes, ready, strict=True))
        )
        # Requests that were not finished, what was accepted last, transports that were cut.
        await end_all()

    thread = threading.Thread(
        target=loop.run_until_complete, args=(run(),), name="fake", daemon=True
    )
    thread.start()
    if not all(event.wait(10) for event in ready):
        raise RuntimeError("the fake did not start")
    try:
        yield fakes[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(30)
        loop.close()
