"""Configuration of the sandbox: positions, reset, settings."""

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sequence.types._base import Request, Wire
from sequence.types._decimal import QTY_DECIMALS, decimal_units, exact, shown_decimal
from sequence.types._number import Exact
from sequence.types._words import Kind
from sequence.types.common import VenueId, shown

SignedQty = Annotated[Decimal, Exact(8, low=-90_000_000_000)]
EntryPrice = Annotated[Decimal, Exact(9)]
SettledValue = Annotated[Decimal, Exact(9, high=1)]
InitialBalance = Annotated[Decimal, Exact(8, high=90_000_000_000, above_low=True)]

JsonDecimal = Annotated[Decimal, WithJsonSchema({"type": "number"})]
"""A decimal that is written as a number, with its own digits."""

_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,31}")
_PATTERNS = {
    "fiat": (_CODE, "an asset code like USD"),
    "crypto": (_CODE, "an asset code like USDC"),
    "event_contract": (
        re.compile(r"[A-Za-z0-9._-]{1,124}(?::YES|:NO)?"),
        "a market with an optional :YES or :NO, or a token id",
    ),
    "perp": (re.compile(r"[A-Z0-9]{1,20}-[A-Z0-9]{1,10}-PERP"), "a symbol like BTC-USD-PERP"),
}


class SandboxPosition(Request):
    """One paper position: quantity in human units, `entry_price_usd` per unit."""

    venue: VenueId
    kind: Kind
    symbol: str
    qty: SignedQty
    entry_price_usd: EntryPrice | None = None

    @field_validator("symbol")
    @classmethod
    def _symbol_has_the_shape_of_its_kind(cls, value: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind is None:
            return value
        pattern, wanted = _PATTERNS[kind]
        if pattern.fullmatch(value):
            return value
        context = {"symbol": shown(value), "wanted": wanted}
        raise PydanticCustomError("symbol", "{symbol} is not {wanted}", context)

    @field_validator("qty")
    @classmethod
    def _only_perps_are_short(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        if value < 0 and info.data.get("kind") != "perp":
            raise PydanticCustomError("qty", "must be >= 0")
        return value

    @field_validator("entry_price_usd")
    @classmethod
    def _outcomes_cost_at_most_one(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        if value > 1 and info.data.get("kind") == "event_contract":
            raise PydanticCustomError("entry_price", "must be <= 1 for an event contract")
        return value

    @property
    def qty_1e8(self) -> int:
        """Quantity times 1e8."""
        return decimal_units(self.qty, QTY_DECIMALS)

    @property
    def entry_price_usd_1e9(self) -> int | None:
        """Cost basis per unit times 1e9; None takes the default of the kind."""
        price = self.entry_price_usd
        return None if price is None else decimal_units(price, 9)

    @property
    def name(self) -> tuple[str, str, str]:
        """What the row is about: two rows of one request must not share it."""
        return self.venue, self.kind, self.symbol.removesuffix(":YES")


class SandboxPositionsRequest(Request):
    """Body of `POST /v1/sandbox/positions`: all or nothing."""

    positions: list[SandboxPosition] = Field(max_length=2000)
    replace: bool = False

    @model_validator(mode="after")
    def _rows_are_different(self) -> "SandboxPositionsRequest":
        first: dict[tuple[str, str, str], int] = {}
        rows: list[tuple[str, str]] = []
        for index, row in enumerate(self.positions):
            earlier = first.setdefault(row.name, index)
            if earlier != index:
                pair = f"positions[{earlier}] and positions[{index}]"
                text = f"{pair} name the same (venue, kind, symbol)"
                rows += [(f"positions[{earlier}]", text), (f"positions[{index}]", text)]
        if rows:
            raise PydanticCustomError("duplicates", "{text}", {"text": rows[0][1], "rows": rows})
        return self


class SandboxWritten(Wire):
    """Answer of `POST /v1/sandbox/positions`: rows written, and rows deleted before."""

    written: int
    deleted: int


class _Balance(Wire):
    """Shows the balance with at least one decimal, as `1000000000.0`."""

    exact_decimals: ClassVar[bool] = True

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """As the base class, with a decimal point in the balance."""
        row = super().model_dump(**options)
        balance = row.get("initial_balance_usd")
        if isinstance(balance, Decimal):
            row["initial_balance_usd"] = shown_decimal(balance)
        return row


class SandboxReset(_Balance):
    """Answer of `POST /v1/sandbox/reset`."""

    reset: Literal[True]
    initial_balance_usd: JsonDecimal
    venues_seeded: int


class SandboxSettings(_Balance):
    """Answer of `GET` and `PUT /v1/sandbox/settings`."""

    initial_balance_usd: JsonDecimal


class SandboxSettingsRequest(Request):
    """Body of `PUT /v1/sandbox/settings`; it takes effect on the next reset."""

    initial_balance_usd: InitialBalance

    @property
    def initial_balance_1e8(self) -> int:
        """The balance times 1e8."""
        return decimal_units(self.initial_balance_usd, QTY_DECIMALS)


class SandboxSettleRequest(Request):
    """Body of `POST /v1/sandbox/settle`: how an event market ends, for every account.

    `value` is what one unit of the named outcome pays, from 0 to 1; the market's own name means
    YES. `void` pays holdings back at cost instead.
    """

    venue: VenueId
    market_slug: Annotated[str, Field(min_length=1, max_length=128)]
    value: SettledValue | None = None
    void: bool = False

    @model_validator(mode="after")
    def _ends_in_one_way(self) -> "SandboxSettleRequest":
        if (self.value is None) != self.void:
            raise PydanticCustomError("one_end", "give exactly one of value and void: true")
        return self

    @property
    def value_1e9(self) -> int | None:
        """The value times 1e9; None when the market is void."""
        return None if self.value is None else decimal_units(self.value, 9)


class SandboxSettled(Wire):
    """Answer of `POST /v1/sandbox/settle`.

    `payout_usd_1e9` is what the holdings pay: at once on Kalshi, when redeemed on Polymarket.
    """

    settled_positions: int
    payout_usd_1e9: int

    @property
    def payout_usd(self) -> Decimal:
        """What the holdings pay, in USD."""
        return exact(self.payout_usd_1e9, 9)
