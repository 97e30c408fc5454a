"""Names that are nearly right."""

from collections.abc import Iterable

_MOST = 3
_LONGEST = 64
"""Longer texts are no slip of the finger, and comparing them takes time."""


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """`; did you mean A or B?`, or nothing when no name is near."""
    if len(given) > _LONGEST:
        return ""
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

    by_fold = {name.casefold(): name for name in known}
    near = get_close_matches(given.casefold(), by_fold, n=_MOST, cutoff=0.6)
    return f"; did you mean {' or '.join(by_fold[name] for name in near)}?" if near else ""


def unknown(what: str, given: object, known: Iterable[str]) -> str:
    """What is said of a name that is none: the nearest, and all that are."""
    names = list(known)
    return f"unknown {what} {given!r}{did_you_mean(str(given), names)}; known: {', '.join(names)}"
