"""Copies of the state to return to: a few per sandbox, the oldest makes room."""

from typing import TYPE_CHECKING, Final

from sequence.sandbox.refuse import refused
from sequence.types.common import shown

if TYPE_CHECKING:
    from sequence import _core
    from sequence.sandbox.keys import Client
    from sequence.sandbox.state import State

_KEPT: Final = 16


class Snapshots:
    """Copies of one whole state; its lock guards them. A stored one cannot turn back."""

    def __init__(self, state: "State", *, is_stored: bool) -> None:
        self._state: Final = state
        self._is_stored: Final = is_stored
        self._kept: dict[str, tuple[Client, _core.Snapshot]] = {}

    def take(self, client: "Client") -> str:
        """Keeps a copy and returns its id."""
        self._check_alone(client)
        state = self._state
        try:
            copy = state.engine.snapshot()
        except ValueError as error:
            raise refused("CONFLICT", str(error)) from None
        name = state.ids.next("snapshot", state.now_ns)
        self._kept[name] = client, copy
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return name

    def restore(self, client: "Client", name: str) -> None:
        """Returns to a copy; orders, fills and positions are as they were, in a new epoch."""
        self._check_alone(client)
        owner, copy = self._kept.get(name, (None, None))
        if owner is not client or copy is None:
            own = [kept for kept, (whose, _) in self._kept.items() if whose is client]
            there = f"there are: {', '.join(own)}" if own else "none was taken"
            raise refused("NOT_FOUND", f"no snapshot {shown(name)}; {there}")
        state = self._state
        state.engine.restore(copy, state.now_ns)
        client.epoch = state.engine.epoch(client.account)

    def _check_alone(self, client: "Client") -> None:
        """A copy holds every account, and nobody may turn back another one's time."""
        if self._is_stored:
            raise refused("CONFLICT", "a stored sandbox cannot turn back: use a store in memory")
        if self._state.engine.seeded_accounts() > (1 if client.epoch else 0):
            text = "snapshots need a sandbox that no other client has used"
            raise refused("CONFLICT", text)
