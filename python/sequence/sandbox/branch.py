"""A copy of a running sandbox that goes on by itself: same accounts, same draws, own life."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sequence.sandbox.card import PlayedData
from sequence.sandbox.clock import Clock, build_clock
from sequence.sandbox.refuse import refused

if TYPE_CHECKING:
    from sequence import _core
    from sequence.sandbox.keys import Client
    from sequence.sandbox.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Branch:
    """What a branch begins with.

    Attributes:
        engine: The state and its sources, where they are now.
        clock: A clock of the same kind, at the same time.
        local: The local client, with the account it has in that state.
        named: The other accounts by name.
        played: Recordings that were given so far.
    """

    engine: "_core.Engine"
    clock: Clock
    local: "Client"
    named: "dict[str, Client]"
    played: PlayedData


def branch_of(runtime: "Runtime") -> Branch:
    """A branch of this moment; the caller holds the lock and has brought the engine up to it.

    Raises:
        ConflictError: Connections to venues are open: their books cannot be copied.
    """
    try:
        engine = runtime.engine.fork()
    except ValueError as error:
        raise refused("CONFLICT", str(error)) from None
    clock = runtime.clock
    return Branch(
        engine=engine,
        clock=build_clock(clock.kind, runtime.now_ns, getattr(clock, "speed", None)),
        local=_copied(runtime.local),
        named={name: _copied(client) for name, client in runtime.named_clients.items()},
        played=runtime.played.copied(),
    )


def _copied(client: "Client") -> "Client":
    return replace(client, keys_created_ns=client.keys_created_ns.copy())
