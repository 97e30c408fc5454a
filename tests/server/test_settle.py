"""`POST /v1/sandbox/settle`: an event market ends for every account."""

import pytest

from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.server.conftest import Api

TICKER = "KXBTCZ-26DEC31-T99000"
HOLDS = (
    '{"positions":[{"venue":"kalshi","kind":"event_contract","symbol":"'
    + TICKER
    + ':YES","qty":37,"entry_price_usd":0.4}]}'
)
REST = '{"symbol":"' + TICKER + '","side":"buy","qty":5,"price":0.05,"venue":"kalshi"}'


@pytest.fixture
def own():
    """A server of its own: a market that ends has ended for everybody."""
    with Sandbox(clock="manual", preset="instant") as sandbox, serving(sandbox) as url:
        yield Api(sandbox, url)


def settle(api, **ends):
    fields = {"venue": '"kalshi"', "market_slug": f'"{TICKER}"'} | ends
    body = ",".join(f'"{name}":{value}' for name, value in fields.items())
    return api("POST", "/v1/sandbox/settle", "{" + body + "}")


def row(api, symbol):
    answer = api("GET", "/v1/positions?venues=kalshi&include_closed=true").json
    return next(row for row in answer["positions"] if row["instrument"]["symbol"] == symbol)


def test_a_settled_market_pays_and_takes_no_more_orders(own):
    own("POST", "/v1/sandbox/positions", HOLDS)
    (resting,) = own("POST", "/v1/orders", REST).json["orders"]
    before = row(own, "USD")["qty_1e8"]
    answer = settle(own, value=0.5)
    assert answer.json == {"settled_positions": 1, "payout_usd_1e9": 18_500_000_000}
    held = row(own, f"{TICKER}:YES")
    assert (held["qty_1e8"], held["settled"]) == (0, True)
    assert held["lifecycle"]["state"] == "redeemed"
    assert held["lifecycle"]["payout_usd_1e9"] == 18_500_000_000
    assert row(own, "USD")["qty_1e8"] == before + 1_850_000_000
    ended = own("GET", f"/v1/orders/{resting['node_order_id']}").json
    assert (ended["status"], ended["done_reason"]) == ("CANCELLED", "MARKET_CLOSED")
    assert ended["reserved"] is None
    (refused,) = own("POST", "/v1/orders", REST).json["orders"]
    assert (refused["status"], refused["failure_reason"]) == ("REJECTED", "EXCHANGE_REJECT")
    (listed,) = [
        found for found in own("GET", "/v1/symbols?venue=kalshi").json if found["symbol"] == TICKER
    ]
    assert listed["status"] == "resolved"
    assert settle(own, value=0.5).json == answer.json
    assert row(own, "USD")["qty_1e8"] == before + 1_850_000_000
    assert own.sandbox.check_invariants() == []


def test_a_void_market_pays_the_cost_back(own):
    own("POST", "/v1/sandbox/positions", HOLDS)
    answer = settle(own, void="true")
    assert answer.json == {"settled_positions": 1, "payout_usd_1e9": 14_800_000_000}


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        ({}, "exactly one of value and void"),
        ({"value": "1", "void": "true"}, "exactly one of value and void"),
        ({"value": "1.5"}, "value"),
        ({"value": "-0.1"}, "value"),
        ({"value": '"1"'}, "value"),
        ({"value": "1", "venue": '"kraken"'}, "has no event markets"),
        ({"value": "1", "venue": '"nowhere"'}, "venue"),
        ({"value": "1", "market_slug": '"KXNOBODY-1"'}, "no event market"),
        ({"value": "1", "market_slug": '""'}, "market_slug"),
        ({"value": "1", "extra": "1"}, "extra"),
    ],
)
def test_what_cannot_be_settled_is_refused_without_a_trace(api, ends, says):
    before = api.state
    answer = settle(api, **ends)
    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert says in answer.message
    assert api.state == before


def test_a_live_key_settles_nothing(api):
    body = '{"venue":"kalshi","market_slug":"' + TICKER + '","value":1}'
    answer = api("POST", "/v1/sandbox/settle", body, key="live")
    assert (answer.status, answer.code) == (403, "FORBIDDEN")
