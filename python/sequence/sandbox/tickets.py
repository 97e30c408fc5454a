"""Tickets for one WebSocket: short-lived, used once, kept as digests only."""

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Final

from sequence.sandbox.keys import KeyRing, Principal

LIFE_S: Final = 30
_PREFIX: Final = "wst_"
_LENGTH: Final = len(_PREFIX) + 64


class TicketBox:
    """Issues tickets and takes each one back once; the caller holds the runtime's lock."""

    def __init__(self, keys: KeyRing, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._clock_s = clock_s
        self._open: dict[bytes, tuple[float, Principal]] = {}

    def issue(self, principal: Principal) -> str:
        """A new ticket, bound to the key it is asked with."""
        now_s = self._clock_s()
        self._forget(now_s)
        raw = _PREFIX + secrets.token_hex(32)
        self._open[_digest(raw)] = now_s + LIFE_S, principal
        return raw

    def consume(self, raw: str) -> Principal | None:
        """Who a ticket lets in, once; ``None`` when it is used, too old or its key has ended."""
        if len(raw) != _LENGTH or not raw.startswith(_PREFIX):
            return None
        found = self._open.pop(_digest(raw), None)
        if found is None:
            return None
        ends_s, principal = found
        fresh = self._clock_s() < ends_s
        return principal if fresh and self._keys.is_active(principal) else None

    def _forget(self, now_s: float) -> None:
        for digest in [key for key, (ends_s, _) in self._open.items() if ends_s <= now_s]:
            del self._open[digest]


def _digest(raw: str) -> bytes:
    return hashlib.sha256(raw.encode("utf-8", errors="replace")).digest()
