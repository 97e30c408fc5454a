"""Lists in sentences: the first few of them, however many there are."""

from collections.abc import Sequence


def some(names: Sequence[str], most: int = 5, between: str = ", ") -> str:
    """The first of these, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return between.join(names[:most]) + more
