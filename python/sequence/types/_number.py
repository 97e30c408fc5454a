"""Field types for numbers: wire integers, exact decimals and query integers."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sequence.types._decimal import MAX_UNITS, decimal_units, exact, trimmed

_HUGE = 10**60
_INTEGER = re.compile(r"-?[0-9]{1,60}")


@dataclass(frozen=True)
class Exact:
    """Marks a Decimal field that takes an int or a Decimal, exactly and within a range.

    Attributes:
        decimals: Decimals that the scale holds.
        low: Lower bound.
        high: Upper bound, inclusive; by default what 9e18 units are.
        above_low: The lower bound itself is refused.
    """

    decimals: int
    low: int = 0
    high: int | None = None
    above_low: bool = False

    @property
    def top(self) -> Decimal:
        """The upper bound."""
        return exact(MAX_UNITS, self.decimals) if self.high is None else Decimal(self.high)

    def read(self, value: object) -> Decimal:
        """Checks one value.

        Raises:
            PydanticCustomError: It is no number, out of range or has too many decimals.
        """
        if type(value) is int:
            # Compared before the conversion: a 5,000-digit integer must cost nothing.
            number = Decimal(min(max(value, -_HUGE), _HUGE))
        elif type(value) is Decimal and value.is_finite():
            number = value
        else:
            raise PydanticCustomError("decimal_type", "must be a number")
        if number < self.low or (self.above_low and number == self.low):
            bound = f"{'>' if self.above_low else '>='} {self.low}"
            raise PydanticCustomError("decimal_range", "must be {bound}", {"bound": bound})
        if number > self.top:
            raise PydanticCustomError(
                "decimal_range", "must be <= {top}", {"top": f"{trimmed(self.top):f}"}
            )
        try:
            decimal_units(number, self.decimals)
        except ValueError as error:
            raise PydanticCustomError("decimal_scale", "{text}", {"text": str(error)}) from None
        return number

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, _core: object, _handler: object) -> dict[str, Any]:
        low = "exclusiveMinimum" if self.above_low else "minimum"
        return {"type": "number", low: self.low, "maximum": float(self.top)}


def _digits(value: object) -> object:
    """ASCII digits only: `int()` alone would take full-width digits, signs and underscores."""
    if type(value) is int:
        return value
    if not isinstance(value, str) or not _INTEGER.fullmatch(value):
        raise PydanticCustomError("query_int", "must be an integer in plain digits")
    return int(value)


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    if value in ("true", "1"):
        return True
    if value in ("false", "0"):
        return False
    raise PydanticCustomError("query_bool", "must be true or false")


QueryInt = Annotated[int, BeforeValidator(_digits)]
"""An integer of a query string."""

QueryBool = Annotated[bool, BeforeValidator(_flag)]
"""A flag of a query string: true, false, 1 or 0."""

Units = Annotated[int, Field(ge=1, le=MAX_UNITS)]
"""A positive fixed-point integer: 1 to 9e18."""
