"""Words and field types that several nouns share."""

import json
import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from sequence.types._decimal import MAX_UNITS
from sequence.types._names import did_you_mean
from sequence.types._number import Exact, QueryInt
from sequence.types._words import GRAPH_ID, VENUES, TimeInForce

_VENUES = frozenset(VENUES)
_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")
_MARKET_URL = re.compile(r"https?://(?:www\.)?polymarket\.com/")
_DECIMAL = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,30})?")
_SHOWN = 40
_MAX_TEXT_BYTES = 512
_MAX_LABEL = 128


def shown(value: object) -> str:
    """A value as an error message may show it: escaped, in ASCII and short."""
    text = value if isinstance(value, str) else repr(value)
    return json.dumps(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def known_venue(value: object) -> str:
    """Checks one venue id.

    Raises:
        PydanticCustomError: Of type `unknown_venue`; it is answered 422 wherever it stands.
    """
    if isinstance(value, str) and value in _VENUES:
        return value
    raise PydanticCustomError("unknown_venue", "{text}", {"text": unknown_venue(value)})


def unknown_venue(value: object) -> str:
    """What is said of what names no venue."""
    near = did_you_mean(value, VENUES) if isinstance(value, str) else ""
    return f"unknown venue {shown(value)}{near}; known: {', '.join(VENUES)}"


_CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{_CONTROLS}]")
"""Of Unicode's separators and directions those that change how the rest of a line is shown."""
_PRINTED = f"^[^{_CONTROLS}]*$"
"""What a text may be, for whoever reads the schema."""


def short_text(value: str) -> str:
    """Checks the size of a text: at most 512 bytes of UTF-8."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise PydanticCustomError("text", "must be valid Unicode") from None
    if size > _MAX_TEXT_BYTES:
        raise PydanticCustomError("text", "must be at most 512 bytes")
    if _CONTROL.search(value):
        # Printed to a terminal they would do more than be read.
        raise PydanticCustomError("text", "must be without control characters")
    return value


def _label(value: str) -> str:
    if len(value) > _MAX_LABEL:
        raise PydanticCustomError("text", "must be at most 128 characters")
    return short_text(value)


def _graph_id(value: str) -> str:
    if GRAPH_ID.fullmatch(value) and value != "graph":
        return value
    raise PydanticCustomError(
        "graph_id", "must be 1 to 128 of A-Z a-z 0-9 . _ - and not the word graph"
    )


def _order_symbol(value: str) -> str:
    if _MARKET_URL.match(value):
        return short_text(value)
    if _SYMBOL.fullmatch(value):
        return value
    raise PydanticCustomError("symbol", "unknown symbol {symbol}", {"symbol": shown(value)})


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) and value.isascii() else value


def _decimal_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _DECIMAL.fullmatch(value):
        raise PydanticCustomError("decimal", "must be a number in plain digits")
    return Decimal(value)


def _ns_time(value: int) -> int:
    if value < _FIRST_NS or value > MAX_UNITS:
        raise PydanticCustomError(
            "ns", "must be nanoseconds since the Unix epoch, like 1776657000000000000"
        )
    return value


_FIRST_NS = 10**17

VenueId = Annotated[
    str,
    AfterValidator(known_venue),
    WithJsonSchema({"type": "string", "enum": list(VENUES)}),
]
"""A venue id of a request."""

GraphId = Annotated[
    str,
    AfterValidator(_graph_id),
    WithJsonSchema({"type": "string", "pattern": rf"^(?!graph$){GRAPH_ID.pattern}$"}),
]
"""The idempotency key of a submit."""

SymbolText = Annotated[
    str,
    AfterValidator(_order_symbol),
    WithJsonSchema({"type": "string", "pattern": f"^({_MARKET_URL.pattern}.*|{_SYMBOL.pattern})$"}),
]
"""A symbol of a request: any form, also a market URL."""

Label = Annotated[
    str,
    AfterValidator(_label),
    WithJsonSchema({"type": "string", "maxLength": _MAX_LABEL, "pattern": _PRINTED}),
]
"""A text for people: at most 128 characters and 512 bytes."""

Text = Annotated[
    str,
    AfterValidator(short_text),
    WithJsonSchema({"type": "string", "maxLength": _MAX_TEXT_BYTES, "pattern": _PRINTED}),
]
"""A text of at most 512 bytes."""

AnyCaseTif = Annotated[TimeInForce, BeforeValidator(_lower)]
"""A time in force, in any case."""

NsTime = Annotated[
    QueryInt,
    AfterValidator(_ns_time),
    WithJsonSchema({"type": "integer", "minimum": _FIRST_NS, "maximum": MAX_UNITS}),
]
"""A time of a query string in nanoseconds; seconds and milliseconds are refused."""

NsUnits = Annotated[
    int,
    AfterValidator(_ns_time),
    WithJsonSchema({"type": "integer", "minimum": _FIRST_NS, "maximum": MAX_UNITS}),
]
"""A time of a body in nanoseconds; seconds and milliseconds are refused."""

OrderQty = Annotated[Decimal, Exact(8, above_low=True)]
QueryQty = Annotated[
    Decimal,
    Exact(8, above_low=True),
    BeforeValidator(_decimal_text),
    WithJsonSchema({"type": "string", "pattern": r"^([1-9][0-9]{0,9}(\.[0-9]{1,8})?|0\.[1-9])$"}),
]
"""A quantity of a query string, above 0 and with at most 8 decimals."""
OrderPrice = Annotated[Decimal, Exact(9, above_low=True)]
UsdSize = Annotated[Decimal, Exact(9, above_low=True)]

SlippageBps = Annotated[int, Field(ge=1, le=10_000)]
HorizonMs = Annotated[int, Field(ge=1, le=2_592_000_000)]
