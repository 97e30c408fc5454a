"""Sandboxes beside the one that is asked: made from its present or from a file, listed, ended."""

from base64 import b64decode
from typing import Final

from sequence.sandbox.beside import Held
from sequence.sandbox.call import Call
from sequence.sandbox.fork import forked
from sequence.sandbox.refuse import refused
from sequence.sandbox.runtime import NAMED_TIER, Runtime
from sequence.sandbox.saving import begun_with
from sequence.store.snapshot import SnapshotError, unpack
from sequence.types import NewSandboxFork, SandboxFork, SandboxForks, SnapshotLoadRequest

_FEED_THEMSELVES: Final = ("demo", "manual", "none")


def fork(call: Call[None, None]) -> NewSandboxFork:
    """``POST /v1/sandbox/fork``: a sandbox that begins with this moment, in memory."""
    call.account()
    client, runtime = call.principal.client, call.runtime
    runtime.snapshots.check_alone(client, is_admin=call.principal.is_admin)
    runtime.beside.check_room()
    branch = forked(runtime)
    is_named = client.tier == NAMED_TIER
    return _hold(call, branch, branch.named_key(client.label) if is_named else branch.test_key)


def load(call: Call[None, SnapshotLoadRequest]) -> NewSandboxFork:
    """``POST /v1/sandbox/snapshot/load``: a sandbox that begins with the state of a file."""
    runtime = call.runtime
    if runtime.source not in _FEED_THEMSELVES:
        raise refused(
            "CONFLICT",
            f"the market is {runtime.source!r} and cannot be played twice: "
            "`sequence snapshot load` starts a server of its own",
        )
    runtime.beside.check_room()
    try:
        packed = b64decode(call.body.file, validate=True)
    except ValueError:
        raise refused("VALIDATION_ERROR", "must be a file in base64", field="file") from None
    try:
        state = unpack(packed)
    except SnapshotError as error:
        raise refused("VALIDATION_ERROR", f"it {error}", field="file") from None
    loaded = begun_with(state, clock=runtime.clock.kind, source=runtime.source)
    return _hold(call, loaded, loaded.test_key)


def listed(call: Call[None, None]) -> SandboxForks:
    """``GET /v1/sandbox/forks``: an admin sees all of them."""
    principal = call.principal
    found = call.runtime.beside.of(principal.client, is_admin=principal.is_admin)
    return SandboxForks.trusted({"forks": [_row(held) for held in found]})


def end(call: Call[None, None]) -> SandboxFork:
    """``DELETE /v1/sandbox/forks/{id}``."""
    principal, beside = call.principal, call.runtime.beside
    held = beside.find(call.path["id"], principal.client, is_admin=principal.is_admin)
    beside.end(held)
    return SandboxFork.trusted(_row(held))


def _hold(
    call: Call[None, None] | Call[None, SnapshotLoadRequest], made: Runtime, key: str
) -> NewSandboxFork:
    runtime = call.runtime
    fork_id = runtime.ids.next("fork", call.now_ns)
    held = runtime.beside.add(fork_id, call.principal.client, made, call.now_ns)
    return NewSandboxFork.trusted({**_row(held), "api_key": key})


def _row(held: Held[Runtime]) -> dict[str, object]:
    return {"fork_id": held.fork_id, "url": held.place.url, "made_at_ns": held.made_at_ns}
