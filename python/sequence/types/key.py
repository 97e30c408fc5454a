"""API keys."""

from pydantic import Field

from sequence.types._base import Request, Wire
from sequence.types.common import Label


class ApiKey(Wire):
    """One key without its secret; times are nanoseconds since the Unix epoch."""

    key_id: str
    label: str
    sandbox: bool
    is_admin: bool
    prefix: str
    created_at_ns: int
    rotated_at_ns: int | None
    revoked_at_ns: int | None
    last_used_at_ns: int | None


class NewApiKey(ApiKey):
    """A key with its secret, shown once: at creation and at rotation."""

    api_key: str = Field(repr=False)


class ApiKeys(Wire):
    """Answer of `GET /v1/api_keys`, newest first, revoked ones included."""

    keys: list[ApiKey]


class ApiKeyRequest(Request):
    """Body of `POST /v1/api_keys`."""

    label: Label = ""
    sandbox: bool = True
    is_admin: bool = False
