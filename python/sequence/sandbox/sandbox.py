"""The sandbox as a user holds it."""

import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from threading import get_ident
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args
from weakref import WeakKeyDictionary, WeakSet

from sequence import _core
from sequence.errors import ValidationError
from sequence.sandbox.clock import DEFAULT_START_NS, ClockKind, ManualClock, build_clock
from sequence.sandbox.configured import check_risk, sim_of
from sequence.sandbox.controls import ClockControl, FaultControl
from sequence.sandbox.desk import Desk
from sequence.sandbox.fork import forked
from sequence.sandbox.market import Market
from sequence.sandbox.recording import open_recordings, warn_of_end
from sequence.sandbox.replay import Replay, ReplayResult
from sequence.sandbox.replay_calls import Calls, OnBook, OnEvent, OnOrder, OnTime, OnTrade, Untold
from sequence.sandbox.runtime import Runtime
from sequence.sandbox.saving import configured_by, read_state
from sequence.sandbox.sim import Preset, SimConfig
from sequence.sandbox.source import live_of, source_of
from sequence.sandbox.until import OrderT, until_over
from sequence.store import Store
from sequence.store.snapshot import LoadedStore
from sequence.types._html import html_table
from sequence.types._names import unknown

if TYPE_CHECKING:
    from sequence import AsyncSequence, Sequence
    from sequence.analysis import Results
    from sequence.feeds.live import Live
    from sequence.sandbox.live import LiveFeeds

_NOWHERE: Final = "http://localhost"
"""Base URL of clients that never open a socket; whatever the environment says is not theirs."""
_MAX_SEED: Final = 2**64 - 1
_MOST_ORDERS: Final = 2**32


