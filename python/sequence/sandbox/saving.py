"""The state of a running sandbox as the bytes of a file, and a store that begins with one."""

import json
from pathlib import Path
from typing import Final, cast

from sequence import _core
from sequence._files import in_words
from sequence.sandbox.clock import DEFAULT_START_NS, ClockKind, build_clock
from sequence.sandbox.configured import sim_of
from sequence.sandbox.course import Courses
from sequence.sandbox.keeping import BALANCE_SETTING, client_row
from sequence.sandbox.runtime import Runtime
from sequence.sandbox.sim import Preset, SimConfig
from sequence.store.base import Query, Row
from sequence.store.snapshot import LoadedStore, SavedState, SnapshotError, pack, unpack
from sequence.store.tables import OVERRIDES_SETTING, PRESET_SETTING, UNBOUNDED, events, metadata

_GROWING: Final = tuple(table.name for table in UNBOUNDED if table is not events)


def saved_state(runtime: Runtime) -> bytes:
    """The state as it is; the caller holds the lock, and what was done before is stored."""
    journal = _core.Journal(runtime.engine)
    rows: dict[str, list[Row]] = {name: [*found] for name, found in journal.all_rows().items()}
    rows.pop("events", None)
    if runtime.has_archive and runtime.keeper is not None:
        store = runtime.keeper.store
        for name in _GROWING:
            rows[name] = _merged(name, store.find(name, Query()), rows.get(name, []))
    clients = runtime.clients()
    rows["clients"] = [client_row(client) for client in clients]
    rows["settings"] = [
        (client.client_id, BALANCE_SETTING, str(client.initial_balance_1e8)) for client in clients
    ]
    course = Courses().rows(runtime.engine, clients, runtime.now_ns, anyway=True)
    rows["equity"] = [*{row[:2]: row for row in course}.values()]
    sim = runtime.sim
    rows["meta"] = [
        ("seed", str(runtime.seed)),
        (PRESET_SETTING, runtime.preset),
        (OVERRIDES_SETTING, json.dumps(sim.overrides, sort_keys=True)),
    ]
    facts = {
        "version": _core.__version__,
        "model_version": sim.model_version,
        "params_hash": sim.params_hash,
        "now_ns": runtime.now_ns,
    }
    return pack(SavedState(facts, rows))


def _merged(name: str, stored: list[Row], in_memory: list[Row]) -> list[Row]:
    """Rows of before the last start, and those of memory, which are newer."""
    keys = len(metadata.tables[name].primary_key.columns)
    by_key = {row[:keys]: row for row in (*stored, *in_memory)}
    return [by_key[key] for key in sorted(by_key, key=lambda key: [int(part or 0) for part in key])]


def read_state(path: str | Path) -> SavedState:
    """What a file holds.

    Raises:
        SnapshotError: The file cannot be loaded; the reason begins with its name.
    """
    file = Path(path).expanduser()
    try:
        packed = file.read_bytes()
    except OSError as error:
        raise SnapshotError(in_words(error, file)) from None
    try:
        return unpack(packed)
    except SnapshotError as error:
        raise SnapshotError(f"{file} {error}") from None


def configured_by(state: SavedState) -> SimConfig:
    """How the sandbox that wrote a file simulated."""
    settings = {str(name): str(value) for name, value in state.rows["meta"]}
    overrides = json.loads(settings[OVERRIDES_SETTING])
    return sim_of(cast("Preset", settings[PRESET_SETTING]), None, overrides)


def begun_with(state: SavedState, *, clock: ClockKind, source: str) -> Runtime:
    """A sandbox in memory that begins with the state of a file, beside another one."""
    return Runtime(
        seed=None,
        sim=configured_by(state),
        clock=build_clock(clock, DEFAULT_START_NS, None),
        source=source,
        store=LoadedStore(state),
    )
