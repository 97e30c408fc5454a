"""A copy of a running sandbox that goes on by itself: same accounts, same draws, own life."""

from copy import copy
from dataclasses import replace

from sequence.sandbox.branch import Branch
from sequence.sandbox.keys import Client
from sequence.sandbox.refuse import refused
from sequence.sandbox.runtime import Runtime


def forked(runtime: Runtime) -> Runtime:
    """A sandbox in memory that begins with this moment.

    The caller holds the lock and has brought the engine up to the present.

    Raises:
        ConflictError: Connections to venues are open: their books cannot be copied.
    """
    try:
        engine = runtime.engine.fork()
    except ValueError as error:
        raise refused("CONFLICT", str(error)) from None
    branch = Branch(
        engine=engine,
        local=_copied(runtime.local),
        named={name: _copied(client) for name, client in runtime.named_clients.items()},
        played=runtime.played.copied(),
    )
    made = Runtime(
        seed=runtime.seed,
        sim=runtime.sim,
        # Where it stands, how fast it goes and whether it was stopped are all in it.
        clock=copy(runtime.clock),
        source=runtime.source,
        branch=branch,
    )
    runtime.faults.lift(made)
    return made


def _copied(client: Client) -> Client:
    return replace(client, keys_created_ns=client.keys_created_ns.copy())
