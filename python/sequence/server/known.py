"""Whose key a connection came with, so that each of its requests need not be hashed anew."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequence.sandbox.keys import KeyRing, Principal


class Known:
    """The last key of one connection, for as long as the connection is open and no key changes.

    The header is in memory with its connection anyway; nothing outlives that.
    """

    __slots__ = ("_generation", "_header", "_principal")

    def __init__(self) -> None:
        self._header: bytes | None = None
        self._generation = -1
        self._principal: Principal | None = None

    def find(self, header: bytes | None, keys: "KeyRing") -> "Principal | None":
        """Who this header named last time, unless a key was revoked or rotated since."""
        if header is None or header != self._header or self._generation != keys.generation:
            return None
        return self._principal

    def keep(self, header: bytes, keys: "KeyRing", principal: "Principal") -> None:
        """Remembers whom a header names."""
        self._header, self._generation, self._principal = header, keys.generation, principal
