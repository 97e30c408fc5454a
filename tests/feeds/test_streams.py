"""Several files: those of one stream are one, in time order, whatever order they are named in."""

import json
from decimal import Decimal

import pytest

from sequence import feeds
from sequence.sandbox import Sandbox

NS = 10**9
T0 = 1_785_641_751 * NS


def rest(last_id, at):
    body = f'{{"lastUpdateId":{last_id},"bids":[["100","1"]],"asks":[["101","1"]]}}'
    url = "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000"
    return f"{url} -> {at / NS:.6f}: {body}\n"


def diff(number, at, size, symbol="BTCUSDT"):
    body = (
        f'{{"e":"depthUpdate","E":{at // 10**6},"s":"{symbol}","U":{number},"u":{number},'
        f'"b":[["100","{size}"]],"a":[]}}'
    )
    return f"{at / NS:.6f}: {body}\n"


def played(files, symbol="BTC-USDT"):
    with Sandbox(clock="replay", market=files) as sandbox:
        sandbox.replay()
        nbbo = sandbox.client().quote(symbol).nbbo
        return nbbo.live, nbbo.bid_size


@pytest.fixture
def days(tmp_path):
    """A REST book, and two files of the diffs that continue it."""
    (tmp_path / "rest.txt").write_text(rest(10, T0 + NS // 2))
    day = [diff(10 + n, T0 + n * NS // 4, n) for n in range(1, 9)]
    (tmp_path / "one.txt").write_text("".join(day[:4]))
    (tmp_path / "two.txt").write_text("".join(day[4:]))
    return [tmp_path / name for name in ("rest.txt", "one.txt", "two.txt")]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_two_days_and_an_answer_over_rest_are_one_stream(days, order):
    assert played([days[at] for at in order]) == (True, 8)


def test_one_of_two_days_alone_has_no_book(days):
    with pytest.warns(feeds.RecordingWarning, match="no book comes live"):
        Sandbox(clock="replay", market=days[2:])


def test_a_warning_about_many_files_names_a_few(tmp_path):
    files = [tmp_path / f"part-{number:03}.txt" for number in range(40)]
    for number, file in enumerate(files):
        file.write_text(diff(10 + number, T0 + number * NS, 1))
    with pytest.warns(feeds.RecordingWarning, match="no book comes live") as told:
        Sandbox(clock="replay", market=files)
    text = str(told[0].message)
    assert text.startswith("part-000.txt, part-001.txt, part-002.txt and 37 more: ")


def coinbase(product, at, size, kind="l2update"):
    body = {
        "snapshot": f'"bids":[["100","{size}"]],"asks":[["101","1"]]',
        "l2update": f'"changes":[["buy","100","{size}"]],"time":"2026-08-02T03:35:51Z"',
    }[kind]
    return f'{at} {{"type":"{kind}","product_id":"{product}",{body}}}\n'


def advanced(product, at, number, size, kind="update"):
    updates = f'[{{"side":"bid","price_level":"100","new_quantity":"{size}"}}]'
    events = f'[{{"type":"{kind}","product_id":"{product}","updates":{updates}}}]'
    return (
        f'{at} {{"channel":"l2_data","timestamp":"2026-08-02T03:35:51Z",'
        f'"sequence_num":{number},"events":{events}}}\n'
    )


def test_connections_of_one_venue_at_the_same_time_keep_their_own_numbers(tmp_path):
    for product in ("BTC-USD", "ETH-USD"):
        lines = [advanced(product, T0, 0, 1, "snapshot")]
        lines += [advanced(product, T0 + n * NS, n, n + 1) for n in range(1, 4)]
        (tmp_path / product).write_text("".join(lines))
    files = [tmp_path / "BTC-USD", tmp_path / "ETH-USD"]
    with Sandbox(clock="replay", market=files) as sandbox:
        sandbox.replay()
        sizes = [sandbox.client().quote(name).nbbo.bid_size for name in ("BTC-USD", "ETH-USD")]
        assert sizes == [4, 4]


def test_the_end_of_a_connection_that_named_no_symbol_ends_no_book_of_another(tmp_path):
    lines = [rest(10, T0), *(diff(10 + n, T0 + n * NS, n) for n in range(1, 9))]
    (tmp_path / "one.txt").write_text("".join(lines))
    # It asked for what the venue does not have, and was closed.
    answer = f'{(T0 + 2 * NS) / NS:.9f}: {{"result":null,"id":1}}\n'
    ends = f"wss://stream.binance.com:9443/ws <-> {(T0 + 6 * NS) / NS:.9f}\n"
    (tmp_path / "two.txt").write_text(answer + ends)
    parts = [
        {"file": file, "venue": "binance", "frames": frames, "gaps_ns": []}
        for file, frames in (("one.txt", 9), ("two.txt", 1))
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": "session-1", "parts": parts}))
    assert played([tmp_path]) == (True, 8)


def test_many_recordings_of_one_symbol_each_are_played_together(tmp_path):
    names = [f"C{number:03}-USD" for number in range(300)]
    for at, name in enumerate(names):
        lines = [coinbase(name, T0 + at, 1, "snapshot")]
        lines += [coinbase(name, T0 + at + n * NS, n + 1) for n in range(1, 4)]
        (tmp_path / name).write_text("".join(lines))
    with Sandbox(clock="replay", market=[tmp_path / name for name in names]) as sandbox:
        sandbox.replay()
        client = sandbox.client()
        assert {client.quote(name).nbbo.bid_size for name in names} == {4}


def test_the_list_of_instruments_beside_the_frames_says_the_steps(tmp_path):
    row = (
        '{"id":"BTC-USD","base_increment":"0.001","quote_increment":"0.05","base_min_size":"0.01",'
        '"min_market_funds":"10"}'
    )
    (tmp_path / "products.json").write_text(f"[{row},\n{row.replace('BTC', 'ETH')}]")
    lines = coinbase("BTC-USD", T0, 1, "snapshot") + coinbase("BTC-USD", T0 + NS, 2)
    (tmp_path / "frames.txt").write_text(lines)
    files = [tmp_path / "frames.txt", tmp_path / "products.json"]
    for market in (files, files[::-1]):
        with Sandbox(clock="replay", market=market) as sandbox:
            sandbox.replay()
            (symbol,) = sandbox.client().symbols()
            (listing,) = symbol.venues
            assert listing.tick_1e9 == 50_000_000
            assert listing.lot_1e8 == 100_000
            assert listing.min_qty_1e8 == 1_000_000
            assert listing.min_notional_usd_1e9 == 10 * NS


@pytest.mark.parametrize("venue", [None, "coinbase"])
@pytest.mark.parametrize("qty", ["0.5", "1.5"])
def test_sizes_of_whole_coins_forbid_no_order_of_a_part(tmp_path, qty, venue):
    """Levels show what others sent: the lot that is learnt from them binds nobody."""
    lines = coinbase("BTC-USD", T0, 3, "snapshot")
    lines += "".join(coinbase("BTC-USD", T0 + n * NS, 2) for n in range(1, 9))
    (tmp_path / "frames.txt").write_text(lines)
    with Sandbox(clock="replay", market=[tmp_path / "frames.txt"]) as sandbox:
        sandbox.replay(until=T0 + NS)
        client = sandbox.client()
        (listing,) = client.symbols()[0].venues
        assert (listing.lot_1e8, listing.min_qty_1e8) == (10**8, 1)
        rests = client.buy("BTC-USD", qty, limit_price="99", venue=venue)
        assert (rests.status, rests.qty) == ("NEW", Decimal(qty))
        client.amend(rests.id, new_qty="0.7")
        assert client.preview("BTC-USD", "buy", "0.3", venue=venue).fillable_qty_1e8 == 30_000_000
        taken = client.buy("BTC-USD", "0.25", venue=venue)
        sandbox.replay()
        assert client.order(rests.id).qty == Decimal("0.7")
        assert client.order(taken.id).filled_qty == Decimal("0.25")
        assert sandbox.runtime.engine.check_invariants() == []


def test_a_tape_on_disk_plays_as_in_memory_and_a_changed_one_is_refused(tmp_path):
    lines = coinbase("BTC-USD", T0, 1, "snapshot")
    lines += "".join(coinbase("BTC-USD", T0 + n * NS // 100, n % 9 + 1) for n in range(1, 3_000))
    (tmp_path / "frames.txt").write_text(lines)
    made = feeds.convert(tmp_path / "frames.txt", tmp_path / "x.tape")
    hashes = set()
    for source in (made, tmp_path / "x.tape", tmp_path / "frames.txt"):
        with Sandbox(clock="replay", market="none") as sandbox:
            client = sandbox.client()
            placed = []

            def trade(_now_ns, client=client, placed=placed):
                placed.append(client.buy("BTC-USD", "0.5", limit_price="100"))

            sandbox.replay(source, at=[T0 + NS], on_time=trade)
            hashes.add(sandbox.event_hash())
    assert len(hashes) == 1
    data = bytearray((tmp_path / "x.tape").read_bytes())
    data[-20] ^= 1
    (tmp_path / "x.tape").write_bytes(data)
    with pytest.raises(feeds.RecordingError, match="the sha256 differs"):
        Sandbox(clock="replay", market=[tmp_path / "x.tape"])
    (tmp_path / "x.tape").write_bytes(data[:-7])
    with pytest.raises(feeds.RecordingError, match="the last record is torn"):
        Sandbox(clock="replay", market=[tmp_path / "x.tape"])


@pytest.mark.parametrize("kind", ["frames", "tape"])
def test_a_file_that_is_cut_while_it_is_played_ends_with_an_error(tmp_path, kind):
    lines = coinbase("BTC-USD", T0, 1, "snapshot")
    lines += "".join(coinbase("BTC-USD", T0 + n * NS // 100, n % 9 + 1) for n in range(1, 9_000))
    file = tmp_path / "x"
    file.write_text(lines)
    if kind == "tape":
        feeds.convert(file, tmp_path / "x.tape")
        file = tmp_path / "x.tape"
    with Sandbox(clock="replay", market=[file]) as sandbox:
        sandbox.replay(until=T0 + NS)
        file.write_bytes(file.read_bytes()[:100_001])
        if kind == "tape":
            with pytest.raises(feeds.RecordingError, match="could not be read to its end"):
                sandbox.replay()
        else:
            # The frame that was cut cannot be read, and nothing comes after it.
            sandbox.replay()
            assert not sandbox.client().quote("BTC-USD").nbbo.live


def test_a_thousand_other_recordings_cost_a_message_nothing(tmp_path):
    quiet = [tmp_path / f"q{n}" for n in range(200)]
    for n, file in enumerate(quiet):
        frames = coinbase(f"Q{n}-USD", T0 + n, 1, "snapshot"), coinbase(f"Q{n}-USD", T0 + n, 1)
        file.write_text("".join(frames))
    busy = coinbase("BTC-USD", T0, 1, "snapshot")
    busy += "".join(coinbase("BTC-USD", T0 + n, n % 9 + 1) for n in range(1, 500))
    (tmp_path / "busy").write_text(busy)
    with Sandbox(clock="replay", market=[tmp_path / "busy", *quiet]) as sandbox:
        sandbox.replay()
        assert sandbox.client().quote("BTC-USD").nbbo.bid_size == 499 % 9 + 1
