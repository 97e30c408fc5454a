"""Recorded books behind the real server process: paper orders fill at recorded prices."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sequence import Sequence
from sequence._core import Recording

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SEQUENCE_TEST_DATA") or ROOT.parent / "shared" / "data")
KRAKEN = "kraken/v2_kraken_btcusd_sample.jsonl.zst"
KALSHI = "kalshi/gold15m/*.ndjson.zst"


def recording(pattern: str) -> Path:
    """The smallest file of that name."""
    found = sorted(DATA.glob(pattern), key=lambda file: (file.stat().st_size, file.name))
    if not found:
        pytest.skip(f"no recorded market data {pattern} in {DATA}: set SEQUENCE_TEST_DATA")
    return found[0]


@contextmanager
def replaying(file: Path, home: Path) -> Iterator[Sequence]:
    """A client of `sequence up --market replay:FILE`, ten times as fast as it was recorded."""
    arguments = ("up", "--json", "--port", "0", "--market", f"replay:{file}", "--speed", "10")
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "sequence", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"SEQUENCE_HOME": str(home)},
    )
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        with Sequence(ready["key"], base_url=ready["url"]) as client:
            yield client
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_for_a_book(client: Sequence, symbol: str) -> None:
    """Listed it is at once; its first book comes as it was recorded, and lives with a change."""
    with client.stream(f"prices:{symbol}") as stream:
        ends_s = time.monotonic() + 30
        while time.monotonic() < ends_s:
            stream.next(timeout=1)
            if client.quote(symbol).nbbo.live:
                return
    pytest.fail("no live book")


@pytest.mark.parametrize("pattern", [KRAKEN, KALSHI])
def test_a_market_order_fills_against_the_recorded_book(pattern: str, tmp_path: Path):
    file = recording(pattern)
    with replaying(file, tmp_path) as client:
        row = client.symbols()[0]
        wait_for_a_book(client, row.symbol)
        quote = client.quote(row.symbol)
        assert quote.nbbo.live
        assert 0 < quote.nbbo.bid < quote.nbbo.ask
        order = client.buy(row.symbol, 1, max_slippage_bps=5_000).wait(timeout=20)
        assert order.status == "FILLED"
        fills = order.fills()
        assert sum(fill.qty_1e8 for fill in fills) == 10**8
        assert {fill.cause for fill in fills} == {"WALK"}
        assert all(fill.fee_usd_1e9 > 0 for fill in fills)
        assert all(fill.evidence["book"]["version"] > 0 for fill in fills)
        # The clock is the recording's, not the machine's.
        data = Recording(unpacked(file))
        assert data.first_ns <= fills[0].ts_ns <= data.last_ns
        assert row.symbol in data.symbols


def test_a_resting_order_is_cancelled_and_everything_is_free_again(tmp_path: Path):
    with replaying(recording(KRAKEN), tmp_path) as client:
        client.sandbox.set_positions(
            [{"venue": "kraken", "kind": "fiat", "symbol": "USD", "qty": 1000}], replace=True
        )
        wait_for_a_book(client, "BTC-USD")
        order = client.buy("BTC-USD", "0.001", limit_price=10_000)
        assert order.status in ("NEW", "ACCEPTED")
        assert client.positions().positions[0].locked_qty_1e8 > 0
        order.cancel()
        order.wait(timeout=20)
        assert order.status == "CANCELLED"
        assert client.positions().positions[0].available_qty_1e8 == 1000 * 10**8


def unpacked(file: Path) -> bytes:
    import zstandard

    with file.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as reader:
        return bytes(reader.read())
