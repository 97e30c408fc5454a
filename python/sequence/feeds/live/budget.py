"""How much may be sent, and how soon something is tried again."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from typing import Final

_WINDOW_S: Final = 1.1
"""A second as the venue may count it: messages may come closer together than they were sent."""


class Budget:
    """At most ``per_s`` messages in any second."""

    def __init__(self, per_s: float, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._sent_s = deque[float](maxlen=max(1, int(per_s)))

    async def take(self) -> None:
        """Waits until one more may be sent."""
        while len(self._sent_s) == self._sent_s.maxlen:
            wait_s = self._sent_s[0] + _WINDOW_S - self._clock_s()
            if wait_s <= 0:
                break
            await asyncio.sleep(wait_s)
        self._sent_s.append(self._clock_s())


class Backoff:
    """Waits that double, a fifth more or less, from ``first_s`` to ``most_s``."""

    def __init__(self, first_s: float, most_s: float, draw: random.Random) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._draw = draw
        self._next_s = first_s

    def next_s(self) -> float:
        """How long to wait now."""
        wait_s = self._next_s
        self._next_s = min(self._most_s, wait_s * 2)
        return wait_s * self._draw.uniform(0.8, 1.2)

    def reset(self) -> None:
        """All was well: begin with short waits again."""
        self._next_s = self._first_s
