"""A request that is here as a whole is answered where it arrived: no task, one write.

Most requests come in one piece and wait for nothing. Running them as tasks, and their answers
through two messages and the checks of a server that knows no application, would take as long as
what they ask for. Whatever has to wait becomes a task where it first does.
"""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any

Running = Coroutine[Any, Any, None]
Start = Callable[[Running], object]
"""Runs a coroutine as a task."""


def run(running: Running, start: Start) -> None:
    """Runs a coroutine to its end or to where it first waits, and the rest of it as a task."""
    try:
        waits_for = running.send(None)
    except StopIteration:
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
