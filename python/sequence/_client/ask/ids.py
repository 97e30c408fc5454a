"""Ids that the client makes and reads."""

import os
import time

from sequence._client.ask.numbers import sendable
from sequence.errors import ValidationError

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_BITS = 48
_RANDOM_BITS = 80
_CHARACTERS = 26
_PARTS = 4


def new_graph_id() -> str:
    """A new idempotency key: `graph_` and 26 characters, ordered by time, never guessed twice."""
    number = (time.time_ns() // 1_000_000) % (1 << _TIME_BITS) << _RANDOM_BITS
    number |= int.from_bytes(os.urandom(_RANDOM_BITS // 8), "big")
    return "graph_" + "".join(_ALPHABET[number >> 5 * i & 31] for i in reversed(range(_CHARACTERS)))


def text_of(value: object, field: str) -> str:
    """A text that is not empty.

    Raises:
        ValidationError: Something else; an order or a graph is told which of its names is meant.
    """
    if isinstance(value, str):
        if not value:
            raise ValidationError(f"{field}: must not be empty")
        return value
    names = (name for name in ("id", "graph_id") if isinstance(getattr(value, name, None), str))
    name = next(names, None)
    hint = "" if name is None else f": give its {name}"
    raise ValidationError(f"{field}: must be a string, not {type(value).__name__}{hint}")


def checked_id(value: object, field: str) -> str:
    """Checks an id that becomes part of a path.

    Raises:
        ValidationError: Not a text, empty, or one that a path cannot hold.
    """
    text = text_of(value, field)
    # "." and ".." are kept by percent-encoding and would be resolved as folders on the way.
    if text in (".", ".."):
        raise ValidationError(f"{field}: must not be a dot or two")
    return sendable(text, field)


def graph_id_of(value: object) -> str:
    """The graph id of a graph id or of an order id `graph:<graph_id>:<node_id>:<seq>`."""
    text = checked_id(value, "graph_id")
    parts = text.split(":")
    return parts[1] if len(parts) == _PARTS and parts[0] == "graph" else text
