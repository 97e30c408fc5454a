"""Execution graphs of the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import Done, run

GRAPH = {
    "graph_id": "mine",
    "nodes": [
        {
            "node_id": "only",
            "instrument": {"symbol": "BTC-USD", "venue": "kraken"},
            "side": "buy",
            "order_type": {"limit": {"price_1e9": 74_000_000_000_000}},
            "quantity": {"fixed": {"qty_1e8": 1_000_000}},
        }
    ],
    "risk": {"admission": {"max_notional_usd": 5000.5}},
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual") as made:
        made.market.snapshot("kraken", "BTC-USD", [("74000.5", "0.4")], [("74001.5", "0.04")])
        yield made


@pytest.fixture
def ask(sandbox: Sandbox, tmp_path: Path):
    with serving(sandbox) as url:
        environment = {"SEQUENCE_BASE_URL": url, "SEQUENCE_API_KEY": sandbox.test_key}

        def asked(*arguments: str, stdin: str = "") -> Done:
            return run("graph", *arguments, home=tmp_path, environment=environment, stdin=stdin)

        yield asked


def test_a_file_is_submitted_and_drawn_and_its_graph_is_found_again(ask, tmp_path: Path):
    file = tmp_path / "graph.json"
    file.write_text(json.dumps(GRAPH))
    drawn = "graph mine: RUNNING\nonly  buy 0.01 BTC-USD at 74000 on kraken  WORKING 0 of 0.01\n"
    for arguments in ((str(file),), ("show", "mine"), ("show", "graph:mine:only:1")):
        done = ask(*arguments)
        assert (done.code, done.out) == (0, drawn), done
    assert json.loads(ask("show", "mine", "--json").out)["status"] == "RUNNING"
    assert json.loads(ask("show", "mine", "--json").out)["risk"]["admission"] == {
        "max_notional_usd": 5000.5
    }
    assert "graph mine: CANCELLED" in ask("cancel", "mine").out
    assert ask("resume", "mine").code == 1


def test_graphs_are_listed_newest_first(ask):
    for name in ("first", "second"):
        ask("-", stdin=json.dumps(GRAPH | {"graph_id": name}))
    ask("cancel", "first")
    lines = ask("list").out.splitlines()
    assert [line.split()[:3] for line in lines[-2:]] == [
        ["second", "RUNNING", "1"],
        ["first", "CANCELLED", "1"],
    ]
    assert "first" not in ask("list", "--open").out
    for status, names in (("RUNNING", ["second"]), ("CANCELLED", ["first"]), ("FAILED", [])):
        found = json.loads(ask("list", "--json", "--status", status).out)
        assert [row["graph_id"] for row in found["graphs"]] == names
    assert json.loads(ask("list", "--json", "--limit", "1").out)["total"] == 2


def test_a_graph_comes_from_standard_input_too(ask):
    done = ask("-", "--json", stdin=json.dumps(GRAPH))
    assert (done.code, json.loads(done.out)["graph_id"]) == (0, "mine")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Expecting value"),
        ("[]", "object with an array `nodes`"),
        ('{"nodes": {}}', "object with an array `nodes`"),
        ('{"nodes": [], "edge": []}', "unknown key 'edge'"),
        ('{"nodes": []}', "nodes: "),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_file_that_is_no_graph_is_an_argument_error(ask, tmp_path: Path, text, says):
    file = tmp_path / "graph.json"
    file.write_text(text)
    done = ask(str(file))
    assert done.code == 2, done
    assert says in done.err


def test_a_missing_file_and_an_unknown_graph_are_told(ask):
    assert ask("nowhere.json").err == "sequence: nowhere.json: No such file or directory\n"
    assert ask("show", "nothing").code == 1
