"""Names that are nearly right."""

from collections.abc import Iterable


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """`; did you mean A or B?`, or nothing when no name is near."""
    from sequence._core import near_names  # noqa: PLC0415 - only mistakes need it

    near = near_names(given, list(known))
    return f"; did you mean {' or '.join(near)}?" if near else ""


def unknown(what: str, given: object, known: Iterable[str]) -> str:
    """What is said of a name that is none: the nearest, and all that are."""
    names = list(known)
    return f"unknown {what} {given!r}{did_you_mean(str(given), names)}; known: {', '.join(names)}"
