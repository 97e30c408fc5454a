"""Waiting and limiting, for threads and for asyncio, under names that differ in one word."""

import asyncio
import threading
import time
from threading import BoundedSemaphore
from weakref import WeakKeyDictionary

Limit = BoundedSemaphore

async_sleep = asyncio.sleep
sleep = time.sleep


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


def alone() -> bool:
    """True when no other thread could do anything meanwhile."""
    return threading.active_count() == 1


def async_alone() -> bool:
    """True when no other thread and no other task could do anything meanwhile."""
    return alone() and len(asyncio.all_tasks()) <= 1
