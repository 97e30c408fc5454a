"""How much may be sent, and how soon something is tried again."""

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable
from typing import Final

_ROOM_S: Final = 0.5
"""Messages may come closer together at the venue than they were sent: a line stalls and goes on."""


class Budget:
    """At most ``most`` messages in any ``window_s``."""

    def __init__(self, most: float, window_s: float, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._window_s = window_s + _ROOM_S
        self._sent_s = deque[float](maxlen=max(1, int(most)))
        self._rests_until_s = 0.0

    def rest(self, wait_s: float) -> None:
        """Nothing may be sent for so long."""
        self._rests_until_s = max(self._rests_until_s, self._clock_s() + wait_s)

    async def take(self) -> None:
        """Waits until one more may be sent."""
        while True:
            wait_s = self._wait_s()
            if wait_s <= 0:
                break
            await asyncio.sleep(wait_s)
        self._sent_s.append(self._clock_s())

    def _wait_s(self) -> float:
        free_s = self._rests_until_s
        if len(self._sent_s) == self._sent_s.maxlen:
            free_s = max(free_s, self._sent_s[0] + self._window_s)
        return free_s - self._clock_s()


class Relapses:
    """How long to wait with something that is asked for again and again: little the first time."""

    def __init__(self, first_s: float, every: "Backoff", calm_s: float) -> None:
        self._first_s = first_s
        self._every = every
        self._calm_s = calm_s
        self._asked_s = -math.inf

    def next_s(self, now_s: float) -> float:
        """How long to wait now. After a calm time it is the first time again."""
        due_s = now_s + self._first_s
        if now_s - self._asked_s < self._calm_s:
            due_s = max(due_s, self._asked_s + self._every.next_s())
        else:
            self._every.reset()
        self._asked_s = due_s
        return due_s - now_s


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
