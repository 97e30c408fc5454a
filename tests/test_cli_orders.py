"""Orders of the command line: how they end, and tables that lose nothing in a narrow terminal."""

import io
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from sequence import Sequence
from sequence._client.ask import config
from sequence.cli import output, saving
from sequence.cli.account import write_position_rows
from sequence.cli.output import short_id
from sequence.cli.saving import save_connection
from sequence.cli.trade import write_fills, write_orders
from sequence.errors import ValidationError
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import Done, run


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual") as made:
        made.market.snapshot("kraken", "BTC-USD", [("74000.5", "0.4")], [("74001.5", "0.04")])
        yield made


@pytest.fixture
def url(sandbox: Sandbox) -> Iterator[str]:
    with serving(sandbox) as found:
        yield found


def ask(sandbox: Sandbox, url: str, *arguments: str, home: Path) -> Done:
    environment = {"SEQUENCE_BASE_URL": url, "SEQUENCE_API_KEY": sandbox.test_key}
    return run(*arguments, home=home, environment=environment)


def on_a_terminal(width: int, write: object, *arguments: object) -> str:
    """What a function prints on a terminal so wide."""
    out = io.StringIO()
    with (
        mock.patch.object(output, "is_plain", return_value=False),
        mock.patch.dict(os.environ, {"COLUMNS": str(width), "LINES": "50", "TERM": "dumb"}),
        mock.patch("sys.stdout", out),
    ):
        write(*arguments)  # type: ignore[operator]
    return re.sub("\x1b\\[[0-9;]*m", "", out.getvalue())


def test_no_column_is_lost_at_80_columns(sandbox: Sandbox):
    client = sandbox.client()
    client.buy("BTC-USD", "0.01")
    client.buy("BTC-USD", "0.01234", limit_price="73999.25", venue="kraken")
    client.buy("BTC-USD", 1, venue="kraken", tif="fok")
    orders, fills = client.orders().orders, client.fills().fills
    text = on_a_terminal(80, write_orders, orders)
    for title in ("ID", "SIDE", "SYMBOL", "STATUS", "QTY", "FILLED", "AVG PRICE", "FEES", "WHY"):
        assert title in text
    for row in orders:
        assert short_id(row.node_order_id) in text
        assert row.status in text
    assert "0.01234" in text
    assert max(map(len, text.splitlines())) <= 80
    text = on_a_terminal(80, write_fills, fills)
    for title in ("VENUE", "SYMBOL", "SIDE", "QTY", "PRICE", "FEE", "WHY"):
        assert title in text
    assert max(map(len, text.splitlines())) <= 80
    positions = client.positions().positions
    text = on_a_terminal(80, write_position_rows, positions)
    for title in ("VENUE", "KIND", "SYMBOL", "QTY", "AVAILABLE", "ENTRY", "VALUE", "UNREALIZED"):
        assert title in text
    cash = next(
        row for row in positions if row.venue == "kraken" and row.instrument.symbol == "USD"
    )
    assert f"{cash.available_qty.normalize():f}" in text.replace(",", "")


@pytest.mark.parametrize("width", [20, 40, 60])
def test_a_number_is_never_cut(sandbox: Sandbox, width: int):
    client = sandbox.client()
    client.buy("BTC-USD", "0.01234", limit_price="73999.25", venue="kraken")
    text = on_a_terminal(width, write_orders, client.orders().orders)
    assert "0.01234" in text
    assert "…" not in text


def test_a_wide_terminal_shows_whole_ids(sandbox: Sandbox):
    order = sandbox.client().buy("BTC-USD", "0.01")
    assert order.id in on_a_terminal(300, write_orders, [order.row])


