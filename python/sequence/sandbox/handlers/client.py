"""Clients of this server: made and listed by an admin."""

from typing import Final

from sequence.sandbox.call import Call
from sequence.sandbox.refuse import refused
from sequence.types import (
    NewSandboxClient,
    SandboxClient,
    SandboxClientRequest,
    SandboxClients,
)

_MOST: Final = 1_000


def add(call: Call[None, SandboxClientRequest]) -> NewSandboxClient:
    """``POST /v1/sandbox/clients``: an account of its own, with a test key that is no admin."""
    name, known = call.body.name, call.runtime.clients()
    if any(client.label == name for client in known):
        raise refused("CONFLICT", f"there is a client {name!r} already", field="name")
    if len(known) >= _MOST:
        raise refused("CONFLICT", f"there are {_MOST} clients already", field="name")
    client, key_id, raw = call.runtime.add_client(name)
    return NewSandboxClient.trusted(
        {
            "client_id": client.client_id,
            "name": client.label,
            "created_at_ns": client.created_at_ns,
            "key_id": key_id,
            "api_key": raw,
        }
    )


def listed(call: Call[None, None]) -> SandboxClients:
    """``GET /v1/sandbox/clients``."""
    rows = [
        SandboxClient(client_id=row.client_id, name=row.label, created_at_ns=row.created_at_ns)
        for row in call.runtime.clients()
    ]
    return SandboxClients.model_construct(clients=rows)
