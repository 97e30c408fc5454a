"""`sequence score`: what a recording says of queues, and what it says it cannot say."""

import subprocess
import sys

import pytest

from sequence import feeds
from sequence.feeds.recording import LAST, RECORD
from sequence.sandbox import Sandbox

KALSHI = "kalshi/gold15m/KXGOLD15M-26AUG101945-45.ndjson.zst"
ARGENTINA = "hyperliquid/hip4_argentina_egypt_live"
LEVEL, BEGIN, END = 6, 8, 9


def run(*arguments):
    command = [sys.executable, "-m", "sequence", "score", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def made(tmp_path, events):
    """A recording of one market of Kraken, of (ns, kind, side, price, size)."""
    records = b"".join(
        RECORD.pack(t, t, 0, kind, side, LAST, 0, price * 10**9, size, 0, 0)
        for t, kind, side, price, size in events
    )
    row = feeds.Instrument("kraken", "BTC-USD")
    file = tmp_path / "own.tape"
    feeds.write(feeds.Recording((row,), records), file)
    return file


def test_a_recording_of_kalshi_tells_fronts_and_orders_by_their_size(recorded):
    (market,) = feeds.score(recorded(KALSHI))
    assert (market.venue, market.feed_class) == ("kalshi", "event")
    assert market.trade_depth == "depth_first"
    assert market.messages == 27_680
    assert market.fronts_tested > 500
    assert market.fronts_right is not None
    assert 0.7 < market.fronts_right < 1
    default, careful, *_, ahead = market.rules
    assert [rule.rule for rule in market.rules][:2] == ["lots/auto", "risk_averse"]
    assert default.exact is not None
    assert careful.exact is not None
    assert ahead.early is not None
    assert default.exact > careful.exact
    assert careful.early == 0
    assert default.early is not None
    assert default.early < ahead.early / 5
    assert default.single_error is None
    assert any("does not count the orders" in doubt for doubt in market.doubts)


def test_books_and_trades_in_two_files_are_one_recording(recorded):
    files = [recorded(f"{ARGENTINA}/{name}.jsonl.zst") for name in ("ws_l2book", "ws_trades")]
    traded = feeds.score(*files)[0]
    assert traded.feed_class == "conflated"
    assert traded.singles > 100
    assert all(rule.single_error is not None for rule in traded.rules)
    assert all(rule.exact is None for rule in traded.rules)
    assert any("comes in intervals" in doubt for doubt in traded.doubts)


def test_the_command_says_it_in_sentences(recorded):
    done = run(recorded(KALSHI))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "kalshi KXGOLD15M-26AUG101945-45: 27,680 messages in 13.9 min"
    assert lines[1].startswith("Fronts: of 517 orders that a sweep finished, ")
    assert any(line.startswith("lots/auto ") for line in lines)
    assert lines[-1].startswith("Cannot tell: The feed does not count the orders of a level")


def test_a_recording_too_short_shows_no_share(tmp_path):
    second = 10**9
    book = [(second, BEGIN, 0, 0, 0), (second, END, 0, 0, 0)]
    book += [
        ((2 + n) * second, LEVEL, side, 10 + n + 5 * side, 100) for n in (0, 1) for side in (1, 2)
    ]
    done = run(made(tmp_path, book))
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "kraken BTC-USD: 6 messages in 2.0 s"
    assert "Fronts" not in done.stdout
    assert (
        "Cannot tell: There is no trade in it: neither fronts nor fills can be told." in done.stdout
    )
    assert "30 are needed for a share. Record longer" in done.stdout


def busy(prices, times):
    """A book of one side with orders that come and go at `prices`, at these times."""
    book = [(times[0], BEGIN, 0, 0, 0), (times[0], LEVEL, 2, 90, 5), (times[0], END, 0, 0, 0)]
    for at, t in enumerate(times[1:]):
        price = prices[at // 2 % len(prices)]
        book.append((t, LEVEL, 1, price, 0 if at % 2 else 100 + at))
    return book


def test_a_recording_of_the_touch_alone_tells_no_queue(tmp_path):
    second = 10**9
    done = run(made(tmp_path, busy([50], [n * second for n in range(1, 200)])))
    assert done.returncode == 0
    assert "Orders recognised" not in done.stdout
    assert "Cannot tell: It only ever shows the best level of a side" in done.stdout


def test_times_out_of_order_tell_no_instant_of_a_fill(tmp_path):
    second = 10**9
    times = [(n + (3 if n % 2 else 0)) * second for n in range(1, 200)]
    book = [(times[0], LEVEL, 1, 49, 5), *busy([50, 51], times)]
    done = run(made(tmp_path, sorted(book[:1]) + book[1:]))
    assert done.returncode == 0
    assert "Orders recognised" not in done.stdout
    assert "messages were received before the one in front of them" in done.stdout
    assert "no instant of a fill is told" in done.stdout


def test_outcome_coins_are_scored_and_by_name_not_played(recorded):
    file = recorded(f"{ARGENTINA}/ws_l2book.jsonl.zst")
    assert len(feeds.score(file)) == 6
    with pytest.raises(feeds.RecordingError, match="outcome coins of Hyperliquid have no name"):
        Sandbox(market=[file], clock="replay")


@pytest.mark.parametrize("content", [b"", b"hello\n", b'{"a":1}\n'])
def test_what_is_no_recording_is_refused(tmp_path, content):
    file = tmp_path / "own.jsonl"
    file.write_bytes(content)
    done = run(file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("sequence: ")
    assert "own.jsonl" in done.stderr
    assert run(tmp_path / "none.tape").returncode == 2


def test_an_empty_recording_is_refused(tmp_path):
    done = run(made(tmp_path, []))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "sequence: own.tape: it is empty\n"
