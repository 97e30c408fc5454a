"""How a loop of our own ends: what still runs gives back what it holds."""

import asyncio
from typing import Final

_TURNS: Final = 5
"""Turns of a loop in which what was just begun comes to run, and a transport that was cut ends."""


async def end_all() -> None:
    """Ends every other task of the loop: each has begun before, so that it can clean up."""
    await _turns()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await _turns()


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
