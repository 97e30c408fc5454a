"""A recorded market inside the sandbox: the feed's time, the feed's books."""

import os
from pathlib import Path

import pytest

from sequence.sandbox import Sandbox

_ROOT = Path(__file__).parents[2]
_CANDIDATES = [
    Path(os.environ.get("SEQUENCE_TEST_DATA", "")),
    _ROOT.parent / "shared" / "data",
    _ROOT.parent.parent / "shared" / "data",
]
DATA = next((path for path in _CANDIDATES if (path / "kraken").is_dir()), Path())
FILE = DATA / "kraken" / "v2_kraken_btcusd_sample.jsonl.zst"
needs_data = pytest.mark.skipif(not FILE.is_file(), reason="recorded market data is not installed")


def replay() -> Sandbox:
    return Sandbox(clock="replay", market=f"replay:{FILE}")


@needs_data
def test_a_replay_starts_at_the_first_frame_and_runs_as_time_passes():
    with replay() as sandbox:
        start_ns = sandbox.clock.now_ns
        client = sandbox.client()
        sandbox.clock.advance(seconds=10)
        quote = client.quote("BTC-USD")
        assert set(quote.venues) == {"kraken"}
        assert 0 < quote.nbbo.bid < quote.nbbo.ask
        assert start_ns < quote.nbbo.last_update_ns <= sandbox.clock.now_ns
        assert client.health_report().market_data.source == "replay"


@needs_data
def test_an_order_fills_against_the_recorded_book():
    with replay() as sandbox:
        sandbox.clock.advance(seconds=10)
        client = sandbox.client()
        ask = client.quote("BTC-USD").nbbo.ask_1e9
        order = client.buy("BTC-USD", "0.001")
        assert order.status == "FILLED"
        assert order.avg_price is not None
        assert order.avg_price >= ask // 10**9
        assert sandbox.check_invariants() == []


@needs_data
def test_a_replay_is_the_same_however_time_is_cut():
    def run(steps: int) -> str:
        with replay() as sandbox:
            for _ in range(steps):
                sandbox.clock.advance(ms=20_000 // steps)
            sandbox.client().buy("BTC-USD", "0.01")
            return sandbox.state_hash()

    assert run(1) == run(200)


@needs_data
def test_several_files_play_together():
    other = FILE.with_name("v2_kraken_ethusd_sample.jsonl.zst")
    with Sandbox(clock="replay", market=[FILE, other]) as sandbox:
        sandbox.clock.advance(seconds=3600)
        symbols = {row.symbol for row in sandbox.client().symbols()}
    assert symbols == {"BTC-USD", "ETH-USD"}


def test_a_file_that_is_no_recording_is_refused_by_name(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("nothing recorded here")
    with pytest.raises(ValueError, match=r"notes\.txt is no recording"):
        Sandbox(clock="replay", market=[file])
