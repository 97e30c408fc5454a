"""Copies of the state to return to: a few per sandbox, the oldest makes room."""

from typing import TYPE_CHECKING, Final, NamedTuple

from sequence.sandbox.faults import turn
from sequence.sandbox.refuse import refused
from sequence.types.common import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sequence import _core
    from sequence.sandbox.faults import Faults, Stops
    from sequence.sandbox.keys import Client
    from sequence.sandbox.state import State

_KEPT: Final = 16
_NONE: Final = "none is kept: copies end with the process, a file of save_snapshot does not"


class _Kept(NamedTuple):
    owner: "Client"
    copy: "_core.Snapshot"
    ts_ns: int
    stops: "Stops"


class Snapshots:
    """Copies of one whole state; its lock guards them.

    Args:
        state: What is copied.
        faults: Those in force, which no copy holds: they go on whatever is returned to.
        clients: Everybody whose state a copy holds.
    """

    def __init__(
        self, state: "State", faults: "Faults", clients: "Callable[[], Iterable[Client]]"
    ) -> None:
        self._state: Final = state
        self._faults: Final = faults
        self._clients: Final = clients
        self._kept: dict[str, _Kept] = {}

    def take(self, client: "Client", *, is_admin: bool) -> str:
        """Keeps a copy and returns its id."""
        self.check_alone(client, is_admin=is_admin)
        state = self._state
        try:
            copy = state.engine.snapshot()
        except ValueError as error:
            raise refused("CONFLICT", str(error)) from None
        name = state.ids.next("snapshot", state.now_ns)
        self._kept[name] = _Kept(client, copy, state.now_ns, self._faults.stops())
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return name

    def of(self, client: "Client") -> list[tuple[str, int]]:
        """Copies of a client that are kept, oldest first: id, and time in nanoseconds."""
        return [(name, row.ts_ns) for name, row in self._kept.items() if row.owner is client]

    def restore(self, client: "Client", name: str, *, is_admin: bool) -> None:
        """Returns to a copy; orders, fills and positions are as they were, in a new epoch."""
        self.check_alone(client, is_admin=is_admin)
        kept = self._kept.get(name)
        if kept is None or kept.owner is not client:
            own = [own for own, _ in self.of(client)]
            there = f"there are: {', '.join(own)}" if own else _NONE
            raise refused("NOT_FOUND", f"no snapshot {shown(name)}; {there}")
        state = self._state
        unknown = state.engine.restore(kept.copy, state.now_ns)
        for each in self._clients():
            each.epoch = state.engine.epoch(each.account)
            if each.account in unknown:
                # To the copy it was never used.
                state.reset(each)
        stops = self._faults.stops()
        turn(state, kept.stops - stops, on=False)
        turn(state, stops, on=True)

    def check_alone(self, client: "Client", *, is_admin: bool) -> None:
        """A copy holds every account, and only an admin may turn back another one's time."""
        if is_admin:
            return
        if self._state.engine.seeded_accounts() > (1 if client.epoch else 0):
            text = "other clients use this sandbox, and a snapshot is of all: use an admin key"
            raise refused("CONFLICT", text)
