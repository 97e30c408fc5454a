"""Waiting and limiting, for threads and for asyncio, under names that differ in one word."""

import asyncio
import threading
import time
from threading import BoundedSemaphore

AsyncLimit = asyncio.BoundedSemaphore
Limit = BoundedSemaphore

async_sleep = asyncio.sleep
sleep = time.sleep


def alone() -> bool:
    """True when no other thread could do anything meanwhile."""
    return threading.active_count() == 1


def async_alone() -> bool:
    """True when no other thread and no other task could do anything meanwhile."""
    return alone() and len(asyncio.all_tasks()) <= 1
