"""A sandbox and its store: what is kept around the engine, and how everything comes back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from sequence import _core
from sequence.feeds.some import some
from sequence.sandbox.archive import Archive
from sequence.sandbox.course import Courses
from sequence.sandbox.keys import Client, KeyRing, KeyRow, Mode
from sequence.store import Batch, Loaded, Store, StoreDamagedError, StoreError
from sequence.store.base import Left, Row, Value
from sequence.store.writer import Writer

if TYPE_CHECKING:
    from sequence.sandbox.state import State

_ENGINE: Final = tuple(name for name, _ in _core.Journal.tables())
REPAIR_HINT: Final = (
    "`sequence verify DB` names what is wrong; `sequence repair DB` shows what can be done about it"
)
_COURSES: Final = "equity"
_TOLD: Final = "stream.told."
_TOLD_UNTIL: Final = "stream.until"
BALANCE_SETTING: Final = "initial_balance_1e8"
DEFAULT_SEED: Final = 42


class Keeper:
    """Takes what changed for the writer, and puts it back at the start.

    Attributes:
        archive: What ended and left memory; None in a new store that keeps all in memory, too.
    """

    def __init__(
        self, state: "State", store: Store, on_failure: Callable[[StoreError], None]
    ) -> None:
        self.store: Final = store
        self.journal: Final = _core.Journal(state.engine)
        self.writer: Final = Writer(store, self, on_failure)
        self.archive: Archive | None = None
        self._state: Final = state
        self._pending: dict[str, dict[Row, Row]] = {}
        self._kept: dict[str, dict[Row, Row]] = {}
        self._clients: dict[str, Client] = {}
        self._changed: dict[str, Client] = {}
        self._keys_seen: tuple[int, int] = (-1, -1)
        self._courses: Final = Courses()
        self._under_way: list[_core.Frames] = []
        self._durable: list[_core.Frames] = []
        self._waiting = 0
        self._taken_seq = 0

    def keep_newest(self, keep: int | None) -> None:
        """Has so many of the newest orders stay in memory, and older ones while they go on."""
        self._state.engine.keep_newest(keep)
        if keep is not None and self.archive is None:
            self.archive = Archive(self.store, self.journal, 0, ())

    def restore(self, loaded: Loaded, now_ns: int) -> None:
        """Rebuilds the engine from rows; damaged ones are reported, never guessed at."""
        tables = [(name, list(loaded.rows.get(name, ()))) for name in _ENGINE]
        try:
            self.journal.restore(tables, now_ns)
        except (ValueError, OverflowError, _core.Panic) as error:
            rows = some([row.subject for row in loaded.damaged], between="; ")
            text = f"{error} (changed: {rows})" if rows else str(error)
            raise StoreDamagedError(f"{text}. {REPAIR_HINT}") from error
        self._courses.put_back(self._state.engine, loaded.rows[_COURSES])
        were_open = [_int(row[0]) for row in loaded.rows["orders"]]
        self.archive = Archive(self.store, self.journal, loaded.last_seq, were_open)

    def changed(self) -> bool:
        """True when something is not durable yet."""
        with self._state.lock:
            return self.journal.changed() or self._note_around()

    def take(self) -> Batch | None:
        """Everything since the last take, under the lock of the sandbox."""
        with self._state.lock:
            if self.writer.failure is not None:
                raise self.writer.failure
            self._note_around()
            frames = self._state.engine.take_frames()
            self._note_numbers(frames)
            taken = self.journal.take()
            self._taken_seq = self._state.engine.last_seq
            pending, self._pending = self._pending, {}
        if len(frames):
            self._under_way.append(frames)
        if taken is None and not pending:
            return None
        rows, deleted, left = taken or ({}, [], None)
        around = {table: list(found.values()) for table, found in pending.items()}
        return Batch({**rows, **around}, deleted, None if left is None else Left(*left))

    def committed(self) -> None:
        """What was taken is durable: readers may be told."""
        with self._state.lock:
            self.journal.stored(self._taken_seq)
            self._durable += self._under_way
            self._waiting += sum(map(len, self._under_way))
            self._under_way = []

    def frames_waiting(self) -> int:
        """Frames for the readers whose commit is done."""
        return self._waiting

    def take_frames(self) -> Iterable[_core.Frames]:
        """The same, each once."""
        frames, self._durable = self._durable, []
        self._waiting = 0
        return frames

    def watch(self, client: Client) -> None:
        """Keeps a client from now on, and its settings as they are; again when these change."""
        self._clients[client.client_id] = self._changed[client.client_id] = client

    def keep_last(self) -> None:
        """Has the next take give what is otherwise kept now and then as it is: for the last one."""
        self.journal.keep_marks()
        self._note_courses(anyway=True)

    def note(self, table: str, row: Row, keys: int = 1) -> None:
        """A row to write with the next commit, unless it is written already."""
        key = row[:keys]
        if self._kept.setdefault(table, {}).get(key) != row:
            self._kept[table][key] = row
            self._pending.setdefault(table, {})[key] = row

    def _note_numbers(self, frames: _core.Frames) -> None:
        """Which number each topic is at, and up to which event that is all there was to tell."""
        engine = self._state.engine
        if not engine.is_heard:
            return
        for account, topic, seq in frames.numbers():
            self.note("meta", (f"{_TOLD}{account}.{topic}", str(seq)))
        self.note("meta", (_TOLD_UNTIL, str(engine.last_seq)))

    def _note_around(self) -> bool:
        # Of many clients a commit is about one: what stayed the same is not looked at.
        changed, self._changed = self._changed, {}
        for client in changed.values():
            self.note("clients", client_row(client))
            balance = str(client.initial_balance_1e8)
            self.note("settings", (client.client_id, BALANCE_SETTING, balance), keys=2)
        ring = self._state.keys
        seen = ring.generation, len(ring)
        if seen != self._keys_seen:
            self._keys_seen = seen
            for key in ring.all_rows():
                self.note("api_keys", key_row(key))
        self._note_courses()
        return bool(self._pending)

    def _note_courses(self, *, anyway: bool = False) -> None:
        engine, now_ns = self._state.engine, self._state.now_ns
        clients = self._clients.values()
        for row in self._courses.rows(engine, clients, now_ns, anyway=anyway):
            self._pending.setdefault(_COURSES, {})[row[:2]] = row


def seed_of(loaded: Loaded | None, seed: int | None) -> int:
    """The seed a store was made with, or the one asked for."""
    meta = () if loaded is None else loaded.rows["meta"]
    found = next((value for name, value in meta if name == "seed"), None)
    if not isinstance(found, str):
        return DEFAULT_SEED if seed is None else seed
    if seed is not None and str(seed) != found:
        raise ValueError(f"the stored sandbox has seed {found}, not {seed}: leave the seed out")
    return int(found)


def told_numbers(loaded: Loaded) -> list[tuple[int, str, int]] | None:
    """Where the numbers of private events stood; None when something happened that nobody told."""
    meta = {str(name): str(value) for name, value in loaded.rows["meta"]}
    if meta.get(_TOLD_UNTIL) != str(loaded.last_seq):
        return None
    found = (
        (name.removeprefix(_TOLD), seq) for name, seq in meta.items() if name.startswith(_TOLD)
    )
    return [
        (int(account), topic, int(seq))
        for (account, _, topic), seq in ((name.partition("."), seq) for name, seq in found)
    ]


def client_row(client: Client) -> Row:
    """A client as it is kept."""
    return (
        client.client_id,
        client.label,
        client.tier,
        client.rate_limit_qps,
        client.created_at_ns,
    )


def key_row(key: KeyRow) -> Row:
    """A key as it is kept: its digest, never the key."""
    return (
        key.key_id,
        key.client.client_id,
        key.label,
        key.mode,
        int(key.is_admin),
        key.digest.hex(),
        key.prefix,
        key.created_at_ns,
        key.rotated_at_ns,
        key.revoked_at_ns,
    )


def read_clients(rows: Mapping[str, Sequence[Row]], engine: _core.Engine) -> list[Client]:
    """The clients of a store with their settings."""
    clients: dict[Value, Client] = {}
    for client_id, label, tier, qps, created in rows["clients"]:
        account = engine.account(_text(client_id))
        client = Client(
            _text(client_id), _text(label), _text(tier), _maybe(qps), _int(created), account
        )
        client.epoch = engine.epoch(account)
        clients[client_id] = client
    for client_id, name, value in rows["settings"]:
        if name == BALANCE_SETTING and client_id in clients:
            clients[client_id].initial_balance_1e8 = int(_text(value))
    return list(clients.values())


def read_keys(rows: Sequence[Row], clients: Sequence[Client], ring: KeyRing) -> None:
    """Puts stored keys back into the ring, the oldest first."""
    known = {client.client_id: client for client in clients}
    for row in sorted(rows, key=lambda row: (_int(row[7]), _text(row[0]))):
        key_id, client_id, label, mode, admin, digest, prefix, created, rotated, revoked = row
        client = known.get(_text(client_id))
        if client is None:
            raise StoreDamagedError(f"key {key_id} belongs to no client")
        key = KeyRow(
            client,
            _mode(mode),
            _text(key_id),
            bool(admin),
            _text(label),
            _int(created),
            prefix=_text(prefix),
            rotated_at_ns=_maybe(rotated),
            revoked_at_ns=_maybe(revoked),
            digest=bytes.fromhex(_text(digest)),
        )
        ring.put_back(key)


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise StoreDamagedError(f"not a text: {value!r}")
    return value


def _int(value: Value) -> int:
    if not isinstance(value, int):
        raise StoreDamagedError(f"not a number: {value!r}")
    return value


def _maybe(value: Value) -> int | None:
    return None if value is None else _int(value)


def _mode(value: Value) -> Mode:
    if value == "sandbox":
        return "sandbox"
    if value == "live":
        return "live"
    raise StoreDamagedError(f"not a mode: {value!r}")
