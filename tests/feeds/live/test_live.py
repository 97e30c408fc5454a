"""Sandboxes on live books: what is subscribed, traded, recorded, and said when it goes wrong."""

import json
import socket
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sequence import Sequence, fakes
from sequence.cli.app import app
from sequence.feeds.live import Live, Venue
from sequence.feeds.live.kalshi import Kalshi
from sequence.feeds.live.kraken import Kraken
from sequence.feeds.live.recorder import Recorder
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.feeds.live.conftest import CASES, World, settle, shown, status_of, until, wrong_books

NAMES = ["kraken", "coinbase", "binance", "hyperliquid", "polymarket", "kalshi", "bybit", "okx"]


def moving(sandbox: Sandbox, name: str) -> None:
    """Waits until every book of a venue is live and has moved."""
    status = status_of(sandbox, name)
    until(lambda: status.is_live, f"{name}: {status}")
    at = status.frames
    until(lambda: status.frames > at + 10, "books move")


@pytest.mark.parametrize("name", NAMES)
def test_a_book_is_what_the_venue_holds(world: World, name: str) -> None:
    fake = world.fake(name)
    sandbox = world.sandbox()
    moving(sandbox, name)
    settle(sandbox, fake)
    assert wrong_books(sandbox, fake) == []
    assert fake.refused == []
    assert fake.connects == 1


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].kind != "prediction"])
def test_a_book_of_many_levels_is_what_the_venue_holds(world: World, name: str) -> None:
    fake = world.fake(name)
    for book in fake.books.values():
        book.bids |= {book.mid - step: step for step in range(50, 250)}
        book.asks |= {book.mid + step: step for step in range(50, 250)}
    sandbox = world.sandbox()
    moving(sandbox, name)
    settle(sandbox, fake)
    assert wrong_books(sandbox, fake) == []


def test_the_best_price_is_that_of_all_venues(world: World) -> None:
    mids = {"kraken": 650_000, "coinbase": 650_007}
    for name, mid in mids.items():
        world.fake(name, mid=mid)
    sandbox = world.sandbox()
    for name in mids:
        moving(sandbox, name)
    for name in mids:
        settle(sandbox, world.fakes[name])
    books = [fake.books["BTC-USD"] for fake in world.fakes.values()]
    with sandbox.runtime.turn():
        best = sandbox.runtime.engine.quote("BTC-USD", 1)["nbbo"]
    assert best["bid_1e9"] == max(book.units("bid")[0][0] for book in books)
    assert best["ask_1e9"] == min(book.units("ask")[0][0] for book in books)


def test_a_bot_trades_over_http_against_live_books(world: World) -> None:
    for name in ("kraken", "hyperliquid"):
        world.fake(name)
    sandbox = world.sandbox()
    for name in ("kraken", "hyperliquid"):
        moving(sandbox, name)
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as client:
        order = client.buy("BTC-USD", "0.5", venue="kraken").wait()
        assert order.status == "FILLED"
        assert all(fill.evidence for fill in order.fills())
        perp = client.sell("BTC-USD-PERP", "0.1", venue="hyperliquid").wait()
        assert perp.status == "FILLED"
        rows = {row.venue: row for row in client.venues().venues}
        feed = rows["kraken"].feed
        assert feed is not None
        assert (feed.state, feed.live_books, feed.books) == ("connected", 2, 2)
        assert feed.age_ms is not None
        # One clock stamps both ends here, so the way is all there is.
        assert feed.delay_p50_ms is not None
        assert feed.delay_p99_ms is not None
        assert feed.clock_offset_ms is not None
        assert 0 <= feed.clock_offset_ms <= feed.delay_p50_ms <= feed.delay_p99_ms < 60_000
        assert rows["kraken"].status == "connected"
        assert rows["kalshi"].feed is None
        assert client.health_report().market_data.source == "live"
    assert sandbox.check_invariants() == []


def test_a_second_connection_takes_over_before_the_first_one_ends(world: World) -> None:
    fake = world.fake("binance", every_ms=3.0)
    venue = world.venues["binance"]
    venue.lifetime_s, venue.overlap_s = 0.4, 0.2
    sandbox = world.sandbox()
    status = status_of(sandbox, "binance")
    until(lambda: status.replaced >= 3, "three replacements")
    moving(sandbox, "binance")
    settle(sandbox, fake)
    assert wrong_books(sandbox, fake) == []
    assert status.reconnects == 0
    assert sandbox.runtime.engine.live_stats(0)["rejected"] == 0


