"""How far something is, for whoever waits for it."""

from collections.abc import Callable
from typing import TypeAlias

Told: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much of it, and of how much; a total of 0 is unknown."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Where nobody waits."""
