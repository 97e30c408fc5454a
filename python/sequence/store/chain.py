"""The hash chain over the events of each account: nothing is added, lost or changed unseen."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

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
            number, link = number + 1, link_of(link, event)
            tips[account] = (number, link)
            linked.append((*event, number, link))
        return linked, Chains(tips)


def link_of(previous: str, event: Sequence[object]) -> str:
    """The link of an event: a digest of the link before and of everything in it."""
    text = "|".join("" if value is None else str(value) for value in event)
    return hashlib.sha256(f"{previous}|{text}".encode()).hexdigest()
