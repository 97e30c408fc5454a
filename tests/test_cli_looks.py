"""Commands that look: servers that run, the doctor, keys, the account as it changes, completion."""

import json
import os
import stat
import subprocess
import sys

import pytest

from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import PROGRAM, run


@pytest.fixture
def sandbox():
    with Sandbox(preset="instant", market="manual") as made:
        made.market.snapshot("kraken", "BTC-USD", [("74000.5", "4")], [("74001.5", "4")])
        yield made


@pytest.fixture
def reached(sandbox):
    with serving(sandbox) as url:
        yield {"SEQUENCE_BASE_URL": url, "SEQUENCE_API_KEY": sandbox.test_key}


@pytest.fixture
def server(tmp_path):
    """A running `sequence up`, and the line it printed."""
    environment = {**os.environ, "SEQUENCE_HOME": str(tmp_path)}
    arguments = ["up", "--port", "0", "--json", "--db", "memory", "--market", "none"]
    command = [*PROGRAM, *arguments]
    with subprocess.Popen(  # noqa: S603 - a fixed program
        command, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield json.loads(process.stdout.readline())
        process.terminate()


def test_running_servers_are_listed_and_dead_ones_are_cleared(server, tmp_path):
    environment = {"SEQUENCE_HOME": str(tmp_path)}
    dead = tmp_path / "servers" / "1.json"
    facts = {"url": "http://127.0.0.1:9", "pid": 1, "market": "demo", "clock": "wall",
             "seed": 1, "db": "memory"}  # fmt: skip
    dead.write_text(json.dumps(facts))
    rows = run("list", "--json", home=tmp_path, environment=environment).json
    assert [row["url"] for row in rows] == [server["url"]]
    assert rows[0]["pid"] == server["pid"]
    assert not dead.exists()
    shown = run("list", home=tmp_path, environment=environment)
    assert server["url"] in shown.out
    texts = "".join(file.read_text() for file in (tmp_path / "servers").iterdir())
    assert server["key"] not in texts


def test_where_no_server_runs_the_way_to_one_is_named(tmp_path):
    done = run("list", home=tmp_path, environment={"SEQUENCE_HOME": str(tmp_path)})
    assert done.code == 0
    assert "sequence up" in done.out


def test_the_doctor_finds_nothing_wrong_where_nothing_is(reached, tmp_path):
    done = run("doctor", home=tmp_path, environment=reached | {"SEQUENCE_HOME": str(tmp_path)})
    assert done.code == 0, done
    for word in ("python", "sqlite", "pyarrow", reached["SEQUENCE_BASE_URL"], "sandbox key"):
        assert word in done.out
    assert reached["SEQUENCE_API_KEY"] not in done.out


def test_the_doctor_names_a_key_that_is_not_accepted(reached, tmp_path):
    wrong = reached | {"SEQUENCE_API_KEY": "seq_test_" + "0" * 64}
    done = run("doctor", "--json", home=tmp_path, environment=wrong)
    assert done.code == 1
    failed = [row for row in done.json if row["state"] == "fail"]
    assert len(failed) == 1
    assert "sequence login" in failed[0]["found"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are another thing there")
def test_the_doctor_finds_a_key_that_others_may_read(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('[sandbox]\nurl = "http://127.0.0.1:9"\nkey = "seq_test_x"\n')
    file.chmod(0o644)
    environment = {"SEQUENCE_HOME": str(tmp_path)}
    done = run("doctor", home=tmp_path, environment=environment)
    assert done.code == 1
    assert "chmod 600" in done.out
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    assert "chmod 600" not in run("doctor", home=tmp_path, environment=environment).out


def test_the_key_is_printed_for_a_shell_and_keys_are_made_and_ended(reached, tmp_path):
    assert run("key", home=tmp_path, environment=reached).out.strip() == reached["SEQUENCE_API_KEY"]
    made = run("key", "new", "bot", home=tmp_path, environment=reached).out.strip()
    assert made.startswith("seq_test_")
    listed = run("key", "list", "--json", home=tmp_path, environment=reached).json["keys"]
    row = next(row for row in listed if row["label"] == "bot")
    assert made not in run("key", "list", home=tmp_path, environment=reached).out
    ended = run("key", "revoke", row["key_id"], home=tmp_path, environment=reached)
    assert ended.out.strip() == f"{row['key_id']} revoked"


def test_without_a_key_the_way_to_one_is_named(tmp_path):
    done = run("key", home=tmp_path, environment={"SEQUENCE_HOME": str(tmp_path)})
    assert done.code == 2
    assert "sequence up" in done.err


def test_a_look_at_the_account_fits_80_columns(sandbox, reached, tmp_path):
    client = sandbox.client()
    client.buy("BTC-USD", "0.12345")
    client.buy("BTC-USD", "1.5", limit_price="73999.25")
    done = run("watch", "BTC-USD", "--once", home=tmp_path, environment=reached)
    assert done.code == 0, done
    for text in ("74,000.5", "74,001.5", "open orders (1)", "73,999.25", "fills (1)", "0.12345"):
        assert text in done.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell, tmp_path):
    done = run("completion", shell, home=tmp_path)
    assert done.code == 0
    assert "_SEQUENCE_COMPLETE" in done.out


def test_commands_complete(tmp_path):
    environment = {
        **os.environ,
        "SEQUENCE_HOME": str(tmp_path),
        "_SEQUENCE_COMPLETE": "complete_bash",
        "COMP_WORDS": "sequence po",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(PROGRAM, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
    assert "positions" in done.stdout.split()


@pytest.mark.parametrize(
    ("options", "share"),
    [(["--rate", "0.125"], "12.5"), (["--seed", "7"], "50"), ([], "-")],
)
def test_faults_say_which_share_of_the_requests_they_hit(options, share, reached, tmp_path):
    added = ["sandbox", "faults", "add", "http_503", "--count", "1000", *options]
    done = run(*added, home=tmp_path, environment=reached)
    head, row, *_ = [line.split() for line in done.out.splitlines() if line.strip()]
    assert "RATE" in head
    assert row[1:6] == ["http_503", "-", "-", "1,000", share]
