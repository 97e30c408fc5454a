"""The examples run, and show what they promise."""

import ast
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
DATA = Path(os.environ.get("SEQUENCE_TEST_DATA") or ROOT.parent / "shared" / "data")
RECORDING = DATA / "kraken" / "v2_kraken_btcusd_sample.jsonl.zst"


def run(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", str(ROOT / "examples" / name), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        env=os.environ | {"SEQUENCE_EXAMPLE_ONCE": "1"},
    )


def test_first_fill_explains_two_fills_also_when_the_port_is_taken():
    try:
        taken = socket.create_server(("127.0.0.1", 50052))
    except OSError:
        taken = None  # Somebody else has it: the same case.
    try:
        done = run("first_fill.py")
    finally:
        if taken is not None:
            taken.close()
    assert (done.returncode, done.stderr) == (0, "")
    assert "port 50052 on 127.0.0.1 is in use" in done.stdout
    assert done.stdout.count("took displayed size") >= 2
    assert "buy BTC-USD" in done.stdout
    assert ":YES" in done.stdout
    assert "seq_test_" in done.stdout
    assert "Serving" not in done.stdout


def test_first_fill_serves_until_it_is_stopped():
    environment = {name: v for name, v in os.environ.items() if name != "SEQUENCE_EXAMPLE_ONCE"}
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "examples" / "first_fill.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        assert any(line == "Serving until Ctrl-C.\n" for line in lines)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, err) == (0, "")
    assert "Stopped." in out


def test_in_process_shows_a_partial_fill_and_a_ledger_that_adds_up():
    first, second = run("in_process.py"), run("in_process.py")
    assert (first.returncode, first.stderr) == (0, "")
    assert "PARTIAL: 0.04 at 67000" in first.stdout
    assert "CANCELLED: 7313.3 USD free again" in first.stdout
    assert "broken invariants: []" in first.stdout
    assert first.stdout == second.stdout


def test_replay_without_a_file_says_how_to_use_it():
    done = run("replay.py")
    assert (done.returncode, done.stderr) == (2, "")
    assert "python examples/replay.py FILE" in done.stdout


def test_replay_fills_at_recorded_prices():
    if not RECORDING.exists():
        pytest.skip(f"no recorded market data {RECORDING}: set SEQUENCE_TEST_DATA")
    done = run("replay.py", str(RECORDING))
    assert (done.returncode, done.stderr) == (0, "")
    assert "BTC-USD: recorded bid" in done.stdout
    assert "FILLED" in done.stdout


def test_market_maker_quotes_two_venues_until_it_has_seen_enough():
    done = run("market_maker.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "prices seen: 12" in done.stdout


def test_backtest_prints_a_table_and_writes_its_plot(tmp_path: Path):
    report = tmp_path / "report.html"
    first, second = run("backtest.py", str(report)), run("backtest.py", str(report))
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    assert "profit and loss, USD" in first.stdout
    assert "pnl_usd" in first.stdout
    assert report.read_text().count("<svg") == 2


def test_the_notebook_shows_a_picture_and_two_tables():
    cells = json.loads((ROOT / "examples" / "backtest.ipynb").read_text())["cells"]
    names: dict[str, object] = {"__name__": "notebook"}
    shown = []
    for cell in cells:
        if cell["cell_type"] == "code":
            tree = ast.parse("".join(cell["source"]))
            last = tree.body.pop()
            assert isinstance(last, ast.Expr)
            exec(compile(tree, "cell", "exec"), names)  # noqa: S102 - our own cell
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307
            shown.append(value._repr_html_())
    assert shown[0].count("<svg") == 2
    assert all("<table" in html for html in shown[1:])
    assert names["sandbox"].check_invariants() == []  # type: ignore[attr-defined]


def test_the_tests_of_a_bot_pass():
    program = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603 - our own program
        [*program, "--rootdir", str(ROOT / "examples"), str(ROOT / "examples" / "test_bot.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT / "examples",
        timeout=50,
    )
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout


def test_every_example_is_tested():
    text = Path(__file__).read_text()
    assert len(EXAMPLES) >= 3
    assert [file.name for file in EXAMPLES if f'"{file.name}"' not in text] == []
