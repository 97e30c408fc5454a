"""Topics: what a reader may name, and why a name is rejected."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from sequence import _core
from sequence.types._names import did_you_mean

PrivateName = Literal["orders", "fills", "graphs", "graphs.detail", "routing"]
FeedName = Literal["risk", "alerts", "tca"]
EventName = Literal["risk", "alerts", "tca", "evidence", "new_markets", "market_resolved"]
MarketName = Literal["prices", "book", "depth", "venues", "fair_price"]
SymbolName = Literal["prices", "book", "depth", "venues"]

SUFFIX: Final = ":sandbox"
PRIVATE: Final[dict[str, PrivateName]] = {
    "orders": "orders",
    "fills": "fills",
    "graphs": "graphs",
    "graphs.detail": "graphs.detail",
    "routing": "routing",
}
_OF_A_SYMBOL: Final[dict[str, SymbolName]] = {name: name for name in get_args(SymbolName)}
_LATER: Final = ("tca", "funding", "traces", "deployment")
_LATER_ALONE: Final = frozenset({"funding"})
_EVENTS: Final[dict[str, EventName]] = {name: name for name in get_args(EventName)}

NOT_AVAILABLE: Final = "not available"
UNKNOWN_TOPIC: Final = "unknown topic"
UNKNOWN_SYMBOL: Final = "unknown symbol"
TOO_MANY: Final = "too many subscriptions"


class RejectedTopicError(Exception):
    """A topic that cannot be subscribed, with the reason as its text.

    Attributes:
        hint: What may have been meant, or nothing.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint.removeprefix("; ")


@dataclass(frozen=True, slots=True)
class PrivateTopic:
    """Events of one account.

    Attributes:
        channel: The topic as the reader wrote it.
        name: What the events are about.
        is_sandbox: Events of paper orders; live ones do not exist here.
    """

    channel: str
    name: PrivateName
    is_sandbox: bool


@dataclass(frozen=True, slots=True)
class MarketTopic:
    """Market data of one symbol or underlying; an empty one stands for all."""

    channel: str
    name: MarketName
    argument: str


@dataclass(frozen=True, slots=True)
class EventTopic:
    """Events that cannot be resumed: of an account's risk and costs, of what is listed."""

    channel: str
    name: EventName


Topic = PrivateTopic | MarketTopic | EventTopic


def parse_topic(text: str, *, is_sandbox_key: bool) -> Topic:
    """The topic that a text names.

    Raises:
        RejectedTopicError: There is no such topic, or not yet.
    """
    name, colon, argument = text.partition(":")
    # The suffix tells a live key's paper events from live ones; a test key has no other.
    private = PRIVATE.get(text if is_sandbox_key else text.removesuffix(SUFFIX))
    if private is not None:
        return PrivateTopic(text, private, is_sandbox_key or text.endswith(SUFFIX))
    if name in _OF_A_SYMBOL and argument:
        _check_symbol(argument)
        return MarketTopic(text, _OF_A_SYMBOL[name], argument)
    if name == "fair_price" and (argument or not colon):
        return MarketTopic(text, "fair_price", argument)
    if text in _EVENTS:
        return EventTopic(text, _EVENTS[text])
    if (name in _LATER and argument) or text in _LATER_ALONE:
        raise RejectedTopicError(NOT_AVAILABLE)
    raise RejectedTopicError(UNKNOWN_TOPIC, _meant(text))


def _meant(text: str) -> str:
    """The topic that was meant: its name alone is compared, what follows it stays."""
    name, colon, argument = text.partition(":")
    if name in _OF_A_SYMBOL:
        return f"a symbol, as in {name}:BTC-USD"
    if name in PRIVATE or name in _EVENTS:
        return f"did you mean {name}?"
    names = (*PRIVATE, *_OF_A_SYMBOL, *_EVENTS, "fair_price")
    known = [f"{one}{colon}{argument}" for one in names]
    return did_you_mean(text, known)


def _check_symbol(symbol: str) -> None:
    try:
        _core.parse_symbol(symbol)
    except ValueError:
        raise RejectedTopicError(UNKNOWN_SYMBOL) from None
