"""Venues to practise against: servers on this machine that speak a venue's public feed.

They enforce the venue's rules (what may be subscribed, how often, heartbeats, signatures), play
faults on request, and know the true book, so that a connector can be judged. They hold no accounts.

    with fakes.serving(fakes.Kraken(["BTC-USD"])) as fake:
        ...  # connect to fake.url
"""

from sequence.fakes.binance import Binance
from sequence.fakes.bybit import Bybit
from sequence.fakes.coinbase import Coinbase
from sequence.fakes.hyperliquid import Hyperliquid
from sequence.fakes.kalshi import Kalshi
from sequence.fakes.kraken import Kraken
from sequence.fakes.okx import Okx
from sequence.fakes.polymarket import Polymarket
from sequence.fakes.server import Fake, serving

__all__ = [
    "Binance",
    "Bybit",
    "Coinbase",
    "Fake",
    "Hyperliquid",
    "Kalshi",
    "Kraken",
    "Okx",
    "Polymarket",
    "serving",
]
