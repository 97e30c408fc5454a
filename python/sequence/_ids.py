"""Ids that the client makes and reads."""

import secrets
import time

from sequence.errors import ValidationError

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_BITS = 48
_RANDOM_BITS = 80
_CHARACTERS = 26
_PARTS = 4


def new_graph_id() -> str:
    """A new idempotency key: `graph_` and 26 characters, ordered by time, never guessed twice."""
    number = (time.time_ns() // 1_000_000) % (1 << _TIME_BITS) << _RANDOM_BITS
    number |= secrets.randbits(_RANDOM_BITS)
    return "graph_" + "".join(_ALPHABET[number >> 5 * i & 31] for i in reversed(range(_CHARACTERS)))


def checked_id(value: object, field: str) -> str:
    """Checks an id that becomes part of a path.

    Raises:
        ValidationError: Not a text, or empty.
    """
    if not isinstance(value, str) or not value:
        raise ValidationError(f"{field}: must be a non-empty string")
    return value


def graph_id_of(value: object) -> str:
    """The graph id of a graph id or of an order id `graph:<graph_id>:<node_id>:<seq>`."""
    text = checked_id(value, "graph_id")
    parts = text.split(":")
    return parts[1] if len(parts) == _PARTS and parts[0] == "graph" else text
