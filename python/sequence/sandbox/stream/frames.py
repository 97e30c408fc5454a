"""Where private events come from: the core, or what a store has made durable."""

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sequence import _core

FrameRow = tuple[int, str, int, int, str]
"""Account, topic, number, time and JSON text of an event."""


class FrameSource(Protocol):
    """Events in their order, each given once."""

    def frames_waiting(self) -> int:
        """How many a take would give; each stands as it was when its command ended."""
        ...

    def take_frames(self) -> "Iterable[_core.Frames]":
        """All of them."""
        ...


class EngineFrames:
    """Those of a sandbox without a store: what happened may be told at once."""

    def __init__(self, engine: "_core.Engine") -> None:
        self._engine: Final = engine

    def frames_waiting(self) -> int:
        """How many a take would give."""
        return self._engine.settle_frames()

    def take_frames(self) -> "Iterable[_core.Frames]":
        """All of them."""
        return (self._engine.take_frames(),)