# It holds the faults that are played here, and says so.
@pytest.mark.filterwarnings("ignore:.*books were given up")
def test_a_recorded_session_plays_the_same_books(world: World, tmp_path: Path) -> None:
    names = ("kraken", "binance", "hyperliquid")
    for name in names:
        world.fake(name)
    folder = tmp_path / "day"
    sandbox = world.sandbox(record=folder)
    for name in names:
        moving(sandbox, name)
    world.fakes["kraken"].faults.append("drop")
    world.fakes["binance"].faults.append("close")
    until(lambda: not world.fakes["kraken"].faults and not world.fakes["binance"].faults, "faults")
    for name in names:
        moving(sandbox, name)
        settle(sandbox, world.fakes[name])
    symbols = {symbol: name for name in names for symbol in world.venues[name].symbols}
    books = {
        symbol: [shown(sandbox, symbol, side) for side in ("bid", "ask")] for symbol in symbols
    }
    end_ns = sandbox.clock.now_ns
    sandbox.close()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {part["venue"] for part in manifest["parts"]} == set(names)
    files = [folder / part["file"] for part in manifest["parts"]]
    with Sandbox(preset="instant", clock="replay", market=files) as again:
        again.clock.advance(ns=end_ns - again.clock.now_ns)
        played = {
            symbol: [shown(again, symbol, side) for side in ("bid", "ask")] for symbol in symbols
        }
    assert played == books


def test_a_recording_is_checked_from_the_command_line(world: World, tmp_path: Path) -> None:
    world.fake("kraken")
    sandbox = world.sandbox(record=tmp_path / "day")
    moving(sandbox, "kraken")
    sandbox.close()
    done = CliRunner().invoke(app, ["record", "--check", str(tmp_path / "day")])
    assert done.exit_code == 0, done.output
    assert "kraken-0000.txt.zst" in done.output
    row = done.output.split("kraken-0000.txt.zst")[1].split()
    assert int(row[1]) > 10
    assert row[2] == "0"


def test_a_folder_holds_one_recording(tmp_path: Path) -> None:
    Recorder(tmp_path / "day").close()
    with pytest.raises(FileExistsError, match="name another folder"):
        Recorder(tmp_path / "day")


def test_recorded_files_begin_anew_after_a_size(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, most_bytes=1_000)
    for number in range(100):
        recorder.frame("kraken", "kraken", 1_776_657_000_000_000_000 + number, b'{"a":\n1}')
    recorder.close()
    parts = json.loads((tmp_path / "manifest.json").read_text())["parts"]
    assert len(parts) > 3
    assert sum(part["frames"] for part in parts) == 100
    assert all((tmp_path / part["file"]).stat().st_size > 0 for part in parts)


