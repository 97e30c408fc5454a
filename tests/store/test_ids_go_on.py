"""Ids go on over returns to a copy, resets and restarts of a stored sandbox."""

from collections.abc import Callable
from pathlib import Path

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.server import serving

Reopen = Callable[..., Sandbox]


def test_no_id_is_given_twice_over_returns_and_restarts(reopen: Reopen) -> None:
    given: list[str] = []

    def bought(sandbox: Sandbox) -> None:
        order = sandbox.client().buy("BTC-USD", "0.1")
        given.extend([order.id, order.fills()[0].fill_id])

    for _ in range(2):
        with reopen() as sandbox, serving(sandbox) as url:
            bought(sandbox)
            with Sequence(sandbox.test_key, base_url=url) as remote:
                for client in (sandbox.client(), remote):
                    name = client.sandbox.snapshot().snapshot_id
                    bought(sandbox)
                    client.sandbox.restore(name)
                    bought(sandbox)
    assert len(set(given)) == len(given) == 20


def test_ids_and_what_events_name_go_on_over_restarts_and_resets(
    database: Path, reopen: Reopen
) -> None:
    orders: list[str] = []
    fills: list[str] = []
    for life in range(3):
        with reopen() as sandbox:
            client = sandbox.client()
            if life == 2:
                client.sandbox.reset()
            orders.append(client.buy("BTC-USD", "0.1").id)
            fills.append(client.fills(limit=1).fills[0].fill_id)
            told = client.sandbox.events(limit=1_000).events
            named = [row.data["node_order_id"] for row in told if row.type == "order_filled"]
            # Of the events before the start the store alone knows: none is told with an id of now.
            assert named == orders[-1:]
    assert len({*orders, *fills}) == 6
    assert database.exists()
