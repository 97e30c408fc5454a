"""The card of a run: what it was made of, and what it does not say."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sequence import _core
from sequence.feeds.sample import located

if TYPE_CHECKING:
    from sequence.sandbox.state import State

NOT_MODELLED: Final = (
    "Every preset is a choice: most delays are assumptions, not measurements.",
    "The place in a queue is an estimate.",
    "Own orders move no other participant: impact is a model of later prices only.",
    "Fees are those of a base tier, paid in the quote asset.",
    "Rebates, transfers, borrowing and withdrawals between venues are absent.",
)
"""The heads of `docs/not-modelled.md`, for those who see nothing but a report."""


class PlayedData:
    """Recordings that a run was given; a file is read for its digest once, when asked."""

    def __init__(self, sources: Iterable[object] = ()) -> None:
        self._sources: list[object] = list(sources)
        self._rows: list[dict[str, Any]] = []

    def add(self, sources: Iterable[object]) -> None:
        """More recordings."""
        self._sources += sources

    def copied(self) -> "PlayedData":
        """The same recordings, to which more may come."""
        copy = PlayedData(self._sources)
        copy._rows = [*self._rows]
        return copy

    def rows(self) -> list[dict[str, Any]]:
        """Name, size and digest of each, in the order they were given."""
        while len(self._rows) < len(self._sources):
            self._rows.append(_row(self._sources[len(self._rows)]))
        return [dict(row) for row in self._rows]


def card_of(state: "State", data: PlayedData) -> dict[str, Any]:
    """What makes a run what it is; the caller holds the lock."""
    sim = state.sim
    return {
        "version": _core.__version__,
        "model_version": sim.model_version,
        "preset": sim.preset,
        "overrides": dict(sim.overrides),
        "params": sim.params,
        "params_hash": sim.params_hash,
        "seed": state.seed,
        "clock": state.clock.kind,
        "market": state.source,
        "now_ns": state.now_ns,
        "data": data.rows(),
        "not_modelled": list(NOT_MODELLED),
    }


def _row(source: object) -> dict[str, Any]:
    if not isinstance(source, str | Path):
        return {"name": f"{type(source).__name__} in memory", "bytes": None, "sha256": None}
    path = located(source)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}
    except OSError:
        # It was there when it was opened: the card says that it is not any more.
        return {"name": path.name, "bytes": None, "sha256": None}
