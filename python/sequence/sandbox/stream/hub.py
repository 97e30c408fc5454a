"""Who reads what: private events to their readers as they happen, market data as it changes.

Everything here runs under the lock of the runtime. A sink takes what it is given and returns at
once; a reader that is too slow is its own problem, never that of a handler.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json

from sequence import _core
from sequence.sandbox.stream.evidence import Evidences
from sequence.sandbox.stream.feed import Feeds
from sequence.sandbox.stream.frames import EngineFrames, FrameRow, FrameSource
from sequence.sandbox.stream.listings import Listings
from sequence.sandbox.stream.packet import (
    Packet,
    market_packet,
    packet_of,
    private_packet,
)
from sequence.sandbox.stream.reader import Reader
from sequence.sandbox.stream.ring import REPLAY_EVENTS, Ring
from sequence.sandbox.stream.topic import PRIVATE, EventTopic, MarketTopic, PrivateName

if TYPE_CHECKING:
    from sequence.sandbox.state import State

BOOK_LEVELS: Final = 100
UNREAD: Final = 256
"""Events that wait in the core while nobody reads, before they are kept for readers to come."""
_RingKey = tuple[int, PrivateName]


class _Watch:
    """One market topic with its readers and what they were told last."""

    __slots__ = ("channel", "content", "packet", "readers", "topic")

    def __init__(self, topic: MarketTopic) -> None:
        self.topic: Final = topic
        self.channel: Final = to_json(topic.channel)
        self.readers: dict[Reader, None] = {}
        self.content: dict[str, str] = {}
        self.packet: dict[str, Packet] = {}


class Hub:
    """The streams of one runtime.

    Attributes:
        listening: Private events are kept from the first reader on, or from `listen`.
        source: Where private events come from.
        feeds: Risk states, alerts and costs of orders.
        listings: Event markets as they are listed and resolved.
        evidences: Why open orders have not filled.
    """

    def __init__(self, state: "State") -> None:
        self.listening = False
        self.source: FrameSource = EngineFrames(state.engine)
        self.feeds: Final = Feeds(state)
        self.feeds.catch_up = self.catch_up
        self.listings: Final = Listings(state)
        self.evidences: Final = Evidences(state)
        self._state: Final = state
        self._unread: Final = _core.Unread(REPLAY_EVENTS)
        self._rings: dict[_RingKey, Ring] = {}
        self._epochs: dict[int, int] = {}
        self._readers: dict[_RingKey, dict[Reader, str]] = {}
        self._watches: dict[str, _Watch] = {}
        self._sessions: dict[Reader, None] = {}

    def listen(self) -> None:
        """Keeps private events from now on, also while nobody reads."""
        if not self.listening:
            self.listening = True
            self._state.engine.listen(enabled=True)

    def resume(self, told: list[tuple[int, str, int]]) -> None:
        """Keeps private events from now on; numbers go on where a process before this one was."""
        self.listening = True
        self._state.engine.resume_frames(told)
        for account, _, _ in told:
            self.epoch(account)

    def publish(self) -> None:
        """Hands out what the last command did; called when it is complete, never before.

        While nobody reads, nothing is made of events but what a reader who comes back needs.
        """
        waiting = self.source.frames_waiting()
        if waiting and self.is_read:
            self.catch_up()
        elif waiting >= UNREAD:
            for frames in self.source.take_frames():
                self._unread.keep(frames)

    def catch_up(self) -> None:
        """Hands out all there is."""
        self.hand_out(self._unread.take())
        for frames in self.source.take_frames():
            self.hand_out(frames.rows())

    @property
    def is_read(self) -> bool:
        """True while somebody wants to be told."""
        return bool(self._sessions) or self.feeds.is_read

    def hand_out(self, frames: Iterable[FrameRow]) -> None:
        """Hands out frames in their order."""
        for frame in frames:
            self._hand_out(frame)

    def sessions(self) -> list[Reader]:
        """Every open session."""
        return list(self._sessions)

    def add(self, session: Reader) -> None:
        """A new reader, of nothing yet."""
        with self._state.lock:
            if not self.is_read:
                self.catch_up()
            self._sessions[session] = None

    def remove(self, session: Reader) -> None:
        """A reader that is gone."""
        self._sessions.pop(session, None)
        self.listings.remove(session)
        self.evidences.unfollow(session)
        for readers in self._readers.values():
            readers.pop(session, None)
        for channel in [name for name, row in self._watches.items() if session in row.readers]:
            self.unwatch(session, channel)

    def ring(self, account: int, name: PrivateName) -> Ring:
        """Events of one topic of an account."""
        found = self._rings.get((account, name))
        if found is None:
            self.listen()
            base = self._state.engine.frame_base(account, name)
            found = self._rings[account, name] = Ring(base)
        return found

    def epoch(self, account: int) -> int:
        """The epoch whose events the rings of an account hold: the newest that was told."""
        return self._epochs.setdefault(account, self._state.engine.epoch(account))

    def follow(self, session: Reader, account: int, name: PrivateName, channel: str) -> None:
        """A reader gets the events of a topic from now on."""
        self.ring(account, name)
        self._readers.setdefault((account, name), {})[session] = channel

    def unfollow(self, session: Reader, account: int, name: PrivateName) -> None:
        """A reader gets no more events of a topic."""
        self._readers.get((account, name), {}).pop(session, None)

    def watch(self, session: Reader, topic: MarketTopic) -> None:
        """A reader gets the state of a market topic now, and every change of it."""
        watch = self._watches.get(topic.channel)
        if watch is None:
            watch = self._watches[topic.channel] = _Watch(topic)
        watch.readers[session] = None
        self._refresh(watch)
        for key, packet in watch.packet.items():
            session.sink.market(topic.channel + key, packet)

    def unwatch(self, session: Reader, channel: str) -> None:
        """A reader gets no more changes of a market topic."""
        watch = self._watches.get(channel)
        if watch is not None:
            watch.readers.pop(session, None)
            if not watch.readers:
                del self._watches[channel]

    def begin_events(self, session: Reader, topic: EventTopic) -> None:
        """A reader gets the events of a topic that cannot be resumed; twice is once."""
        match topic.name:
            case "evidence":
                self.evidences.follow(session, topic.channel)
            case "new_markets" | "market_resolved":
                self.listings.follow(session, topic.name, topic.channel)
            case _:
                self.feeds.follow(session, topic.name, topic.channel)

    def end_events(self, session: Reader, topic: EventTopic) -> None:
        """A reader gets no more of them."""
        match topic.name:
            case "evidence":
                self.evidences.unfollow(session)
            case "new_markets" | "market_resolved":
                self.listings.unfollow(session, topic.channel)
            case _:
                self.feeds.unfollow(session, topic.name)

    def poll(self) -> None:
        """Tells the readers of market data what changed since the last time."""
        for watch in self._watches.values():
            for key in self._refresh(watch):
                packet = watch.packet[key]
                for session in watch.readers:
                    session.sink.market(watch.topic.channel + key, packet)
        if self._state.live is not None:
            for session in self.sessions():
                session.give_up()
        self.feeds.poll()
        self.listings.poll()
        self.evidences.poll()

    def refusal_of(self, symbol: str) -> str | None:
        """What is said of a symbol that can never get a book here; None of the others."""
        if self._state.source in ("manual", "replay"):
            # Symbols are listed when they are first fed.
            return None
        try:
            self._state.engine.symbol(symbol)
        except _core.Refusal as refusal:
            return refusal.message
        return None

    def _hand_out(self, frame: FrameRow) -> None:
        account, topic, seq, ts_ns, data = frame
        if topic == "epoch":
            self._begin_epoch(account, seq)
            return
        if topic == "alert":
            self.feeds.alert(account, ts_ns, data)
            return
        name = PRIVATE[topic]
        if name == "orders":
            self.feeds.order(account, data)
        key = account, name
        ring = self._rings.get(key)
        if ring is None or seq != ring.newest + 1:
            # Between them is what made room while nobody read.
            ring = self._rings[key] = Ring(seq - 1)
        ring.append((seq, ts_ns, data))
        readers = self._readers.get(key)
        if not readers:
            return
        packets: dict[str, Packet] = {}
        for session, channel in readers.items():
            if session.is_behind(name):
                continue
            packet = packets.get(channel)
            if packet is None:
                packet = private_packet(channel, seq, ts_ns, data, snapshot=False)
                packets[channel] = packet
            session.sink.event(packet)

    def _begin_epoch(self, account: int, epoch: int) -> None:
        self._epochs[account] = epoch
        readers: dict[Reader, None] = {}
        for name in PRIVATE.values():
            if (account, name) in self._rings:
                self._rings[account, name] = Ring(0)
            readers.update(dict.fromkeys(self._readers.get((account, name), {})))
        packet = packet_of({"epoch": epoch})
        for session in readers:
            if session.begin_epoch(epoch):
                session.sink.event(packet)

    def _refresh(self, watch: _Watch) -> list[str]:
        """Looks at a topic again; the parts of it that changed."""
        changed: list[str] = []
        for key, content, ts_ns in self._contents(watch.topic):
            if watch.content.get(key) != content:
                watch.content[key] = content
                data = f'{content[:-1]},"ts_ns":{ts_ns}}}'
                watch.packet[key] = market_packet(watch.channel, data)
                changed.append(key)
        return changed

    def _contents(self, topic: MarketTopic) -> Iterable[tuple[str, str, int]]:
        engine = self._state.engine
        if topic.name == "fair_price":
            return [_fair(row) for row in engine.fair_prices(topic.argument or None)]
        try:
            match topic.name:
                case "prices":
                    found = engine.price_tick(topic.argument)
                case "venues":
                    found = engine.venues_frame(topic.argument)
                case "depth":
                    found = engine.depth_frame(topic.argument, BOOK_LEVELS)
                case _:
                    found = engine.book_frame(topic.argument, BOOK_LEVELS)
        except _core.Refusal:
            return ()
        return () if found is None else (("", *found),)


def _fair(row: dict[str, Any]) -> tuple[str, str, int]:
    ts_ns = row.pop("ts_ns")
    return "|" + row["underlying"], to_json(row).decode(), ts_ns
