"""The client: the same call in process and over HTTP."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from sequence import Sequence

ORDERS = 500
REQUESTS = 3_000
SIZE = "0.0001"
ORDER = {"symbol": "BTC-USD", "side": "buy", "qty": 0.0001}


def test_buy_in_process(benchmark: Any, client: Sequence) -> None:
    def buy() -> None:
        for nth in range(ORDERS):
            place = client.sell if nth % 2 else client.buy
            assert place("BTC-USD", "0.01").status == "FILLED"

    benchmark.extra_info["calls"] = ORDERS
    benchmark.pedantic(buy, rounds=20, warmup_rounds=2)


@pytest.mark.parametrize("transport", [None, "fast"], ids=["httpx", "fast"])
def test_buy_over_http(benchmark: Any, server: dict[str, Any], transport: Any) -> None:
    with Sequence(server["key"], base_url=server["url"], transport=transport) as client:
        client.sandbox.reset()

        def buy() -> None:
            assert client.buy("BTC-USD", SIZE).filled_qty

        benchmark.extra_info["reference"] = "test_echo_over_httpx"
        benchmark.pedantic(buy, rounds=REQUESTS, warmup_rounds=200)


def test_echo_over_httpx(benchmark: Any, echo: dict[str, Any]) -> None:
    with httpx.Client(base_url=echo["url"]) as client:

        def post() -> None:
            assert client.post("/v1/orders", json=ORDER).json() == ORDER

        benchmark.pedantic(post, rounds=REQUESTS, warmup_rounds=200)


def test_order_over_a_bare_connection(benchmark: Any, server: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {server['key']}", "Content-Type": "application/json"}
    connection = connected(server["url"])

    def post() -> None:
        connection.request("POST", "/v1/orders", json.dumps(ORDER), headers)
        answer = json.loads(connection.getresponse().read())
        assert answer["orders"][0]["filled_qty_1e8"]

    benchmark.extra_info["reference"] = "test_echo_over_a_bare_connection"
    benchmark.pedantic(post, rounds=REQUESTS, warmup_rounds=200)
    connection.close()


def test_echo_over_a_bare_connection(benchmark: Any, echo: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    connection = connected(echo["url"])

    def post() -> None:
        connection.request("POST", "/v1/orders", json.dumps(ORDER), headers)
        assert json.loads(connection.getresponse().read()) == ORDER

    benchmark.pedantic(post, rounds=REQUESTS, warmup_rounds=200)
    connection.close()


def connected(url: str) -> HTTPConnection:
    """A connection that stays open; closed by the caller."""
    parts = urlsplit(url)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=10)
