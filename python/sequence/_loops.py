"""How a loop of our own ends: what still runs gives back what it holds, nobody is forgotten."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

_TURNS: Final = 5
"""Turns of a loop in which what was just begun comes to run, and a transport that was cut ends."""


class Listening(Protocol):
    """A server of asyncio, or of a library that wraps one."""

    @property
    def sockets(self) -> "Iterable[socket.socket]":
        """What it listens on; nothing once it is closed."""
        ...


async def end_all() -> None:
    """Ends every other task of the loop: each has begun before, so that it can clean up."""
    await _turns()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await _turns()


async def stop_accepting(*servers: Listening) -> None:
    """Takes in nobody who comes from now on, and lets each server know who came before.

    A server that is closed while its loop has accepted a connection that it does not know yet
    drops it without closing it (`asyncio.Server._attach`): whoever made it would wait in vain.
    """
    loop = asyncio.get_running_loop()
    for listener in [listener for server in servers for listener in server.sockets]:
        # A loop that does not watch listeners in this way closes them in one of its own.
        with contextlib.suppress(NotImplementedError, RuntimeError):
            loop.remove_reader(listener)
    await _turns()


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
