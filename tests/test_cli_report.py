"""`sequence report`: figures on the terminal, one file, runs side by side."""

import json

import pytest

from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import run


@pytest.fixture(scope="module")
def served():
    with Sandbox(preset="instant", market="manual") as sandbox:
        sandbox.market.snapshot("kraken", "BTC-USD", [("100", "5")], [("101", "5")])
        client = sandbox.client()
        client.buy("BTC-USD", "1", tag="in")
        client.sell("BTC-USD", "1", tag="out")
        with serving(sandbox) as url:
            yield {"SEQUENCE_BASE_URL": url, "SEQUENCE_API_KEY": sandbox.test_key}


def test_a_report_is_one_file_and_its_figures_are_kept_for_the_next(served, tmp_path):
    out, kept = tmp_path / "a.html", tmp_path / "a.json"
    done = run("report", "-o", str(out), "--keep", str(kept), "--name", "first",
               home=tmp_path, environment=served)  # fmt: skip
    assert done.code == 0, done
    assert f"written: {out}" in done.out
    assert "profit and loss, USD" in done.out
    assert out.read_text().startswith("<!doctype html>")
    again = run("report", "--against", str(kept), "--name", "second", "-o", str(out),
                home=tmp_path, environment=served)  # fmt: skip
    assert again.code == 0, again
    assert "first" in again.out
    assert "second" in again.out
    assert "Beside other runs" in out.read_text()


def test_the_figures_come_as_json(served, tmp_path):
    done = run("report", "--json", home=tmp_path, environment=served)
    found = json.loads(done.out)
    assert found["fills"] == 2
    assert found["round_trips"] == 1
    assert found["card"]["preset"] == "instant"


@pytest.mark.parametrize("content", [None, "", "{}", "no json", "[1]"])
def test_a_file_without_figures_is_refused_by_its_name(served, tmp_path, content):
    file = tmp_path / "b.json"
    if content is not None:
        file.write_text(content)
    done = run("report", "--against", str(file), home=tmp_path, environment=served)
    assert done.code == 2
    assert str(file) in done.err
