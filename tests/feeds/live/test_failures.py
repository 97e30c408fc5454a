"""What goes wrong at one venue is one sentence that names it, and costs the others nothing."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequence.errors import UnprocessableError
from sequence.feeds.live import Live, Venue
from sequence.feeds.live.binance import Binance
from sequence.feeds.live.coinbase import Coinbase
from sequence.feeds.live.market import MAKERS
from sequence.sandbox import Sandbox
from tests.feeds.live.conftest import CASES, World, status_of, until


@contextlib.contextmanager
def answering(text: bytes) -> Iterator[int]:
    """A server that answers whatever comes with a text; its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        client.recv(65_536)
                        client.sendall(text)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        # An accept that waits is not ended by a close.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def problem_beside_a_healthy_one(world: World, venue: Venue) -> str:
    """What is said of a venue, while another one trades."""
    world.fake("kraken")
    venue.retry_first_s = venue.retry_most_s = 0.05
    world.venues["ill"] = venue
    sandbox = world.sandbox()
    ill = status_of(sandbox, venue.name)
    until(lambda: ill.problem != "", "a problem is said")
    until(lambda: status_of(sandbox, "kraken").is_live, "the other one is live")
    with sandbox.client() as client:
        assert client.buy("BTC-USD", "0.01", venue="kraken").wait().status == "FILLED"
        rows = {row.venue: row for row in client.venues().venues}
    assert rows[venue.name].status == "down"
    feed = rows[venue.name].feed
    assert feed is not None
    assert feed.problem.count(". ") == 0
    return feed.problem


ILL = {
    "401 Unauthorized": "the key is not accepted",
    "403 Forbidden": "the venue refuses this address or this key",
    "418 I'm a teapot": "has banned this address for a while",
    "429 Too Many Requests": "too many connections: wait",
}


def connected(name: str, url: str, rsa: Path) -> Venue:
    """The rules of a venue, connected elsewhere and with a key that signs."""
    case = CASES[name]
    venue = next(make() for make in MAKERS[name] if make().kind == case.kind)
    venue.url, venue.rest_url, venue.symbols = url, "", list(case.symbols)
    venue.retry_first_s = venue.retry_most_s = 0.02
    if name == "kalshi":
        venue.environment = {  # type: ignore[attr-defined]
            "KALSHI_API_KEY_ID": "key",
            "KALSHI_PRIVATE_KEY_PATH": str(rsa),
        }
    return venue


