"""Frames of a venue fed by hand: many in one call, each at the time it was received."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from sequence.errors import ValidationError
from sequence.types.testing import END_NS

if TYPE_CHECKING:
    from sequence.sandbox.runtime import Runtime

Frame = str | bytes | bytearray | memoryview | tuple[str, str | bytes | bytearray | memoryview]
"""A frame as a socket delivered it; with the venue's name of an instrument before it, its book as
an answer over REST."""

_Core = tuple[str | None, bytes, int]


class FrameFed(NamedTuple):
    """What became of a frame.

    Attributes:
        applied: Market events that it brought to books.
        ignored: Market events of what is no symbol here.
        refused: Why it could not be read; None where it could. Books that it may have changed are
            given up then, as those of a connection are.
    """

    applied: int
    ignored: int
    refused: str | None


class Frames:
    """Connections by hand: one for each venue, which knows what its frames said before."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime: Final = runtime
        self._feeds: Final[dict[tuple[str, bool], int]] = {}

    def feed(
        self, venue: str, frames: list[_Core | str], now_ns: int, *, futures: bool
    ) -> list[FrameFed]:
        """Feeds frames in order; the caller holds the lock. A text is why one is none."""
        found = [FrameFed(0, 0, row if isinstance(row, str) else None) for row in frames]
        usable = [at for at, row in enumerate(frames) if not isinstance(row, str)]
        rows = [row for row in frames if not isinstance(row, str)]
        feed = self._feed(venue, futures=futures)
        engine = self._runtime.engine
        done = 0
        while done < len(rows):
            steps = engine.live_frames(feed, rows[done:], self._runtime.faults.next_end_ns())
            for at, step in zip(usable[done:], steps, strict=False):
                found[at] = FrameFed(*step)
            done += len(steps)
            if engine.now_ns > now_ns:
                # What was to last until now ends before the next one.
                self._runtime.clock.begin_at(engine.now_ns)
                now_ns = self._runtime.tick()
        return found

    def _feed(self, venue: str, *, futures: bool) -> int:
        key = venue, futures
        if key not in self._feeds:
            try:
                self._feeds[key] = self._runtime.engine.open_feed(venue, futures=futures)
            except ValueError as error:
                raise ValidationError(f"venue: {error}") from None
        return self._feeds[key]


def frames_of(
    frames: Iterable[Frame], received_ns: Iterable[int] | None, kind: str, now_ns: int
) -> list[_Core | str]:
    """Frames with their times, as the core takes them; of one that cannot be, why.

    Raises:
        ValidationError: As many times as frames are needed, and a clock that can be moved.
    """
    if isinstance(frames, str | bytes | bytearray | memoryview):
        raise ValidationError("frames: expected a list of frames, got one")
    given = list(frames)
    if received_ns is None:
        times: list[object] = [now_ns] * len(given)
    else:
        if kind != "manual":
            raise ValidationError(f"received_ns: the {kind} clock moves by itself")
        # Numbers of numpy are not integers of Python.
        plain: Any = received_ns
        times = list(plain.tolist() if hasattr(plain, "tolist") else plain)
    if len(times) != len(given):
        raise ValidationError(f"received_ns: {len(times)} times of {len(given)} frames")
    return list(_read(cast("list[Any]", given), times))


def _is_named(frame: object) -> bool:
    return isinstance(frame, tuple)


def _read(frames: list[Any], times: list[object]) -> Iterator[_Core | str]:
    for frame, at_ns in zip(frames, times, strict=True):
        pair: tuple[Any, ...] = frame if _is_named(frame) else (None, frame)
        if len(pair) != 2:  # noqa: PLR2004
            yield f"expected a name and a body, got {len(pair)} things"
            continue
        name, body = pair
        if type(at_ns) is not int or not 0 <= at_ns <= END_NS:
            yield f"received_ns: must be an integer from 0 to {END_NS}, not {at_ns!r}"
        elif not (name is None or isinstance(name, str)):
            yield f"expected the name of an instrument, got {type(name).__name__}"
        elif isinstance(body, str):
            # What is no text of UTF-8 is no JSON, which its decoder says.
            yield name, body.encode(errors="surrogatepass"), at_ns
        elif isinstance(body, bytes | bytearray | memoryview):
            yield name, bytes(cast("Any", body)), at_ns
        else:
            yield f"expected bytes or a text, got {type(body).__name__}"
