"""The list of graphs: newest first, page by page, of one client alone, and after a restart."""

from decimal import Decimal
from pathlib import Path

from sequence import Node, Sequence
from sequence.sandbox import Sandbox
from sequence.server import serving


def books(sandbox: Sandbox, price: float = 2310) -> None:
    sandbox.market.snapshot("kraken", "ETH-USD", [(price - 0.5, 500)], [(price + 0.5, 500)])


def fill(client: Sequence) -> None:
    """Five graphs: an order that fills, one that rests, and three of two nodes."""
    client.buy("ETH-USD", 1, venue="kraken", graph_id="g1")
    client.buy("ETH-USD", 1, limit_price=2000, venue="kraken", graph_id="g2")
    for number in (3, 4, 5):
        client.bracket(
            "ETH-USD",
            "buy",
            1,
            stop_loss=2200,
            venue="kraken",
            graph_id=f"g{number}",
            metadata={"number": Decimal("0.1")},
        )


def check(client: Sequence) -> None:
    page = client.graphs()
    assert [row.graph_id for row in page.graphs] == ["g5", "g4", "g3", "g2", "g1"]
    assert [row.status for row in page.graphs] == [*["RUNNING"] * 3, "RUNNING", "COMPLETED"]
    assert (page.total, page.has_more, page.next) == (5, False, None)
    first = page.graphs[0]
    assert first.node_count == 2
    assert first.metadata == {"number": Decimal("0.1")}
    assert first.created_unix_ns == client.graph_status("g5").created_unix_ns
    assert [row.graph_id for row in client.graphs(offset=1, limit=2).graphs] == ["g4", "g3"]
    assert [row.graph_id for row in client.graphs_iter(page_size=2)] == [
        "g5",
        "g4",
        "g3",
        "g2",
        "g1",
    ]
    going_on = [row.graph_id for row in client.graphs(open=True).graphs]
    assert going_on == ["g5", "g4", "g3", "g2"]
    done = client.graphs(status="COMPLETED")
    assert ([row.graph_id for row in done.graphs], done.total) == (["g1"], 1)
    some = client.graphs(status=["RUNNING", "PAUSED"], limit=2, offset=1)
    assert ([row.graph_id for row in some.graphs], some.total) == (["g4", "g3"], 4)
    assert client.graphs(status="FAILED").graphs == []
    running = client.graphs_iter(status="RUNNING", page_size=3)
    assert [row.graph_id for row in running] == ["g5", "g4", "g3", "g2"]


def test_a_page_gives_the_next_while_graphs_are_added():
    with Sandbox(preset="instant", market="manual", clock="manual") as sandbox:
        books(sandbox)
        client = sandbox.client()
        fill(client)
        check(client)
        page = client.graphs(limit=2)
        client.buy("ETH-USD", 1, venue="kraken", graph_id="later")
        more = client.graphs(limit=2, before_seq=page.next)
        assert [row.graph_id for row in more.graphs] == ["g3", "g2"]


def test_both_doors_list_the_same():
    with (
        Sandbox(preset="instant", market="manual", clock="manual") as sandbox,
        serving(sandbox) as url,
        Sequence(sandbox.test_key, base_url=url) as client,
    ):
        books(sandbox)
        fill(client)
        check(client)
        assert client.graphs() == sandbox.client().graphs()


def test_graphs_of_before_a_restart_are_listed(tmp_path: Path):
    path = tmp_path / "graphs.db"
    with Sandbox(preset="instant", market="manual", clock="manual", store=path) as sandbox:
        books(sandbox)
        fill(sandbox.client())
    with Sandbox(preset="instant", market="manual", clock="manual", store=path) as sandbox:
        client = sandbox.client()
        check(client)
        books(sandbox, 2190)
        client.buy("ETH-USD", 1, venue="kraken", graph_id="g6")
    with Sandbox(preset="instant", market="manual", clock="manual", store=path) as sandbox:
        client = sandbox.client()
        rows = list(client.graphs_iter(page_size=4))
        assert [row.graph_id for row in rows] == ["g6", "g5", "g4", "g3", "g2", "g1"]
        assert [row.status for row in rows] == [*["COMPLETED"] * 4, "RUNNING", "COMPLETED"]
        assert client.graphs(open=True).total == 1
        assert client.graphs(before_seq=rows[2].created_seq).total == 3
        done = client.graphs(status="COMPLETED", limit=2)
        assert ([row.graph_id for row in done.graphs], done.total) == (["g6", "g5"], 5)
        rest = client.graphs(status="COMPLETED", before_seq=done.next)
        assert [row.graph_id for row in rest.graphs] == ["g4", "g3", "g1"]
        assert [row.graph_id for row in client.graphs(status="RUNNING").graphs] == ["g2"]
        assert client.graphs(status=["CANCELLED", "FAILED"]).total == 0
        client.sandbox.reset()
        assert client.graphs().total == 0


def test_one_client_lists_nothing_of_another():
    with Sandbox(preset="instant", market="manual", clock="manual") as sandbox:
        books(sandbox)
        admin = sandbox.client()
        other = sandbox.client(admin.sandbox.add_client("other").api_key)
        fill(admin)
        node = Node.buy("ETH-USD", 1).venue("kraken")
        other.graph().node("first", node).node("second", node).submit()
        assert other.graphs().total == 1
        assert admin.graphs().total == 5
        assert other.graphs().graphs[0].node_count == 2
