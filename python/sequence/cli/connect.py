"""Which server and which key: flags, then the environment, then what was saved."""

from dataclasses import dataclass, field

import typer

from sequence import Sequence
from sequence._options import options
from sequence.cli import config

_DEFAULT_TIMEOUT_S = 30.0
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Target:
    """What the global flags say; the key is not part of any text."""

    url: str | None
    key: str | None = field(repr=False)

    def client(self) -> Sequence:
        """A client of the server that was asked for.

        A saved key goes to the server it was saved for, never to another one.

        Raises:
            ValidationError: An address or a key cannot be used, or the saved file is broken.
        """
        given = options(self.key, self.url, _DEFAULT_TIMEOUT_S, _RETRIES, None)
        saved = config.load()
        url = given.base_url if self.url or config.url_from_environment() else saved.url
        key = given.api_key or (saved.key if url in (None, saved.url) else None)
        return Sequence(key, base_url=url)


def client_of(context: typer.Context) -> Sequence:
    """The client of a command."""
    target: Target = context.obj
    return target.client()
