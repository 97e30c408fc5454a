"""Clients of a sandbox: accounts of their own, each with its keys."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from sequence.types._base import Request, Wire

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise PydanticCustomError(
            "name", "must be 1 to 64 of A-Z a-z 0-9 . _ -, and begin with a letter or a digit"
        )
    return value


class SandboxClient(Wire):
    """One client; times are nanoseconds since the Unix epoch."""

    client_id: str
    name: str
    created_at_ns: int


class NewSandboxClient(SandboxClient):
    """A client with its first test key, which is shown once.

    The key makes further ones (`POST /v1/api_keys`); it has no rights over the server.
    """

    key_id: str
    api_key: str = Field(repr=False)


class SandboxClients(Wire):
    """Answer of `GET /v1/sandbox/clients`, in order of creation."""

    clients: list[SandboxClient]


class SandboxClientRequest(Request):
    """Body of `POST /v1/sandbox/clients`."""

    name: Annotated[
        str,
        AfterValidator(_name),
        WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"}),
    ]
