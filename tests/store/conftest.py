"""Sandboxes that are closed and opened again, or killed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sequence.sandbox import Sandbox

PROGRAM = (sys.executable, "-m", "sequence")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "sandbox.db"


@pytest.fixture
def reopen(database: Path) -> Callable[..., Sandbox]:
    """Opens the same database again and again; the clock goes on where it stopped."""

    def opened(preset: Any = "instant", market: str = "demo") -> Sandbox:
        return Sandbox(store=database, clock="manual", preset=preset, market=market)

    return opened


class Server:
    """`sequence up` in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.url: str = ready["url"]
        self.key: str = ready["key"]


@pytest.fixture
def serve(database: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on the database; what still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def start(crash_at: str = "", preset: str = "instant", **environment: str) -> Server:
        process = subprocess.Popen(
            [*PROGRAM, "up", "--json", "--port", "0", "--db", str(database), "--preset", preset],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ
            | {"SEQUENCE_HOME": str(tmp_path), "SEQUENCE_CRASH_AT": crash_at}
            | environment,
        )
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise EOFError(process.wait())
        return Server(process, json.loads(line))

    yield start
    for process in running:
        process.kill()
        process.communicate()
