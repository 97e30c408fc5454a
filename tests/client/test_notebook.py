"""What a notebook shows of orders, graphs and sandboxes: tables whose every text is escaped."""

import pytest

from sequence.sandbox import Sandbox


@pytest.fixture
def sandbox():
    with Sandbox(preset="instant", clock="manual", market="manual") as made:
        made.market.snapshot("kraken", "BTC-USD", [("66990", 5)], [("67000", 5)])
        yield made


def test_an_order_shows_its_row(sandbox: Sandbox):
    order = sandbox.client().buy("BTC-USD", "0.1", tag="<b>bold</b>")
    html = order._repr_html_()
    assert "FILLED" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_a_graph_shows_its_orders_and_what_they_wait_for(sandbox: Sandbox):
    trade = sandbox.client().bracket("BTC-USD", "buy", "0.1", take_profit=68_000, stop_loss=66_000)
    assert "FILLED" in trade._repr_html_()
    trade.refresh()
    html = trade._repr_html_()
    assert html.count("<table") == 2
    for word in ("entry", "take_profit", "WORKING", "cancel"):
        assert word in html


def test_a_sandbox_shows_what_it_is_made_of_and_worth(sandbox: Sandbox):
    sandbox.client().buy("BTC-USD", "0.1")
    html = sandbox._repr_html_()
    for word in ("seed", "instant", "manual", "value, USD", "fills"):
        assert word in html
