"""The engine of a sandbox with its clock, its keys and its lock: what everything else works on."""

import threading
from typing import TYPE_CHECKING, Final

from sequence import _core

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sequence.feeds.live import LiveMarket
    from sequence.feeds.live.connection import Connection
    from sequence.sandbox.clock import Clock
    from sequence.sandbox.ids import IdSource
    from sequence.sandbox.keys import Client, KeyRing, Principal
    from sequence.sandbox.sim import SimConfig


class State:
    """Knows nothing of who reads it, keeps it or calls it; the lock guards all of it.

    Attributes:
        source: What feeds the market: `demo`, `manual`, `live` or `recorded`.
        ids: Where ids of clients, keys and faults come from; set before the first is asked for.
        now_ns: The present of the last call.
        live: Open connections to venues; None without any.
    """

    ids: "IdSource"

    def __init__(
        self,
        *,
        seed: int,
        sim: "SimConfig",
        clock: "Clock",
        source: str,
        keys: "KeyRing",
        engine: _core.Engine | None = None,
    ) -> None:
        self.sim: Final = sim
        self.engine: Final = engine or _core.Engine(
            seed=seed, preset=sim.preset, overrides=sim.overrides
        )
        self.clock: Final = clock
        self.seed: Final = seed
        self.preset: Final = sim.preset
        self.source: Final = source
        self.keys: Final = keys
        self.lock: AbstractContextManager[object] = threading.RLock()
        self.now_ns = clock.now_ns()
        self.live: LiveMarket | None = None

    def want(self, symbol: str, venue: str | None = None) -> "list[Connection]":
        """Subscribes a symbol at live venues where it is not; those whose book may come yet."""
        return [] if self.live is None else self.live.want(symbol, venue)

    def account(self, principal: "Principal") -> int:
        """The sandbox account of the caller, seeded with the default balances at its first use."""
        client = principal.client
        if not client.epoch:
            self.reset(client)
        return client.account

    def reset(self, client: "Client") -> int:
        """Wipes and seeds the client's sandbox; the number of venues that now hold cash."""
        seeded = self.engine.reset(client.account, client.initial_balance_1e8, self.now_ns)
        client.epoch = self.engine.epoch(client.account)
        return int(seeded["venues_seeded"])
