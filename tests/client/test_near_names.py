"""A misspelt name is answered with the nearest one, in process and over HTTP alike."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import SequenceError
from sequence.sandbox import Sandbox, SimConfig
from sequence.server import serving
from sequence.streams import RejectedEvent
from tests.test_cli import run


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox(preset="instant", clock="manual") as sandbox, serving(sandbox) as url:
        yield sandbox, url


@pytest.fixture(params=["in process", "http"])
def client(place: tuple[Sandbox, str], request: pytest.FixtureRequest) -> Iterator[Sequence]:
    sandbox, url = place
    if request.param == "http":
        with Sequence(sandbox.test_key, base_url=url) as made:
            yield made
    else:
        yield sandbox.client()


CALLS: list[tuple[Callable[[Sequence], object], str]] = [
    (lambda c: c.buy("BTC-UDS", "0.1"), "BTC-USD"),
    (lambda c: c.quote("BTC-UDS"), "BTC-USD"),
    (lambda c: c.fees("BTC-UDS"), "BTC-USD"),
    (lambda c: c.depth("BTC-UDS"), "BTC-USD"),
    (lambda c: c.price_history("BTC-UDS"), "BTC-USD"),
    (lambda c: c.preview("BTC-UDS", "buy", 1), "BTC-USD"),
    (lambda c: c.funding_history("BTC-USD-PRP", "hyperliquid"), "BTC-USD-PERP"),
    (lambda c: c.buy("BTC-USD", "0.1", venue="krakn"), "kraken"),
    (lambda c: c.symbols(venue="krakn"), "kraken"),
    (lambda c: c.cancel_all_on_venue("krakn"), "kraken"),
    (lambda c: c.buy("BTC-USD", "0.1", tif="icc"), "ioc"),  # type: ignore[arg-type]
    (lambda c: c.orders(status=["FILED"]), "FILLED"),  # type: ignore[list-item]
    (lambda c: c.sandbox.add_fault("reject_nxt"), "reject_next"),  # type: ignore[arg-type]
    (
        lambda c: c.sandbox.add_fault("reject_next", reason="INSUFICIENT_BALANCE"),
        "INSUFFICIENT_BALANCE",
    ),
    (lambda c: c.sandbox.add_fault("stale_venue", venue="krakn"), "kraken"),
    (lambda c: c.sandbox.settle("kalsi", "X", 1), "kalshi"),
    (lambda c: c.stream(["pricess:BTC-USD"]).__enter__(), "prices"),
]


@pytest.mark.parametrize(("call", "meant"), CALLS)
def test_a_call_names_what_was_meant_once(
    client: Sequence, call: Callable[[Sequence], object], meant: str
):
    with pytest.raises(SequenceError) as error:
        call(client)
    text = error.value.message
    assert text.count("did you mean") == 1
    assert meant in text.partition("did you mean ")[2].partition("?")[0]


def test_one_wrong_venue_is_one_sentence_wherever_it_stands(client: Sequence):
    calls: list[Callable[[], object]] = [
        lambda: client.buy("BTC-USD", "0.1", venue="krakn"),
        lambda: client.preview("BTC-USD", "buy", "0.1", venue="krakn"),
        lambda: client.symbols(venue="krakn"),
        lambda: client.cancel_all_on_venue("krakn"),
    ]
    said: set[str] = set()
    for call in calls:
        with pytest.raises(SequenceError) as error:
            call()
        said.add(error.value.message.removeprefix("venue: ").partition("; known")[0])
    assert said == {'unknown venue "krakn"; did you mean kraken?'}


@pytest.mark.parametrize("recipe", ["twap", "vwap", "iceberg", "pov", "chase"])
def test_a_recipe_at_a_venue_without_the_symbol_says_so(client: Sequence, recipe: str):
    options: dict[str, dict[str, Any]] = {
        "twap": {"num_slices": 2, "interval_ms": 1_000},
        "vwap": {"weights": [1, 2], "interval_ms": 1_000},
        "iceberg": {"limit_price": 70_000, "display": "0.1"},
        "pov": {"rate_bps": 100, "interval_ms": 1_000, "max_ms": 9_000},
        "chase": {},
    }
    call = getattr(client, recipe)
    with pytest.raises(SequenceError, match="kraken does not list BTC-USD-PERP"):
        call("BTC-USD-PERP", "buy", 1, venue="kraken", **options[recipe])


def test_a_keyword_names_what_was_meant(client: Sequence):
    with pytest.raises(TypeError, match="did you mean limit_price"):
        client.buy("BTC-USD", "0.1", limt_price=3)  # type: ignore[call-arg]


def test_an_event_market_names_what_was_meant(client: Sequence):
    listed = next(row.market for row in client.symbols(venue="kalshi") if row.market)
    with pytest.raises(SequenceError, match=f"did you mean .*{listed.market_slug}"):
        client.sandbox.settle("kalshi", listed.market_slug[:-1], 1)


def test_a_topic_keeps_its_closed_reason_and_has_a_hint_beside_it(client: Sequence):
    with client.stream(["prices:BTC-UDS", "fills"]) as stream:
        event = next(event for event in stream if isinstance(event, RejectedEvent))
    assert event.reason == "unknown symbol"
    assert "did you mean BTC-USD" in event.hint


def test_a_snapshot_that_is_not_there_names_those_that_are(client: Sequence):
    taken = client.sandbox.snapshot().snapshot_id
    with pytest.raises(SequenceError, match=taken):
        client.sandbox.restore("snapshot_nope")


@pytest.mark.parametrize(("method", "path", "body", "said"), [
    ("GET", "/v1/ordres", None, "did you mean /v1/orders"),
    ("GET", "/v1/quote/BTC-USD", None, "see /docs"),
    ("POST", "/v1/orders", {"symbl": "BTC-USD", "side": "buy", "qty": 1},
     "symbl: unknown field; did you mean symbol?"),
    ("POST", "/v1/orders", {"symbol": "BTC-USD", "side": "byu", "qty": 1}, "did you mean buy"),
    ("GET", "/v1/orders?status=FILED", None, "did you mean FILLED"),
    ("GET", "/v1/symbols?venue=krakn", None, "did you mean kraken"),
])  # fmt: skip
def test_a_bare_request_names_what_was_meant(
    place: tuple[Sandbox, str], method: str, path: str, body: object, said: str
):
    sandbox, url = place
    asked = urllib.request.Request(  # noqa: S310 - this machine
        url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {sandbox.test_key}", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(asked)  # noqa: S310 - this machine
    with error.value as answer:
        assert said in json.loads(answer.read())["error"]["message"]


@pytest.mark.parametrize(("make", "meant"), [
    (lambda: Sandbox(preset="realistc"), "realistic"),
    (lambda: SimConfig("realistc"), "realistic"),
    (lambda: SimConfig("realistic", {"queue.modle": "lots/auto"}), "queue.model"),
    (lambda: SimConfig.realistic(queue_modle="lots/auto"), "queue_model"),
    (lambda: SimConfig.realistic(queue_model="risk_avers"), "risk_averse"),
    (lambda: Sandbox(clock="manuel"), "manual"),
    (lambda: Sandbox(market="manuel"), "manual"),
    (lambda: Sandbox(market="live:krakn"), "kraken"),
    (lambda: Sandbox(risk={"max_open_order": 3}), "max_open_orders"),
])  # fmt: skip
def test_a_sandbox_names_what_was_meant(make: Callable[[], object], meant: str):
    with pytest.raises(ValueError, match=rf"did you mean {meant}"):
        make()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("up", "--preset", "realstic"), "did you mean realistic?"),
        (("up", "--clock", "manul"), "did you mean manual?"),
        (("buy", "BTC-USD", "1", "--tif", "gct"), "did you mean gtc?"),
        (("sandbox", "faults", "add", "cancel_nxt"), "did you mean cancel_next?"),
        (("snapshot", "load", "x.seq", "--clock", "wal"), "did you mean wall?"),
        (("bui", "BTC-USD", "1"), "Did you mean 'buy'?"),
        (("sandbox", "clok"), "Did you mean 'clock'?"),
        (("quote", "--depht", "3", "BTC-USD"), "--depth"),
    ],
)
def test_the_command_line_names_what_was_meant(words: tuple[str, ...], meant: str, tmp_path: Path):
    done = run(*words, home=tmp_path)
    assert done.code == 2
    assert meant in done.err
