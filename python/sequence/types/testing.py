"""Extensions for tests of bots: market events, clock, faults, event log, snapshots."""

from decimal import Decimal
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from sequence.types._base import Query, Request, Wire
from sequence.types._decimal import MAX_UNITS, PRICE_DECIMALS, QTY_DECIMALS, decimal_units
from sequence.types._number import QueryInt
from sequence.types._words import FaultKind, Side
from sequence.types.common import VenueId

ON_REQUESTS = frozenset({"delay", "drop_reply", "http_429", "http_503", "failures"})
"""Kinds of faults that strike requests, whatever they ask for."""

MarketStatus = Literal["open", "resync", "halted", "post_only", "closed", "down"]

END_NS = 7_258_118_400_000_000_000
"""Where time ends: 2200-01-01, far enough from the last nanosecond for every delay and horizon."""

LONGEST_STEP_NS = 366 * 86_400 * 10**9
"""What one call moves a clock by at most, so that it keeps nobody else waiting for long."""

_MAX_LEVELS = 2_000


def _units(value: object, decimals: int, what: str) -> int:
    """Fixed-point units of a decimal text or number."""
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError:
            raise PydanticCustomError(
                "amount", "{what} must be a decimal", {"what": what}
            ) from None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("amount", "{what} must be a decimal", {"what": what})
    number = Decimal(value)
    if not number.is_finite() or number.copy_abs() > MAX_UNITS:
        raise PydanticCustomError("amount", "{what} is out of range", {"what": what})
    try:
        units = decimal_units(number, decimals)
    except (ValueError, ArithmeticError):
        text = "{what} has more than {decimals} decimals"
        raise PydanticCustomError("amount", text, {"what": what, "decimals": decimals}) from None
    return _checked(units, what)


def _checked(units: int, what: str) -> int:
    if not 0 <= units <= MAX_UNITS:
        raise PydanticCustomError("amount", "{what} is out of range", {"what": what})
    return units


def _raw(value: object, what: str) -> int:
    if type(value) is not int:
        raise PydanticCustomError("amount", "{what} must be an integer", {"what": what})
    return _checked(value, what)


