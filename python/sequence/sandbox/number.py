"""Human numbers to fixed-point integers, exactly."""

from decimal import Decimal

from sequence import _core
from sequence.types._decimal import MAX_UNITS, exact, shown_decimal

Number = str | int | float | Decimal
"""A number as people write it; a float counts as its shortest decimal text."""


def human_units(value: object, decimals: int, what: str) -> int:
    """The integer at a scale of ``decimals``: ``human_units("0.29", 8, "qty") == 29_000_000``.

    Raises:
        ValueError: More decimals than the scale holds, out of range, NaN, infinite, or no number at
            all.
        TypeError: A bool or another type.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise TypeError(f"{what}: expected a number, got {type(value).__name__}")
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    try:
        units = _core.decimal_units(text, decimals)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error
    if not -MAX_UNITS <= units <= MAX_UNITS:
        raise ValueError(f"{what}: {text} is out of range")
    return units


def decimal_of(units: int, decimals: int) -> Decimal:
    """The exact decimal of a fixed-point integer, with at least one decimal (``100000.0``)."""
    return shown_decimal(exact(units, decimals))
