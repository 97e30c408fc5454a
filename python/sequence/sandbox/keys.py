"""Clients and their keys: a key is stored as a keyed digest, the raw text is shown once."""

import hashlib
import hmac
import math
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

Mode = Literal["sandbox", "live"]

DEFAULT_BALANCE_1E8: Final = 1_000_000_000 * 10**8
"""What each cash row of a reset holds until the client changes it: one billion USD."""

_KEY: Final = re.compile(rb"seq_(live|test)_[0-9a-f]{64}")
_PREFIX: Final[dict[Mode, str]] = {"sandbox": "seq_test_", "live": "seq_live_"}
_SHOWN_HEX: Final = 4


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
    keys_created_ns: deque[int] = field(default_factory=deque[int])
    """When keys were made on request, within the last day."""


@dataclass(slots=True, eq=False)
class Tab:
    """What one browser tab may do: read, and for a while after it was armed also write.

    Attributes:
        opener: Whose key the ticket was asked with; the tab ends with that key.
        ends_s: When it ends, on the machine's own clock.
        armed_until_s: Writes are allowed before this time.
    """

    opener: "Principal"
    ends_s: float
    armed_until_s: float = 0.0

    def is_open(self, now_s: float) -> bool:
        """True while the tab has not reached its end."""
        return now_s < self.ends_s

    def is_armed(self, now_s: float) -> bool:
        """True while the tab may write."""
        return now_s < min(self.armed_until_s, self.ends_s)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: built once per key, so that a request costs one look-up."""

    client: Client
    mode: Mode
    key_id: str
    is_admin: bool
    tab: Tab | None = None
    """The browser tab that speaks for the key; None where the key itself does."""

    @property
    def is_sandbox(self) -> bool:
        """True for a ``seq_test_`` key."""
        return self.mode == "sandbox"


@dataclass(slots=True)
class KeyRow:
    """A key as it is listed: everything but its secret."""

    client: Client
    mode: Mode
    key_id: str
    is_admin: bool
    label: str
    created_at_ns: int
    prefix: str = ""
    rotated_at_ns: int | None = None
    revoked_at_ns: int | None = None
    last_used_at_ns: int | None = None
    digest: bytes = field(default=b"", repr=False)
    rotated_s: float = -math.inf
    """When it was rotated, on the machine's own clock."""


class KeyRing:
    """All keys of one sandbox, found by digest.

    Attributes:
        generation: Rises with every revocation and rotation: who remembers a key looks again.
    """

    def __init__(self, pepper: bytes | None = None) -> None:
        # A stolen table of digests is worth nothing without the pepper.
        self._pepper = secrets.token_bytes(32) if pepper is None else pepper
        self._keyed = hmac.new(self._pepper, digestmod=hashlib.sha256)
        self._by_digest: dict[bytes, tuple[KeyRow, Principal]] = {}
        self._rows: dict[str, KeyRow] = {}
        self.generation = 0

    def create(
        self,
        client: Client,
        mode: Mode,
        key_id: str,
        *,
        is_admin: bool,
        label: str = "",
        now_ns: int = 0,
    ) -> str:
        """Makes a key and returns its raw text, the only time it exists in the clear."""
        row = KeyRow(client, mode, key_id, is_admin, label, now_ns)
        self._rows[key_id] = row
        return self._issue(row, secrets.token_hex(32))

    def derive(
        self,
        client: Client,
        mode: Mode,
        new_id: Callable[[], str],
        *,
        label: str,
        now_ns: int,
        is_admin: bool = True,
    ) -> str:
        """The first key of a client and mode that follows from the pepper: the same at each start.

        A store keeps no key that could be shown again; who has its pepper may ask for this one.
        When it was revoked or rotated, the next start makes another.
        """
        for row in self.rows(client):
            raw = _PREFIX[mode] + self._derived(row.key_id)
            if row.mode == mode and row.label == label and self._digest(raw.encode()) == row.digest:
                if row.revoked_at_ns is None:
                    return raw
                break
        row = KeyRow(client, mode, new_id(), is_admin, label, now_ns)
        self._rows[row.key_id] = row
        return self._issue(row, self._derived(row.key_id))

    def put_back(self, row: KeyRow) -> None:
        """Knows a stored key again."""
        self._rows[row.key_id] = row
        if row.revoked_at_ns is None:
            principal = Principal(row.client, row.mode, row.key_id, row.is_admin)
            self._by_digest[row.digest] = row, principal

    def __len__(self) -> int:
        return len(self._rows)

    def all_rows(self) -> list[KeyRow]:
        """Every key of every client, in order of creation."""
        return list(self._rows.values())

    def clients(self) -> list[Client]:
        """Every client that has a key, in order of its first one."""
        return list({row.client.client_id: row.client for row in self._rows.values()}.values())

    def find(self, raw: bytes) -> Principal | None:
        """Who this key is, or ``None``; the shape is checked before any look-up."""
        if _KEY.fullmatch(raw) is None:
            return None
        digest = self._digest(raw)
        stored = self._by_digest.get(digest)
        if stored is None or not hmac.compare_digest(stored[0].digest, digest):
            return None
        # The prefix is part of the digest, so a swapped mode never gets here.
        return stored[1]

    def row(self, client: Client, key_id: str) -> KeyRow | None:
        """A key of this client; another client's looks like one that never was."""
        row = self._rows.get(key_id)
        return row if row is not None and row.client is client else None

    def rows(self, client: Client) -> list[KeyRow]:
        """Every key of a client, newest first, revoked ones included."""
        return [row for row in reversed(self._rows.values()) if row.client is client]

    def rotate(self, row: KeyRow, now_ns: int) -> str:
        """Replaces the secret of a key; the old one stops at once."""
        del self._by_digest[row.digest]
        self.generation += 1
        row.rotated_at_ns = now_ns
        row.rotated_s = time.monotonic()
        return self._issue(row, secrets.token_hex(32))

    def revoke(self, row: KeyRow, now_ns: int) -> None:
        """Ends a key for good; twice is the same as once."""
        if row.revoked_at_ns is None:
            del self._by_digest[row.digest]
            self.generation += 1
            row.revoked_at_ns = now_ns

    def is_active(self, principal: Principal) -> bool:
        """True while the secret that this caller came with is the key's present one."""
        tab = principal.tab
        if tab is not None:
            return tab.is_open(time.monotonic()) and self.is_active(tab.opener)
        row = self._rows.get(principal.key_id)
        stored = None if row is None else self._by_digest.get(row.digest)
        return stored is not None and stored[1] is principal

    def note_use(self, principal: Principal, now_ns: int) -> None:
        """Remembers when a key was used last."""
        self._rows[principal.key_id].last_used_at_ns = now_ns

    def _issue(self, row: KeyRow, secret: str) -> str:
        raw = _PREFIX[row.mode] + secret
        row.digest, row.prefix = self._digest(raw.encode("ascii")), masked(raw)
        principal = Principal(row.client, row.mode, row.key_id, row.is_admin)
        self._by_digest[row.digest] = row, principal
        return raw

    def _derived(self, key_id: str) -> str:
        return hmac.new(self._pepper, f"local key|{key_id}".encode(), hashlib.sha256).hexdigest()

    def _digest(self, raw: bytes) -> bytes:
        # A copy of the keyed state keeps the interpreter's lock, which `hmac.digest` lets go of.
        digest = self._keyed.copy()
        digest.update(raw)
        return digest.digest()


def masked(raw: str) -> str:
    """The part of a key that may be shown: ``seq_test_ab12``."""
    return raw[: len(_PREFIX["sandbox"]) + _SHOWN_HEX]