@pytest.mark.parametrize("name", CASES)
def test_every_venue_says_what_is_wrong_and_what_can_be_done(
    name: str, rsa: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(url: str) -> str:
        with Sandbox(market=Live([connected(name, url, rsa[0])])) as sandbox:
            status = status_of(sandbox, name)
            until(lambda: status.problem != "", f"{name}: a problem is said")
            return status.problem

    for status, remedy in ILL.items():
        with answering(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as port:
            text = said(f"ws://127.0.0.1:{port}/ws")
        assert text.startswith(f"{name} refused the connection with {status[:3]}: ")
        assert remedy in text
    with answering(b"220 no TLS here\r\n") as port:
        text = said(f"wss://localhost:{port}/ws")
    assert text.startswith(f"{name}: no secure connection (")
    assert said("ws://127.0.0.1:9/ws").endswith("is the network there?")

    real = socket.getaddrinfo

    def unknown(host: str, *given: object, **more: object) -> object:
        if host == "feeds.invalid":
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert said("wss://feeds.invalid/ws") == (
        f"{name} cannot be reached (Name or service not known): is the network there?"
    )


def test_a_refused_venue_costs_the_others_nothing(world: World) -> None:
    with answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as port:
        venue = Coinbase(rest_url="", url=f"ws://127.0.0.1:{port}", symbols=["BTC-USD"])
        text = problem_beside_a_healthy_one(world, venue)
    assert text.startswith("coinbase refused the connection with 404: ")
    assert "its address may have changed" in text


def test_what_is_no_websocket_is_said(world: World) -> None:
    with answering(b"220 mail.example ready\r\n") as port:
        venue = Coinbase(rest_url="", url=f"ws://127.0.0.1:{port}", symbols=["BTC-USD"])
        assert problem_beside_a_healthy_one(world, venue).startswith("coinbase")


def test_a_name_that_nobody_knows_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def unknown(host: str, *given: object, **more: object) -> object:
        if host == "feeds.invalid":
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    venue = Coinbase(rest_url="", url="wss://feeds.invalid", symbols=["BTC-USD"])
    text = problem_beside_a_healthy_one(world, venue)
    assert text == ("coinbase cannot be reached (Name or service not known): is the network there?")


def test_a_certificate_that_nobody_signed_is_said(world: World, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, *names], check=True, capture_output=True)  # noqa: S603
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client, contextlib.suppress(OSError):
                        context.wrap_socket(client, server_side=True)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        venue = Coinbase(rest_url="", url=f"wss://localhost:{port}", symbols=["BTC-USD"])
        text = problem_beside_a_healthy_one(world, venue)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
    assert text.startswith("coinbase: no secure connection (")
    assert text.endswith("check the clock and certificates")


@pytest.mark.parametrize("status", [403, 418, 429, 500])
def test_a_book_that_is_not_handed_out_says_why_and_is_asked_for_again(
    world: World, status: int
) -> None:
    fake = world.fake("binance")
    real, answers = fake.fetched, [status] * 2
    fake.fetched = lambda path: (answers.pop(), "{}") if answers else real(path)  # type: ignore[method-assign]
    sandbox = world.sandbox()
    feed = status_of(sandbox, "binance")
    until(lambda: str(status) in feed.problem, "the refusal is said")
    assert feed.problem.startswith("binance: the book of ")
    until(lambda: feed.is_live, "it comes in the end")


@pytest.mark.parametrize("name", CASES)
def test_a_wire_format_that_has_changed_is_said_and_shows_no_book(world: World, name: str) -> None:
    fake = world.fake(name)
    # Every number of a level is a word now.
    for book in fake.books.values():
        book.price = lambda _: "true"  # type: ignore[method-assign]
        book.size = lambda _: "true"  # type: ignore[method-assign]
    if isinstance(world.venues[name], Binance):
        fake.fetched = lambda _: (200, '{"lastUpdateId":"x","bids":1,"asks":{}}')  # type: ignore[method-assign]
    sandbox = world.sandbox()
    feed = status_of(sandbox, name)
    until(lambda: feed.frames > 20, "frames come")
    assert not any(book.state == "live" for book in feed.books.values())
    with sandbox.client() as client:
        row = next(row for row in client.venues().venues if row.venue == name)
    assert row.feed is not None
    assert row.feed.live_books == 0
    assert row.feed.problem.startswith(f"a message of {name} cannot be read: ")
    assert row.feed.problem.endswith("has the venue changed its format? Update this package")


@pytest.mark.parametrize("name", CASES)
def test_a_wire_format_that_changes_on_the_way_leaves_no_book_that_stands_still(
    world: World, name: str
) -> None:
    fake = world.fake(name)
    sandbox = world.sandbox()
    feed = status_of(sandbox, name)
    until(lambda: feed.is_live, "live")
    for book in fake.books.values():
        book.price = lambda _: "true"  # type: ignore[method-assign]
        book.size = lambda _: "true"  # type: ignore[method-assign]
    if isinstance(world.venues[name], Binance):
        fake.fetched = lambda _: (200, '{"lastUpdateId":"x","bids":1,"asks":{}}')  # type: ignore[method-assign]
    until(lambda: not any(book.is_there for book in feed.books.values()), f"none is left: {feed}")
    frames = feed.frames
    until(lambda: feed.frames > frames + 20, "frames go on")
    assert not any(book.state == "live" for book in feed.books.values())
    with sandbox.client() as client, pytest.raises(UnprocessableError):
        client.buy(CASES[name].symbols[0], "5", venue=name)


def test_one_dead_venue_stops_no_start() -> None:
    venue = Coinbase(rest_url="", url="ws://127.0.0.1:9", symbols=["BTC-USD"])
    with Sandbox(market=Live([venue])) as sandbox:
        assert status_of(sandbox, "coinbase").venue == "coinbase"
