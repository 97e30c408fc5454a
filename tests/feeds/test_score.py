"""`sequence score`: what a recording says of queues, and what it says it cannot say."""

import gzip
import json
import subprocess
import sys

import pytest
import zstandard

from sequence import feeds
from sequence.cli import score as command
from sequence.feeds.recording import LAST, RECORD
from sequence.sandbox import Sandbox
from tests.test_cli_orders import on_a_terminal

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


def lines(count=200):
    """Frames of Hyperliquid behind their times: books of two levels a side and a trade each."""
    found = []
    for number in range(count):
        ms = 1_776_657_000_000 + 500 * number
        levels = [
            [{"px": str(100 - at), "sz": str(1 + number % 7), "n": 1} for at in range(2)],
            [{"px": str(101 + at), "sz": "5", "n": 2} for at in range(2)],
        ]
        book = {"channel": "l2Book", "data": {"coin": "BTC", "time": ms, "levels": levels}}
        trade = {"coin": "BTC", "side": "A", "px": "100", "sz": "0.5", "time": ms, "tid": number}
        frames = (book, {"channel": "trades", "data": [trade | {"hash": "0x0"}]})
        found += [f"{ms / 1000:.3f}: {json.dumps(frame)}" for frame in frames]
    return found


def written(tmp_path, rows, name="own.txt"):
    file = tmp_path / name
    file.write_text("\n".join(rows) + "\n")
    return file


def test_frames_that_bear_times_out_of_order_tell_no_instant(tmp_path):
    rows = lines()
    (well,) = feeds.score(written(tmp_path, rows))
    assert well.singles > 30
    assert well.rules[0].single_error is not None
    for at in range(10, len(rows) - 9, 20):
        rows[at], rows[at + 6] = rows[at + 6], rows[at]
    (found,) = feeds.score(written(tmp_path, rows))
    assert any("received before the one in front of them" in doubt for doubt in found.doubts)
    assert any("no instant of a fill is told" in doubt for doubt in found.doubts)
    assert all(rule.single_error is None for rule in found.rules)


def test_lines_that_cannot_be_read_are_counted_and_the_rest_is_scored(tmp_path):
    rows = lines()
    rows[20:20] = ["no line of a recorder", "{", rows[20][:60]]
    (found,) = feeds.score(written(tmp_path, rows))
    assert found.doubts[0] == (
        "3 of its frames or lines cannot be read: what they said is missing."
    )
    assert found.rules[0].single_error is not None


def test_a_lost_book_is_said(tmp_path):
    rows = lines()
    rows.insert(200, f"wss://x <-> {rows[200].split(':')[0]}")
    rows[201:281] = [row for row in rows[201:281] if "l2Book" not in row]
    (found,) = feeds.score(written(tmp_path, rows))
    (told,) = [doubt for doubt in found.doubts if "book was lost" in doubt]
    assert told.startswith("Its book was lost once, by a gap or the end of a connection, ")
    assert "unknown for 20 % of the time" in told


def test_one_file_has_frames_of_one_venue_and_several_files_of_several(tmp_path):
    rows = lines()
    kraken = '{"channel":"heartbeat"}'
    book = (
        '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":1.0,'
        '"qty":1.0}],"asks":[{"price":2.0,"qty":1.0}],"checksum":1}]}'
    )
    mixed = [*rows[:10], *(f"1776657100.0: {row}" for row in (kraken, book))]
    done = run(written(tmp_path, mixed, "mixed.txt"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "hyperliquid" in done.stderr
    assert "kraken" in done.stderr
    other = made(tmp_path, busy([50, 51], [n * 10**9 for n in range(1, 200)]))
    found = feeds.score(written(tmp_path, rows), other)
    assert {market.venue for market in found} == {"hyperliquid", "kraken"}
    twice = written(tmp_path, rows)
    done = run(twice, tmp_path / "." / twice.name)
    assert done.returncode == 2
    assert "own.txt is given twice" in done.stderr


def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path):
    text = "\n".join(lines()).encode()
    broken = {
        "cut.gz": gzip.compress(text)[:-500],
        "cut.zst": zstandard.compress(text)[:-500],
        "noise.bin": bytes(range(256)) * 20,
        "folder": None,
    }
    for name, content in broken.items():
        file = tmp_path / name
        if content is None:
            file.mkdir()
        else:
            file.write_bytes(content)
        done = run(file)
        assert (done.returncode, done.stdout) == (2, ""), name
        assert done.stderr.count("\n") == 1, name
        assert name in done.stderr
    done = run(tmp_path / "none.txt")
    assert done.returncode == 2
    assert done.stderr == f"sequence: {tmp_path / 'none.txt'}: No such file or directory\n"
    for packed in (gzip.compress(text), zstandard.compress(text)):
        (tmp_path / "whole").write_bytes(packed)
        assert run(tmp_path / "whole").returncode == 0


def test_a_score_fits_80_columns(tmp_path, recorded):
    files = [written(tmp_path, lines()), recorded(KALSHI)]
    for market in feeds.score(*files):
        text = on_a_terminal(80, command._write, market)
        assert max(map(len, text.splitlines())) <= 80
        for doubt in market.doubts:
            assert doubt in " ".join(text.split())
