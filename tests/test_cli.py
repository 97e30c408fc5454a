"""The command line: what it prints, where it prints it, how it ends."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from sequence.cli import main

PROGRAM = (sys.executable, "-m", "sequence")
EVENT = "KXBTCZ-26DEC31-T99000"


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """Words of each line."""
        return [line.split() for line in self.out.splitlines()]


@dataclass(frozen=True)
class Server:
    """A running `sequence up --json`."""

    process: "subprocess.Popen[str]"
    ready: dict[str, Any]
    home: Path

    def __call__(self, *arguments: str, stdin: str = "") -> Done:
        environment = {
            "SEQUENCE_BASE_URL": self.ready["url"],
            "SEQUENCE_API_KEY": self.ready["key"],
        }
        return run(*arguments, home=self.home, environment=environment, stdin=stdin)


def clean_environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEQ")}
    return kept | {"SEQUENCE_HOME": str(home)}


def run(
    *arguments: str, home: Path, environment: dict[str, str] | None = None, stdin: str = ""
) -> Done:
    """Runs a command in this process: a start of the interpreter costs more than the command."""
    out, err = StringIO(), StringIO()
    with (
        mock.patch.dict(os.environ, clean_environment(home) | (environment or {}), clear=True),
        mock.patch.object(sys, "argv", ["sequence", *arguments]),
        mock.patch.object(sys, "stdin", StringIO(stdin)),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def started(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, "up", "--port", "0", "--db", "memory", "--preset", "instant", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(home),
    )


def stopped(
    process: "subprocess.Popen[str]", by: signal.Signals = signal.SIGTERM
) -> tuple[str, str]:
    """Stops a process; what it printed since."""
    process.send_signal(by)
    try:
        return process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    process = started(home, "--json")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()
    yield Server(process, json.loads(line), home)
    stopped(process)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_up_prints_one_line_of_json_and_stops_cleanly(tmp_path: Path, by: signal.Signals):
    process = started(tmp_path, "--json", "--seed", "7")
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert list(ready) == ["url", "key", "live_key", "pid", "db", "seed"]
    assert ready["url"].startswith("http://localhost:")
    assert ready["key"].startswith("seq_test_")
    assert ready["live_key"].startswith("seq_live_")
    assert (ready["pid"], ready["db"], ready["seed"]) == (process.pid, "memory", 7)
    out, err = stopped(process, by)
    assert (process.returncode, out, err) == (0, "", "")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_up_shows_a_banner_and_saves_what_the_other_commands_need(tmp_path: Path):
    process = started(tmp_path)
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while "Ctrl-C" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], process.communicate()
    file = tmp_path / "config.toml"
    try:
        banner = "".join(lines)
        assert "paper money only" in banner
        assert "in memory: lost on exit" in banner
        assert "seed 42" in banner
        text = file.read_text()
        key = text.split('key = "')[1].split('"')[0]
        assert key in banner
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert run("quote", "BTC-USD", home=tmp_path).code == 0
    finally:
        out, err = stopped(process)
    assert (process.returncode, err) == (0, "")
    assert "Traceback" not in out


def test_saving_keeps_the_tables_of_other_programs(tmp_path: Path, server: Server):
    file = tmp_path / "config.toml"
    theirs = '# mine\nregion = "eu"\n\n[sandbox]\nurl = "old"\n\n[deploy]\nname = "[sandbox]"\n'
    file.write_text(theirs)
    arguments = ("--url", server.ready["url"], "--key", server.ready["key"], "login")
    done = run(*arguments, home=tmp_path)
    assert done.code == 0, done.err
    assert server.ready["key"][20:] not in done.out
    assert "sandbox key" in done.out
    text = file.read_text()
    assert text.startswith('# mine\nregion = "eu"\n')
    assert '[deploy]\nname = "[sandbox]"\n' in text
    assert text.count("\n[sandbox]\n") == 1
    assert "old" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_login_saves_nothing_that_the_server_does_not_know(tmp_path: Path, server: Server):
    wrong = "seq_test_" + "0" * 64
    done = run("--url", server.ready["url"], "--key", wrong, "login", home=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert "401" in done.err
    done = run("--url", "http://localhost:1", "--key", wrong, "login", home=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert list(tmp_path.iterdir()) == []
    done = run("--url", "http://localhost:1", "--key", wrong, "login", "--unchecked", home=tmp_path)
    assert done.code == 0
    assert wrong in (tmp_path / "config.toml").read_text()


def test_a_broken_configuration_file_is_said_and_left_alone(tmp_path: Path):
    file = tmp_path / "config.toml"
    file.write_text("not toml at all")
    done = run("quote", "BTC-USD", home=tmp_path)
    assert done.code == 2
    assert "config.toml: is not TOML" in done.err
    assert file.read_text() == "not toml at all"


def test_a_saved_key_never_goes_to_another_server(tmp_path: Path):
    (tmp_path / "config.toml").write_text(
        f'[sandbox]\nurl = "http://localhost:2"\nkey = "seq_test_{"0" * 64}"\n'
    )
    done = run("--url", "http://localhost:1", "positions", home=tmp_path)
    assert done.code == 2
    assert "no API key" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--host", "0.0.0.0"], 2, "--allow-remote"),  # noqa: S104 - it must be refused
        (["--host", "256.1.1.1"], 2, "refusing to bind"),
        (["--market", "replay:no/such/file.jsonl"], 2, "no/such/file.jsonl"),
        (["--market", "replay:"], 2, "at least one file"),
        (["--market", f"replay:{__file__}"], 2, "test_cli.py is no recording"),
        (["--market", "nonsense"], 2, "unknown market 'nonsense'"),
        (["--market", "demo", "--clock", "replay"], 2, "belong together"),
        (["--market", "demo", "--speed", "2"], 2, "speed belongs to clock='replay'"),
        (["--db", "/dev/null/state.db"], 5, "state.db"),
        (["--port", "70000"], 2, "65535"),
        (["--clock", "sundial"], 2, "sundial"),
        (["--preset", "lucky"], 2, "lucky"),
    ],
)
def test_up_refuses_in_words(arguments: list[str], code: int, text: str, tmp_path: Path):
    done = run("up", "--db", "memory", *arguments, home=tmp_path)
    assert (done.code, done.out) == (code, "")
    assert text in done.err
    assert list(tmp_path.iterdir()) == []


def test_up_keeps_its_state_beside_the_configuration(tmp_path: Path):
    ready = []
    for _ in range(2):
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*PROGRAM, "up", "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(tmp_path),
        )
        assert process.stdout is not None
        ready.append(json.loads(process.stdout.readline()))
        assert stopped(process) == ("", "")
    assert ready[0]["db"] == str(tmp_path / "sandbox.db")
    assert ready[0]["key"] == ready[1]["key"]


def test_up_says_in_one_line_that_the_port_is_taken(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = started(tmp_path, "--port", str(port))
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (4, "")
    assert err.count("\n") == 1
    assert f"port {port} on 127.0.0.1 is in use" in err


def test_version_and_help():
    from sequence import _core

    home = Path("nowhere")
    assert run("-V", home=home).out == f"sequence {_core.__version__}\n"
    for arguments in (["-h"], ["up", "-h"], ["sandbox", "--help"]):
        done = run(*arguments, home=home)
        assert done.code == 0
        assert "Usage" in done.out


def test_files_that_cannot_be_used_are_said_in_a_sentence(tmp_path: Path):
    key = "seq_test_" + "0" * 64
    missing = tmp_path / "none.zst"
    done = run("up", "--market", f"replay:{missing}", home=tmp_path)
    assert (done.code, done.err) == (2, f"sequence: {missing}: No such file or directory\n")
    source = tmp_path / "x.jsonl"
    source.write_text("{}")
    done = run("convert", str(source), str(source), home=tmp_path)
    assert (done.code, done.err) == (2, f"sequence: {source}: is there already\n")
    rows = tmp_path / "rows.json"
    rows.write_text("[1]")
    done = run("--key", key, "sandbox", "positions", "--file", str(rows), home=tmp_path)
    assert (done.code, done.err) == (2, f"sequence: {rows}: must hold a JSON array of objects\n")


def test_without_a_server_the_exit_code_says_network(tmp_path: Path):
    key = "seq_test_" + "0" * 64
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    done = run("--url", f"http://localhost:{port}", "--key", key, "quote", "X", home=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert "sequence up" in done.err
    assert key not in done.err


def test_a_wrong_key_is_said_with_the_way_out(server: Server):
    key = "seq_test_" + "0" * 64
    done = run("--url", server.ready["url"], "--key", key, "positions", home=server.home)
    assert done.code == 1
    assert "401" in done.err
    assert "SEQUENCE_API_KEY" in done.err
    assert key not in done.err


def test_quote_shows_the_best_of_all_venues_first(server: Server):
    done = server("quote", "BTC-USD")
    head, columns, *rows = done.rows
    assert head[:2] == ["BTC-USD", "bid"]
    assert " ".join(columns) == "VENUE BID USD ASK USD BID_SZ BTC ASK_SZ BTC AGE ms"
    assert [row[0] for row in rows] == ["binance", "bybit", "coinbase", "kraken", "okx"]
    answer = server("quote", "BTC-USD", "--json").json
    assert answer["symbol"] == "BTC-USD"
    assert 0 < answer["nbbo"]["bid_1e9"] < answer["nbbo"]["ask_1e9"]


def test_numbers_stand_right_under_their_unit(server: Server):
    lines = server("fees", "BTC-USD").out.splitlines()
    end = lines[0].index("MAKER BPS") + len("MAKER BPS")
    assert len(lines) == 6
    for line in lines[1:]:
        assert line[end - 1].isdigit()
        assert line[end : end + 2] == "  "


def test_an_unknown_symbol_is_refused_by_the_server(server: Server):
    done = server("quote", "NOPE-NOPE")
    assert (done.code, done.out) == (1, "")
    assert "404" in done.err


@pytest.mark.parametrize("arguments", [["quote"], ["buy"], ["sell"]])
@pytest.mark.parametrize("symbol", ["BTC-USDX", "BTCC-USD", "btc-usdd"])
def test_a_misspelt_symbol_is_refused_with_the_nearest_names(
    arguments: list[str], symbol: str, server: Server
):
    quantity = [] if arguments == ["quote"] else ["1"]
    done = server(*arguments, symbol, *quantity)
    assert done.code == 1
    assert "did you mean" in done.err
    assert "BTC-USD" in done.err.partition("did you mean")[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["symbols"], ["BTC-USD", EVENT]),
        (["symbols", "--venue", "kalshi"], [EVENT]),
        (["venues"], ["kalshi", "polymarket", "hyperliquid"]),
        (["fees", EVENT], ["kalshi", "quadratic"]),
    ],
)
def test_reading_the_market(arguments: list[str], words: list[str], server: Server):
    done = server(*arguments)
    assert done.code == 0
    assert all(word in done.out for word in words)
    assert server(*arguments, "--json").json


def test_a_market_order_shows_its_fills_and_why(server: Server):
    assert server("sandbox", "reset").code == 0
    done = server("buy", "BTC-USD", "0.1")
    assert done.code == 0
    assert "FILLED" in done.out
    assert "took displayed size" in done.out
    assert server("fills", "--symbol", "BTC-USD").out.count("took displayed size") >= 1
    answer = server("sell", "BTC-USD", "0.05", "--json").json
    assert answer["status"] == "FILLED"
    assert server("fills", "--json").json["total"] >= 2
    assert server("fills", "--explain").out.count("the record adds up") >= 2


def test_a_limit_order_rests_and_is_cancelled(server: Server):
    placed = server("buy", "BTC-USD", "0.01", "--price", "50000", "--venue", "kraken", "--json")
    order_id = placed.json["node_order_id"]
    assert placed.json["status"] == "ACCEPTED"
    assert order_id in server("orders", "--open").out
    assert server("cancel", order_id).out.split() == ["CANCELLED", order_id]
    again = server("cancel", order_id, "--json")
    assert again.json["already_terminal"] is True
    assert order_id not in server("orders", "--open").out


def test_amend_and_decrease_reach_the_server(server: Server):
    placed = server("buy", "ETH-USD", "1", "--price", "1000", "--venue", "kraken", "--json")
    order_id = placed.json["node_order_id"]
    for arguments in (
        ["amend", order_id, "--price", "1001"],
        ["decrease", order_id, "--by", "0.5"],
    ):
        done = server(*arguments)
        # Where the server cannot amend yet, it says so; nothing in between.
        assert (done.code, "ACCEPTED" in done.out) in ((0, True), (1, False))
        assert done.code == 0 or "not offered by this server" in done.err
    assert server("cancel", order_id).code == 0
    assert server("amend", order_id).code == 2


def test_an_order_without_funds_is_rejected_with_an_exit_code(server: Server):
    done = server("buy", "BTC-USD", "89000000000")
    assert done.code == 1
    assert "REJECTED" in done.out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["buy", "BTC-USD"], "exactly one of qty and notional"),
        (["buy", "BTC-USD", "0.123456789"], "more than 8 decimals"),
        (["buy", "BTC-USD", "1", "--price", "0"], "must be > 0"),
        (["buy", "BTC-USD", "1", "--tif", "never"], "never"),
        (["sandbox", "positions", "kraken"], "give KIND SYMBOL QTY"),
        (["sandbox", "positions", "--file", "no-such-file"], "no-such-file"),
        (["redeem", "slug"], "No such command"),
    ],
)
def test_what_cannot_be_sent_is_a_usage_error(arguments: list[str], text: str, server: Server):
    done = server(*arguments)
    assert (done.code, done.out) == (2, "")
    assert text in done.err


def test_the_paper_account_is_configured_and_reset(server: Server):
    assert server("sandbox", "settings", "--initial-balance-usd", "1000").code == 0
    assert server("sandbox", "settings", "--json").json == {"initial_balance_usd": 1000.0}
    assert server("sandbox", "reset", "--json").json["venues_seeded"] == 9
    written = server("sandbox", "positions", "kraken", "fiat", "USD", "5000.5", "--replace")
    assert written.out.startswith("1 written, ")
    done = server("positions")
    assert done.rows[1][:4] == ["kraken", "fiat", "USD", "5,000.5"]
    assert done.out.splitlines()[-1].startswith("net asset value 5,000.50 USD")
    rows = '[{"venue": "kalshi", "kind": "fiat", "symbol": "USD", "qty": 0.29}]'
    assert server("sandbox", "positions", "--file", "-", "--json", stdin=rows).json["written"] == 1
    only = server("positions", "--venue", "kalshi", "--json").json["positions"]
    assert [row["qty_1e8"] for row in only] == [29_000_000]


def test_a_live_key_trades_paper_money_only(server: Server):
    environment = {
        "SEQUENCE_BASE_URL": server.ready["url"],
        "SEQUENCE_API_KEY": server.ready["live_key"],
    }
    assert server("sandbox", "reset").code == 0
    arguments = ("buy", "BTC-USDC", "0.001", "--json")
    done = run(*arguments, home=server.home, environment=environment)
    assert done.json["is_sandbox"] is True
    assert run("sandbox", "reset", home=server.home, environment=environment).code == 1
