"""A book that cannot be used says why: in quotes, in the list of venues, in the health report."""

import json
from pathlib import Path

import pytest

from sequence import Sequence
from sequence.feeds import RecordingWarning
from sequence.sandbox import Sandbox
from tests.server.conftest import serving

SECOND = 10**9
T0 = 1_700_000_000 * SECOND


def frame(at_s: float, body: dict[str, object]) -> str:
    return f"{T0 + int(at_s * SECOND)} {json.dumps(body)}\n"


def coinbase(*frames: dict[str, object]) -> str:
    return "".join(frame(at, body) for at, body in enumerate(frames))


def snapshot(size: str = "1") -> dict[str, object]:
    bids, asks = [["0.7885", "12"]], [["0.7923", size]]
    return {"type": "snapshot", "product_id": "SKL-USD", "bids": bids, "asks": asks}


def update(side: str, price: str, size: str) -> dict[str, object]:
    body = {"type": "l2update", "product_id": "SKL-USD", "time": "2023-11-14T22:13:21Z"}
    return body | {"changes": [[side, price, size]]}


FINE = [snapshot(), update("buy", "0.7884", "3")]
HUGE, TINY = update("sell", "0.7922", "90000000001"), update("sell", "0.0000000311", "1")


def sandbox_of(tmp_path: Path, *frames: dict[str, object]) -> Sandbox:
    file = tmp_path / "coinbase.jsonl"
    file.write_text(coinbase(*frames), encoding="utf-8")
    with pytest.warns(RecordingWarning):
        return Sandbox(market=f"replay:{file}", clock="replay", preset="instant")


@pytest.mark.parametrize("beyond", [HUGE, TINY], ids=["size", "price"])
@pytest.mark.parametrize("door", ["in process", "http"])
def test_a_book_beyond_our_numbers_says_so_everywhere(tmp_path, beyond, door):
    with sandbox_of(tmp_path, *FINE, beyond, update("buy", "0.7884", "4")) as sandbox:
        sandbox.clock.advance(seconds=10)
        if door == "in process":
            judge(sandbox.client())
            return
        with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as client:
            judge(client)


def judge(client: Sequence) -> None:
    quote = client.quote("SKL-USD")
    at_venue = quote.venues["coinbase"]
    assert (at_venue.status, quote.nbbo.live) == ("RESYNC", False)
    assert at_venue.reason is not None
    assert "beyond our numbers" in at_venue.reason
    coinbase_row = next(row for row in client.venues().venues if row.venue == "coinbase")
    (book,) = coinbase_row.unusable
    assert (book.symbol, book.reason) == ("SKL-USD", at_venue.reason)
    assert client.health_report().market_data.unusable == [book]


def test_a_first_snapshot_that_does_not_fit_says_so_too(tmp_path):
    with sandbox_of(tmp_path, *FINE, {**FINE[0]}, snapshot("90000000001"), HUGE) as sandbox:
        sandbox.clock.advance(seconds=10)
        judge(sandbox.client())


def test_a_snapshot_that_fits_takes_the_reason_back(tmp_path):
    with sandbox_of(tmp_path, *FINE, HUGE, *FINE) as sandbox:
        sandbox.clock.advance(seconds=10)
        client = sandbox.client()
        at_venue = client.quote("SKL-USD").venues["coinbase"]
        assert (at_venue.status, at_venue.reason) == ("OK", None)
        assert client.health_report().market_data.unusable == []


@pytest.mark.parametrize(
    ("event", "status", "reason"),
    [
        ("halted", "HALTED", "halted by the venue"),
        ("resync", "RESYNC", "a message was lost: it waits for a snapshot"),
        ("post_only", "POST_ONLY", None),
    ],
)
def test_each_status_has_its_words(event, status, reason):
    with Sandbox(clock="manual", market="manual") as sandbox:
        client = sandbox.client()
        client.sandbox.book("kraken", "BTC-USD", bids=[(99, 1)], asks=[(101, 1)])
        client.sandbox.feed(
            [{"type": "status", "venue": "kraken", "symbol": "BTC-USD", "status": event}]
        )
        at_venue = client.quote("BTC-USD").venues["kraken"]
        assert (at_venue.status, at_venue.reason) == (status, reason)