@pytest.mark.parametrize(
    ("venues", "symbols", "text"),
    [
        (["krakn"], None, "did you mean kraken"),
        (["mtgox"], None, "known: binance"),
        (["kraken", "dex"], None, "no live feed of dex: a pool has no order book"),
        (["bitget"], None, "no live feed of bitget: its frames are not decoded here"),
        (["okx"], ["BTC-USDT-PERP"], "BTC-USDT-PERP is traded at none of okx"),
        ([], None, "name a venue"),
        (["kalshi"], None, "name the markets"),
        (["kraken"], ["BTC-USD-PERP"], "BTC-USD-PERP is traded at none of kraken"),
        (["kraken"], ["BTC"], "'BTC' is no symbol"),
        (["kraken"], ["BTC/USD"], "pairs are written BTC-USD here"),
        (["kraken"], ["btc-usd"], "none of kraken; did you mean BTC-USD"),
        (["kraken"], [], "name a symbol of kraken, or leave symbols out"),
        (["Kraken"], None, "did you mean kraken"),
    ],
)
def test_what_cannot_be_connected_is_refused_with_what_can(
    venues: list[str], symbols: list[str] | None, text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        Sandbox(market=Live(venues, symbols=symbols))


@pytest.mark.parametrize(
    ("addresses", "text"),
    [
        (
            {"krakn": "ws://127.0.0.1:9"},
            "no connection is called krakn; did you mean kraken",
        ),
        ({"kraken": "127.0.0.1:9"}, "the address of kraken begins with wss:// or ws://"),
        ({"kraken": "https://127.0.0.1:9"}, "the address of kraken begins with wss:// or ws://"),
        ({"kraken-rest": "ws://x"}, "the address of kraken-rest begins with https:// or http://"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(addresses: dict[str, str], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Live(["kraken"], addresses=addresses).connections()


def test_a_venue_that_is_named_twice_is_connected_once() -> None:
    addresses = {"kraken": "ws://127.0.0.1:9"}
    live = Live.named("kraken, kraken,coinbase,kraken", addresses=addresses)
    rows = live.connections()
    assert [(row.name, row.url) for row in rows if row.name == "kraken"] == [
        ("kraken", "ws://127.0.0.1:9")
    ]
    assert len(rows) == 2


def test_a_problem_is_logged_once_until_the_venue_is_connected_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    fake = world.fake("kraken")
    # A list that is fetched would be refused in the place of a connection.
    world.venues["kraken"].rest_url = ""
    fake.faults += ["refuse"] * 4
    status = status_of(world.sandbox(), "kraken")
    until(lambda: status.is_live, "live in the end")
    assert status.reconnects == 4
    fake.faults += ["close", "refuse"]
    until(lambda: not fake.faults and status.is_live, "live again")
    told = [row.getMessage() for row in caplog.records if row.name == "sequence.live"]
    assert [text for text in told if "429" in text] == [status.problem] * 2


def test_live_books_need_the_wall_clock() -> None:
    with pytest.raises(ValueError, match="wall"):
        Sandbox(clock="manual", market="live:kraken")


def problem_of(venue: Venue) -> str:
    venue.retry_first_s = venue.retry_most_s = 0.05
    with Sandbox(market=Live([venue])) as sandbox:
        status = status_of(sandbox, venue.name)
        until(lambda: status.problem != "", "a problem")
        return status.problem


def test_an_address_where_nobody_listens_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = problem_of(Kraken(rest_url="", url=f"ws://127.0.0.1:{port}", symbols=["BTC-USD"]))
    assert text.startswith("kraken cannot be reached")
    assert text.endswith("is the network there?")


def test_a_refused_connection_is_said_and_tried_again(world: World) -> None:
    fake = world.fake("kraken")
    fake.faults += ["refuse", "refuse"]
    sandbox = world.sandbox()
    status = status_of(sandbox, "kraken")
    until(lambda: "429" in status.problem, "the refusal is said")
    assert "too many connections" in status.problem
    moving(sandbox, "kraken")
    assert status.reconnects == 2


def test_a_venue_that_refuses_a_symbol_is_quoted(world: World) -> None:
    world.fake("kraken")
    world.venues["kraken"].symbols.append("DOGE-USD")
    sandbox = world.sandbox()
    status = status_of(sandbox, "kraken")
    until(lambda: "Currency pair not supported DOGE/USD" in status.problem, "the refusal is said")
    until(lambda: status.books["BTC-USD"].state == "live", "the others go on")


def test_kalshi_says_which_key_is_missing() -> None:
    text = problem_of(Kalshi(rest_url="", symbols=["KX-1"], environment={}))
    assert "KALSHI_API_KEY_ID" in text


def test_kalshi_checks_the_signature(world: World, tmp_path: Path) -> None:
    fake = world.fake("kalshi")
    assert isinstance(fake, fakes.Kalshi)
    other = tmp_path / "other.pem"
    other.write_text("no key")
    venue = world.venues["kalshi"]
    assert isinstance(venue, Kalshi)
    right = dict(venue.environment)
    venue.environment = {**right, "KALSHI_PRIVATE_KEY_PATH": str(other)}
    sandbox = world.sandbox()
    status = status_of(sandbox, "kalshi")
    until(lambda: "cannot sign" in status.problem, "the bad key is said")
    assert "no key" not in status.problem
    venue.environment = right
    moving(sandbox, "kalshi")


def test_a_symbol_is_added_while_the_feed_runs(world: World) -> None:
    fake = world.fake("kraken")
    world.venues["kraken"].symbols = ["BTC-USD"]
    sandbox = world.sandbox()
    moving(sandbox, "kraken")
    assert sandbox.runtime.live is not None
    sandbox.runtime.live.want("ETH-USD")
    until(lambda: "ETH-USD" in status_of(sandbox, "kraken").books, "it is known")
    moving(sandbox, "kraken")
    settle(sandbox, fake)
    assert wrong_books(sandbox, fake) == []


def test_a_closed_sandbox_leaves_no_connection(world: World) -> None:
    fake = world.fake("hyperliquid")
    sandbox = world.sandbox()
    moving(sandbox, "hyperliquid")
    began_s = time.monotonic()
    sandbox.close()
    assert time.monotonic() - began_s < 3
    assert sandbox.runtime.live is not None
    assert status_of(sandbox, "hyperliquid").state == "closed"
    until(lambda: not fake._clients, "the fake sees it")


def test_a_market_that_is_closed_at_once_leaves_no_thread(world: World) -> None:
    world.fake("kraken")
    for _ in range(20):
        sandbox = world.sandbox()
        market = sandbox.runtime.live
        assert market is not None
        sandbox.close()
        assert not market._thread.is_alive()
        assert market._loop.is_closed()
