"""Token buckets per client, and the throttle of addresses that keep sending bad keys."""

import math
from typing import Final

_FAILURE_WINDOW_S: Final = 60.0
_MAX_ADDRESSES: Final = 10_000


class TokenBucket:
    """``qps`` tokens a second, at most twice that many saved up."""

    __slots__ = ("_capacity", "_filled_at_s", "_qps", "_tokens")

    def __init__(self, qps: float, now_s: float) -> None:
        self._qps = qps
        self._capacity = 2.0 * qps
        self._tokens = self._capacity
        self._filled_at_s = now_s

    def take(self, now_s: float) -> int:
        """Takes one token: 0, or the whole seconds to wait (at least 1) when there is none."""
        refill = (now_s - self._filled_at_s) * self._qps
        self._tokens = min(self._capacity, self._tokens + max(refill, 0.0))
        self._filled_at_s = now_s
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0
        return max(1, math.ceil((1.0 - self._tokens) / self._qps))


class ClientBuckets:
    """One bucket per client, shared by all its keys."""

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, client_id: str, qps: float, now_s: float) -> int:
        """0, or the whole seconds this client has to wait."""
        bucket = self._buckets.get(client_id)
        if bucket is None:
            bucket = self._buckets[client_id] = TokenBucket(qps, now_s)
        return bucket.take(now_s)


class FailureThrottle:
    """Counts authentication failures per address over the last minute."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._failures: dict[str, list[float]] = {}

    def wait_s(self, address: str, now_s: float) -> int:
        """0, or the whole seconds this address is shut out for."""
        failures = self._failures.get(address)
        if failures is None:
            return 0
        recent = [at for at in failures if now_s - at < _FAILURE_WINDOW_S]
        if not recent:
            del self._failures[address]
            return 0
        self._failures[address] = recent
        if len(recent) <= self._per_minute:
            return 0
        return max(1, math.ceil(recent[0] + _FAILURE_WINDOW_S - now_s))

    def record(self, address: str, now_s: float) -> None:
        """Notes one failure."""
        if address not in self._failures and len(self._failures) >= _MAX_ADDRESSES:
            # Forgetting the oldest address bounds the memory an attacker can take.
            self._failures.pop(next(iter(self._failures)))
        self._failures.setdefault(address, []).append(now_s)
