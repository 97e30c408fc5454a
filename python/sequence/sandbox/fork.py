"""A copy of a running sandbox that goes on by itself: same accounts, same draws, own life."""

from dataclasses import replace

from sequence.sandbox.branch import Branch
from sequence.sandbox.clock import build_clock
from sequence.sandbox.keys import Client
from sequence.sandbox.refuse import refused
from sequence.sandbox.runtime import Runtime


def branch_of(runtime: Runtime) -> Branch:
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


def _copied(client: Client) -> Client:
    return replace(client, keys_created_ns=client.keys_created_ns.copy())
