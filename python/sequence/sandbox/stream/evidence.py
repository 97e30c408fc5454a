"""Why open orders have not filled, told as it changes: no row of an order changes with it."""

from typing import TYPE_CHECKING, Any, Final

from sequence.sandbox.stream.pace import Pace
from sequence.sandbox.stream.packet import packet_of

if TYPE_CHECKING:
    from sequence.sandbox.state import State
    from sequence.sandbox.stream.reader import Reader

_EVERY_NS: Final = 500_000_000
"""It changes with every message of a market, so it is looked at twice a second at most."""
_CLOCK: Final = "as_of_ns"
"""The key that says when it was looked at, and no more."""


class _Followed:
    """What one reader was told last of each order."""

    def __init__(self, channel: str, account: int) -> None:
        self.channel: Final = channel
        self.account: Final = account
        self.told: dict[str, dict[str, Any]] = {}


class Evidences:
    """Looks at open orders while somebody reads; the lock of the runtime guards it."""

    def __init__(self, state: "State") -> None:
        self._state: Final = state
        self._readers: Final[dict[Reader, _Followed]] = {}
        self._pace: Final = Pace(state, _EVERY_NS)

    def follow(self, reader: "Reader", channel: str) -> None:
        """A reader is told of each open order now, and of each whose reason changes from now on."""
        if not reader.principal.is_sandbox:
            # Rows of live mode do not exist here.
            return
        followed = _Followed(channel, self._state.account(reader.principal))
        self._readers[reader] = followed
        self._tell(reader, followed)

    def unfollow(self, reader: "Reader") -> None:
        """It is told no more."""
        self._readers.pop(reader, None)

    def poll(self) -> None:
        """Looks again, if it is time and anybody wants to know."""
        if not self._readers or not self._pace.due():
            return
        for reader, followed in self._readers.items():
            self._tell(reader, followed)

    def _tell(self, reader: "Reader", followed: _Followed) -> None:
        told, followed.told = followed.told, {}
        for order_id, record in self._state.engine.open_evidence(followed.account):
            shown = {key: value for key, value in record.items() if key != _CLOCK}
            followed.told[order_id] = shown
            if told.get(order_id) != shown:
                reader.sink.event(packet_of({"channel": followed.channel, "data": record}))
