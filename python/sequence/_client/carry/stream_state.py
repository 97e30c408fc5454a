"""One stream as data: what is subscribed, what came last, what a message means. No I/O here."""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from sequence import streams
from sequence import types as t
from sequence._client.ask.topics import PRIVATE, checked_numbers, checked_topics
from sequence.errors import DeserializeError
from sequence.streams import Event

_SUFFIX: Final = ":sandbox"
_MARKET: Final[dict[str, Callable[[str, Any], Event]]] = {
    "prices": lambda name, row: streams.PriceEvent(name, t.PriceTick.trusted(row)),
    "book": lambda name, row: streams.BookEvent(name, t.BookFrame.trusted(row)),
    "depth": lambda name, row: streams.DepthEvent(name, t.DepthFrame.trusted(row)),
    "venues": lambda name, row: streams.VenuesEvent(name, t.VenuesFrame.trusted(row)),
    "fair_price": lambda _, row: streams.FairPriceEvent(
        row["underlying"], t.FairPrice.trusted(row)
    ),
}
_LISTINGS: Final[dict[str, Callable[[Any], Event]]] = {
    "new_markets": lambda row: streams.NewMarketEvent(t.NewMarket.trusted(row)),
    "market_resolved": lambda row: streams.MarketResolvedEvent(t.ResolvedMarket.trusted(row)),
}
_FEEDS: Final[dict[str, Callable[[int, int, Any], Event]]] = {
    "risk": lambda seq, ts, row: streams.RiskStateEvent(seq, ts, t.RiskState.trusted(row)),
    "alerts": lambda seq, ts, row: streams.AlertEvent(seq, ts, t.Alert.trusted(row)),
    "tca": lambda seq, ts, row: streams.TcaEvent(seq, ts, t.TcaReport.trusted(row)),
}
_NUMBERED: Final[dict[str, Callable[[int, int, Any, bool], Event]]] = {
    "orders": lambda seq, ts, row, snap: streams.OrderEvent(seq, ts, t.Order.trusted(row), snap),
    "fills": lambda seq, ts, row, _: streams.FillEvent(seq, ts, t.Fill.trusted(row)),
    "graphs": lambda seq, ts, row, snap: streams.GraphEvent(seq, ts, t.GraphRow.trusted(row), snap),
    "graphs.detail": lambda seq, ts, row, _: streams.GraphChangeEvent(
        seq, ts, t.GraphChange.trusted(row)
    ),
    "routing": lambda seq, ts, row, _: streams.RouteEvent(seq, ts, t.RoutingEvent.trusted(row)),
}


