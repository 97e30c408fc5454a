"""What all Python measurements share: the build they are for, one market, one server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence, _core
from sequence.sandbox import Sandbox

LEVELS = 10
LEVEL_SIZE = 1_000_000
MID = 74_350


def pytest_configure() -> None:
    # In short nobody reads the times: what counts is that all of it runs, and answers rightly.
    if _core.BUILD_PROFILE != "release" and os.environ.get("SEQUENCE_BENCH") != "short":
        raise pytest.UsageError(
            f"this is a {_core.BUILD_PROFILE} build, up to 20 times slower: use `make bench`"
        )


def book() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Ten levels a side with a million coins each: the same for the last order as for the first."""
    bids = [(MID - n, LEVEL_SIZE) for n in range(1, LEVELS + 1)]
    return bids, [(MID + n, LEVEL_SIZE) for n in range(1, LEVELS + 1)]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Time stands still, one book at Kraken."""
    with Sandbox(clock="manual", preset="instant", market="manual") as sandbox:
        bids, asks = book()
        sandbox.market.snapshot("kraken", "BTC-USD", bids, asks)
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Sequence]:
    with sandbox.client() as client:
        client.sandbox.reset()
        yield client


@pytest.fixture(scope="session")
def server() -> Iterator[dict[str, Any]]:
    """A `sequence up` with the demo market, in memory: `store/durable.py` measures commits."""
    options = ("--port", "0", "--json", "--preset", "instant", "--db", "memory")
    yield from _ready("-m", "sequence", "up", *options)


@pytest.fixture(scope="session")
def echo() -> Iterator[dict[str, Any]]:
    """The same HTTP stack around nothing: what every ratio of a request is taken against."""
    yield from _ready(str(Path(__file__).with_name("echo.py")))


def _ready(*arguments: str) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()
