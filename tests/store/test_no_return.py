"""What a store keeps is never turned back, so ids go on over copies, resets and restarts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sequence import Sequence
from sequence.errors import ConflictError
from sequence.sandbox import Sandbox
from sequence.server import serving

Reopen = Callable[..., Sandbox]


def test_a_stored_sandbox_refuses_to_turn_back_and_is_as_it_was(reopen: Reopen) -> None:
    with reopen() as sandbox:
        sandbox.client().buy("BTC-USD", "0.1")
        state = sandbox.state_hash()
        with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as remote:
            for client in (sandbox.client(), remote):
                with pytest.raises(ConflictError, match="cannot turn back"):
                    client.sandbox.snapshot()
                with pytest.raises(ConflictError, match="cannot turn back"):
                    client.sandbox.restore("snapshot_1")
        with pytest.raises(ConflictError, match="cannot turn back"):
            sandbox.snapshot()
        assert sandbox.state_hash() == state


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
