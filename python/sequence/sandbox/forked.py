"""What a child of a fork may do with a sandbox of its parent: nothing, and it is told so.

Locks may be held by threads that the child does not have, a database belongs to one process, and
two copies that both think they are the sandbox would give the same ids to different orders.
"""

import os
from types import TracebackType
from typing import Final, NoReturn, Protocol
from weakref import WeakSet

from sequence.sandbox.refuse import refused

_REFUSAL: Final = (
    "this sandbox belongs to the process before the fork: make a new one in the child, or serve it "
    "and connect from there"
)


class Forkable(Protocol):
    """Something that must change in a child."""

    def after_fork(self) -> None:
        """Called in the child, before anything else there."""
        ...


class LostLock:
    """Stands for the lock of the parent: whoever wants it is refused."""

    def __enter__(self) -> NoReturn:
        raise refused("SERVICE_UNAVAILABLE", _REFUSAL)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Never reached."""


_watched: Final[WeakSet[Forkable]] = WeakSet()


def watch(thing: Forkable) -> None:
    """Tells a thing in every child that is forked while it lives."""
    _watched.add(thing)


def _after_fork() -> None:
    for thing in list(_watched):
        thing.after_fork()


# Not there where processes do not fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
