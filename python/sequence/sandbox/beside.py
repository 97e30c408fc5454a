"""Sandboxes that one sandbox holds beside itself: forks of it, and states that came from files.

Each lives by itself, with keys and an address of its own, and ends when it is told to or when the
one that holds it does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from sequence.sandbox.refuse import refused
from sequence.types.common import shown

if TYPE_CHECKING:
    from sequence.sandbox.keys import Client


class Closable(Protocol):
    """A sandbox, as far as its holder knows it."""

    def close(self) -> None:
        """Ends it."""
        ...


HeldT = TypeVar("HeldT", bound=Closable)

_MOST: Final = 8
"""Each has books, orders and, behind a server, a thread of its own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sandbox is served.

    Attributes:
        url: Its base URL; None inside a process without a server.
        stop: Lets it end, and returns at once.
        join: Waits until it has.
    """

    url: str | None
    stop: Callable[[], None]
    join: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Held(Generic[HeldT]):
    """One sandbox beside another.

    Attributes:
        fork_id: Its id.
        owner: Who asked for it.
        runtime: The sandbox.
        place: Where it is.
        made_at_ns: When, by the clock of the one that holds it.
    """

    fork_id: str
    owner: "Client"
    runtime: HeldT
    place: Place
    made_at_ns: int


class Beside(Generic[HeldT]):
    """What one sandbox holds; its lock guards them.

    Attributes:
        serve: Makes a place for one; a server that serves the holder sets it.
    """

    def __init__(self) -> None:
        self.serve: Callable[[HeldT], Place] | None = None
        self._held: dict[str, Held[HeldT]] = {}

    def check_room(self) -> None:
        """Refuses one too many, before anything is copied."""
        if len(self._held) >= _MOST:
            there = ", ".join(self._held)
            raise refused("CONFLICT", f"at most {_MOST} at a time: end one of {there}")

    def add(self, fork_id: str, owner: "Client", runtime: HeldT, made_at_ns: int) -> Held[HeldT]:
        """Holds a sandbox, served where its holder is."""
        try:
            place = (self.serve or _inside)(runtime)
        except BaseException:
            runtime.close()
            raise
        held = self._held[fork_id] = Held(fork_id, owner, runtime, place, made_at_ns)
        return held

    def of(self, client: "Client", *, is_admin: bool) -> list[Held[HeldT]]:
        """Those of a client, or for an admin all of them, in order of creation."""
        return [held for held in self._held.values() if is_admin or held.owner is client]

    def find(self, fork_id: str, client: "Client", *, is_admin: bool) -> Held[HeldT]:
        """One of those."""
        mine = {held.fork_id: held for held in self.of(client, is_admin=is_admin)}
        if fork_id not in mine:
            there = f"there are: {', '.join(mine)}" if mine else "there is none"
            raise refused("NOT_FOUND", f"no fork {shown(fork_id)}; {there}")
        return mine[fork_id]

    def end(self, held: Held[HeldT]) -> None:
        """Ends one."""
        del self._held[held.fork_id]
        held.place.stop()

    def close(self, *, served_only: bool = False) -> None:
        """Ends all of them, or those with an address, and waits until they have."""
        ending = [row for row in self._held.values() if row.place.url or not served_only]
        for held in ending:
            self.end(held)
        for held in ending:
            held.place.join()


def _inside(runtime: Closable) -> Place:
    """Clients of this process find it by itself."""
    return Place(None, runtime.close, lambda: None)
