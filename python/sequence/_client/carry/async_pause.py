"""Waiting and limiting for asyncio; only the asyncio client loads it."""

import asyncio
from weakref import WeakKeyDictionary

from sequence._client.carry.pause import alone

async_sleep = asyncio.sleep


class AsyncLimit:
    """At most so many at the same time, in each event loop for itself.

    A semaphore of asyncio belongs to the loop that waited for it first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.BoundedSemaphore]
        self._of = WeakKeyDictionary()

    def _semaphore(self) -> asyncio.BoundedSemaphore:
        loop = asyncio.get_running_loop()
        found = self._of.get(loop)
        if found is None:
            found = self._of[loop] = asyncio.BoundedSemaphore(self._most)
        return found

    async def acquire(self) -> None:
        """Waits for a free place."""
        await self._semaphore().acquire()

    def release(self) -> None:
        """Gives the place back."""
        self._semaphore().release()


def async_alone() -> bool:
    """True when no other thread and no other task could do anything meanwhile."""
    return alone() and len(asyncio.all_tasks()) <= 1
