"""Numbers that people give, exactly: the only place where a float is looked at."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import cast

from sequence.errors import ValidationError
from sequence.types._decimal import (
    MAX_UNITS,
    PRICE_DECIMALS,
    QTY_DECIMALS,
    decimal_units,
    exact,
    nearest,
    trimmed,
)

Number = int | float | Decimal | str
"""A quantity, price or amount in human units. A float means its shortest decimal text."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_TOPS = {n: exact(MAX_UNITS, n) for n in (QTY_DECIMALS, PRICE_DECIMALS)}
_MAX_TEXT = 64
_MAX_DEPTH = 32
"""As deep as the server reads JSON."""


def to_decimal(value: object, field: str) -> Decimal:
    """Reads a number exactly.

    Args:
        value: An int, a finite float, a finite Decimal, or decimal text.
        field: Name for the message.

    Raises:
        ValidationError: Anything else: bool, None, NaN, infinities, other number types.
    """
    kind = type(value)
    if isinstance(value, float):
        # The shortest text that reads back as the same float: 0.29 is 0.29, not 0.28999999.
        number = Decimal(float.__repr__(value))
    elif isinstance(value, Decimal):
        number = value
    elif type(value) is int:
        number = Decimal(value)
    elif isinstance(value, str):
        if len(value) > _MAX_TEXT or not _DECIMAL.fullmatch(value):
            raise ValidationError(f"{field}: {value[:_MAX_TEXT]!r} is not a decimal number")
        number = Decimal(value)
    else:
        raise ValidationError(
            f"{field}: {kind.__name__} is not a number here; give int, float, Decimal or str"
        )
    if not number.is_finite():
        raise ValidationError(f"{field}: must be a finite number")
    return number


def positive(value: object, field: str, decimals: int) -> Decimal:
    """Reads a number above 0 that the scale can hold; the same ones again are known.

    Args:
        value: See `to_decimal`.
        field: Name for the message.
        decimals: 8 for quantities and cash, 9 for prices and USD amounts.

    Raises:
        ValidationError: No number, not above 0, too large, or more decimals than the scale holds.
    """
    read: Callable[[object, str, int], Decimal] = _known if type(value) in _PLAIN else _read
    return read(value, field, decimals)


def _read(value: object, field: str, decimals: int) -> Decimal:
    number = to_decimal(value, field)
    if number <= 0:
        raise ValidationError(f"{field}: must be > 0")
    if number > _TOPS[decimals]:
        raise ValidationError(f"{field}: must be <= {trimmed(_TOPS[decimals]):f}")
    try:
        decimal_units(number, decimals)
    except ValueError as error:
        near = nearest(number, decimals)
        raise ValidationError(f"{field}: {number} {error}; the nearest is {near:f}") from None
    return number


_PLAIN = frozenset((str, float, int))
"""Two of a type that are equal are written alike; decimals need not be: 0.1 and 0.10."""
_known = lru_cache(maxsize=1_024, typed=True)(_read)


def qty(value: object, field: str = "qty") -> Decimal:
    """Reads a quantity: above 0, at most 8 decimals, at most 90 billion."""
    return positive(value, field, QTY_DECIMALS)


def price(value: object, field: str = "limit_price") -> Decimal:
    """Reads a price: above 0, at most 9 decimals. A price of 0 is never a market order."""
    return positive(value, field, PRICE_DECIMALS)


def whole(value: object, field: str, low: int, high: int) -> int:
    """Reads an integer within a range; bool and float are none."""
    if type(value) is not int:
        raise ValidationError(f"{field}: must be an integer")
    if not low <= value <= high:
        raise ValidationError(f"{field}: must be from {low} to {high}")
    number: int = value
    return number


def without_floats(value: object, field: str, depth: int = 0) -> object:
    """A copy of nested dicts and lists in which every float is its shortest decimal.

    Raises:
        ValidationError: A float is not finite, a text cannot be sent, or it is nested too deeply.
    """
    if depth >= _MAX_DEPTH and isinstance(value, Mapping | list | tuple):
        raise ValidationError(f"{field}: nested deeper than {_MAX_DEPTH}")
    if isinstance(value, str):
        return sendable(value, field)
    if isinstance(value, float):
        return to_decimal(value, field)
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return {
            sendable(name, field): without_floats(item, sendable(name, field), depth + 1)
            for name, item in items
        }
    if isinstance(value, list | tuple):
        return [without_floats(item, field, depth + 1) for item in cast("list[object]", value)]
    return value


def sendable(text: str, field: str) -> str:
    """The text itself.

    Raises:
        ValidationError: It holds half a character (a lone surrogate), which no wire can carry.
    """
    if isinstance(text, str) and not text.isascii():  # pyright: ignore[reportUnnecessaryIsInstance]
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValidationError(f"{field!a}: holds a lone surrogate") from None
    return text
