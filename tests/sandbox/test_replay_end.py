"""What a replay that runs by itself does after its last frame, and a demo market after a pause."""

import time

import pytest

from sequence.errors import ApiError
from sequence.sandbox import Sandbox
from sequence.types._reason import reason_of
from sequence.types.evidence import FillEvidence

START_NS = 1_776_657_000_000_000_000
HEADER = (
    '{"schema":"events-1","instruments":[{"venue":"kraken","symbol":"BTC-USD",'
    '"tick_1e9":100000000,"lot_1e8":1}],"feed":"venue"}\n'
)


def _recording(path):
    row = '{{"ts_ns":{at},"venue":"kraken","symbol":"BTC-USD","type":"{kind}",{levels}}}\n'
    levels = '"bids":[["74349.4","5"]],"asks":[["74349.5","5"]]'
    lines = [HEADER, row.format(at=START_NS, kind="snapshot", levels=levels)]
    for nth in range(1, 11):
        at = START_NS + nth * 100_000_000
        lines.append(row.format(at=at, kind="delta", levels=f'"bids":[["74349.4","{5 + nth}"]]'))
    path.write_text("".join(lines))
    return path


def test_after_the_last_frame_orders_end_and_books_go_stale(tmp_path, monkeypatch):
    passed_ns = [0]
    monkeypatch.setattr(time, "monotonic_ns", lambda: passed_ns[0])
    files = [_recording(tmp_path / "end.jsonl")]
    with Sandbox(clock="replay", market=files, speed=1.0) as sandbox:
        client = sandbox.client()
        passed_ns[0] = 10**9
        assert client.quote("BTC-USD").nbbo.live
        order = client.buy("BTC-USD", "0.1")
        passed_ns[0] += 2 * 10**9
        order.refresh()
        assert order.status == "FILLED"
        passed_ns[0] += 60 * 10**9
        assert not client.quote("BTC-USD").nbbo.live
        with pytest.raises(ApiError) as refused:
            client.buy("BTC-USD", "0.1")
        assert refused.value.status == 422
        assert client.health_report().status == "degraded"


@pytest.mark.parametrize("hours", [0.9, 1.1, 30])
def test_the_demo_market_is_live_and_whole_after_any_pause(hours):
    with Sandbox(clock="manual", preset="instant") as sandbox:
        client = sandbox.client()
        sandbox.clock.advance(seconds=hours * 3600)
        sandbox.clock.advance(seconds=5)
        first = client.quote("BTC-USD").nbbo
        assert first.live
        assert not first.crossed
        sandbox.clock.advance(seconds=30)
        assert client.quote("BTC-USD").nbbo.last_update_ns > first.last_update_ns
        assert client.buy("BTC-USD", "0.1").status == "FILLED"
        assert sandbox.check_invariants() == []


def test_what_nobody_sent_has_no_time_since_it_was_sent():
    levels = [{"taken_1e8": 100_000_000, "displayed_1e8": 200_000_000}]
    evidence = FillEvidence({"levels": levels, "time": {"match_at_ns": START_NS}})
    assert reason_of("LIQUIDATION", evidence).endswith(": 1 of 2")
    evidence["time"]["submit_local_ns"] = START_NS - 1_500_000
    assert "1.5 ms after it was sent" in reason_of("WALK", evidence)
