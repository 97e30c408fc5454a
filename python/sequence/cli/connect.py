"""Which server and which key: flags, then the environment, then what was saved."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import typer

from sequence import Sequence
from sequence._client.ask import config
from sequence._client.ask.options import options
from sequence.errors import NotFoundError, SequenceError, UnprocessableError
from sequence.types._names import did_you_mean

_DEFAULT_TIMEOUT_S = 30.0
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Target:
    """What the global flags say; the key is not part of any text."""

    url: str | None
    key: str | None = field(repr=False)

    def used_key(self) -> str | None:
        """The key that `client` would use, None without one."""
        given = options(self.key, self.url, _DEFAULT_TIMEOUT_S, _RETRIES, None)
        return given.api_key or config.load().key

    def address(self) -> str:
        """The server that `client` would talk to."""
        given = options(self.key, self.url, _DEFAULT_TIMEOUT_S, _RETRIES, None)
        saved = None if self.url or config.url_from_environment() else config.load().url
        return saved or given.base_url

    def client(self) -> Sequence:
        """A client of the server that was asked for.

        A saved key goes to the server it was saved for, never to another one.

        Raises:
            ValidationError: An address or a key cannot be used, or the saved file is broken.
        """
        given = options(self.key, self.url, _DEFAULT_TIMEOUT_S, _RETRIES, None)
        # A key of the environment is for the saved server, too.
        return Sequence(given.api_key, base_url=self.address())


def client_of(context: typer.Context) -> Sequence:
    """The client of a command."""
    target: Target = context.obj
    return target.client()


@contextmanager
def naming(client: Sequence, symbol: str) -> Generator[None]:
    """Adds the nearest names to a refusal of a symbol that is not listed."""
    try:
        yield
    except (NotFoundError, UnprocessableError) as error:
        try:
            listed = {row.symbol for row in client.symbols()}
        except SequenceError:
            # The refusal itself is what counts.
            listed = set[str]()
        if symbol not in listed:
            error.message += did_you_mean(symbol, sorted(listed))
        raise
