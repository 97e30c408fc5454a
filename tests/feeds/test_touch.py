"""Every recording here of a venue that can be decoded: how much of it is playable, and whether an
order at the price and size its book shows is taken."""

import pytest

from tests.feeds.touch import FILES, play

SLOW = {"binance two days", "binance usdm long", "binance long", "kalshi"}


def cases():
    for name in FILES:
        yield pytest.param(name, marks=pytest.mark.full if name in SLOW else (), id=name)


@pytest.mark.filterwarnings("ignore::sequence.feeds.RecordingWarning")
@pytest.mark.parametrize("name", [*cases()])
def test_an_order_at_the_recorded_touch_is_taken(name, recorded, record_property):
    paths = [recorded(part) for part in FILES[name]]
    live, tried, refused = play(paths)
    record_property("live", live)
    assert refused == [], refused[:3]
    assert tried > 0, "no book was live at any time"
