"""`sequence up --market live:` against made-up venues: trading, and a server that is killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sequence import Sequence
from sequence.cli.app import app
from sequence.server import serving
from sequence.types import Order
from tests.feeds.live.conftest import CASES, World, status_of, until

PROGRAM = [sys.executable, "-m", "sequence"]

# A book may be live before the list of instruments says that less is allowed.
LEAST = {"prediction": "5", "spot": "1", "perp": "1"}

Up = Callable[..., tuple[subprocess.Popen[str], Sequence]]


@pytest.fixture
def up(world: World, tmp_path: Path, rsa: tuple[Path, Path]) -> Iterator[Up]:
    """Starts servers on the fakes served so far; what still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []
    clients: list[Sequence] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], Sequence]:
        symbols = {symbol for fake in world.fakes.values() for symbol in fake.symbols}
        command = [*PROGRAM, "up", "--json", "--port", "0", "--preset", "instant"]
        command += ["--market", f"live:{','.join(world.fakes)}", "--symbols", ",".join(symbols)]
        for name, fake in world.fakes.items():
            venue = world.venues[name]
            command += ["--address", f"{venue.label}={fake.url}"]
            if venue.rest_url:
                command += ["--address", f"{venue.label}-rest={fake.rest_url}"]
        environment = {
            "SEQUENCE_HOME": str(tmp_path),
            "KALSHI_API_KEY_ID": "key",
            "KALSHI_PRIVATE_KEY_PATH": str(rsa[0]),
        }
        process = subprocess.Popen(  # noqa: S603
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | environment,
        )
        running.append(process)
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        client = Sequence(ready["key"], base_url=ready["url"])
        clients.append(client)
        return process, client

    yield start
    for client in clients:
        client.close()
    for process in running:
        process.kill()
        process.communicate()


def all_live(client: Sequence, count: int) -> bool:
    feeds = [row.feed for row in client.venues().venues if row.feed is not None]
    return len(feeds) == count and all(feed.live_books == feed.books > 0 for feed in feeds)


def serve_all(world: World) -> None:
    for name, case in CASES.items():
        # A pair that is named goes to every venue that can have it.
        more = ("BTC-USDT", "ETH-USDT") if name in ("kraken", "coinbase") else ()
        world.fake(name, every_ms=10.0, hurry=1.0, symbols=(*case.symbols, *more))


def test_a_bot_trades_at_every_venue_over_http(world: World, up: Up) -> None:
    serve_all(world)
    _, client = up("--db", "memory")
    until(lambda: all_live(client, len(CASES)), "all venues are live")
    for name, fake in world.fakes.items():
        order = client.buy(fake.symbols[0], LEAST[CASES[name].kind], venue=name).wait()
        assert order.status == "FILLED", name
        for fill in order.fills():
            assert fill.evidence["book"]["status"] == "OK"
            assert fill.evidence["book"]["age_ns"] >= 0
    assert all(fake.refused == [] for fake in world.fakes.values())


def test_a_killed_server_comes_back_with_its_orders_and_whole_books(
    world: World, up: Up, tmp_path: Path
) -> None:
    serve_all(world)
    database = str(tmp_path / "live.db")
    process, client = up("--db", database)
    until(lambda: all_live(client, len(CASES)), "live")
    before: dict[str, Order] = {}
    for name, fake in world.fakes.items():
        symbol = fake.symbols[0]
        # The worst price that is bid: it rests.
        price = fake.books[symbol].price(fake.books[symbol].levels("bid")[-1][0])
        order = client.buy(symbol, LEAST[CASES[name].kind], limit_price=price, venue=name)
        before[name] = client.order(order.id)
        assert before[name].status == "ACCEPTED", name
    process.send_signal(signal.SIGKILL)
    process.wait()

    _, again = up("--db", database)
    until(lambda: all_live(again, len(CASES)), "live again")
    for name, fake in world.fakes.items():
        row = again.order(before[name].node_order_id)
        assert row.status == "ACCEPTED", name
        # It says where it stands now: at the end of the queue of a book that began anew.
        assert row.evidence is not None
        assert row.evidence != before[name].evidence, name
        assert (
            again.buy(fake.symbols[0], LEAST[CASES[name].kind], venue=name).wait().status
            == "FILLED"
        )
        again.cancel(row.node_order_id)
        assert again.order(row.node_order_id).status == "CANCELLED"
        assert fake.connects == 2


def test_the_log_of_lost_books_is_told_by_the_server(world: World) -> None:
    fake = world.fake("kraken")
    other = world.fake("coinbase")
    sandbox = world.sandbox()
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as client:
        until(lambda: status_of(sandbox, "kraken").is_live, "live")
        until(lambda: status_of(sandbox, "coinbase").is_live, "live")
        fake.faults.append("close")
        until(lambda: status_of(sandbox, "kraken").reconnects == 1, "away")
        until(lambda: status_of(sandbox, "kraken").is_live, "live again")
        feeds = {row.venue: row.feed for row in client.venues().venues if row.feed is not None}
        told = {symbol: list[str]() for symbol in fake.symbols}
        for change in feeds["kraken"].log:
            told[change.symbol].append(change.state)
        assert all(states[0] != "resync" for states in told.values())
        assert all(states[-1] == "live" and "resync" in states for states in told.values())
        assert {row.symbol for row in feeds["coinbase"].log} == set(other.symbols)
        assert "resync" not in {row.state for row in feeds["coinbase"].log}
        done = CliRunner().invoke(app, ["--url", url, "--key", sandbox.test_key, "venues", "--log"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0].split() == ["TIME", "VENUE", "SYMBOL", "BOOK"]
    assert len(lines) == 1 + sum(len(feed.log) for feed in feeds.values())
    assert lines[1:] == sorted(lines[1:], key=lambda line: line[:19])


def test_a_problem_that_is_over_is_not_shown_as_one_that_lasts(world: World) -> None:
    fake = world.fake("kraken")
    fake.faults.append("refuse")
    sandbox = world.sandbox()

    def shown() -> str:
        given = ["--url", url, "--key", sandbox.test_key]
        done = CliRunner().invoke(app, [*given, "venues"])
        assert done.exit_code == 0, done.output
        return done.output.splitlines()[-1]

    with serving(sandbox) as url:
        until(lambda: status_of(sandbox, "kraken").is_live, "live")
        assert shown().startswith("well again, after: kraken refused the connection with 429")
        fake.faults += ["close", *["refuse"] * 100]  # type: ignore[list-item]
        until(lambda: status_of(sandbox, "kraken").state != "connected", "away")
        until(lambda: shown().startswith("kraken refused the connection"), "it lasts")
