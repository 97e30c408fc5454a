"""A sandbox for many readers; says where it listens and what its keys are, ends with its input."""

import json
import sys

from sequence.sandbox import Sandbox
from sequence.server import Limits, serving

if __name__ == "__main__":
    limits = Limits(sockets_per_client=5_000, connections_per_address=5_000)
    with (
        Sandbox(preset="instant", market="manual") as sandbox,
        serving(sandbox, limits=limits) as url,
    ):
        bids = [(74_350 - n, 1_000_000) for n in range(1, 11)]
        asks = [(74_350 + n, 1_000_000) for n in range(1, 11)]
        sandbox.market.snapshot("kraken", "BTC-USD", bids, asks)
        print(json.dumps({"url": url, "key": sandbox.test_key}), flush=True)
        sys.stdin.read()
