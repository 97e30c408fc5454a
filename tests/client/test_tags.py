"""What an order is for: `tag`, from the client to the row and back."""

import pytest

from sequence import Node
from sequence.errors import ConflictError, ValidationError
from sequence.sandbox import Sandbox
from sequence.types import SimpleOrderRequest


@pytest.fixture
def client():
    with Sandbox(clock="manual", preset="instant") as sandbox:
        yield sandbox.client()


def test_an_order_has_the_tag_it_was_sent_with(client):
    order = client.buy("BTC-USD", "0.01", tag="maker, left")
    assert order.row.tag == "maker, left"
    assert client.order(order.id).tag == "maker, left"
    assert [row.tag for row in client.orders().orders] == ["maker, left"]
    assert client.buy("BTC-USD", "0.01").row.tag is None


def test_orders_of_a_graph_have_its_tag(client):
    sent = client.graph().node("a", Node.buy("BTC-USD", "0.01")).tag("hedge").submit()
    assert [row.tag for row in sent.orders] == ["hedge"]
    assert client.graph_status(sent.graph_id).metadata == {"tag": "hedge"}


def test_a_tag_is_part_of_the_metadata_and_leaves_the_rest(client):
    graph = client.graph().node("a", Node.buy("BTC-USD", "0.01")).metadata({"note": [1, "x"]})
    sent = graph.tag("a b").submit()
    assert client.graph_status(sent.graph_id).metadata == {"note": [1, "x"], "tag": "a b"}
    assert sent.orders[0].tag == "a b"


@pytest.mark.parametrize("metadata", [{"tag": 5}, {"tag": None}, {"Tag": "x"}, {"a": {"tag": "x"}}])
def test_metadata_of_another_shape_is_no_tag(client, metadata):
    sent = client.graph().node("a", Node.buy("BTC-USD", "0.01")).metadata(metadata).submit()
    assert sent.orders[0].tag is None


@pytest.mark.parametrize("tag", ["", " ", "a\nb", "x" * 65, 5, "\x1b[2J", "\ud800"])
def test_a_tag_that_cannot_be_shown_is_refused_before_it_is_sent(client, tag):
    with pytest.raises(ValidationError, match="tag"):
        client.buy("BTC-USD", "0.01", tag=tag)
    assert client.orders().total == 0


@pytest.mark.parametrize("tag", ["x", "x" * 64, "\u00e9", 'with "quotes" and \\'])
def test_every_printable_tag_comes_back(client, tag):
    assert client.buy("BTC-USD", "0.01", tag=tag).row.tag == tag


def test_two_tags_that_differ_are_refused():
    body = {"symbol": "BTC-USD", "side": "buy", "qty": 1, "tag": "a", "metadata": {"tag": "b"}}
    with pytest.raises(ValueError, match=r"tag and metadata\.tag are the same text and differ"):
        SimpleOrderRequest.model_validate(body)


def test_the_same_graph_id_with_another_tag_is_another_order(client):
    client.buy("BTC-USD", "0.01", tag="a", graph_id="one")
    assert client.buy("BTC-USD", "0.01", tag="a", graph_id="one").row.tag == "a"
    with pytest.raises(ConflictError):
        client.buy("BTC-USD", "0.01", tag="b", graph_id="one")


def test_a_tag_is_there_after_a_restart(tmp_path):
    with Sandbox(store=tmp_path / "a.db", clock="manual", preset="instant") as sandbox:
        order = sandbox.client().buy("BTC-USD", "0.01", tag="kept")
        resting = sandbox.client().buy("BTC-USD", "0.01", limit_price=1000, tag="rests")
    with Sandbox(store=tmp_path / "a.db", clock="manual", preset="instant") as sandbox:
        assert sandbox.client().order(order.id).tag == "kept"
        assert sandbox.client().order(resting.id).tag == "rests"
