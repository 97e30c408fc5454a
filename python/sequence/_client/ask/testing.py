"""What the calls for tests of bots were given, checked: no I/O here."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from sequence._client.ask import numbers
from sequence.errors import ValidationError

_NS: Final = {"seconds": 10**9, "ms": 10**6}


def step_ns(seconds: float, ms: float, ns: int) -> int:
    """A step of a clock in nanoseconds.

    Raises:
        ValidationError: A value is no number, not finite, or the step is negative.
    """
    for name, value in (("seconds", seconds), ("ms", ms)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValidationError(f"{name}: must be a finite number, not {value!r}")
    if type(ns) is not int:
        raise ValidationError(f"ns: must be an integer, not {ns!r}")
    step = round(seconds * _NS["seconds"]) + round(ms * _NS["ms"]) + ns
    if step < 0:
        raise ValidationError(f"time never runs backwards: cannot advance by {step} ns")
    return step


def market_events(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Market events with exact numbers; levels may be tuples of any numbers."""
    exact: Any = numbers.without_floats([_lists(row) for row in rows], "events")
    return [{name: _texts(value) for name, value in row.items()} for row in exact]


def _lists(row: Mapping[str, Any]) -> dict[str, Any]:
    sides = {name: list(row[name]) for name in ("bids", "asks") if row.get(name) is not None}
    return {**row, **sides}


def _texts(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Decimals as text, which both ways to a sandbox read exactly."""
    if isinstance(value, list):
        rows: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [_texts(row) for row in rows]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value
