"""The hash chain over the events of each account: nothing is added, lost or changed unseen."""

from collections.abc import Iterable
from typing import Final

from sequence._core import event_link
from sequence.store.base import Row

GENESIS: Final = "0" * 64
"""What the first event of an account follows."""

Tips = dict[int, tuple[int, str]]
"""Number and link of the newest event, by account."""

_ACCOUNT: Final = 1


class Chains:
    """Where the chain of each account stands."""

    def __init__(self, tips: Tips | None = None) -> None:
        self._tips = dict(tips or {})

    def extend(self, events: Iterable[Row]) -> tuple[list[Row], Tips]:
        """Events with their number and link, and where chains stand with them, for `move`."""
        moved: Tips = {}
        linked: list[Row] = []
        for event in events:
            account = event[_ACCOUNT]
            if not isinstance(account, int):
                raise TypeError(f"an event of no account: {event!r}")
            number, link = moved.get(account) or self._tips.get(account, (0, GENESIS))
            number, link = number + 1, event_link(link, event)
            moved[account] = (number, link)
            linked.append((*event, number, link))
        return linked, moved

    def move(self, moved: Tips) -> None:
        """What was linked is durable: the next events follow it."""
        self._tips.update(moved)
