"""Names that are nearly right."""

from collections.abc import Iterable
from difflib import get_close_matches

_MOST = 3


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """`; did you mean A or B?`, or nothing when no name is near."""
    by_fold = {name.casefold(): name for name in known}
    near = get_close_matches(given.casefold(), by_fold, n=_MOST, cutoff=0.6)
    return f"; did you mean {' or '.join(by_fold[name] for name in near)}?" if near else ""