class StreamState:
    """Topics of one stream and the newest number of each private one."""

    def __init__(self, suffix: str = "", epoch: int | None = None) -> None:
        self._suffix = suffix
        self._topics: dict[str, None] = {}
        self._newest: dict[str, int] = {}
        self.epoch = epoch
        """Epoch of those numbers; None while nobody said it."""
        self._listed: set[tuple[str, str, str]] = set()

    @property
    def has_market_data(self) -> bool:
        """True while silence means that something is wrong."""
        return any(topic.partition(":")[0] in _MARKET for topic in self._topics)

    def subscribe(self, topics: Iterable[str], from_seq: dict[str, int] | None = None) -> str:
        """Notes topics and returns the message that asks for them.

        Raises:
            ValidationError: There is no such topic, or a number belongs to none of them.
        """
        names = checked_topics(topics)
        numbers = checked_numbers(from_seq or {}, names)
        named = [self._wire(topic) for topic in names]
        self._topics.update(dict.fromkeys(named))
        # Kept: a connection that is lost before the first event must resume there, too.
        self._newest |= {self._wire(topic): seq for topic, seq in numbers.items()}
        return self._asking(named)

    def unsubscribe(self, topics: Iterable[str]) -> str:
        """Forgets topics and returns the message that ends them."""
        named = [self._wire(topic) for topic in topics]
        for topic in named:
            self._topics.pop(topic, None)
            self._newest.pop(topic, None)
        return _message("unsubscribe", named)

    def resume(self) -> str | None:
        """The message for a new connection: every topic, from where it was left."""
        if not self._topics:
            return None
        return self._asking(list(self._topics))

    def read(self, text: str | bytes) -> list[Event]:
        """The events of one message; acknowledgements of good topics give none.

        Raises:
            DeserializeError: The message has another shape.
        """
        try:
            return self._events(json.loads(text))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            shown = text[:200] if isinstance(text, str) else text[:200].decode(errors="replace")
            what = type(error).__name__
            text = f"stream: a message has another shape ({what}): {shown}"
        raise DeserializeError(0, text)

    def _events(self, message: dict[str, Any]) -> list[Event]:
        channel = message.get("channel")
        if channel is not None:
            is_listing = channel in _LISTINGS
            data = message["data"]
            return self._listing(channel, data) if is_listing else [self._event(channel, message)]
        if "gap" in message:
            gap = message["gap"]
            self._newest[gap["topic"]] = gap["next_seq"] - 1
            return [streams.GapEvent(self._plain(gap["topic"]), gap["from_seq"], gap["next_seq"])]
        if "subscribed" in message:
            return self._acknowledged(message)
        if "epoch" in message:
            self.epoch = message["epoch"]
            self._newest = dict.fromkeys(self._newest, 0)
            return [streams.EpochEvent(message["epoch"])]
        if "error" in message:
            error = message["error"]
            return [streams.ErrorEvent(error.get("code", ""), error.get("message", ""))]
        return []

    def _listing(self, channel: str, row: dict[str, Any]) -> list[Event]:
        """A new connection is told the last events again: each is given once."""
        key = channel, row["venue"], row["slug"]
        if key in self._listed:
            return []
        self._listed.add(key)
        return [_LISTINGS[channel](row)]

    def _event(self, channel: str, message: dict[str, Any]) -> Event:
        name, _, argument = channel.partition(":")
        data = message["data"]
        market = _MARKET.get(name)
        if market is not None:
            return market(argument, data)
        if name in _FEEDS:
            return _FEEDS[name](message["seq"], message["ts_ns"], data)
        if name == "evidence":
            return streams.EvidenceEvent(t.WaitEvidence(data))
        numbered = _NUMBERED.get(name)
        if numbered is None:
            return streams.RawEvent(channel, data)
        seq: int = message["seq"]
        self._newest[channel] = seq
        return numbered(seq, message["ts_ns"], data, message.get("snapshot", False))

    def _acknowledged(self, message: dict[str, Any]) -> list[Event]:
        self.epoch = message.get("epoch", self.epoch)
        # Numbers that were asked for, and those in place of numbers that no event has yet.
        self._newest |= message.get("seq", {})
        reasons: dict[str, str] = message.get("reasons", {})
        for topic in reasons:
            self._topics.pop(topic, None)
        hints: dict[str, str] = message.get("hints", {})
        return [
            streams.RejectedEvent(self._plain(topic), why, hints.get(topic, ""))
            for topic, why in reasons.items()
        ]

    def _asking(self, named: list[str]) -> str:
        # Null asks where the topic is: what comes while the connection is lost is then not lost.
        private = [topic for topic in named if self._plain(topic) in PRIVATE]
        if not private:
            return _message("subscribe", named)
        numbers = {topic: self._newest.get(topic) for topic in private}
        return _message("subscribe", named, from_seq=numbers, epoch=self.epoch)

    def _wire(self, topic: str) -> str:
        return topic + self._suffix if topic in PRIVATE else topic

    def _plain(self, topic: str) -> str:
        return topic.removesuffix(_SUFFIX)


def _message(verb: str, topics: list[str], **more: object) -> str:
    return json.dumps({verb: topics} | more)
