"""Waiting and limiting for threads; `async_pause` has the same for asyncio."""

import threading
import time
from threading import BoundedSemaphore

Limit = BoundedSemaphore

sleep = time.sleep


def alone() -> bool:
    """True when no other thread could do anything meanwhile."""
    return threading.active_count() == 1
