"""What several tests of reads share."""

from collections.abc import Callable, Iterator

import pytest

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.server import serving

Reading = Callable[[Sequence], object]


@pytest.fixture
def read(sandbox: Sandbox) -> Iterator[Callable[[Reading], object]]:
    """Reads in process and over HTTP, and finds the same."""
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as remote:

        def both(reading: Reading) -> object:
            here, there = reading(sandbox.client()), reading(remote)
            assert here == there
            return here

        yield both
