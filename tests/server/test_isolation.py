"""What belongs to another client answers exactly as what does not exist."""

import json

import pytest

from tests.server.conftest import Answer, Api

BODIES = {"orders": '{"reduce_by_1e8": 10000}', "execution_graphs": '{"new_qty_1e8": 90000}'}
"""Of the amends, by noun."""

ROUTES = [
    ("GET", "/v1/orders/{order}"),
    ("PATCH", "/v1/orders/{order}"),
    ("DELETE", "/v1/orders/{order}"),
    ("DELETE", "/v1/orders/{graph}"),
    ("GET", "/v1/execution_graphs/{graph}"),
    ("DELETE", "/v1/execution_graphs/{graph}"),
    ("POST", "/v1/execution_graphs/{graph}/resume"),
    ("PATCH", "/v1/execution_graphs/{graph}/nodes/{node}"),
    ("GET", "/v1/orders?node_order_id={order}"),
    ("GET", "/v1/orders?graph_id={graph}"),
    ("GET", "/v1/fills?graph_id={graph}"),
    ("GET", "/v1/fills?node_order_id={order}"),
    ("DELETE", "/v1/api_keys/{key}"),
    ("POST", "/v1/api_keys/{key}/rotate"),
    ("DELETE", "/v1/sandbox/faults/{fault}"),
]


def names_of(api: Api) -> dict[str, str]:
    """A resting order with its graph, a key and a fault of a client."""
    body = '{"symbol":"BTC-USD","side":"buy","qty":0.001,"price":40000,"venue":"kraken"}'
    order = api("POST", "/v1/orders", body).json["orders"][0]
    fault = api("POST", "/v1/sandbox/faults", '{"kind":"stale_venue","venue":"okx"}').json
    return {
        "order": order["node_order_id"],
        "graph": order["graph_id"],
        "node": order["node_id"],
        "key": api("POST", "/v1/api_keys", "{}").json["key_id"],
        "fault": fault["fault_id"],
    }


def missing(names: dict[str, str]) -> dict[str, str]:
    """Names of the same shape that nobody has."""
    changed = {
        name: value[:-1] + ("0" if value[-1] != "0" else "1") for name, value in names.items()
    }
    graph = names["graph"][:-1] + ("0" if names["graph"][-1] != "0" else "1")
    return changed | {
        "graph": graph,
        "order": names["order"].replace(names["graph"], graph),
        "node": names["node"],
    }


def shown(answer: Answer, names: dict[str, str]) -> tuple[int, object]:
    """An answer without what differs by nature: the id it was asked for, the request's id."""
    text = answer.raw.decode()
    for value in sorted(names.values(), key=len, reverse=True):
        text = text.replace(value, "...")
    body = json.loads(text)
    body.get("error", {}).pop("request_id", None)
    return answer.status, body


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_what_belongs_to_others_does_not_exist(fresh: Api, api: Api, method: str, path: str):
    stranger = api.with_new_client()
    names = names_of(fresh)
    noun = path.split("/")[2].split("?", maxsplit=1)[0]
    body = BODIES[noun] if method == "PATCH" else None
    before = fresh("GET", f"/v1/orders/{names['order']}").raw
    foreign = stranger(method, path.format_map(names), body)
    nothing = stranger(method, path.format_map(missing(names)), body)
    assert shown(foreign, names) == shown(nothing, missing(names))
    assert "?" in path or foreign.status == 404
    assert "?" not in path or foreign.json["total"] == 0
    assert fresh("GET", f"/v1/orders/{names['order']}").raw == before
    own = fresh(method, path.format_map(names), body)
    assert own.status in (200, 409)
    fresh("DELETE", f"/v1/sandbox/faults/{names['fault']}")
