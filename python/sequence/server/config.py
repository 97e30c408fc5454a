"""The limits of a server from a file: one key for each of `Limits`, in a table ``[limits]``."""

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

from sequence._files import in_words
from sequence.server.limits import Limits


def read_limits(path: Path, limits: Limits | None = None) -> Limits:
    """The limits that a TOML file names, the others as they are.

    Raises:
        ValueError: It cannot be read, or names something else than a limit.
    """
    try:
        given = tomllib.loads(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(in_words(error, path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not TOML: {error}") from error
    table = given.pop("limits", {})
    if given or not isinstance(table, dict):
        unknown = ", ".join(given) or "limits"
        raise ValueError(f"{path}: only a table [limits] is known here, not {unknown}")
    try:
        return with_limits(limits or Limits(), cast("dict[str, Any]", table))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def with_limits(limits: Limits, given: dict[str, Any]) -> Limits:
    """Limits with some of them replaced; ``ValueError`` where a name or a value is none."""
    known = {field.name: getattr(limits, field.name) for field in fields(Limits)}
    changed: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"limits.{name}: unknown; known: {', '.join(known)}")
        changed[name] = _value(name, value, known[name])
    return replace(limits, **changed)


def _value(name: str, value: object, default: object) -> object:
    if isinstance(default, frozenset):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType]
            return frozenset(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        raise _wrong(name, "a list of texts")
    if isinstance(default, bool) and isinstance(value, bool):
        return value
    if isinstance(default, bool):
        raise _wrong(name, "true or false")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:  # noqa: PLR2004
        raise _wrong(name, "a number above 0")
    if isinstance(default, int) and not isinstance(value, int):
        raise _wrong(name, "a whole number")
    return float(value) if isinstance(default, float) else value


def _wrong(name: str, wanted: str) -> ValueError:
    return ValueError(f"limits.{name}: must be {wanted}")
