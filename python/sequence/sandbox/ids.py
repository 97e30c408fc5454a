"""Ids of clients and keys: 26 characters of Crockford base 32 that rise with time."""

import random
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS: Final = 80
_LENGTH: Final = 26


class IdSource:
    """Makes ids that increase, and that are the same for the same seed and the same times.

    They name things and protect nothing: raw keys come from the operating system instead.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - ids must repeat under a seed
        self._last = 0

    def next(self, prefix: str, now_ns: int) -> str:
        """The next id, such as ``key_01JAB3C4D5E6F7G8H9JKMNPQRS``."""
        drawn = (now_ns // 1_000_000) << _RANDOM_BITS | self._random.getrandbits(_RANDOM_BITS)
        # Two ids of one millisecond, or a clock that stands still, must still rise.
        self._last = max(drawn, self._last + 1)
        return f"{prefix}_{_base32(self._last)}"


def _base32(number: int) -> str:
    digits = [_ALPHABET[number >> (5 * place) & 31] for place in range(_LENGTH)]
    return "".join(reversed(digits))
