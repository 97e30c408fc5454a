"""Sockets of event markets: what was listed and resolved, then what is."""

import http.client
import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.streams import MarketResolvedEvent, NewMarketEvent
from tests.server.streaming import WAIT_S

NEW, RESOLVED = "/v1/ws/new_markets", "/v1/ws/market_resolved"


@pytest.fixture
def place() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox(clock="manual", preset="instant") as sandbox, serving(sandbox) as url:
        yield sandbox, url


def opened(url: str, path: str, key: str) -> ClientConnection:
    headers = {"Authorization": f"Bearer {key}"}
    where = url.replace("http://", "ws://") + path
    return connect(where, additional_headers=headers, proxy=None, close_timeout=2)


def frames(socket: ClientConnection, count: int) -> list[dict[str, object]]:
    return [json.loads(socket.recv(timeout=WAIT_S)) for _ in range(count)]


def test_listed_markets_are_told_as_rows_and_new_ones_as_they_come(place: tuple[Sandbox, str]):
    sandbox, url = place
    client = sandbox.client()
    rows = [row for venue in ("polymarket", "kalshi") for row in client.iter_markets(venue=venue)]
    with opened(url, NEW, sandbox.test_key) as socket:
        told = frames(socket, len(rows))
        assert [row["slug"] for row in told] == [row.slug for row in rows]
        known = rows[0].model_dump()
        assert told[0] == known | {"kind": "new_market", "observed_at_ns": sandbox.clock.now_ns}


def test_a_market_is_told_when_it_is_first_fed():
    with Sandbox(clock="manual", market="manual") as sandbox, serving(sandbox) as url:
        bids, asks = [("0.4", "10")], [("0.5", "10")]
        sandbox.market.snapshot("kalshi", "KXNEW-26DEC31-T1", bids, asks)
        with opened(url, NEW, sandbox.test_key) as socket:
            [first] = frames(socket, 1)
            socket.send('{"subscribe": ["orders"]}')  # nothing to ask for: it is passed over
            sandbox.market.snapshot("kalshi", "KXNEW-26DEC31-T2", bids, asks)
            [second] = frames(socket, 1)
        assert [first["slug"], second["slug"]] == ["KXNEW-26DEC31-T1", "KXNEW-26DEC31-T2"]
        assert (second["venue"], second["best_yes_bid"]) == ("kalshi", 0.4)


def test_resolutions_name_the_winner_and_a_void_market_has_none(place: tuple[Sandbox, str]):
    sandbox, url = place
    client = sandbox.client()
    first = next(client.iter_markets())
    client.sandbox.settle("polymarket", first.slug, value=0)
    with opened(url, RESOLVED, sandbox.test_key) as socket:
        [row] = frames(socket, 1)
        assert row["winning_outcome"] == "NO"
        assert (row["winning_token_id"], row["losing_token_id"]) == (
            first.no_token_id,
            first.yes_token_id,
        )
        assert (row["kind"], row["venue"]) == ("market_resolved", "polymarket")
        client.sandbox.settle("kalshi", next(client.iter_markets(venue="kalshi")).slug, void=True)
        [row] = frames(socket, 1)
        assert (row["venue"], row["winning_outcome"]) == ("kalshi", None)


def test_the_clients_streams_tell_each_market_once_through_both_doors(place: tuple[Sandbox, str]):
    sandbox, url = place
    count = len(list(sandbox.client().iter_markets())) + len(
        list(sandbox.client().iter_markets(venue="kalshi"))
    )
    with Sequence(sandbox.test_key, base_url=url) as far:
        told = []
        for client in (sandbox.client(), far):
            with client.stream_new_markets() as stream:
                events = [stream.next(timeout=WAIT_S) for _ in range(count)]
                stream.subscribe("new_markets")
            assert all(isinstance(event, NewMarketEvent) for event in events)
            told.append(events)
        assert told[0] == told[1]
        with far.stream_resolved_markets() as stream:
            sandbox.client().sandbox.settle("polymarket", events[0].data.slug, value=1)
            event = stream.next(timeout=WAIT_S)
            assert isinstance(event, MarketResolvedEvent)
            assert event.data.winning_outcome == "YES"


@pytest.mark.parametrize("path", [NEW, RESOLVED])
def test_a_socket_needs_a_key_and_a_request_an_upgrade(place: tuple[Sandbox, str], path: str):
    sandbox, url = place
    with pytest.raises(InvalidStatus, match="401"), opened(url, path, "seq_test_no"):
        pass
    plain = http.client.HTTPConnection(url.removeprefix("http://"), timeout=WAIT_S)
    plain.request("GET", path, headers={"Authorization": f"Bearer {sandbox.test_key}"})
    assert plain.getresponse().status == 426
    plain.close()
