"""What a start costs: the import, and a server that answers."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def test_interpreter_alone(benchmark: Any) -> None:
    benchmark.pedantic(lambda: run("pass"), rounds=15, warmup_rounds=2)


def test_import_sequence(benchmark: Any) -> None:
    benchmark.extra_info["reference"] = "test_interpreter_alone"
    benchmark.pedantic(lambda: run("import sequence"), rounds=15, warmup_rounds=2)


def test_import_client(benchmark: Any) -> None:
    benchmark.extra_info["reference"] = "test_interpreter_alone"
    code = "import sequence; sequence.Sequence('seq_test_x')"
    benchmark.pedantic(lambda: run(code), rounds=15, warmup_rounds=2)


def test_import_the_blocking_client(benchmark: Any) -> None:
    benchmark.extra_info["reference"] = "test_interpreter_alone"
    benchmark.pedantic(lambda: run("from sequence import Sequence"), rounds=15, warmup_rounds=2)


def test_up_until_ready(benchmark: Any, tmp_path: Path) -> None:
    benchmark.extra_info["reference"] = "test_interpreter_alone"
    benchmark.pedantic(lambda: up(tmp_path), rounds=8, warmup_rounds=1)


def run(code: str) -> None:
    """Runs a line in a new interpreter."""
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own program


def up(home: Path) -> None:
    """Starts a server and stops it at once when it answers; both are counted."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sequence", "up", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"SEQUENCE_HOME": str(home)},
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["url"]
    process.kill()
    process.wait()
    process.stdout.close()
