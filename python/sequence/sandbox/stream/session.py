"""One reader of a stream: what it asked for, what it may ask, what it still has to be told."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from sequence import _core
from sequence.sandbox.stream.packet import Packet, error_packet, packet_of, private_packet
from sequence.sandbox.stream.reader import Sink
from sequence.sandbox.stream.topic import (
    PRIVATE,
    TOO_MANY,
    UNKNOWN_SYMBOL,
    EventTopic,
    MarketTopic,
    PrivateName,
    PrivateTopic,
    RejectedTopicError,
    parse_topic,
)

if TYPE_CHECKING:
    from sequence.sandbox.keys import Principal
    from sequence.sandbox.runtime import Runtime

POLICY: Final = 1008
TRY_AGAIN_LATER: Final = 1013
_BATCH: Final = 100
_KEYS: Final = frozenset({"subscribe", "unsubscribe", "from_seq", "epoch"})
_MAX_DEPTH: Final = 8
_MAX_TEXT: Final = 512


class StreamEndError(Exception):
    """The stream must end, with the close code and the reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What one reader may do."""

    subscriptions: int = 1_000
    controls_per_second: float = 5.0
    control_burst: int = 20
    errors: int = 20


class _BadMessageError(Exception):
    """A message that is answered with an error frame."""


class Session:
    """One reader. Methods run under the lock of the runtime unless they say otherwise."""

    def __init__(
        self,
        runtime: "Runtime",
        principal: "Principal",
        sink: Sink,
        limits: SessionLimits | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.principal: Final = principal
        self.sink: Final = sink
        self._runtime: Final = runtime
        self._limits: Final = limits or SessionLimits()
        self._clock_s: Final = clock_s
        self._private: dict[str, PrivateTopic] = {}
        self._market: dict[str, MarketTopic] = {}
        self._hoped: dict[str, str] = {}
        self._events: dict[str, EventTopic] = {}
        self._behind: dict[PrivateName, tuple[str, int]] = {}
        self._tokens = float(self._limits.control_burst)
        self._filled_s = clock_s()
        self._errors = 0
        self._epoch = 0
        runtime.hub.add(self)

    def close(self) -> None:
        """The reader is gone."""
        for topic in self._events.values():
            self._runtime.hub.end_events(self, topic)
        self._runtime.hub.remove(self)

    def count_control(self) -> None:
        """Takes one token of the control rate.

        Raises:
            StreamEndError: The reader sends more than it may.
        """
        now_s = self._clock_s()
        refill = (now_s - self._filled_s) * self._limits.controls_per_second
        self._tokens = min(float(self._limits.control_burst), self._tokens + refill)
        self._filled_s = now_s
        if self._tokens < 1.0:
            raise StreamEndError(POLICY, "too many control messages")
        self._tokens -= 1.0

    def receive(self, text: bytes) -> None:
        """Handles one message of the reader and answers it.

        Raises:
            StreamEndError: The reader broke a rule once too often.
        """
        self.count_control()
        try:
            self._handle(_parse(text))
        except _BadMessageError as error:
            self._errors += 1
            self.sink.event(error_packet("VALIDATION_ERROR", str(error)))
            if self._errors >= self._limits.errors:
                raise StreamEndError(POLICY, "too many errors") from None

    @property
    def is_replaying(self) -> bool:
        """True while `refill` has more to hand out."""
        return bool(self._behind)

    def is_behind(self, name: PrivateName) -> bool:
        """True while events of a topic are still replayed: new ones wait for their turn."""
        return name in self._behind

    def begin_epoch(self, epoch: int) -> bool:
        """Whether this epoch is news: what was not replayed yet then belongs to the one before."""
        if epoch <= self._epoch:
            # It began when this reader came, and only its commit was waited for.
            return False
        self._epoch = epoch
        self._behind.clear()
        return True

    def refill(self) -> bool:
        """Hands the next part of a replay to the sink; True when there is more."""
        for name, (channel, sent) in list(self._behind.items()):
            seq = sent
            ring = self._runtime.hub.ring(self.principal.client.account, name)
            if sent + 1 < ring.first:
                raise StreamEndError(TRY_AGAIN_LATER, "too slow for the replay")
            for event in ring.since(sent, _BATCH):
                self.sink.event(private_packet(channel, *event, snapshot=False))
                seq = event[0]
            if seq >= ring.newest:
                del self._behind[name]
            else:
                self._behind[name] = channel, seq
        return bool(self._behind)

    def _handle(self, message: dict[str, object]) -> None:
        if "subscribe" in message:
            topics = _topics(message["subscribe"], "subscribe")
            numbers = _numbers(message.get("from_seq"), topics)
            self._subscribe(topics, numbers, _epoch(message), asks_epoch="epoch" in message)
        else:
            self._unsubscribe(_topics(message["unsubscribe"], "unsubscribe"))

    def _subscribe(
        self,
        topics: list[str],
        from_seq: dict[str, int | None],
        epoch: int | None,
        *,
        asks_epoch: bool,
    ) -> None:
        accepted: list[str] = []
        reasons: dict[str, str] = {}
        hints: dict[str, str] = {}
        for text in topics:
            try:
                self._admit(text)
            except RejectedTopicError as error:
                reasons[text] = str(error)
                if error.hint:
                    hints[text] = error.hint
            else:
                accepted.append(text)
        present = self._present(accepted) if asks_epoch else None
        if None not in (epoch, present) and epoch != present:
            # Those numbers count events of another epoch: all of this one are news.
            self.sink.event(packet_of({"epoch": present}))
            from_seq = {text: number and 0 for text, number in from_seq.items()}
        told = {"seq": self._newest(accepted, from_seq), "epoch": present, "hints": hints}
        self.sink.event(_ack("subscribed", accepted, reasons, told))
        for text in accepted:
            if text in self._private:
                self._start(self._private[text], from_seq.get(text))
            elif text in self._events:
                self._runtime.hub.begin_events(self, self._events[text])
            else:
                self._runtime.hub.watch(self, self._market[text])

    def _admit(self, text: str) -> None:
        if text in self._private or text in self._market or text in self._events:
            return
        topic = parse_topic(text, is_sandbox_key=self.principal.is_sandbox)
        held = len(self._private) + len(self._market) + len(self._events)
        if held >= self._limits.subscriptions:
            raise RejectedTopicError(TOO_MANY)
        if isinstance(topic, EventTopic):
            self._events[text] = topic
            return
        if isinstance(topic, PrivateTopic):
            self._private[text] = topic
            return
        if topic.name != "fair_price":
            is_coming = bool(self._runtime.want(topic.argument))
            refusal = self._runtime.hub.refusal_of(topic.argument)
            if refusal is not None:
                if not is_coming:
                    hint = refusal.partition("; ")[2]
                    raise RejectedTopicError(self._unknown(topic.argument), hint)
                self._hoped[text] = topic.argument
        self._market[text] = topic

    def _unknown(self, symbol: str) -> str:
        live = self._runtime.live
        return "; ".join([UNKNOWN_SYMBOL, *(() if live is None else live.refusals(symbol))])

    def give_up(self) -> None:
        """Ends topics of symbols that were asked of venues and that none of them trades."""
        for text, symbol in list(self._hoped.items()):
            is_known = self._runtime.hub.refusal_of(symbol) is None
            if not is_known and self._runtime.want(symbol):
                continue
            del self._hoped[text]
            if not is_known and self._drop(text):
                self.sink.event(_ack("subscribed", [], {text: self._unknown(symbol)}))

    def _newest(self, topics: list[str], from_seq: dict[str, int | None]) -> dict[str, int]:
        """Numbers of the newest events, for who asked for them or named numbers that are none."""
        found: dict[str, int] = {}
        for text in topics:
            if text in from_seq:
                number, newest = from_seq[text], self._newest_of(self._private[text])
                if number is None or number > newest:
                    found[text] = newest
        return found

    def _newest_of(self, topic: PrivateTopic) -> int:
        if not topic.is_sandbox:
            return 0
        account = self._runtime.account(self.principal)
        self._runtime.publish()
        return self._runtime.hub.ring(account, topic.name).newest

    def _present(self, topics: list[str]) -> int | None:
        """The epoch that events of paper orders are of; None where no such topic is asked for."""
        if not any(text in self._private and self._private[text].is_sandbox for text in topics):
            return None
        account = self._runtime.account(self.principal)
        self._runtime.publish()
        return self._runtime.hub.epoch(account)

    def _start(self, topic: PrivateTopic, from_seq: int | None) -> None:
        if not topic.is_sandbox:
            # Live orders do not exist here: the topic is valid and stays silent.
            if from_seq:
                self._refuse_future(topic.channel, from_seq, "0")
            return
        hub, account = self._runtime.hub, self._runtime.account(self.principal)
        self._runtime.publish()
        self._epoch = hub.epoch(account)
        ring = hub.ring(account, topic.name)
        hub.follow(self, account, topic.name, topic.channel)
        if from_seq is None:
            return
        if from_seq > ring.newest:
            newest = f"{ring.newest} of epoch {self._epoch}, and each epoch counts from 1"
            self._refuse_future(topic.channel, from_seq, newest)
        elif from_seq + 1 >= ring.first:
            self._behind[topic.name] = topic.channel, from_seq
        else:
            self._tell_gap(topic, account, from_seq)

    def _refuse_future(self, channel: str, from_seq: int, newest: str) -> None:
        text = f"from_seq of {channel} is {from_seq}, the newest event is {newest}"
        self.sink.event(error_packet("INVALID_PARAMS", text))

    def _tell_gap(self, topic: PrivateTopic, account: int, from_seq: int) -> None:
        """Events are lost: open rows take their place, or what can still be replayed follows."""
        runtime = self._runtime
        ring = runtime.hub.ring(account, topic.name)
        has_rows = topic.name in ("orders", "graphs")
        next_seq = ring.newest + 1 if has_rows else ring.first
        gap = {"topic": topic.channel, "from_seq": from_seq + 1, "next_seq": next_seq}
        self.sink.event(packet_of({"gap": gap}))
        if not has_rows:
            self._behind[topic.name] = topic.channel, next_seq - 1
            return
        orders, graphs = runtime.engine.open_rows(account)
        for data in orders if topic.name == "orders" else graphs:
            self.sink.event(
                private_packet(topic.channel, ring.newest, runtime.now_ns, data, snapshot=True)
            )

    def _unsubscribe(self, topics: list[str]) -> None:
        accepted: list[str] = []
        reasons: dict[str, str] = {}
        for text in topics:
            if self._drop(text):
                accepted.append(text)
            else:
                reasons[text] = "not subscribed"
        self.sink.event(_ack("unsubscribed", accepted, reasons))

    def _drop(self, text: str) -> bool:
        private = self._private.pop(text, None)
        if private is not None:
            if private.is_sandbox:
                account = self.principal.client.account
                self._runtime.hub.unfollow(self, account, private.name)
                self._behind.pop(private.name, None)
            return True
        events = self._events.pop(text, None)
        if events is not None:
            self._runtime.hub.end_events(self, events)
            return True
        self._hoped.pop(text, None)
        if self._market.pop(text, None) is None:
            return False
        self._runtime.hub.unwatch(self, text)
        self.sink.forget(text)
        return True


def _ack(
    verb: str,
    accepted: list[str],
    reasons: dict[str, str],
    told: Mapping[str, Any] | None = None,
) -> Packet:
    """An acknowledgement, with what else is told in it.

    Reasons are closed words that programs compare; hints are for whoever wrote the topic.
    """
    answer: dict[str, Any] = {verb: accepted, "rejected": list(reasons)}
    if reasons:
        answer["reasons"] = reasons
    return packet_of(answer | {name: value for name, value in (told or {}).items() if value})


def _parse(text: bytes) -> dict[str, object]:
    try:
        value = _core.parse_json(text, max_depth=_MAX_DEPTH, max_string=_MAX_TEXT)
    except _core.JsonError as error:
        raise _BadMessageError(f"not valid JSON: {error.message}") from None
    if not isinstance(value, dict):
        raise _BadMessageError("a message is one JSON object")
    message = cast("dict[str, object]", value)
    unknown = sorted(message.keys() - _KEYS)
    if unknown:
        raise _BadMessageError(f"{unknown[0]}: unknown; a message has subscribe or unsubscribe")
    if ("subscribe" in message) == ("unsubscribe" in message):
        raise _BadMessageError("give exactly one of subscribe and unsubscribe")
    for name in ("from_seq", "epoch"):
        if name in message and "subscribe" not in message:
            raise _BadMessageError(f"{name}: belongs to subscribe")
    return message


def _topics(value: object, field: str) -> list[str]:
    """Names without repetition, in the order given."""
    if not isinstance(value, list):
        raise _BadMessageError(f"{field}: must be a list of topics")
    names = cast("list[object]", value)
    if not all(isinstance(name, str) for name in names):
        raise _BadMessageError(f"{field}: topics are strings")
    return list(dict.fromkeys(cast("list[str]", names)))


def _epoch(message: dict[str, object]) -> int | None:
    """The epoch that numbers to resume after are of; None where the reader knows none."""
    value = message.get("epoch")
    if value is not None and (type(value) is not int or value < 0):
        raise _BadMessageError("epoch: must be an integer >= 0")
    return value


def _numbers(value: object, topics: list[str]) -> dict[str, int | None]:
    """Where to resume, by topic; null asks for the number of now."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _BadMessageError("from_seq: must be an object of topics and numbers")
    numbers = cast("dict[str, object]", value)
    for topic, number in numbers.items():
        if topic not in topics or topic.partition(":")[0] not in PRIVATE:
            raise _BadMessageError(f"from_seq: {topic} is no private topic of this message")
        if number is not None and (type(number) is not int or number < 0):
            raise _BadMessageError(f"from_seq.{topic}: must be an integer >= 0")
    return cast("dict[str, int | None]", numbers)
