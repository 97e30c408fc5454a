"""One engine with its clock, its market and its clients, behind one lock.

There is no thread here. Time moves when somebody calls: every call first brings the engine up to
the present of the clock, then does its work.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol, TypeVar

from sequence import _core
from sequence.feeds.some import some
from sequence.sandbox.archive import Archive
from sequence.sandbox.arrivals import Arrivals
from sequence.sandbox.beside import Beside
from sequence.sandbox.branch import Branch
from sequence.sandbox.card import PlayedData
from sequence.sandbox.clock import Clock
from sequence.sandbox.faults import Faults
from sequence.sandbox.forked import LostLock, watch
from sequence.sandbox.history import History
from sequence.sandbox.ids import IdSource
from sequence.sandbox.keeping import Keeper, read_clients, read_keys, seed_of, told_numbers
from sequence.sandbox.keys import Client, KeyRing, KeyRow, Mode, Principal
from sequence.sandbox.newest import order_cost
from sequence.sandbox.recording import Source, add_recordings
from sequence.sandbox.refuse import closed, core_refusal, refused
from sequence.sandbox.request_log import RequestLog
from sequence.sandbox.sim import SimConfig
from sequence.sandbox.snapshots import Snapshots
from sequence.sandbox.state import State
from sequence.sandbox.stream.hub import Hub
from sequence.sandbox.tabs import Tabs
from sequence.sandbox.tickets import TicketBox
from sequence.store import (
    CoreFailedError,
    Finding,
    Loaded,
    Store,
    StoreDamagedError,
    StoreError,
    crash_point,
)
from sequence.store.files import check_of
from sequence.store.tables import OVERRIDES_SETTING, PEPPER_SETTING, PRESET_SETTING

logger = logging.getLogger("sequence.sandbox")

LOCAL_LABEL: Final = "local"
NAMED_TIER: Final = "named"
"""Tier of the accounts beside the local one: no limit of requests, no rights over the server."""
DEFAULT_RISK: Final[dict[str, int | None]] = {"max_open_orders": 10_000}
"""Limits of every account where the configuration says nothing; no other limit is set."""


class Asked(Protocol):
    """Whatever says who asks."""

    @property
    def principal(self) -> Principal:
        """The caller."""
        ...


CallT = TypeVar("CallT", bound=Asked)
AnswerT = TypeVar("AnswerT")


class _OpenGroups(threading.local):
    """How many groups the current thread has open."""

    groups = 0


class Runtime(State):
    """What every handler works on."""

    def __init__(
        self,
        *,
        seed: int | None,
        sim: SimConfig,
        clock: Clock,
        source: str,
        recordings: Iterable[Source] = (),
        risk: Mapping[str, int | None] | None = None,
        store: Store | None = None,
        branch: Branch | None = None,
    ) -> None:
        loaded = None if store is None else store.load()
        seed = seed_of(loaded, seed)
        keys = KeyRing(None if store is None else store.pepper)
        engine = None if branch is None else branch.engine
        super().__init__(seed=seed, sim=sim, clock=clock, source=source, keys=keys, engine=engine)
        if branch is None:
            self.engine.set_limits(**DEFAULT_RISK | dict(risk or {}))
        self.tickets: Final = TicketBox(self.keys)
        self.tabs: Final = Tabs(self.keys)
        self.history: Final = History(self)
        self.arrivals: Final = Arrivals()
        self.requests: Final = RequestLog()
        self.played: Final = PlayedData() if branch is None else branch.played
        self.page_url = ""
        self.beside: Final = Beside[Runtime]()
        self.hub: Final = Hub(self)
        self.hub.feeds.cost_of = self._cost_of
        self.started_s: Final = time.monotonic()
        self.closed = False
        self._clock_warning = ""
        self.resumed_ns: int | None = None  # Where an earlier process stopped, if there was one.
        self.replaying: int | None = None  # The thread that plays, if one does.
        self.on_failure: Callable[[StoreError], None] | None = None
        self.keeper: Final = None if store is None else Keeper(self, store, self._store_failed)
        self._open = _OpenGroups()
        if self.keeper is not None:
            # Nobody hears of what a crash could still undo.
            self.hub.source = self.keeper
            self._restore(self.keeper, loaded)
        self.problems: Final = [] if loaded is None else self._judge(loaded.damaged)
        # A start adds to the ids of all starts before: none may come twice.
        first = loaded is None and branch is None
        self.ids = IdSource(seed if first else seed ^ self.now_ns)
        self.faults: Final = Faults(self, self.hub)
        self.snapshots: Final = Snapshots(self, self.faults, self.clients)
        if branch is None:
            self._start_market(recordings)
        self.named_clients: dict[str, Client] = {} if branch is None else branch.named
        self._named_keys: dict[str, str] = {}
        self.local: Final = self._local_client(loaded) if branch is None else branch.local
        self.test_key = self._local_key("sandbox")
        self.live_key = self._local_key("live")
        if self.keeper is not None:
            self._finish_start(self.keeper)
        watch(self)

    def after_fork(self) -> None:
        """The child of a fork has no part in this sandbox, and must not end it either."""
        self.lock = LostLock()
        self.closed = True

    def run(self, work: Callable[[CallT], AnswerT], call: CallT, *, write: bool = True) -> AnswerT:
        """Runs a handler and returns its answer once everything it rests on is durable."""
        try:
            return self.apply(work, call, write=write)
        finally:
            # A refusal may have moved time, and what came due with it.
            self.settle()

    def apply(
        self, work: Callable[[CallT], AnswerT], call: CallT, *, write: bool = True
    ) -> AnswerT:
        """Runs a handler under the lock and at the present; a refusal of the core is raised.

        What it did is not durable yet: the caller answers for that.
        """
        with self.lock:
            if write and self.is_read_only:
                why = "is damaged" if self.problems else "failed"
                text = f"the store {why}: this sandbox is read-only"
                raise refused("SERVICE_UNAVAILABLE", text)
            crash_point("before_apply")
            try:
                self.keys.note_use(call.principal, self.tick())
                return work(call)
            except _core.Refusal as refusal:
                raise core_refusal(refusal) from None
            except _core.Panic as panic:
                self._break(panic)
                raise
            finally:
                crash_point("after_apply")
                if self.keeper is None:
                    self.publish()

    def read_stored(self, work: Callable[[CallT], AnswerT], call: CallT) -> AnswerT:
        """Runs a handler that only reads, and may have to wait for the disk.

        The lock is held to come to the present, not while the store is read: the engine's rows are
        each read whole, and what the store holds of before the start never changes.
        """
        with self.lock:
            self.keys.note_use(call.principal, self.tick())
            self.account(call.principal)
        try:
            return work(call)
        except _core.Refusal as refusal:
            raise core_refusal(refusal) from None
        except _core.Panic as panic:
            with self.lock:
                self._break(panic)
            raise

    @property
    def has_archive(self) -> bool:
        """True when orders that left memory may have to be read from the store."""
        return self._archive is not None

    @property
    def _archive(self) -> Archive | None:
        return None if self.keeper is None else self.keeper.archive

    @property
    def is_read_only(self) -> bool:
        """True when a commit failed: memory is ahead of the disk, and stays what it is."""
        return self.keeper is not None and self.keeper.writer.failure is not None

    def settle(self, *, wait: bool = True) -> None:
        """Makes everything so far durable and tells readers, unless this thread has a group open.

        Never with the lock held: the writer takes it.
        """
        keeper = self.keeper
        if keeper is None or self._open.groups or keeper.writer.failure is not None:
            return
        if isinstance(self.lock, LostLock):
            # What the parent has not written yet is the parent's to write.
            return
        if not wait and keeper.writer.is_threaded:
            keeper.writer.nudge()
            return
        try:
            keeper.writer.commit()
        except StoreError as error:
            raise refused("SERVICE_UNAVAILABLE", f"not stored: {error}") from error
        if not keeper.writer.is_threaded:
            with self.lock:
                self.publish()

    @contextmanager
    def group(self) -> Generator[None]:
        """Calls inside share one commit at the end; nothing is durable before it."""
        try:
            with self.lock:
                self._open.groups += 1
                try:
                    yield
                finally:
                    self._open.groups -= 1
        finally:
            self.settle()

    @contextmanager
    def turn(self) -> Generator[int]:
        """Holds the lock, brings the engine up to date and yields the present in nanoseconds."""
        try:
            with self.lock:
                try:
                    yield self.tick()
                except _core.Panic as panic:
                    self._break(panic)
                    raise
                finally:
                    self.publish()
        finally:
            self.settle(wait=False)

    def close(self) -> None:
        """Ends the sandbox; twice is fine."""
        if self.closed:
            return
        self.beside.close()
        try:
            if self.keeper is not None:
                with self.lock:
                    self.keeper.keep_last()
            self.settle()
        finally:
            with self.lock:
                self.closed = True
            if self.keeper is not None:
                self.keeper.writer.stop()
                self.keeper.store.close()

    def tick(self) -> int:
        """Brings the engine up to the present of the clock; the caller holds the lock."""
        if self.closed:
            raise closed()
        if self.problems:
            # What is stored may only be read: nothing comes due that could not be kept.
            return self.now_ns
        now_ns = self.clock.now_ns()
        if self.clock.warning != self._clock_warning:
            self._warn_of_clock()
        self.engine.advance(now_ns)
        self.now_ns = now_ns
        self.faults.expire()
        return now_ns

    def _warn_of_clock(self) -> None:
        self._clock_warning = self.clock.warning
        logger.warning("%s", self._clock_warning)
        self.hub.feeds.clock_stepped(self._clock_warning)

    def publish(self) -> None:
        """Tells readers what the commands so far did; nothing at all while nobody listens."""
        if self.hub.listening:
            self.hub.publish()

    def _start_market(self, recordings: Iterable[Source]) -> None:
        if self.source == "demo":
            self.engine.start_demo(self.now_ns)
        elif self.source == "manual":
            # What a test feeds by hand is the truth until the test says otherwise.
            self.engine.set_max_age(enabled=False)
        goes_on = self.resumed_ns is not None and not self.problems
        add_recordings(self.engine, recordings, goes_on=goes_on)

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

    def rotate_key(self, row: KeyRow, now_ns: int) -> str:
        """Replaces the secret of a key; whoever asks for the local keys is given the new one."""
        ours = {raw: self.keys.find(raw.encode()) for raw in (self.test_key, self.live_key)}
        new = self.keys.rotate(row, now_ns)
        for raw, principal in ours.items():
            if principal is None or principal.key_id != row.key_id:
                continue
            if raw == self.test_key:
                self.test_key = new
            else:
                self.live_key = new
        return new

    def named_key(self, name: str) -> str:
        """The test key of the account of that name, which is made at its first use."""
        with self.lock:
            client = self._named_client(name)
            if (
                name not in self._named_keys
                or self.keys.find(self._named_keys[name].encode()) is None
            ):
                self._named_keys[name] = self.keys.derive(
                    client,
                    "sandbox",
                    self.new_key_id,
                    label=name,
                    now_ns=self.now_ns,
                    is_admin=False,
                )
            key = self._named_keys[name]
        self.settle()
        return key

    def clients(self) -> list[Client]:
        """Every client, the local one first; the caller holds the lock."""
        return [self.local, *self.named_clients.values()]

    def add_client(self, name: str) -> tuple[Client, str, str]:
        """A client of a new name, with the id and the text of its first key.

        The caller holds the lock, and has checked the name.
        """
        client = self._named_client(name)
        key_id = self.new_key_id()
        raw = self.keys.create(
            client, "sandbox", key_id, is_admin=False, label=name, now_ns=self.now_ns
        )
        return client, key_id, raw

    def _named_client(self, name: str) -> Client:
        """The client of a name, made at its first use."""
        client = self.named_clients.get(name)
        if client is None:
            client = self._new_client(name, tier=NAMED_TIER, rate_limit_qps=None)
            self.named_clients[name] = client
            if self.keeper is not None:
                self.keeper.watch(client)
        return client

    def _local_key(self, mode: Mode) -> str:
        if self.keeper is not None:
            return self.keys.derive(
                self.local, mode, self.new_key_id, label=LOCAL_LABEL, now_ns=self.now_ns
            )
        return self.keys.create(
            self.local,
            mode,
            self.new_key_id(),
            is_admin=True,
            label=LOCAL_LABEL,
            now_ns=self.now_ns,
        )

    def _local_client(self, loaded: Loaded | None) -> Client:
        known = [] if loaded is None else read_clients(loaded.rows, self.engine)
        if loaded is not None:
            read_keys(loaded.rows["api_keys"], known, self.keys)
        self.named_clients = {client.label: client for client in known if client.tier == NAMED_TIER}
        if self.keeper is not None:
            for client in self.named_clients.values():
                self.keeper.watch(client)
        for client in known:
            if client.tier == LOCAL_LABEL:
                return client
        return self._new_client(LOCAL_LABEL, tier=LOCAL_LABEL, rate_limit_qps=None)

    def _restore(self, keeper: Keeper, loaded: Loaded | None) -> None:
        if loaded is None:
            keeper.journal.listen()
            return
        keeper.restore(loaded, self.now_ns)
        told = told_numbers(loaded)
        if told is not None:
            # Nothing is lost to a reader who comes back: it must not be told so.
            self.hub.resume(told)
        # Time goes on where it stopped.
        self.clock.begin_at(self.engine.now_ns)
        self.resumed_ns = self.now_ns = self.clock.now_ns()

    def _finish_start(self, keeper: Keeper) -> None:
        keeper.watch(self.local)
        keeper.note("meta", ("seed", str(self.seed)))
        keeper.note("meta", (PRESET_SETTING, self.preset))
        keeper.note("meta", (OVERRIDES_SETTING, json.dumps(self.sim.overrides, sort_keys=True)))
        keeper.note("meta", (PEPPER_SETTING, check_of(keeper.store.pepper)))
        if self.problems:
            keeper.writer.refuse(StoreDamagedError(some(self.problems, between="; ")))
        self.settle()

    def _judge(self, damaged: Iterable[Finding]) -> list[str]:
        """What is wrong with the stored rows, and with the state made from them."""
        rows = [f"{row.subject}: {row.found}" for row in damaged]
        broken = self.engine.check_invariants()
        laws = [
            f"{law['invariant']} {law['subject']}: {law['expected']} expected, {law['found']} found"
            for law in broken
        ]
        return [*rows, *laws]

    def _break(self, panic: BaseException) -> None:
        """The core is in no state to go on from: nothing of it is stored any more.

        The caller holds the lock, so no commit can take what was half done.
        """
        error = CoreFailedError(str(panic))
        if self.keeper is not None:
            self.keeper.writer.fail(error)
        elif self.on_failure is not None:
            self.on_failure(error)

    def _store_failed(self, error: StoreError) -> None:
        with self.lock:
            self.hub.feeds.store_failed()
        if self.on_failure is not None:
            self.on_failure(error)

    def orders(self, account: int, *, limit: int, offset: int, **filters: Any) -> dict[str, Any]:
        """A page of orders, with those of before the last start."""
        archive = self._archive
        if archive is None:
            return self.engine.orders(account, limit=limit, offset=offset, **filters)
        return archive.orders(account, self._life(account), limit, offset, filters)

    def graphs(self, account: int, *, limit: int, offset: int, **filters: Any) -> dict[str, Any]:
        """A page of graphs, with those of before the last start."""
        archive = self._archive
        if archive is None:
            return self.engine.graphs(account, limit=limit, offset=offset, **filters)
        return archive.graphs(account, self._life(account), limit, offset, filters)

    def fills(self, account: int, *, limit: int, offset: int, **filters: Any) -> dict[str, Any]:
        """A page of fills, with those of before the last start."""
        archive = self._archive
        if archive is None:
            return self.engine.fills(account, limit=limit, offset=offset, **filters)
        return archive.fills(account, self._life(account), limit, offset, filters)

    def stored_rejects(self, account: int) -> dict[str, int]:
        """How many orders of before the last start were rejected, by reason."""
        archive = self._archive
        return {} if archive is None else archive.rejects(account, self._life(account))

    def _life(self, account: int) -> range:
        """The epochs of an account since its last reset."""
        return range(self.engine.first_epoch(account), self.engine.epoch(account) + 1)

    def _cost_of(self, account: int, order_id: str) -> dict[str, Any] | None:
        cost = order_cost(self, account, order_id)
        return None if cost is None else cost.report

    def recall(self, account: int, id_: str | None) -> None:
        """Lets the engine know an order or graph of before the last start, if the id names one."""
        if self._archive is not None:
            self._archive.recall(account, self._life(account), id_)
