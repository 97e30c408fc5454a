"""Disks that fail while a server uses them: it says so, stops, and loses nothing it answered.

A small library, preloaded into an unmodified server, lets chosen calls on the database fail.
"""

import errno
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.store.conftest import PROGRAM, Server
from tests.store.test_crash import History, Serve, order, verified

HERE = Path(__file__).parent
COMPILER = shutil.which("cc")
EXIT_STORE = 5

pytestmark = pytest.mark.skipif(
    COMPILER is None or sys.platform != "linux", reason="needs a C compiler and Linux"
)


@dataclass(frozen=True)
class Fault:
    """Which calls fail: ``w`` writes, ``s`` syncs; from the n-th on, or that one alone."""

    calls: str
    at: int
    code: int
    once: bool = False

    def __str__(self) -> str:
        kind = {"w": "write", "s": "sync"}[self.calls]
        return f"{kind}-{self.at}-{errno.errorcode[self.code]}{'-once' if self.once else ''}"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("failing") / "failing.so"
    source = HERE / "failing.c"
    command = [str(COMPILER), "-shared", "-fPIC", "-O1", "-o", str(built), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return built


def environment(library: Path, database: Path, armed: Path, fault: Fault) -> dict[str, str]:
    found = {
        "LD_PRELOAD": str(library),
        "FAIL_DIRECTORY": str(database.parent),
        "FAIL_ARMED": str(armed),
        "FAIL_CALLS": fault.calls,
        "FAIL_AT": str(fault.at),
        "FAIL_WITH": str(fault.code),
    }
    return found | ({"FAIL_ONCE": "1"} if fault.once else {})


def post(server: Server, id_: str, body: dict[str, object]) -> tuple[int, bytes]:
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=20)
    with closing(connection):
        key = {"Authorization": f"Bearer {server.key}"}
        connection.request("POST", "/v1/orders", json.dumps(body | {"graph_id": id_}), key)
        answer = connection.getresponse()
        return answer.status, answer.read()


FAULTS = [
    Fault("w", 1, errno.EIO),
    Fault("w", 2, errno.EIO, once=True),
    Fault("w", 9, errno.ENOSPC),
    Fault("w", 30, errno.EROFS),
    Fault("s", 1, errno.EIO, once=True),
    Fault("s", 3, errno.EIO),
]
FAULTS += [
    fault
    for calls in "ws"
    for at in (1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24)
    for code in (errno.EIO, errno.ENOSPC)
    for once in (False, True)
    if (fault := Fault(calls, at, code, once)) not in FAULTS
]


@pytest.mark.parametrize(
    "fault",
    [pytest.param(row, marks=pytest.mark.full if at > 5 else ()) for at, row in enumerate(FAULTS)],
    ids=str,
)
def test_a_failing_disk_stops_the_server_and_nothing_answered_is_lost(
    serve: Serve, library: Path, database: Path, tmp_path: Path, fault: Fault
):
    armed = tmp_path / "armed"
    history, chance = History(), random.Random(1)  # noqa: S311
    server = serve(**environment(library, database, armed, fault))
    history.send(server, "before", order(chance))
    armed.touch()
    for number in range(100):
        id_, body = f"g{number}", order(chance)
        status, raw = post(server, id_, body)
        history.bodies[id_] = body
        if status != 200:
            break
        history.answers[id_] = raw
    else:
        pytest.fail("no call failed")
    history.unknown[id_] = body
    error = json.loads(raw)["error"]
    assert (status, error["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "graph_id" in error["message"]
    assert str(database) not in raw.decode()
    # It ends by itself: what reached the disk is known only to a new start.
    _, complaint = server.process.communicate(timeout=20)
    assert server.process.returncode == EXIT_STORE
    assert "a commit failed" in complaint
    armed.unlink()
    verified(database)
    server = serve()
    history.check(server)


def test_who_writes_after_the_failure_is_refused_or_finds_the_server_gone(
    serve: Serve, library: Path, database: Path, tmp_path: Path
):
    armed = tmp_path / "armed"
    server = serve(**environment(library, database, armed, Fault("s", 1, errno.EIO)))
    history = History()
    history.send(server, "before", order(random.Random(1)))  # noqa: S311
    armed.touch()
    for number in range(5):
        try:
            status, _ = post(server, f"g{number}", {"symbol": "BTC-USD", "side": "buy", "qty": 1})
        except OSError:
            break
        assert status == 503
    server.process.communicate(timeout=20)
    assert server.process.returncode == EXIT_STORE


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_place_that_cannot_be_written_is_refused_with_a_sentence(
    library: Path, database: Path, tmp_path: Path, code: int
):
    database.parent.mkdir()
    armed = tmp_path / "armed"
    armed.touch()
    done = subprocess.run(
        [*PROGRAM, "up", "--port", "0", "--db", str(database)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ
        | {"SEQUENCE_HOME": str(tmp_path)}
        | environment(library, database, armed, Fault("o", 1, code)),
    )
    assert done.returncode == EXIT_STORE
    assert os.strerror(code) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_file_without_write_permission_is_refused(database: Path, tmp_path: Path):
    database.parent.mkdir(mode=0o500)
    done = subprocess.run(
        [*PROGRAM, "up", "--port", "0", "--db", str(database)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ | {"SEQUENCE_HOME": str(tmp_path)},
    )
    assert done.returncode == EXIT_STORE
    assert "Traceback" not in done.stderr
