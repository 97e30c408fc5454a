"""How much may be sent, and how soon something is tried again."""

import asyncio
import random
from collections.abc import Callable


class Budget:
    """A bucket of tokens: at most ``per_s`` in a second, and a second's worth at once."""

    def __init__(self, per_s: float, clock_s: Callable[[], float]) -> None:
        self._per_s = per_s
        self._clock_s = clock_s
        self._tokens = per_s
        self._at_s = clock_s()

    async def take(self) -> None:
        """Waits for one token."""
        while True:
            now_s = self._clock_s()
            filled = self._tokens + (now_s - self._at_s) * self._per_s
            self._tokens, self._at_s = min(self._per_s, filled), now_s
            if self._tokens >= 1:
                self._tokens -= 1
                return
            await asyncio.sleep((1 - self._tokens) / self._per_s)


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
