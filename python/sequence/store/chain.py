"""The hash chain over the events of each account: nothing is added, lost or changed unseen."""

from collections.abc import Iterable
from typing import Final

from sequence._core import event_link
from sequence.store.base import Row

GENESIS: Final = "0" * 64
"""What the first event of an account follows."""

_ACCOUNT: Final = 1


class Chains:
    """Where the chain of each account stands."""

    def __init__(self, tips: dict[int, tuple[int, str]] | None = None) -> None:
        self._tips = dict(tips or {})

    def extend(self, events: Iterable[Row]) -> tuple[list[Row], "Chains"]:
        """Events with their number and link, and the chains after them; this one stays."""
        tips = dict(self._tips)
        linked: list[Row] = []
        for event in events:
            account = event[_ACCOUNT]
            if not isinstance(account, int):
                raise TypeError(f"an event of no account: {event!r}")
            number, link = tips.get(account, (0, GENESIS))
            number, link = number + 1, event_link(link, event)
            tips[account] = (number, link)
            linked.append((*event, number, link))
        return linked, Chains(tips)
