"""Bodies about single orders: submit, amend, preview."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from sequence.types._base import Request, exact_json
from sequence.types._decimal import PRICE_DECIMALS, QTY_DECIMALS, decimal_units
from sequence.types._number import Units
from sequence.types._rules import conflict
from sequence.types._words import MAX_TAG, InstrumentType, OrderType, Policy, Side, Urgency, is_tag
from sequence.types.common import (
    AnyCaseTif,
    GraphId,
    HorizonMs,
    OrderPrice,
    OrderQty,
    SlippageBps,
    SymbolText,
    Text,
    UsdSize,
    VenueId,
)
from sequence.types.pacing import Pacing

_MAX_METADATA_BYTES = 16 * 1024


def _small(value: dict[str, Any]) -> dict[str, Any]:
    if len(exact_json(value).encode(errors="surrogatepass")) > _MAX_METADATA_BYTES:
        raise PydanticCustomError("metadata", "must be at most 16 KiB")
    return value


Metadata = Annotated[dict[str, Any], AfterValidator(_small)]
"""Free JSON, at most 16 KiB."""


def _tag(value: str) -> str:
    if not is_tag(value):
        raise PydanticCustomError("tag", "must be 1 to 64 printable characters")
    return value


Tag = Annotated[
    str,
    AfterValidator(_tag),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_TAG}),
]
"""What a client calls the purpose of an order."""


class ExecutionKeys(Request):
    """The execution keys of an order and of a graph node."""

    policy: Policy = "sor"
    urgency: Urgency = "medium"
    max_slippage_bps: SlippageBps | None = None
    horizon_ms: HorizonMs | None = None
    tif: AnyCaseTif | None = None
    reduce_only: bool = False
    pacing: Pacing | None = None


class SubmitRequest(Request):
    """Base of the two bodies of `POST /v1/orders`."""

    sandbox: bool | None = None
    is_sandbox: bool | None = None
    graph_id: GraphId | None = None
    metadata: Metadata | None = None
    tag: Tag | None = None
    wallet_id: Text | None = None

    @model_validator(mode="after")
    def _flags_agree(self) -> "SubmitRequest":
        flags = {self.sandbox, self.is_sandbox} - {None}
        if len(flags) > 1:
            raise conflict("sandbox and is_sandbox are the same flag and differ", of="sandbox")
        if self.tag is not None and (self.metadata or {}).get("tag", self.tag) != self.tag:
            raise conflict("tag and metadata.tag are the same text and differ", of="tag")
        return self

    @property
    def wants_sandbox(self) -> bool:
        """The per-order paper flag; a test key forces it anyway."""
        return bool(self.sandbox or self.is_sandbox)

    @property
    def metadata_json(self) -> str:
        """The metadata as the core keeps it; the tag is a part of it."""
        kept = self.metadata or {}
        if self.tag is not None:
            kept = kept | {"tag": self.tag}
        return exact_json(kept) if kept else "{}"


class SimpleOrderRequest(SubmitRequest, ExecutionKeys):
    """The simple form of `POST /v1/orders`: one order, in human units."""

    symbol: SymbolText
    side: Side
    qty: OrderQty | None = None
    notional: UsdSize | None = None
    price: OrderPrice | None = None
    venue: VenueId | None = None
    order_type: OrderType | None = None
    instrument_type: InstrumentType = "spot"

    @model_validator(mode="after")
    def _keys_agree(self) -> "SimpleOrderRequest":
        check_size(self.qty, self.notional)
        if self.order_type == "limit" and self.price is None:
            raise conflict("a limit order needs a price", of="price")
        if self.order_type == "market" and self.price is not None:
            raise _priced_market("leave price or order_type out")
        if self.price is None and self.tif == "post_only":
            raise conflict("a market order cannot be post_only: give a price", of="tif")
        return self

    @property
    def qty_1e8(self) -> int | None:
        """Quantity times 1e8."""
        return None if self.qty is None else decimal_units(self.qty, QTY_DECIMALS)

    @property
    def notional_1e9(self) -> int | None:
        """USD size times 1e9."""
        return None if self.notional is None else decimal_units(self.notional, PRICE_DECIMALS)

    @property
    def price_1e9(self) -> int | None:
        """Limit price times 1e9; None for a market order."""
        return None if self.price is None else decimal_units(self.price, PRICE_DECIMALS)


class PreviewRequest(Request):
    """Body of `POST /v1/orders/preview`."""

    symbol: SymbolText
    side: Side
    order_type: OrderType = "market"
    qty: OrderQty | None = None
    notional: UsdSize | None = None
    price: OrderPrice | None = None
    venue: VenueId | None = None
    instrument_type: InstrumentType = "spot"
    urgency: Urgency = "medium"
    sandbox: bool = False

    @model_validator(mode="after")
    def _keys_agree(self) -> "PreviewRequest":
        check_size(self.qty, self.notional)
        if self.order_type == "limit" and self.price is None:
            raise conflict("a limit order needs a price", of="price")
        if self.order_type == "market" and self.price is not None:
            raise _priced_market("send order_type limit")
        return self

    @property
    def qty_1e8(self) -> int | None:
        """Quantity times 1e8."""
        return None if self.qty is None else decimal_units(self.qty, QTY_DECIMALS)

    @property
    def notional_1e9(self) -> int | None:
        """USD size times 1e9."""
        return None if self.notional is None else decimal_units(self.notional, PRICE_DECIMALS)

    @property
    def price_1e9(self) -> int | None:
        """Limit price times 1e9; None for a market order."""
        return None if self.price is None else decimal_units(self.price, PRICE_DECIMALS)


class AmendConstraints(Request):
    """New limits of an order; the price is times 1e9."""

    max_price_1e9: Units | None = None


class AmendRequest(Request):
    """Body of `PATCH /v1/orders/{node_order_id}`; `new_qty_1e8` is the new total."""

    new_qty_1e8: Units | None = None
    reduce_by_1e8: Units | None = None
    new_constraints: AmendConstraints | None = None
    expected_version: int | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "AmendRequest":
        if self.new_qty_1e8 is not None and self.reduce_by_1e8 is not None:
            raise conflict("send new_qty_1e8 or reduce_by_1e8, not both", of="reduce_by_1e8")
        if self.new_qty_1e8 is None and self.reduce_by_1e8 is None and self.price_1e9 is None:
            raise conflict("amend with no fields: send new_qty_1e8, reduce_by_1e8 or a price")
        return self

    @property
    def price_1e9(self) -> int | None:
        """New limit price times 1e9."""
        limits = self.new_constraints
        return None if limits is None else limits.max_price_1e9


def check_size(qty: Decimal | None, notional: Decimal | None) -> None:
    """An order has a quantity or a USD size, exactly one of them.

    Raises:
        PydanticCustomError: None of them, or both.
    """
    if (qty is None) == (notional is None):
        raise conflict("exactly one of qty and notional is required", of="qty")


def _priced_market(advice: str) -> PydanticCustomError:
    return conflict(f"a market order takes no price: {advice}", of="price")
