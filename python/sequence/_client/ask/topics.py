"""What a stream can be asked for, checked before anything is sent."""

from collections.abc import Iterable, Mapping
from typing import Final

from sequence.errors import ValidationError
from sequence.types._names import did_you_mean

PRIVATE: Final = ("orders", "fills", "graphs", "graphs.detail", "routing")
_OF_A_SYMBOL: Final = ("prices", "book", "depth", "venues")
_EVENTS: Final = ("risk", "alerts", "tca", "evidence", "new_markets", "market_resolved")
_OF_ANYTHING: Final = ("fair_price", *_EVENTS, "funding", "traces", "deployment")
"""With an argument or without; the server says of each whether it has it."""
_KNOWN: Final = (*_OF_A_SYMBOL, "fair_price", *PRIVATE, *_EVENTS)
_SUFFIX: Final = ":sandbox"


def checked_topics(topics: Iterable[str]) -> list[str]:
    """The topics, each once.

    Raises:
        ValidationError: A name is unknown; the message shows the nearest ones.
    """
    found = [topics] if isinstance(topics, str) else list(topics)
    for topic in found:
        _check(topic)
    return list(dict.fromkeys(found))


def checked_numbers(from_seq: Mapping[str, int], topics: Iterable[str]) -> dict[str, int]:
    """Where to resume.

    Raises:
        ValidationError: A number is none, or of no private topic of this call.
    """
    named = set(topics)
    for topic, number in from_seq.items():
        if topic not in named or topic.removesuffix(_SUFFIX) not in PRIVATE:
            known = ", ".join(PRIVATE)
            raise ValidationError(
                f"from_seq: {topic!r} must be one of the topics of this call, and of {known}"
            )
        if type(number) is not int or number < 0:
            raise ValidationError(f"from_seq: {topic} must be a whole number >= 0")
    return dict(from_seq)


def checked_epoch(epoch: int | None) -> int | None:
    """The epoch that numbers to resume after are of.

    Raises:
        ValidationError: It is no number.
    """
    if epoch is not None and (type(epoch) is not int or epoch < 0):
        raise ValidationError("epoch: must be a whole number >= 0")
    return epoch


def _check(topic: object) -> None:
    if not isinstance(topic, str):
        raise ValidationError(f"topics: {topic!r} is no text")
    name, _, argument = topic.partition(":")
    if name in _OF_A_SYMBOL:
        if not argument:
            raise ValidationError(f"topics: {name} needs a symbol, such as {name}:BTC-USD")
    elif name not in _OF_ANYTHING and topic.removesuffix(_SUFFIX) not in PRIVATE:
        hint = did_you_mean(name, _KNOWN)
        raise ValidationError(f"topics: {topic!r} is unknown{hint}; known: {', '.join(_KNOWN)}")
