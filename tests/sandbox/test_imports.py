"""What importing the sandbox costs: no client, no server."""

import subprocess
import sys

import pytest

PROGRAM = "import sys, {module}; print(*sorted(m for m in {heavy} if m in sys.modules))"
HEAVY = ("httpx", "uvicorn", "starlette", "typer", "rich", "zstandard")


@pytest.mark.parametrize(
    ("module", "allowed"),
    [("sequence", ""), ("sequence.sandbox", ""), ("sequence._client.carry.inprocess", "")],
)
def test_an_import_loads_no_more_than_it_needs(module, allowed):
    program = PROGRAM.format(module=module, heavy=HEAVY)
    run = subprocess.run(  # noqa: S603 - a fixed program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == allowed


def test_the_in_process_client_never_loads_httpx():
    program = (
        "import sys; from sequence.sandbox import Sandbox\n"
        "with Sandbox() as s: s.client().buy('BTC-USD', '0.1')\n"
        "print('httpx' in sys.modules)"
    )
    run = subprocess.run(  # noqa: S603 - a fixed program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"


def test_the_blocking_client_loads_no_asyncio():
    program = "import sys; from sequence import Sequence; print('asyncio' in sys.modules)"
    run = subprocess.run(  # noqa: S603 - a fixed program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"
