"""Recorded frames become records, and play the same."""

import pytest

from sequence import feeds
from sequence.sandbox import Sandbox

FILES = [
    "kraken/v2_kraken_btcusd_sample.jsonl.zst",
    "coinbase/cryptofeed_COINBASE.ws.28.0.txt.zst",
    "kalshi/gold15m/KXGOLD15M-26AUG101945-45.ndjson.zst",
    "polymarket/ws_frames_netqo.jsonl",
    "hyperliquid/hip4_argentina_egypt_live/ws_l2book.jsonl.zst",
    "binance/cryptofeed_BINANCE.ws.1.0.txt.zst",
]


@pytest.mark.parametrize("name", FILES)
def test_frames_of_every_venue_convert_and_read_back(name, tmp_path, recorded):
    made = feeds.convert(recorded(name), tmp_path / "x.tape")
    assert len(made) > 0
    assert made.tape().events == len(made)
    for encoding in ("x.jsonl", "x.parquet"):
        feeds.convert(tmp_path / "x.tape", tmp_path / encoding)
        assert feeds.read(tmp_path / encoding) == made


@pytest.mark.parametrize("name", FILES[:3])
def test_a_tape_plays_exactly_like_the_frames_it_was_made_of(name, tmp_path, recorded):
    frames = recorded(name)
    first_ns = feeds.convert(frames, tmp_path / "x.tape").tape().first_ns
    times = [first_ns + n * 5_000_000_000 for n in range(1, 4)]
    of_frames, of_tape = (_trade_through(f, times) for f in (frames, tmp_path / "x.tape"))
    assert of_frames == of_tape
    assert of_tape[1]


def _trade_through(file, times):
    """Rests and takes a little on the way through a recording."""
    # Begun empty: what a client is called, and so what it draws, depends on the time of its birth.
    with Sandbox(clock="replay", market="none") as sandbox:
        client = sandbox.client()

        def trade(_now_ns):
            for row in client.symbols():
                nbbo = client.quote(row.symbol).nbbo
                if (
                    nbbo.live
                    and nbbo.bid
                    and nbbo.ask
                    and not row.symbol.endswith(("-BTC", "-EUR"))
                ):
                    client.buy(row.symbol, notional=20)
                    client.buy(row.symbol, notional=20, limit_price=nbbo.bid)

        sandbox.replay(file, at=times, on_time=trade)
        assert sandbox.check_invariants() == []
        return sandbox.event_hash(), [fill.price_1e9 for fill in client.fills(limit=100).fills]


def test_a_file_that_is_nothing_is_refused_by_name(tmp_path):
    (tmp_path / "x.jsonl").write_text("hello\n")
    with pytest.raises(feeds.RecordingError, match=r"x\.jsonl is no recording"):
        feeds.read(tmp_path / "x.jsonl")
    with pytest.raises(feeds.RecordingError, match="known endings"):
        feeds.write(feeds.Recording((), b""), tmp_path / "x.csv")
    with pytest.raises(FileNotFoundError):
        feeds.read(tmp_path / "missing.tape")