class Sandbox:
    """Paper trading in this process: real order books, queues, fees and cash that runs out.

    Args:
        seed: Same seed, same data, same calls: same fills, ids and answers. By default 42, or
            what the store was made with.
        clock: ``wall`` runs by itself, ``manual`` stands still until `clock.advance`,
            ``replay`` is the time of the recorded feed.
        preset: How fills are simulated: ``realistic`` with delays, queues and own impact, its
            bounds ``optimistic`` and ``adversarial``, or ``instant`` for unit tests.
        store: Where state is kept: ``memory``, or the path of a database file, which is made when
            it is not there. Every answer then leaves after its state is on the disk.
        market: ``demo`` (synthetic books that move), ``manual`` (fed through `market`),
            ``none``, ``live:VENUE[,VENUE...]`` or a `sequence.feeds.live.Live` (public feeds of
            venues), ``replay:FILE[,FILE...]`` or a list of files, `sequence.feeds.Recording`
            objects or Arrow tables with recorded events.
        speed: Recorded seconds per second of a replay, which then runs by itself, also after the
            last frame: its books go stale. Without it a replay stands still until `clock.advance`.
        venue: Whose frames the files hold, where they do not say.
        risk: Limits of the account, as `GET /v1/risk_limits` names them: ``max_position_1e8``,
            ``max_order_notional_1e9``, ``max_order_rate``, ``max_open_orders`` and
            ``daily_loss_limit_usd_1e9``; None is no limit.
        overrides: Single values of the preset by their published names, such as
            ``{"amend.mode": "native"}``.
        sim: The whole configuration of the simulator, instead of ``preset`` and ``overrides``.
        keep: How many of the newest orders stay in memory, with their fills; an older one stays
            while it can still trade, and goes once it ended. A file keeps it and answers for it
            as before; without one it is forgotten: asked for by its id it is refused with a
            sentence that says so. Its ``graph_id`` is never taken twice. By default all of this
            process stay, a few hundred bytes each.
    """

    def __init__(
        self,
        seed: int | None = None,
        clock: ClockKind = "wall",
        preset: Preset | None = None,
        store: str | Path | Store = "memory",
        market: "str | Iterable[str | Path | Any] | Live" = "demo",
        *,
        speed: float | None = None,
        venue: str | None = None,
        risk: Mapping[str, int | None] | None = None,
        overrides: Mapping[str, int | bool | str] | None = None,
        sim: SimConfig | None = None,
        keep: int | None = None,
    ) -> None:
        if clock not in get_args(ClockKind):
            raise ValueError(unknown("clock", clock, get_args(ClockKind)))
        if seed is not None and (type(seed) is not int or not 0 <= seed <= _MAX_SEED):
            raise ValidationError(f"seed: must be an integer from 0 to 2**64 - 1, not {seed!r}")
        check_risk(risk or {})
        _check_keep(keep)
        live = live_of(market)
        source, files = (live.source, []) if live is not None else source_of(market)
        if live is not None:
            if clock != "wall":
                raise ValueError("live books need clock='wall'")
            live.connections()  # What cannot be connected is refused before anything is opened.
        # Without files a replay waits for `replay` to bring some, at the beginning of time.
        empty = source == "none" and clock == "replay"
        if (source == "replay") != (clock == "replay") and not empty:
            raise ValueError("clock='replay' and a replayed market belong together")
        if speed is not None and clock != "replay":
            raise ValueError("speed belongs to clock='replay'")
        if venue is not None and source != "replay":
            raise ValueError("venue belongs to a replayed market")
        recordings = open_recordings(files, venue) if source == "replay" else []
        first_ns = (row.first_ns for row in recordings)
        start_ns = min(first_ns, default=0 if empty else DEFAULT_START_NS)
        configured = sim_of(preset, sim, overrides)
        opened = _store_of(store)
        try:
            runtime = Runtime(
                seed=seed,
                sim=configured,
                clock=build_clock(clock, start_ns, speed),
                source="replay" if empty else source,
                recordings=recordings,
                risk=risk,
                store=opened,
            )
        except BaseException:
            if opened is not None:
                opened.close()
            raise
        (runtime.keeper or runtime.engine).keep_newest(keep)
        runtime.played.add(files)
        if runtime.resumed_ns is not None:
            warn_of_end(recordings, runtime.resumed_ns)
        self._hold(runtime, live)

    def _hold(self, runtime: Runtime, live: "Live | None" = None) -> None:
        self.runtime = runtime
        self.clock = ClockControl(runtime)
        self.market = Market(runtime)
        self.faults = FaultControl(runtime)
        self._async_keys: WeakKeyDictionary[AsyncSequence, str] = WeakKeyDictionary()
        self._desks: WeakSet[Desk] = WeakSet()
        self._untold = Untold()
        self._live = None if live is None else _go_live(runtime, live)

    @property
    def test_key(self) -> str:
        """The key of the local client for the sandbox: ``seq_test_...``."""
        return self.runtime.test_key

    @property
    def live_key(self) -> str:
        """The key of the local client for live mode; it needs ``sandbox=True`` on every order."""
        return self.runtime.live_key

    def client(self, key: str | None = None, *, account: str | None = None) -> "Sequence":
        """A client of this sandbox without sockets and without JSON.

        Args:
            key: A key of this sandbox; by default that of the local account.
            account: The account of that name instead, with a wallet of its own: it is made at its
                first use, and with a store it is there again after a restart.

        Raises:
            ValidationError: Not both, and a name is 1 to 128 of A-Z a-z 0-9 . _ -.
        """
        from sequence import Sequence  # noqa: PLC0415 - the sandbox alone needs no client
        from sequence._client.carry.inprocess import InProcessTransport  # noqa: PLC0415

        key = self._key(key, account)
        transport = InProcessTransport(self.runtime, key)
        return Sequence(key, base_url=_NOWHERE, transport=transport)

    def async_client(
        self, key: str | None = None, *, account: str | None = None
    ) -> "AsyncSequence":
        """The same for asyncio."""
        from sequence import AsyncSequence  # noqa: PLC0415 - the sandbox alone needs no client
        from sequence._client.carry.inprocess import AsyncInProcessTransport  # noqa: PLC0415

        key = self._key(key, account)
        transport = AsyncInProcessTransport(self.runtime, key)
        client = AsyncSequence(key, base_url=_NOWHERE, transport=transport)
        self._async_keys[client] = key
        return client

    def advance_until(self, order: OrderT, *, seconds: float = 60.0) -> OrderT:
        """Moves the clock until an order is over; `WaitTimeoutError` after so many seconds."""
        from sequence import Sequence  # noqa: PLC0415 - as in `client`

        client = order.client
        if not isinstance(client, Sequence):
            client = self.client(self._async_keys.get(client))
        return until_over(order, client.order, self.clock, seconds)

    def _key(self, key: str | None, account: str | None) -> str:
        if account is None:
            return key or self.test_key
        if key is not None:
            raise ValidationError("account: a key belongs to an account: leave one of them out")
        if not _ACCOUNT_NAME.fullmatch(account):
            raise ValidationError("account: must be 1 to 128 of A-Z a-z 0-9 . _ -")
        return self.runtime.named_key(account)

    @property
    def record(self) -> dict[str, Any]:
        """What makes this run what it is: enough to make it again from the same input."""
        runtime = self.runtime
        return {
            "version": _core.__version__,
            "model_version": runtime.sim.model_version,
            "preset": runtime.sim.preset,
            "overrides": dict(runtime.sim.overrides),
            "params_hash": runtime.sim.params_hash,
            "seed": runtime.seed,
            "clock": runtime.clock.kind,
            "market": runtime.source,
        }

    def desk(self, *, account: str | None = None) -> Desk:
        """Orders by numbers, for strategies that run in this process at full speed.

        Args:
            account: The account of that name instead of the local one, as in `client`.

        Raises:
            ValueError: The clock moves by itself, or state is kept in a file: see `Desk`.
        """
        key = self._key(None, account)
        with self.runtime.turn():
            principal = self.runtime.keys.find(key.encode())
            if principal is None:
                raise ValueError("the key of this account was revoked")
            made = Desk(self.runtime, self.runtime.account(principal))
        self._desks.add(made)
        return made

    def replay(
        self,
        source: Any = None,  # noqa: ANN401 - a path, a Recording or any Arrow table
        on_event: OnEvent | None = None,
        until: int | None = None,
        *,
        on_time: OnTime | None = None,
        on_book: OnBook | None = None,
        on_trade: OnTrade | None = None,
        on_order: OnOrder | None = None,
        every: float | Literal["touch", "message"] | None = None,
        at: Iterable[int] = (),
    ) -> ReplayResult:
        """Plays recorded events at full speed; needs ``clock="replay"`` without a ``speed``.

        The core goes through the records alone. Orders can be placed before, and in callbacks: with
        a client, or with a `desk` where every microsecond counts. A callback that raises ends the
        replay there: the exception comes out as it is, with a note of the time and the event, and
        the next call begins with what that moment still had to tell. What is refused before that
        leaves the sandbox as it was.

        Args:
            source: A recording: path, `sequence.feeds.Recording` or Arrow table, or a list of
                these. None goes on with what the sandbox was given as ``market``.
            on_event: Called after every change of an own order, at the time of the change.
            until: Where to stop, in nanoseconds since the Unix epoch; by default at the end.
            on_time: Called with the present, every ``every`` seconds and at the times ``at``.
            on_book: Called with a `Book` when it changed, as often as ``every`` says.
            on_trade: Called with a `Book`, ``buy`` or ``sell`` (what the one who came did; None
                where the venue does not say), the price times 1e9 and the size times 1e8.
            on_order: Called with a tuple for each change and each fill of an order; see `Desk`.
            every: Seconds of recorded time between two calls of ``on_time``, and of ``on_book`` for
                one market at least; or for ``on_book`` alone ``touch`` (price or size of a best
                level changed; the default) or ``message``.
            at: Times at which ``on_time`` is called, in nanoseconds since the Unix epoch.

        Raises:
            ValueError: The clock is another one, there is nothing to play, the recording begins
                before the present, or a time or a pace is none.
            TypeError: A callback that is no plain function, or a time that is no integer.
        """
        runtime = self.runtime
        if not isinstance(runtime.clock, ManualClock) or runtime.clock.kind != "replay":
            raise ValueError("replay needs a sandbox with clock='replay' and without a speed")
        calls = Calls(on_event, on_time, on_book, on_trade, on_order)
        play = Replay(
            runtime, runtime.clock, calls, every=every, until=until, at=at, left=self._untold
        )
        return play.run(source)

    def results(self, account: str | None = None) -> "Results":
        """What the run did and was worth so far: profit, drawdown, costs, tables, a report."""
        from sequence.analysis import Results  # noqa: PLC0415 - most sandboxes make no report

        return Results.of(self.client(account=account))

    def event_hash(self) -> str:
        """A digest of everything that happened to accounts so far."""
        with self.runtime.lock:
            return self.runtime.engine.event_hash()

    def snapshot(self) -> str:
        """Keeps a copy of the state to return to; its id."""
        with self.runtime.turn():
            self._seeded()
            return self.runtime.snapshots.take(self.runtime.local, is_admin=True)

    def fork(self) -> "Sandbox":
        """A sandbox of its own that begins with this moment, in memory: two ways can be compared.

        Accounts, orders, positions, books, places in queues, recordings and the time of a clock
        that stands are the same, and so are the draws: the same calls have the same answers in
        both. Keys are new. Faults stay behind, and so do orders that ended before a stored sandbox
        was started last.

        Raises:
            ConflictError: The market is live: books of venues cannot be copied.
        """
        with self.runtime.turn():
            branch = forked(self.runtime)
        made = Sandbox.__new__(Sandbox)
        made._hold(branch)
        return made

    def save_snapshot(self, path: str | Path) -> None:
        """Writes the state of every account into a file, for `from_snapshot`; no key is in it."""
        self.client().sandbox.save_snapshot(path)

    @classmethod
    def from_snapshot(
        cls,
        path: str | Path,
        *,
        clock: ClockKind = "manual",
        market: "str | Iterable[Any] | Live" = "demo",
        preset: Preset | None = None,
    ) -> Self:
        """A sandbox in memory that begins with the state of a file.

        It has the accounts, orders, fills, positions and the seed of the one that wrote it, and
        goes on as that one would after a restart: time where it stopped, books and places in
        queues from the market it meets. Keys are new.

        Args:
            path: What `save_snapshot` or `sequence snapshot save` wrote.
            clock: As in `Sandbox`.
            market: As in `Sandbox`.
            preset: As in `Sandbox`; by default that of the file, with its overrides.

        Raises:
            SnapshotError: The file is none, of another version, or damaged; the text says which.
        """
        state = read_state(path)
        sim = configured_by(state)
        if preset is not None and preset != sim.preset:
            sim = sim_of(preset, None, None)
        return cls(clock=clock, market=market, sim=sim, store=LoadedStore(state))

    def restore(self, snapshot_id: str) -> None:
        """Returns to a copy in a new epoch: orders, fills, positions and books are as they were.

        Time does not go back: the market of the copy is played up to the present.
        """
        with self.runtime.turn():
            self._seeded()
            self.runtime.snapshots.restore(self.runtime.local, snapshot_id, is_admin=True)

    def _seeded(self) -> None:
        if not self.runtime.local.epoch:
            self.runtime.reset(self.runtime.local)

    def check_invariants(self) -> list[dict[str, Any]]:
        """What must always hold and does not; empty unless there is a bug."""
        with self.runtime.lock:
            return self.runtime.engine.check_invariants()

    def state_hash(self) -> str:
        """A digest of balances, positions, orders and events: the same after a restart, too.

        Books and places in queues are not in it; `world_hash` covers them.
        """
        with self.runtime.lock:
            return self.runtime.engine.state_hash()

    def world_hash(self) -> str:
        """A digest of the state and of what decides what comes next.

        That is books, places in queues, own consumption and impact, and delays so far. Equal after
        equal histories; a restart begins its queues anew.
        """
        with self.runtime.lock:
            return self.runtime.engine.world_hash()

    def group(self) -> AbstractContextManager[None]:
        """Calls inside the block share one commit at its end; nothing is durable before."""
        return self.runtime.group()

    def close(self) -> None:
        """Ends the sandbox; later calls fail, closing twice is fine.

        Raises:
            ValueError: A callback of a replay cannot end what calls it: it can raise.
        """
        if self.runtime.replaying == get_ident():
            raise ValueError("a replay is under way: raise in its callback to end it, then close")
        if self._live is not None:
            self._live.close()
        self.runtime.close()
        for desk in list(self._desks):
            desk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        runtime = self.runtime
        return (
            f"Sandbox(seed={runtime.seed}, clock={runtime.clock.kind!r}, "
            f"preset={runtime.preset!r}, market={runtime.source!r})"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows: what the run is made of, and what the account is worth."""
        runtime, client = self.runtime, self.client()
        totals = client.positions().totals
        rows = (
            ("seed", str(runtime.seed)),
            ("preset", runtime.preset),
            ("market", runtime.source),
            ("clock", f"{runtime.clock.kind}, {_shown_time(self.clock.now_ns)}"),
            ("value, USD", f"{totals.nav:,.2f}"),
            ("fees, USD", f"{totals.fees:,.2f}"),
            ("orders", str(client.orders(limit=1).total)),
            ("fills", str(client.fills(limit=1).total)),
        )
        return html_table(("sandbox", ""), rows, (False, True))


def _shown_time(now_ns: int) -> str:
    return f"{datetime.fromtimestamp(now_ns // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC"


_ACCOUNT_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_MEMORY: Final = frozenset({"memory", ":memory:"})
"""The second is SQLite's own name; a file of that name is what nobody means."""


def _check_keep(keep: int | None) -> None:
    if keep is None:
        return
    if type(keep) is not int or not 0 <= keep < _MOST_ORDERS:
        raise ValidationError(f"keep: must be an integer from 0 to 2**32 - 1, not {keep!r}")


def _store_of(store: str | Path | Store) -> Store | None:
    if isinstance(store, str | Path):
        if str(store) in _MEMORY:
            return None
        from sequence.store.sqlite import SqliteStore  # noqa: PLC0415 - most sandboxes have no file

        return SqliteStore(store)
    return store


def _go_live(runtime: Runtime, live: "Live") -> "LiveFeeds":
    from sequence.sandbox.live import LiveFeeds  # noqa: PLC0415 - see `live_of`

    try:
        feeds = LiveFeeds(runtime, live)
    except BaseException:
        runtime.close()
        raise
    runtime.live = feeds.market
    feeds.start()
    return feeds
