"""A request that is here as a whole is answered where it arrived: no task, one write.

Most requests come in one piece and wait for nothing. Running them as tasks, and their answers
through two messages and the checks of a server that knows no application, would take as long as
what they ask for. Whatever has to wait becomes a task where it first does.
"""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

Running = Coroutine[Any, Any, None]
Start = Callable[[Running], object]
"""Runs a coroutine as a task."""
Held = set[Any]
"""What a server that ends waits for, and cancels when it has waited for long enough."""


def run(running: Running, start: Start, held: Held) -> None:
    """Runs a coroutine to its end or to where it waits, and on from there.

    A durable answer waits once, for one future: that future goes on with it. What waits for
    anything else, or waits again, is a task from there on.
    """
    try:
        waits_for = running.send(None)
    except StopIteration:
        return
    if isinstance(waits_for, asyncio.Future):
        future: asyncio.Future[Any] = waits_for  # pyright: ignore[reportUnknownVariableType]
        # What a task does with a future that it is given to wait for.
        future._asyncio_future_blocking = False
        held.add(future)
        future.add_done_callback(partial(_after, running, start))
        future.add_done_callback(held.discard)
        return
    start(_going_on(running, waits_for))


def _after(running: Running, start: Start, _: "asyncio.Future[Any]") -> None:
    """Goes on behind the one wait; the future itself tells how it went."""
    try:
        waits_for = running.send(None)
    except (StopIteration, asyncio.CancelledError):
        return
    start(_going_on(running, waits_for))


async def as_task() -> None:
    """From here on whoever awaits it runs as a task, as what knows timeouts has to."""
    await asyncio.sleep(0)


async def _going_on(running: Running, waits_for: object) -> None:
    await _resumed(running, waits_for)


@types.coroutine
def _resumed(running: Running, waits_for: object) -> Generator[object, None, None]:
    while True:
        try:
            yield waits_for
        except BaseException as error:
            try:
                waits_for = running.throw(error)
            except StopIteration:
                return
        else:
            break
    yield from running.__await__()
