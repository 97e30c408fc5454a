"""Fixed-point integers and decimals, exactly: no model, no field."""

from collections.abc import Callable, Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from functools import lru_cache, wraps
from typing import Final, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

MAX_UNITS = 9 * 10**18
"""Largest fixed-point integer of a request, at any scale."""

QTY_DECIMALS = 8
PRICE_DECIMALS = 9
_MAX_DIGITS = 60
_EXACT = Context(prec=_MAX_DIGITS, Emin=-999999, Emax=999999, traps=[Inexact, InvalidOperation])
_RATIO = Context(prec=28, traps=[InvalidOperation])
SUMS: Final = Context(prec=28)
"""In which amounts are added up, whatever the caller's decimal context is."""
_TENTH = Decimal("0.1")
_SCALES = {n: 10**n for n in (QTY_DECIMALS, PRICE_DECIMALS)}
_STEPS = {n: _EXACT.scaleb(Decimal(1), -n) for n in (QTY_DECIMALS, PRICE_DECIMALS)}


def in_any_context(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same function, whose sums do not depend on the caller's decimal context."""

    @wraps(function)
    def summed(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with localcontext(SUMS):
            return function(*args, **kwargs)

    return summed


def exact(units: int, decimals: int) -> Decimal:
    """The number that so many units are, whatever the caller's decimal context is."""
    return _EXACT.scaleb(Decimal(units), -decimals)


def maybe_exact(units: int | None, decimals: int) -> Decimal | None:
    """The same of what may not be known."""
    return None if units is None else exact(units, decimals)


def units_of(value: float, decimals: int) -> int:
    """The fixed-point integer that a float of the wire stands for: that of its shortest digits."""
    return int(_EXACT.scaleb(Decimal(repr(value)), decimals))


def known_sum(parts: Iterable[int | None]) -> int | None:
    """The sum; None when a part is not known."""
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


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


@lru_cache(maxsize=4_096, typed=True)
def decimal_units(value: Decimal | int, decimals: int) -> int:
    """The fixed-point integer of a number, exactly; a strategy says the same ones again and again.

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
