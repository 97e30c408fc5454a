"""What `market=` of a sandbox names."""

from typing import TYPE_CHECKING, Any, Final, cast

from sequence.sandbox.recording import named_files
from sequence.types._names import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sequence.feeds.live import Live

_REPLAY: Final = "replay:"
_LIVE: Final = "live:"


def live_of(market: "str | Iterable[Any] | Live") -> "Live | None":
    """The venues of `live:kraken,coinbase`, or of a `Live`; None for any other market."""
    if isinstance(market, str) and not market.startswith(_LIVE):
        return None
    from sequence.feeds.live import Live  # noqa: PLC0415 - most sandboxes open no connection

    if isinstance(market, str):
        return Live.named(market.removeprefix(_LIVE))
    return market if isinstance(market, Live) else None


def source_of(market: "str | Iterable[str | Path | Any] | Live") -> tuple[str, list[Any]]:
    """The name of a source, and the files that it plays."""
    if not isinstance(market, str):
        return "replay", list(cast("Iterable[Any]", market))
    if market.startswith(_REPLAY):
        return "replay", list(named_files(market.removeprefix(_REPLAY)))
    if market not in ("demo", "none", "manual"):
        known = ("demo", "none", "manual", "replay:FILE", "live:VENUE", "a list of files")
        raise ValueError(unknown("market", market, known))
    return market, []
