"""The same history in two processes: nothing depends on the process it happens in."""

import os
import subprocess
import sys

import pytest

HISTORY = """
from sequence import errors
from sequence.sandbox import Sandbox

with Sandbox(seed=11, clock="manual", preset={preset!r}) as sandbox:
    client = sandbox.client()
    symbols = ("BTC-USD", "ETH-USD", "KXBTCD-26DEC31-T100000:YES")
    for step in range(40):
        symbol = symbols[step % 3]
        quote = client.quote(symbol)
        if step % 4 == 0:
            client.buy(symbol, "20" if ":" in symbol else "0.01")
        elif quote.nbbo.bid is not None:
            client.buy(symbol, "30" if ":" in symbol else "0.02", price=quote.nbbo.bid)
        if step % 7 == 6:
            for row in client.orders(limit=50).orders:
                try:
                    client.cancel(row.node_order_id)
                except errors.ConflictError:
                    pass
        sandbox.clock.advance(seconds=2)
    fills = client.fills(limit=500).fills
    assert len(fills) > 10, len(fills)
    assert any(fill.is_maker for fill in fills) or {preset!r} != "optimistic"
    hashes = sorted(fill.evidence["hash"] for fill in fills)
    engine = sandbox.runtime.engine
    print(sandbox.state_hash(), sandbox.world_hash(), engine.event_hash(), *hashes)
"""


def run(preset: str, hash_seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", HISTORY.format(preset=preset)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("preset", ["realistic", "optimistic"])
def test_two_processes_agree_on_every_hash(preset: str):
    first = run(preset, "1")
    assert len(first) > 12
    assert len(set(first[:3])) == 3
    assert run(preset, "2") == first