def _level(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A level as ``(price_1e9, qty_1e8)``, from either of its forms."""
    if isinstance(value, dict):
        row = cast("dict[str, Any]", value)
        if {"price_1e9", "qty_1e8"} <= row.keys() <= {"price_1e9", "qty_1e8", "count"}:
            return _raw(row["price_1e9"], "price_1e9"), _raw(row["qty_1e8"], "qty_1e8")
    if isinstance(value, list | tuple):
        pair = cast("list[Any]", value)
        if len(pair) in (2, 3):
            price = _units(pair[0], PRICE_DECIMALS, "price")
            return price, _units(pair[1], QTY_DECIMALS, "qty")
    text = 'must be ["price", "qty"] or {price_1e9, qty_1e8}'
    raise PydanticCustomError("level", "{text}", {"text": text})


def _named(level: tuple[int, int]) -> dict[str, int]:
    """A level as it is sent: a bare pair of integers would be read in human units."""
    return {"price_1e9": level[0], "qty_1e8": level[1]}


_AMOUNT = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}
_UNITS = {"type": "integer", "minimum": 0, "maximum": MAX_UNITS}
_LEVEL = {
    "anyOf": [
        {
            "type": "array",
            "description": "Price and quantity as decimals; what stands after them is read over.",
            "prefixItems": [_AMOUNT, _AMOUNT],
            "minItems": 2,
            "maxItems": 3,
        },
        {
            "type": "object",
            "properties": {
                "price_1e9": _UNITS | {"description": "Price times 1e9."},
                "qty_1e8": _UNITS | {"description": "Quantity times 1e8; 0 takes the level away."},
                "count": {"description": "Orders of the level; read over."},
            },
            "required": ["price_1e9", "qty_1e8"],
            "additionalProperties": False,
        },
    ]
}

MarketLevel = Annotated[
    tuple[int, int],
    BeforeValidator(_level),
    PlainSerializer(_named),
    WithJsonSchema(_LEVEL, mode="validation"),
]


class MarketEventRow(Request):
    """One market event, as in a recording; ``ts_ns`` is the venue's stamp."""

    venue: VenueId
    symbol: Annotated[str, Field(min_length=1, max_length=128)]
    type: Literal["snapshot", "delta", "trade", "status", "listing"]
    ts_ns: Annotated[int, Field(ge=0, le=MAX_UNITS)] | None = None
    bids: Annotated[list[MarketLevel], Field(max_length=_MAX_LEVELS)] | None = None
    asks: Annotated[list[MarketLevel], Field(max_length=_MAX_LEVELS)] | None = None
    price: Decimal | int | str | None = None
    qty: Decimal | int | str | None = None
    price_1e9: Annotated[int, Field(ge=1, le=MAX_UNITS)] | None = None
    qty_1e8: Annotated[int, Field(ge=1, le=MAX_UNITS)] | None = None
    side: Side | None = None
    status: MarketStatus | None = None
    # What a snapshot or a listing says of the market's grid.
    tick_1e9: Annotated[int, Field(ge=1, le=MAX_UNITS)] | None = None
    lot_1e8: Annotated[int, Field(ge=1, le=MAX_UNITS)] | None = None
    min_qty_1e8: Annotated[int, Field(ge=0, le=MAX_UNITS)] | None = None
    min_notional_usd_1e9: Annotated[int, Field(ge=0, le=MAX_UNITS)] | None = None
    # Written by recordings; a hand-fed book needs neither.
    seq: int | None = None
    venue_ns: int | None = None
    more: bool = False

    @model_validator(mode="after")
    def _has_what_its_type_needs(self) -> "MarketEventRow":
        if self.type == "status" and self.status is None:
            raise PydanticCustomError("market_event", "a status event needs a status")
        if self.grid is not None and self.type not in ("snapshot", "listing"):
            raise PydanticCustomError("market_event", "a grid comes with a snapshot or a listing")
        if self.type == "trade":
            # Both are read here so that a bad one is told with the request.
            _ = self.trade_units
        return self

    @property
    def grid(self) -> tuple[int | None, int | None, int | None, int | None] | None:
        """Tick, lot, least quantity and least notional, when one of them is said."""
        said = self.tick_1e9, self.lot_1e8, self.min_qty_1e8, self.min_notional_usd_1e9
        return None if said == (None, None, None, None) else said

    @property
    def trade_units(self) -> tuple[int, int]:
        """Price times 1e9 and quantity times 1e8 of a trade."""
        price = self.price_1e9
        qty = self.qty_1e8
        if price is None:
            price = _units(self.price, PRICE_DECIMALS, "price")
        if qty is None:
            qty = _units(self.qty, QTY_DECIMALS, "qty")
        if price < 1 or qty < 1:
            raise PydanticCustomError("market_event", "a trade needs a price and a qty above 0")
        return price, qty


class MarketEventsRequest(Request):
    """Body of `POST /v1/sandbox/market/events`: applied in order, all or nothing."""

    events: list[MarketEventRow] = Field(max_length=2_000)


class MarketEventsApplied(Wire):
    """Answer of `POST /v1/sandbox/market/events`."""

    applied: int


class SandboxClock(Wire):
    """The clock of a sandbox.

    `start_ns` and `end_ns` are those of the recording that is replayed; `speed` and `paused` are of
    a replay that runs by itself. Null where there is no such thing.
    """

    clock: Literal["wall", "replay", "manual"]
    now_ns: int
    speed: float | None = None
    paused: bool | None = None
    start_ns: int | None = None
    end_ns: int | None = None


class ClockSetRequest(Request):
    """Body of `PUT /v1/sandbox/clock`.

    `now_ns` moves a clock that stands, never backwards; `speed` and `paused` are for a replay that
    runs by itself.
    """

    now_ns: Annotated[int, Field(ge=0, le=END_NS)] | None = None
    speed: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    paused: bool | None = None

    @model_validator(mode="after")
    def _moves_or_plays(self) -> "ClockSetRequest":
        plays = self.speed is not None or self.paused is not None
        if (self.now_ns is not None) == plays:
            raise PydanticCustomError("one_way", "give now_ns, or speed and paused")
        return self


class ClockAdvanceRequest(Request):
    """Body of `POST /v1/sandbox/clock/advance`: exactly one of the two."""

    ns: Annotated[int, Field(ge=0, le=LONGEST_STEP_NS)] | None = None
    ms: Annotated[int, Field(ge=0, le=LONGEST_STEP_NS // 10**6)] | None = None

    @model_validator(mode="after")
    def _is_one_step(self) -> "ClockAdvanceRequest":
        if (self.ns is None) == (self.ms is None):
            raise PydanticCustomError("one_step", "give exactly one of ns and ms")
        return self

    @property
    def step_ns(self) -> int:
        """The step in nanoseconds."""
        return self.ns if self.ns is not None else (self.ms or 0) * 10**6


class FaultRequest(Request):
    """Body of `POST /v1/sandbox/faults`.

    `count` is how many requests or orders meet the fault (1); `ms` how long a delay takes or how
    long a venue stays stale or halted (until the fault is deleted). With a `rate` every request is
    hit with that probability, the same ones for the same `seed`, until `count` were hit or the
    fault is deleted; a `seed` alone means a rate of one half.
    """

    kind: FaultKind
    venue: VenueId | None = None
    symbol: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    count: Annotated[int, Field(ge=1, le=10_000)] | None = None
    ms: Annotated[int, Field(ge=0, le=3_600_000)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    rate: Annotated[float, Field(gt=0, le=1)] | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> "FaultRequest":
        if self.kind in ("stale_venue", "halt_venue") and self.venue is None:
            raise PydanticCustomError("fault", "this kind needs a venue")
        if self.kind == "delay" and self.ms is None:
            raise PydanticCustomError("fault", "a delay needs ms")
        if self.kind == "failures" and self.rate is None:
            raise PydanticCustomError("fault", "this kind needs a rate")
        if self.rate is not None and self.kind not in ON_REQUESTS:
            raise PydanticCustomError("fault", "a rate is for kinds that strike requests")
        return self


class Fault(Wire):
    """A fault in force; `left` is how often it still strikes, null until it is deleted."""

    fault_id: str
    kind: FaultKind
    venue: str | None
    symbol: str | None
    count: int | None
    left: int | None
    ms: int | None
    reason: str | None
    seed: int | None
    rate: float | None


class Faults(Wire):
    """Answer of `GET /v1/sandbox/faults`."""

    faults: list[Fault]


class SandboxEventsQuery(Query):
    """Page of the event log."""

    since_seq: QueryInt = Field(default=0, ge=0, le=MAX_UNITS)
    limit: QueryInt = Field(default=1_000, ge=1, le=10_000)


class SandboxEvent(Wire):
    """One event of the log."""

    seq: int
    ts_ns: int
    type: str
    data: dict[str, Any]


class SandboxEvents(Wire):
    """Answer of `GET /v1/sandbox/events`: own and public events, and the hash over all."""

    events: list[SandboxEvent]
    hash: str


class SandboxSnapshot(Wire):
    """Answer of a snapshot and of a restore."""

    snapshot_id: str
    ts_ns: int


class SandboxSnapshots(Wire):
    """Answer of `GET /v1/sandbox/snapshots`, oldest first: at most 16 are kept."""

    snapshots: list[SandboxSnapshot]


class SandboxSnapshotFile(Wire):
    """Answer of `GET /v1/sandbox/snapshot/file`: the state of every account, as a file."""

    file: str
    ts_ns: int


class RestoreRequest(Request):
    """Body of `POST /v1/sandbox/restore`."""

    snapshot_id: Annotated[str, Field(min_length=1, max_length=128)]
