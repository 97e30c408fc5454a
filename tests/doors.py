"""Ways to one sandbox: a client in the same process, and one over HTTP."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.server import serving

DOORS: Final = ("in process", "HTTP")


@contextmanager
def door(sandbox: Sandbox, kind: str) -> Generator[Sequence]:
    """A client of a sandbox, by the way of this name."""
    if kind == "in process":
        yield sandbox.client()
        return
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as client:
        yield client
