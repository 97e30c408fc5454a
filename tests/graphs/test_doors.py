"""A graph through the client: in process and over HTTP it is the same one, told on the stream."""

from pathlib import Path

import pytest

from sequence import Sequence, streams
from sequence.errors import ConflictError
from sequence.sandbox import Sandbox
from sequence.server import serving

HALF = 0.5


def books(sandbox: Sandbox, price: float) -> None:
    sandbox.market.snapshot("kraken", "ETH-USD", [(price - HALF, 500)], [(price + HALF, 500)])


def story(sandbox: Sandbox, client: Sequence) -> str:
    """A bracket that is moved and stopped out, and a TWAP that is cancelled; the hash of it all."""
    books(sandbox, 2310)
    bracket = client.bracket(
        "ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, venue="kraken", graph_id="b"
    )
    books(sandbox, 2290)
    bracket.move_stop(2250)
    books(sandbox, 2245)
    assert bracket.refresh().status == "COMPLETED"
    with pytest.raises(ConflictError):
        bracket.cancel()
    twap = client.twap(
        "ETH-USD", "buy", 3, num_slices=3, interval_ms=1000, venue="kraken", graph_id="t"
    )
    sandbox.clock.advance(ms=1500)
    twap.cancel()
    assert twap.refresh().status == "CANCELLED"
    return sandbox.event_hash()


@pytest.fixture(name="hashes", scope="module")
def both_hashes() -> tuple[str, str]:
    with Sandbox(preset="instant", market="manual", clock="manual") as sandbox:
        inside = story(sandbox, sandbox.client())
    with (
        Sandbox(preset="instant", market="manual", clock="manual") as sandbox,
        serving(sandbox) as url,
        Sequence(sandbox.test_key, base_url=url) as client,
    ):
        return inside, story(sandbox, client)


def test_both_doors_tell_one_story(hashes: tuple[str, str]):
    assert hashes[0] == hashes[1]


def test_the_stream_says_what_moved_what():
    with (
        Sandbox(preset="instant", market="manual", clock="manual") as sandbox,
        sandbox.client() as client,
    ):
        books(sandbox, 2310)
        with client.stream(["graphs", "graphs.detail"]) as stream:
            client.bracket("ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, venue="kraken")
            books(sandbox, 2190)
            seen: list[tuple[str | None, str]] = []
            status = ""
            while status != "COMPLETED":
                event = stream.next(timeout=10)
                if isinstance(event, streams.GraphChangeEvent):
                    seen.append((event.data.node_id or event.data.edge_id, event.data.to))
                elif isinstance(event, streams.GraphEvent):
                    status = event.data.status
        assert ("stop_hit", "fired") in seen
        assert ("stop", "FILLED") in seen


def test_a_stored_graph_goes_on_in_the_next_process(tmp_path: Path):
    path = tmp_path / "graphs.db"
    with Sandbox(preset="instant", market="manual", clock="manual", store=path) as sandbox:
        books(sandbox, 2310)
        client = sandbox.client()
        client.bracket(
            "ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, venue="kraken", graph_id="b"
        )
    with Sandbox(preset="instant", market="manual", clock="manual", store=path) as sandbox:
        client = sandbox.client()
        assert client.graph_status("b").status == "RUNNING"
        books(sandbox, 2190)
        assert client.graph_status("b").status == "COMPLETED"
    with Sandbox(preset="instant", market="manual", clock="manual", store=path) as sandbox:
        graph = sandbox.client().graph_status("b")
        assert (graph.status, graph.node_count) == ("COMPLETED", 3)