def test_a_short_id_names_an_open_order(sandbox: Sandbox, url: str, tmp_path: Path):
    order = sandbox.client().buy("BTC-USD", "0.01", limit_price=70_000, venue="kraken")
    short = short_id(order.id)
    assert len(short) == 8
    done = ask(sandbox, url, "decrease", short, "--by", "0.005", home=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert ask(sandbox, url, "cancel", short, home=tmp_path).out.split() == ["CANCELLED", order.id]
    done = ask(sandbox, url, "cancel", short, home=tmp_path)
    assert done.code == 1
    assert "404" in done.err


@pytest.mark.parametrize(
    "case",
    [
        (["0.01"], 0, "FILLED, 0.01 of 0.01 filled at 74,001.5"),
        (["0.01", "--price", "70000"], 0, "ACCEPTED: rests, 0 of 0.01 filled"),
        (["0.05", "--price", "74001.5"], 0, "PARTIAL: rests, 0.04 of 0.05 filled at 74,001.5"),
        (["0.05", "--price", "74001.5", "--tif", "ioc"], 1, ", 0.04 of 0.05 filled at 74,001.5"),
        (["80000000000"], 1, "REJECTED: "),
        (["1", "--price", "74001.5", "--tif", "fok"], 1, ", 0 of 1 filled"),
    ],
)
def test_buy_says_how_the_order_ended(
    sandbox: Sandbox, url: str, tmp_path: Path, case: tuple[list[str], int, str]
):
    arguments, code, sentence = case
    done = ask(sandbox, url, "buy", "BTC-USD", *arguments, "--venue", "kraken", home=tmp_path)
    assert sentence in done.out.splitlines()[-1]
    assert done.code == code


def test_buy_waits_until_the_order_is_over(tmp_path: Path):
    with Sandbox(preset="realistic") as sandbox, serving(sandbox) as url:
        for _ in range(3):
            done = ask(sandbox, url, "buy", "BTC-USD", "0.1", home=tmp_path)
            assert done.code == 0
            assert done.out.splitlines()[-1].startswith("FILLED, 0.1 of 0.1 filled at ")
            filled = [line for line in done.out.splitlines() if " buy " in line]
            assert len(filled) >= 2


def test_an_order_that_stays_under_way_is_said_with_its_own_code(tmp_path: Path):
    with Sandbox(preset="realistic", clock="manual") as sandbox, serving(sandbox) as url:
        arguments = ("buy", "BTC-USD", "0.1", "--wait", "0.1")
        done = ask(sandbox, url, *arguments, home=tmp_path)
    assert done.code == 6
    assert "NEW: is still under way, 0 of 0.1 filled" in done.out


def test_a_negative_quantity_needs_no_dashes(sandbox: Sandbox, url: str, tmp_path: Path):
    row = ("sandbox", "positions", "hyperliquid", "perp", "BTC-USD-PERP", "-0.5")
    for arguments in (row, (*row, "--entry-price-usd", "92000"), (*row[:2], "--replace", *row[2:])):
        done = ask(sandbox, url, *arguments, home=tmp_path)
        assert done.code == 0, done.err
    [held] = sandbox.client().positions(kinds="perp").positions
    assert str(held.qty) == "-0.50000000"
    done = ask(sandbox, url, "buy", "BTC-USD", "-1", home=tmp_path)
    assert (done.code, done.err) == (2, "sequence: qty: must be > 0\n")
    assert ask(sandbox, url, "buy", "BTC-USD", "--nope", home=tmp_path).code == 2


def test_a_second_server_takes_nothing_over_while_the_first_answers(
    sandbox: Sandbox, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SEQUENCE_HOME", str(tmp_path))
    assert save_connection(url, "seq_test_" + "1" * 64, anyway=False).other is None
    second = "http://localhost:9"
    found = save_connection(second, "seq_test_" + "2" * 64, anyway=False)
    assert (found.file, found.other) == (None, url)
    assert config.load().url == url
    assert save_connection(second, "seq_test_" + "2" * 64, anyway=True).other is None
    assert config.load().url == second
    # That one is gone: the next server takes its place.
    assert save_connection(url, "seq_test_" + "1" * 64, anyway=False).other is None
    assert config.load().url == url


def test_a_server_that_is_too_busy_to_answer_is_not_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SEQUENCE_HOME", str(tmp_path))
    monkeypatch.setattr(saving, "_PROBE_S", 0.05)
    with socket.create_server(("localhost", 0)) as busy:
        url = f"http://localhost:{busy.getsockname()[1]}"
        config.save(config.Saved(url, "seq_test_" + "1" * 64))
        found = save_connection("http://localhost:9", "seq_test_" + "2" * 64, anyway=False)
        assert (found.file, found.other) == (None, url)
        assert config.load().url == url


def test_a_client_without_a_key_takes_the_saved_one_of_its_server(
    sandbox: Sandbox, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SEQUENCE_HOME", str(tmp_path))
    for name in ("SEQUENCE_API_KEY", "SEQ_TEST_KEY", "SEQ_API_KEY", "SEQUENCE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    config.save(config.Saved(url, sandbox.test_key))
    other_name = url.replace("localhost", "127.0.0.1")
    for base_url in (None, url, other_name):
        with Sequence(base_url=base_url) as client:
            assert client.account().mode == "sandbox"
    for elsewhere in ("http://localhost:9", "https://example.com"):
        with Sequence(base_url=elsewhere) as client, pytest.raises(ValidationError, match="no API"):
            client.account()
