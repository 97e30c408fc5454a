"""Sandboxes that a server holds beside its own: forks, and states that came from files."""

from typing import Annotated

from pydantic import Field

from sequence.types._base import Request, Wire


class SandboxFork(Wire):
    """A sandbox beside the one that was asked; times are nanoseconds since the Unix epoch.

    `url` is null inside a process, where no server is asked.
    """

    fork_id: str
    url: str | None
    made_at_ns: int


class NewSandboxFork(SandboxFork):
    """A sandbox that was made just now, with the key of the caller there, which is shown once."""

    api_key: str = Field(repr=False)


class SandboxForks(Wire):
    """Answer of `GET /v1/sandbox/forks`, in order of creation."""

    forks: list[SandboxFork]


class SnapshotLoadRequest(Request):
    """Body of `POST /v1/sandbox/snapshot/load`: what `GET /v1/sandbox/snapshot/file` gave."""

    file: Annotated[str, Field(min_length=1)]
