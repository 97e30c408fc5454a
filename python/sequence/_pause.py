"""Waiting and limiting, for threads and for asyncio, under names that differ in one word."""

import asyncio
import time
from threading import BoundedSemaphore

AsyncLimit = asyncio.BoundedSemaphore
Limit = BoundedSemaphore

async_sleep = asyncio.sleep
sleep = time.sleep
