"""Liveness and the health report."""

from typing import Literal

from pydantic import Field

from sequence.types._base import Wire
from sequence.types._words import MarketStatus

VenueFeedStatus = Literal["connected", "stale", "halted", "down"]


class Live(Wire):
    """Answer of `GET /v1/health/live`: the process serves."""

    status: Literal["live"]


class UnusableBook(Wire):
    """A book that was heard of and cannot be used, since when, and why in words."""

    venue: str
    symbol: str
    status: MarketStatus
    reason: str
    since_ns: int | None = None


class MarketDataHealth(Wire):
    """Where the books come from, how many of them are stale, and which cannot be used and why."""

    source: str
    symbols: int
    stale_symbols: int
    unusable: list[UnusableBook] = Field(default_factory=list[UnusableBook])


class StoreHealth(Wire):
    """Where state is kept; `problems` names what is wrong with it, if anything is."""

    backend: str
    writable: bool
    problems: list[str] | None = Field(default=None, exclude_if=lambda found: found is None)


class SimulationHealth(Wire):
    """How fills are simulated: what a fill cites as its model."""

    model_version: str
    preset: str
    params_hash: str
    seed: int


class VenueHealth(Wire):
    """The feed of one venue; the age of its last tick is in milliseconds.

    `stale` is a venue none of whose books can be traded on for want of news, `halted` one that
    halted all of them. A book that was silent for `stale_after_ms` is stale; null: it never is.
    """

    venue: str
    status: VenueFeedStatus
    last_tick_age_ms: int
    since_ns: int | None = None
    stale_after_ms: int | None = None
    gaps: int = 0


class Health(Wire):
    """Answer of `GET /v1/health`; 200 also when degraded."""

    status: Literal["ok", "degraded", "read_only"]
    version: str
    api_version: str
    now_ns: int
    uptime_s: int
    pid: int
    host_label: str = ""
    release: bool = True
    epoch: int = 0
    market_data: MarketDataHealth
    store: StoreHealth
    simulation: SimulationHealth | None = None
    venues: list[VenueHealth]
    warnings: list[str] | None = Field(default=None, exclude_if=lambda told: told is None)
