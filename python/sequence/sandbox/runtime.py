"""One engine with its clock, its market and its clients, behind one lock.

There is no thread here. Time moves when somebody calls: every call first brings the engine up to
the present of the clock, then does its work.
"""

import threading
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sequence import _core
from sequence.sandbox.call import Call, Handler
from sequence.sandbox.clock import Clock
from sequence.sandbox.faults import Faults
from sequence.sandbox.ids import IdSource
from sequence.sandbox.keys import Client, KeyRing, Mode, Principal
from sequence.sandbox.recording import Source, add_recording
from sequence.sandbox.refuse import core_refusal, refused
from sequence.sandbox.sim import SimConfig
from sequence.sandbox.snapshots import Snapshots
from sequence.sandbox.stream.hub import Hub
from sequence.sandbox.tickets import TicketBox

LOCAL_LABEL: Final = "local"

DEFAULT_RISK: Final[dict[str, int | None]] = {"max_open_orders": 10_000}
"""Limits of every account where the configuration says nothing; no other limit is set."""


class Runtime:
    """What every handler works on."""

    def __init__(
        self,
        *,
        seed: int,
        sim: SimConfig,
        clock: Clock,
        source: str,
        recordings: Iterable[Source] = (),
        risk: Mapping[str, int | None] | None = None,
    ) -> None:
        self.sim: Final = sim
        self.engine: Final = _core.Engine(seed=seed, preset=sim.preset, overrides=sim.overrides)
        self.engine.set_limits(**DEFAULT_RISK | dict(risk or {}))
        self.clock: Final = clock
        self.seed: Final = seed
        self.preset: Final = sim.preset
        self.source: Final = source
        self.keys: Final = KeyRing()
        self.tickets: Final = TicketBox(self.keys)
        self.hub: Final = Hub(self)
        self.lock: Final = threading.RLock()
        self.started_s: Final = time.monotonic()
        self.now_ns = clock.now_ns()
        self.closed = False
        self.ids: Final = IdSource(seed)
        self.faults: Final = Faults(self)
        self.snapshots: Final = Snapshots(self)
        self._start_market(recordings)
        self.local: Final = self._new_client(LOCAL_LABEL, tier="local", rate_limit_qps=None)
        self.test_key: Final = self._new_key("sandbox")
        self.live_key: Final = self._new_key("live")

    def run(self, handler: Handler, call: Call[Any, Any]) -> Any:  # noqa: ANN401 - see Handler
        """Runs a handler under the lock and at the present; a refusal of the core is raised."""
        with self.lock:
            self.keys.note_use(call.principal, self.tick())
            try:
                return handler(call)
            except _core.Refusal as refusal:
                raise core_refusal(refusal) from None
            finally:
                self.publish()

    @contextmanager
    def turn(self) -> Generator[int]:
        """Holds the lock, brings the engine up to date and yields the present in nanoseconds."""
        with self.lock:
            now_ns = self.tick()
            try:
                yield now_ns
            finally:
                self.publish()

    def tick(self) -> int:
        """Brings the engine up to the present of the clock; the caller holds the lock."""
        if self.closed:
            raise refused("SERVICE_UNAVAILABLE", "this sandbox is closed")
        now_ns = self.clock.now_ns()
        self.engine.advance(now_ns)
        self.now_ns = now_ns
        self.faults.expire()
        return now_ns

    def publish(self) -> None:
        """Tells readers what the commands so far did; nothing at all while nobody listens."""
        if self.hub.listening:
            self.hub.collect()

    def account(self, principal: Principal) -> int:
        """The sandbox account of the caller, seeded with the default balances at its first use."""
        client = principal.client
        if not client.epoch:
            self.reset(client)
        return client.account

    def reset(self, client: Client) -> int:
        """Wipes and seeds the client's sandbox; the number of venues that now hold cash."""
        seeded = self.engine.reset(client.account, client.initial_balance_1e8, self.now_ns)
        client.epoch = self.engine.epoch(client.account)
        return int(seeded["venues_seeded"])

    def _start_market(self, recordings: Iterable[Source]) -> None:
        if self.source == "demo":
            self.engine.start_demo(self.now_ns)
        elif self.source == "manual":
            # What a test feeds by hand is the truth until the test says otherwise.
            self.engine.set_max_age(enabled=False)
        for recording in recordings:
            add_recording(self.engine, recording)

    def _new_client(self, label: str, *, tier: str, rate_limit_qps: int | None) -> Client:
        client_id = self.ids.next("client", self.now_ns)
        return Client(
            client_id=client_id,
            label=label,
            tier=tier,
            rate_limit_qps=rate_limit_qps,
            created_at_ns=self.now_ns,
            account=self.engine.account(client_id),
        )

    def new_key_id(self) -> str:
        """The id of the next key."""
        return self.ids.next("key", self.now_ns)

    def _new_key(self, mode: Mode) -> str:
        return self.keys.create(
            self.local,
            mode,
            self.new_key_id(),
            is_admin=True,
            label=LOCAL_LABEL,
            now_ns=self.now_ns,
        )
