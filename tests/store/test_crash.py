"""kill -9 at every named point and at random times; the history is kept by the client."""

import http.client
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import sequence.store
from sequence.store.crash import POINTS
from tests.store.conftest import PROGRAM, Server

Serve = Callable[..., Server]
KILLS = int(os.environ.get("SEQUENCE_KILLS", "20"))


@dataclass
class History:
    """What the client knows: every answer it got, and what it asked without hearing back."""

    answers: dict[str, bytes] = field(default_factory=dict[str, bytes])
    unknown: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def send(self, server: Server, id_: str, body: dict[str, Any]) -> None:
        self.bodies[id_] = self.unknown[id_] = body
        self.answers[id_] = call(server, "POST", "/v1/orders", body | {"graph_id": id_})
        del self.unknown[id_]

    def check(self, server: Server) -> None:
        """Every answer is given again, every unknown order is there once, nothing else is."""
        for id_, body in list(self.unknown.items()):
            self.send(server, id_, body)
        for id_, answer in self.answers.items():
            again = call(server, "POST", "/v1/orders", self.bodies[id_] | {"graph_id": id_})
            assert again == answer, id_
        page = json.loads(call(server, "GET", "/v1/orders?limit=1"))
        assert page["total"] == len(self.answers)


def call(server: Server, method: str, path: str, body: object = None) -> bytes:
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=20)
    with closing(connection):
        raw = None if body is None else json.dumps(body)
        connection.request(method, path, raw, {"Authorization": f"Bearer {server.key}"})
        answer = connection.getresponse()
        found = answer.read()
        if answer.status != 200:
            raise ConnectionError(f"{answer.status}: {found!r}")
        return found


def order(chance: random.Random) -> dict[str, Any]:
    body: dict[str, Any] = {
        "symbol": chance.choice(("BTC-USD", "ETH-USD")),
        "side": chance.choice(("buy", "sell", "buy")),
        "qty": chance.choice((0.01, 0.2)),
    }
    if chance.random() < 0.4:
        body["price"] = 1_000
    return body


def verified(database: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "verify", str(database)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_point_is_called_somewhere():
    root = Path(sequence.store.__file__).parent.parent
    source = "".join(path.read_text() for path in root.rglob("*.py"))
    assert set(re.findall(r'crash_point\("(\w+)"\)', source)) == set(POINTS)


SERVING = [point for point in POINTS if point not in ("after_migration", "before_close")]


@pytest.mark.parametrize("point", [p for p in SERVING if p != "before_checkpoint"])
@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.full)])
def test_a_kill_at_a_point_loses_nothing_that_was_answered(
    serve: Serve, database: Path, point: str, n: int
):
    history, chance = History(), random.Random(n)  # noqa: S311
    warm = 4
    with suppress(ConnectionError, OSError, http.client.HTTPException, EOFError):
        server = serve(f"{point}:{n + warm}")
        for number in range(50):
            history.send(server, f"g{number}", order(chance))
        pytest.fail("the point was not reached")
    server = serve()
    history.check(server)
    server.process.kill()
    server.process.wait()
    verified(database)


def test_a_kill_after_the_migration_leaves_a_database_that_starts(serve: Serve):
    with pytest.raises(EOFError):
        serve("after_migration:1")
    history = History()
    server = serve()
    history.send(server, "g", order(random.Random(1)))  # noqa: S311
    history.check(server)


@pytest.mark.parametrize("point", ["before_close", "before_checkpoint"])
def test_a_kill_at_the_end_loses_nothing(serve: Serve, point: str):
    history = History()
    server = serve(f"{point}:1")
    history.send(server, "g", order(random.Random(1)))  # noqa: S311
    server.process.terminate()
    assert server.process.wait(20) == -9
    history.check(serve())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kills", [KILLS, pytest.param(300, marks=pytest.mark.full)])
def test_kills_at_random_times_lose_nothing(serve: Serve, database: Path, kills: int):
    seed = 20261121
    chance = random.Random(seed)  # noqa: S311
    history = History()
    number = 0
    for _ in range(kills):
        try:
            server = serve(f"{chance.choice(SERVING)}:{chance.randrange(1, 40)}")
        except EOFError:
            continue  # killed while it started: a kill like any other
        with suppress(ConnectionError, OSError, http.client.HTTPException):
            for _ in range(chance.randrange(1, 30)):
                number += 1
                history.send(server, f"g{number}", order(chance))
        server.process.kill()
        server.process.wait()
    server = serve()
    history.check(server)
    server.process.kill()
    server.process.wait()
    verified(database)
    assert len(history.answers) > kills


@pytest.mark.parametrize("damage", ["shorter", "garbage", "no_index"])
def test_a_torn_log_gives_a_prefix(serve: Serve, database: Path, damage: str):
    history, chance = History(), random.Random(5)  # noqa: S311
    server = serve()
    for number in range(10):
        history.send(server, f"g{number}", order(chance))
    server.process.kill()
    server.process.wait()
    log = database.with_name(database.name + "-wal")
    index = database.with_name(database.name + "-shm")
    raw = log.read_bytes()
    assert len(raw) > 8_192
    if damage == "shorter":
        log.write_bytes(raw[:-3_000])
    elif damage == "garbage":
        log.write_bytes(raw + os.urandom(5_000))
    else:
        index.unlink()
    shutil.copy(database, database.with_suffix(".seen"))
    verified(database)
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as reader:
        kept = [row[0] for row in reader.execute("SELECT graph_id FROM graphs ORDER BY graph_no")]
    sent = list(history.answers)
    assert kept == sent[: len(kept)]
    assert len(kept) >= len(sent) - 1 if damage == "shorter" else kept == sent
