"""Field types for numbers: wire integers, exact decimals and query integers."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

MAX_UNITS = 9 * 10**18
"""Largest fixed-point integer of a request, at any scale."""

QTY_DECIMALS = 8
PRICE_DECIMALS = 9
_MAX_DIGITS = 60
_HUGE = 10**_MAX_DIGITS
_INTEGER = re.compile(r"-?[0-9]{1,60}")
_EXACT = Context(prec=_MAX_DIGITS, Emin=-999999, Emax=999999, traps=[Inexact, InvalidOperation])
_RATIO = Context(prec=28, traps=[InvalidOperation])
_TENTH = Decimal("0.1")
_SCALES = {n: 10**n for n in (QTY_DECIMALS, PRICE_DECIMALS)}
_STEPS = {n: _EXACT.scaleb(Decimal(1), -n) for n in (QTY_DECIMALS, PRICE_DECIMALS)}


def exact(units: int, decimals: int) -> Decimal:
    """The number that so many units are, whatever the caller's decimal context is."""
    return _EXACT.scaleb(Decimal(units), -decimals)


def trimmed(value: Decimal) -> Decimal:
    """The same number without zeros at its end, whatever the caller's decimal context is."""
    return _EXACT.normalize(value)


def nearest(value: Decimal, decimals: int) -> Decimal:
    """The nearest number with so many decimals, half to even, without zeros at its end."""
    return trimmed(value.quantize(_STEPS[decimals], context=Context(prec=999)))


def share(part: int, total: int) -> Decimal:
    """A ratio to 28 digits, whatever the caller's decimal context is; 0 of nothing is 0."""
    return _RATIO.divide(Decimal(part), Decimal(total)) if total else Decimal(0)


def shown_decimal(value: Decimal) -> Decimal:
    """The same number without zeros at its end, but with one decimal at least."""
    short = trimmed(value)
    whole = short == short.to_integral_value()
    return _EXACT.quantize(short, _TENTH) if whole else short


def decimal_units(value: Decimal | int, decimals: int) -> int:
    """The fixed-point integer of a number, exactly.

    Args:
        value: A finite number.
        decimals: How many decimals the scale holds, 8 or 9.

    Raises:
        ValueError: The number has more decimals, or is beyond 60 digits.
    """
    if type(value) is int:
        units: int = value * _SCALES[decimals]
        return units
    try:
        fixed = _EXACT.quantize(value, _STEPS[decimals])
        return int(_EXACT.scaleb(fixed, decimals))
    except (Inexact, InvalidOperation):
        raise ValueError(f"has more than {decimals} decimals") from None


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
