"""What a copy of a running sandbox begins with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sequence.sandbox.card import PlayedData

if TYPE_CHECKING:
    from sequence import _core
    from sequence.sandbox.keys import Client


@dataclass(frozen=True, slots=True)
class Branch:
    """What a branch begins with.

    Attributes:
        engine: The state and its sources, where they are now.
        local: The local client, with the account it has in that state.
        named: The other accounts by name.
        played: Recordings that were given so far.
    """

    engine: "_core.Engine"
    local: "Client"
    named: "dict[str, Client]"
    played: PlayedData
