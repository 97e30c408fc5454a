"""The newest events of one topic of one account, for readers that come back."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

REPLAY_EVENTS: Final = 10_000


Event = tuple[int, int, str]
"""Number, time and JSON text of an event: plain tuples, which the garbage collector passes over."""


class Ring:
    """Events with contiguous numbers; the oldest make room."""

    __slots__ = ("_events", "newest")

    def __init__(self, newest: int, capacity: int = REPLAY_EVENTS) -> None:
        self._events: deque[Event] = deque(maxlen=capacity)
        self.newest = newest
        """Number of the newest event, also when it is not held."""

    def append(self, event: Event) -> None:
        """Adds the next event."""
        self._events.append(event)
        self.newest = event[0]

    @property
    def first(self) -> int:
        """Number of the oldest event that can be replayed; the next one's when none can."""
        return self._events[0][0] if self._events else self.newest + 1

    def since(self, seq: int, limit: int) -> Iterator[Event]:
        """At most ``limit`` events after a number, oldest first."""
        start = max(0, seq + 1 - self.first)
        return islice(self._events, start, start + limit)
