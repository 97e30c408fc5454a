"""The same history in two processes: nothing depends on the process it happens in."""

import os
import subprocess
import sys

import pytest

HISTORY = """
from sequence.sandbox import Sandbox

SYMBOLS = ("BTC-USD", "ETH-USD", "KXBTCZ-26DEC31-T99000:YES")
with Sandbox(seed=11, clock="manual", preset={preset!r}) as sandbox:
    client = sandbox.client()
    open_orders = []
    for step in range(60):
        symbol = SYMBOLS[step % 3]
        size = "20" if ":" in symbol else "0.02"
        bid = str(client.quote(symbol).nbbo.bid)
        limit = dict() if step % 4 == 0 else dict(limit_price=bid)
        open_orders.append(client.buy(symbol, size, **limit))
        if step % 7 == 6:
            oldest = open_orders.pop(0).refresh()
            if not oldest.is_terminal:
                oldest.cancel()
        sandbox.clock.advance(seconds=2)
    fills = client.fills(limit=500).fills
    assert len(fills) > 10, len(fills)
    assert any(fill.is_maker for fill in fills)
    engine = sandbox.runtime.engine
    proofs = [fill.evidence["hash"] for fill in fills]
    print(sandbox.state_hash(), sandbox.world_hash(), engine.event_hash(), *proofs)
"""


def run(preset: str, hash_seed: str) -> list[str]:
    done = subprocess.run(  # noqa: S603 - this interpreter, a fixed program
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
