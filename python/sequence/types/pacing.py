"""How one order of a request is spread over time."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sequence.types._base import Request
from sequence.types._number import Units
from sequence.types._rules import OneOf, conflict
from sequence.types._words import CatchUp

IntervalMs = Annotated[int, Field(ge=100, le=86_400_000)]
Percent = Annotated[int, Field(ge=0, le=50)]
SliceType = Literal["market", "passive"]


class UniformPacing(Request):
    """Equal slices, one every `interval_ms` milliseconds (TWAP).

    `catch_up` says what a slice that was not filled in full leaves to the later ones: nothing, its
    rest to the next one, or its rest to all of them. `jitter_pct` moves each slice by up to that
    share of the interval. A passive slice rests at the best price of its own side and crosses
    after `passive_ms`, by default one interval.
    """

    num_slices: int = Field(ge=2, le=500)
    interval_ms: IntervalMs
    catch_up: CatchUp = "none"
    jitter_pct: Percent = 0
    slice_type: SliceType = "market"
    passive_ms: Annotated[int, Field(ge=1, le=86_400_000)] | None = None

    @model_validator(mode="after")
    def _passive_time_is_used(self) -> Self:
        if self.passive_ms is None:
            return self
        if self.slice_type != "passive":
            raise conflict("needs slice_type passive", of="passive_ms")
        if self.passive_ms > self.interval_ms:
            raise conflict("must be at most interval_ms", of="passive_ms")
        return self


class ProfilePacing(Request):
    """Slices in proportion to `weights`, one every `interval_ms` milliseconds (VWAP)."""

    weights: list[Annotated[int, Field(ge=0, le=10**15)]] = Field(min_length=1, max_length=500)
    interval_ms: IntervalMs

    @model_validator(mode="after")
    def _weighs_something(self) -> Self:
        if not any(self.weights):
            raise conflict("at least one must be above 0", of="weights")
        return self


class ParticipationPacing(Request):
    """A share of what the market trades, looked at every `interval_ms` milliseconds (POV).

    After `max_ms` the rest expires, or is sent when `finish` is true.
    """

    rate_bps: int = Field(ge=1, le=5_000)
    interval_ms: IntervalMs
    max_ms: int = Field(ge=1, le=2_592_000_000)
    finish: bool = False

    @model_validator(mode="after")
    def _looks_once(self) -> Self:
        if self.max_ms < self.interval_ms:
            raise conflict("must be at least interval_ms", of="max_ms")
        return self


class IcebergPacing(Request):
    """Shows `display_qty_1e8` of a limit order at a time; each piece differs by `variance_pct`."""

    display_qty_1e8: Units
    variance_pct: Percent = 0


class ChasePacing(Request):
    """Takes the best opposite price every `interval_ms` milliseconds until the order is filled.

    It ends early where the best price lies beyond the limit or the slippage cap, which counts from
    the best price at the start, and expires with `horizon_ms`.
    """

    interval_ms: IntervalMs = 250


class Pacing(OneOf):
    """How an order is spread over time: exactly one of the five kinds."""

    uniform: UniformPacing | None = None
    profile: ProfilePacing | None = None
    participation: ParticipationPacing | None = None
    iceberg: IcebergPacing | None = None
    aggressive_chase: ChasePacing | None = None
