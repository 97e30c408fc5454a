"""Clients and their keys: a key is stored as a keyed digest, the raw text is shown once."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final, Literal

Mode = Literal["sandbox", "live"]

DEFAULT_BALANCE_1E8: Final = 1_000_000_000 * 10**8
"""What each cash row of a reset holds until the client changes it: one billion USD."""

_KEY: Final = re.compile(rb"seq_(live|test)_[0-9a-f]{64}")
_PREFIX: Final[dict[Mode, str]] = {"sandbox": "seq_test_", "live": "seq_live_"}
_SHOWN_HEX: Final = 4


@dataclass(slots=True)
class KillSwitch:
    """Halts new submissions of one client in one mode."""

    engaged: bool = False
    reason: str | None = None
    engaged_at_ns: int | None = None
    engaged_by: str | None = None
    cleared_at_ns: int | None = None


@dataclass(slots=True)
class Client:
    """The account that keys belong to: balances, limits and ids are per client."""

    client_id: str
    label: str
    tier: str
    rate_limit_qps: int | None
    created_at_ns: int
    account: int
    """Handle of the sandbox account in the engine."""
    initial_balance_1e8: int = DEFAULT_BALANCE_1E8
    epoch: int = 0
    """How often the sandbox was seeded; 0 = never used."""
    kill_switches: dict[Mode, KillSwitch] = field(
        default_factory=lambda: {"sandbox": KillSwitch(), "live": KillSwitch()}
    )


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: built once per key, so that a request costs one look-up."""

    client: Client
    mode: Mode
    key_id: str
    is_admin: bool

    @property
    def is_sandbox(self) -> bool:
        """True for a ``seq_test_`` key."""
        return self.mode == "sandbox"


@dataclass(frozen=True, slots=True)
class _StoredKey:
    digest: bytes
    prefix: str
    principal: Principal


class KeyRing:
    """All keys of one sandbox, found by digest."""

    def __init__(self) -> None:
        # A stolen table of digests is worth nothing without the pepper.
        self._pepper = secrets.token_bytes(32)
        self._by_digest: dict[bytes, _StoredKey] = {}

    def create(self, client: Client, mode: Mode, key_id: str, *, is_admin: bool) -> str:
        """Makes a key and returns its raw text, the only time it exists in the clear."""
        raw = _PREFIX[mode] + secrets.token_hex(32)
        digest = self._digest(raw.encode("ascii"))
        principal = Principal(client, mode, key_id, is_admin)
        self._by_digest[digest] = _StoredKey(digest, masked(raw), principal)
        return raw

    def find(self, raw: bytes) -> Principal | None:
        """Who this key is, or ``None``; the shape is checked before any look-up."""
        if _KEY.fullmatch(raw) is None:
            return None
        digest = self._digest(raw)
        stored = self._by_digest.get(digest)
        if stored is None or not hmac.compare_digest(stored.digest, digest):
            return None
        # The prefix is part of the digest, so a swapped mode never gets here.
        return stored.principal

    def _digest(self, raw: bytes) -> bytes:
        return hmac.digest(self._pepper, raw, hashlib.sha256)


def masked(raw: str) -> str:
    """The part of a key that may be shown: ``seq_test_ab12``."""
    return raw[: len(_PREFIX["sandbox"]) + _SHOWN_HEX]
