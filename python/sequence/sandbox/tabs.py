"""Browser tabs that show the page: they hold a ticket once, then a token, and never a key."""

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from sequence.sandbox.keys import KeyRing, Principal, Tab

TICKET_LIFE_S: Final = 60
TAB_LIFE_S: Final = 12 * 3600
ARMED_S: Final = 15 * 60

_TICKET: Final = "pgt_"
_TAB: Final = "pgs_"
_MOST_OPEN: Final = 256
"""Tickets, and tabs, that may exist at once; the oldest makes room."""


class Tabs:
    """Tickets and tabs of one sandbox, kept as digests; the caller holds the runtime's lock."""

    def __init__(self, keys: KeyRing, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._clock_s = clock_s
        self._tickets: dict[bytes, tuple[float, Principal]] = {}
        self._tabs: dict[bytes, Principal] = {}

    def issue(self, principal: Principal) -> str:
        """A ticket for one tab, bound to the key it is asked with."""
        _make_room(self._tickets)
        raw = _TICKET + secrets.token_hex(32)
        self._tickets[_digest(raw)] = self._clock_s() + TICKET_LIFE_S, principal
        return raw

    def enter(self, ticket: str) -> str | None:
        """The token of a new tab, once per ticket; ``None`` when it is used or too old."""
        ends_s, opener = self._tickets.pop(_digest(ticket), (0.0, None))
        now_s = self._clock_s()
        if opener is None or now_s >= ends_s or not self._keys.is_active(opener):
            return None
        _make_room(self._tabs)
        raw = _TAB + secrets.token_hex(32)
        self._tabs[_digest(raw)] = Principal(
            opener.client,
            opener.mode,
            opener.key_id,
            opener.is_admin,
            Tab(opener, now_s + TAB_LIFE_S),
        )
        return raw

    def find(self, raw: bytes) -> Principal | None:
        """Who a tab's token speaks for; ``None`` when the tab or its key has ended."""
        digest = hashlib.sha256(raw).digest()
        principal = self._tabs.get(digest)
        if principal is None:
            return None
        if not self._keys.is_active(principal):
            del self._tabs[digest]
            return None
        return principal

    def arm(self, tab: Tab, *, armed: bool) -> int:
        """Lets a tab write, or stops it; for how many seconds it may now."""
        tab.armed_until_s = self._clock_s() + ARMED_S if armed else 0.0
        return ARMED_S if armed else 0


def is_tab(raw: bytes) -> bool:
    """True for what looks like the token of a tab rather than a key."""
    return raw.startswith(_TAB.encode())


def _make_room(held: dict[bytes, Any]) -> None:
    while len(held) >= _MOST_OPEN:
        del held[next(iter(held))]


def _digest(raw: str) -> bytes:
    return hashlib.sha256(raw.encode("utf-8", errors="replace")).digest()
