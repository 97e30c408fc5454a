"""A replay with a store, opened again in its middle, goes on as if it had not been interrupted."""

import json
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from sequence import feeds
from sequence.feeds import Recording, RecordingWarning
from sequence.sandbox import Sandbox

SECOND = 10**9
START = 1_776_657_000 * SECOND
STEPS = 40
STOPS = (0, 1, 6, 7, 13, 20, 31, 38)


def lines(symbol="BTC-USD", venue="kraken", *, begin=0, steps=STEPS, price=100):
    """A book that moves up and down by a tenth a second, with a trade at one of its sides."""
    row = {"venue": venue, "symbol": symbol}
    yield row | {
        "ts_ns": START + begin * SECOND, "type": "snapshot",
        "bids": [[f"{price - 1 - n}", "5"] for n in range(5)],
        "asks": [[f"{price + 1 + n}", "5"] for n in range(5)],
    }  # fmt: skip
    for at in range(begin + 1, begin + steps):
        ts_ns = START + at * SECOND
        wave = abs((at * 7) % 20 - 10)
        deltas = {
            "bids": [[f"{price - 1}.{n}", "4" if n == wave else "0"] for n in range(1, 10)],
            "asks": [[f"{price}.{n}", "3" if n == wave else "0"] for n in range(1, 10)],
        }
        yield row | {"ts_ns": ts_ns, "type": "delta"} | deltas
        side, hit = ("sell", f"{price - 1}") if at % 2 else ("buy", f"{price + 1}")
        yield row | {"ts_ns": ts_ns + 1, "type": "trade", "price": hit, "qty": "6", "side": side}


def recording(*parts):
    rows = sorted(
        (row for part in parts or [lines()] for row in part), key=lambda row: row["ts_ns"]
    )
    read = feeds.jsonl.load("\n".join(json.dumps(row) for row in rows).encode())
    return Recording(read.instruments, read.records, "hand", "a test")


def copied(store, to):
    """The files of a store as a process that is killed leaves them."""
    for part in store.parent.glob(store.name + "*"):
        shutil.copy(part, to.with_name(to.name + part.name.removeprefix(store.name)))
    return to


class Strategy:
    """Sends by the clock alone: far and near orders, takers, cancels."""

    def __init__(self, sandbox, symbol="BTC-USD", venue="kraken"):
        self.client, self.market = sandbox.client(), (symbol, venue)

    def __call__(self, now_ns):
        second, client, (symbol, venue) = (now_ns - START) // SECOND, self.client, self.market
        if second % 5 == 2:
            client.buy(symbol, "0.5", limit_price=97, venue=venue, graph_id=f"far{second}")
        if second % 5 == 3:
            client.buy(symbol, "0.25", venue=venue, graph_id=f"take{second}")
        if second % 5 == 4:
            client.sell(symbol, "0.1", limit_price=103, venue=venue, graph_id=f"s{second}")
        if second % 10 == 9:
            client.cancel(f"graph:far{second - 7}:order:1")


def state_of(sandbox):
    client = sandbox.client()
    orders, fills = client.orders(limit=500).orders, client.fills(limit=500).fills
    return {
        "fills": [(row.ts_ns, row.price_1e9, row.qty_1e8, row.fee_usd_1e9) for row in fills],
        "orders": [(row.graph_id, row.status, row.filled_qty_1e8) for row in orders],
        "state": sandbox.state_hash(),
        "nav": client.positions().totals.nav,
        "broken": sandbox.check_invariants(),
    }


def opened(*market, **options):
    chosen = {"preset": "realistic", "overrides": {"impact.Y_ppm": 0}} | options
    if chosen["preset"] == "instant":
        del chosen["overrides"]
    return Sandbox(clock="replay", market=market, seed=5, **chosen)


def played(sandbox, until=STEPS, source=None, strategy=Strategy):
    """Plays up to a second; the strategy is asked once in each that is still to come."""
    now_ns = sandbox.clock.now_ns
    at = [START + second * SECOND + 5 for second in range(STEPS - 1)]
    called = strategy(sandbox)
    at = [row for row in at if row > now_ns]
    sandbox.replay(source, on_time=called, at=at, until=START + until * SECOND + 7)


def straight(*market, **options):
    with opened(*market, **options) as sandbox:
        played(sandbox)
        found = state_of(sandbox)
    assert found["fills"]
    assert not found["broken"]
    return found


@pytest.mark.parametrize("preset", ["instant", "realistic"])
@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("stop", STOPS)
def test_what_is_resumed_decides_what_one_run_decides(tmp_path, preset, killed, stop):
    store = tmp_path / "a.db"
    with opened(recording(), preset=preset, store=store) as first:
        played(first, stop)
        after = copied(store, tmp_path / "b.db") if killed else store
    with opened(recording(), preset=preset, store=after) as second:
        played(second)
        assert state_of(second) == straight(recording(), preset=preset)


def test_it_may_be_interrupted_often(tmp_path):
    for stop in range(0, STEPS - 1, 3):
        with opened(recording(), store=tmp_path / "a.db") as sandbox:
            played(sandbox, stop)
    with opened(recording(), store=tmp_path / "a.db") as sandbox:
        played(sandbox)
        assert state_of(sandbox) == straight(recording())


def test_the_book_is_as_it_stood_and_nothing_of_the_past_is_told(tmp_path):
    with opened(recording(), store=tmp_path / "a.db") as sandbox:
        played(sandbox, 20)
        levels = sandbox.client().quote("BTC-USD").nbbo
        now_ns = sandbox.clock.now_ns
    told = []
    with opened(recording(), store=tmp_path / "a.db") as sandbox:
        assert now_ns - SECOND <= sandbox.clock.now_ns <= now_ns
        nbbo = sandbox.client().quote("BTC-USD").nbbo
        assert (nbbo.bid, nbbo.ask) == (levels.bid, levels.ask)
        begun_ns = sandbox.clock.now_ns
        sandbox.replay(
            on_trade=lambda book, *_: told.append(book.now_ns),
            on_book=lambda book: told.append(book.now_ns),
            on_time=told.append,
            every=2.0,
        )
    assert min(told) > begun_ns
    assert max(told) > START + 38 * SECOND


def test_an_order_in_flight_arrives_when_it_would_have(tmp_path):
    def sent(sandbox):
        sandbox.clock.advance(seconds=10)
        order = sandbox.client().buy("BTC-USD", "0.25", venue="kraken", graph_id="one")
        assert order.status == "NEW"

    with opened(recording()) as sandbox:
        sent(sandbox)
        sandbox.replay()
        expected = state_of(sandbox)
    with opened(recording(), store=tmp_path / "a.db") as sandbox:
        sent(sandbox)
    with opened(recording(), store=tmp_path / "a.db") as sandbox:
        sandbox.replay()
        assert state_of(sandbox) == expected
    assert expected["orders"] == [("one", "FILLED", 25_000_000)]


def test_several_files_in_a_row_and_several_venues(tmp_path):
    parts = [
        recording(lines(steps=15), lines("ETH-USD", "coinbase", steps=15)),
        recording(lines(begin=15, steps=25), lines("ETH-USD", "coinbase", begin=15, steps=25)),
    ]
    expected = straight(*parts)
    for stop in (6, 14, 15, 21):
        store = tmp_path / f"{stop}.db"
        with opened(*parts, store=store) as sandbox:
            played(sandbox, stop)
        with opened(*parts, store=store) as sandbox:
            if stop > 15:
                assert sandbox.client().quote("ETH-USD").nbbo.live
            played(sandbox)
            assert state_of(sandbox) == expected


@pytest.mark.parametrize("symbol", ["BTC-USD-PERP", "BTC-USD"])
def test_a_recording_that_is_named_later_goes_on_as_well(tmp_path, symbol):
    market = recording(lines(symbol, "hyperliquid" if symbol.endswith("PERP") else "kraken"))

    def strategy(sandbox):
        return Strategy(sandbox, *((symbol, "hyperliquid") if symbol.endswith("PERP") else ()))

    def run(*stops, store="memory"):
        for stop in stops:
            with Sandbox(
                clock="replay", market="none", preset="instant", seed=5, store=store
            ) as sandbox:
                played(sandbox, stop, market, strategy)
                found = state_of(sandbox)
        return found

    assert run(12, 23, STEPS, store=tmp_path / "a.db") == run(STEPS)
    with Sandbox(clock="replay", market="none", preset="instant", seed=5) as sandbox:
        played(sandbox, 5, market, strategy)
        with pytest.raises(ValueError, match="before the present"):
            sandbox.replay(market)


def test_a_snapshot_of_its_middle_and_a_fork_of_what_is_resumed_go_on_alike(tmp_path):
    expected = straight(recording())
    with opened(recording()) as sandbox:
        played(sandbox, 13)
        sandbox.save_snapshot(tmp_path / "a.seq")
    begun = Sandbox.from_snapshot(tmp_path / "a.seq", clock="replay", market=[recording()])
    with begun, begun.fork() as fork:
        for sandbox in (fork, begun):
            played(sandbox)
        assert state_of(fork)["nav"] == expected["nav"]
        assert fork.state_hash() == begun.state_hash()
        for what in ("fills", "orders", "nav", "broken"):
            assert state_of(begun)[what] == expected[what]


def test_what_runs_by_itself_goes_on_where_it_stopped(tmp_path, monkeypatch):
    passed_ns = [0]
    monkeypatch.setattr(time, "monotonic_ns", lambda: passed_ns[0])
    with opened(recording(), speed=2.0, store=tmp_path / "a.db") as sandbox:
        client = sandbox.client()
        passed_ns[0] += 5 * SECOND
        far = client.buy("BTC-USD", "0.5", limit_price=97, venue="kraken")
        stopped_ns = sandbox.clock.now_ns
        assert stopped_ns == START + 10 * SECOND
    passed_ns[0] += 1_000 * SECOND
    with opened(recording(), speed=2.0, store=tmp_path / "a.db") as sandbox:
        assert sandbox.clock.now_ns == stopped_ns
        passed_ns[0] += 10 * SECOND
        client = sandbox.client()
        assert client.order(far.id).status == "ACCEPTED"
        assert client.quote("BTC-USD").nbbo.live
        assert sandbox.clock.now_ns == START + 30 * SECOND


@pytest.mark.parametrize("speed", [None, 1.0])
def test_where_nothing_is_left_to_play_that_is_said(tmp_path, speed):
    with opened(recording(), store=tmp_path / "a.db") as sandbox:
        played(sandbox)
        sandbox.clock.advance(seconds=100)
        sandbox.client().buy("BTC-USD", "0.5", limit_price=97, venue="kraken")
    with pytest.warns(RecordingWarning, match=r"come to 2026.*ends 2026.*nothing of it is left"):
        again = opened(recording(), speed=speed, store=tmp_path / "a.db")
    with again:
        assert again.check_invariants() == []


def event_lines():
    """A market of outcomes whose touch moves by a cent a second."""
    row = {"venue": "kalshi", "symbol": "KXFOO-BAR"}
    levels = {"bids": [["0.30", "90"], ["0.35", "90"]], "asks": [["0.60", "90"]]}
    yield row | {"ts_ns": START, "type": "snapshot"} | levels
    for at in range(1, STEPS):
        moved = [[f"0.{50 + n}", "8" if n == at % 5 else "0"] for n in range(5)]
        yield row | {"ts_ns": START + at * SECOND, "type": "delta", "asks": moved}


@pytest.mark.parametrize("stop", STOPS)
def test_a_market_of_outcomes_goes_on_as_well(tmp_path, stop):
    class Buyer(Strategy):
        def __call__(self, now_ns):
            second = (now_ns - START) // SECOND
            limits = {2: ("KXFOO-BAR", "0.32"), 3: ("KXFOO-BAR:NO", "0.20"), 4: ("KXFOO-BAR", None)}
            if second % 7 in limits:
                symbol, limit = limits[second % 7]
                sent = {"venue": "kalshi", "graph_id": f"e{second}"}
                self.client.buy(symbol, 2, limit_price=limit, **sent)

    def run(*stops, store):
        for until in stops:
            with opened(recording(event_lines()), store=store) as sandbox:
                sandbox.client().positions()
                played(sandbox, until, strategy=Buyer)
                found = state_of(sandbox)
        return found

    expected = run(STEPS, store=tmp_path / "a.db")
    assert len(expected["fills"]) > 3
    assert run(stop, STEPS, store=tmp_path / "b.db") == expected


def test_a_perp_is_marked_and_pays_funding_as_in_one_run(tmp_path):
    """Positions that are open at the stop, a funding boundary behind it and one before it."""
    minute = 60 * SECOND
    row = {"venue": "hyperliquid", "symbol": "BTC-USD-PERP"}
    rows = [
        row | {
            "ts_ns": START, "type": "snapshot",
            "bids": [["100", "50"], ["60", "50"]], "asks": [["102", "50"], ["150", "90"]],
        }
    ]  # fmt: skip
    for at in range(1, 140):
        bid = ["100", "0" if at > 90 else f"{50 + at % 3}"]
        rows.append(row | {"ts_ns": START + at * minute, "type": "delta", "bids": [bid]})

    def run(*stops, store):
        for until in stops:
            with opened(recording(rows), store=store) as sandbox:
                client = sandbox.client()
                if sandbox.clock.now_ns == START:
                    sandbox.market.funding_rate("hyperliquid", "BTC-USD-PERP", "0.001")
                    client.buy("BTC-USD-PERP", 3, venue="hyperliquid", graph_id="long")
                sandbox.replay(until=START + until * minute + 7)
                found = state_of(sandbox)
        return found

    expected = run(138, store=tmp_path / "a.db")
    assert len(expected["fills"]) == 1
    for nth, stops in enumerate([(5, 138), (30, 138), (89, 138), (95, 138), (9, 10, 11, 71, 138)]):
        assert run(*stops, store=tmp_path / f"{nth}.db") == expected, stops


def test_frames_of_a_venue_are_read_to_where_they_were_played(tmp_path):
    file = tmp_path / "x.jsonl"
    body = '{"type":"snapshot","product_id":"BTC-USD","asks":[["102","9"]],"bids":[["100.25","2"]]}'
    rows = [(0, body)]
    for at in range(1, STEPS):
        stamp = f"2026-04-20T03:50:{at:02d}Z"
        change = f'[["buy","100.25","{at}"],["sell","101.{at % 10}","{at % 2}"]]'
        body = f'{{"type":"l2update","product_id":"BTC-USD","changes":{change},"time":"{stamp}"}}'
        rows.append((at, body))
    text = [f'{{"recv_ns":{START + at * SECOND},"frame":{body}}}' for at, body in rows]
    file.write_text("\n".join(text))

    def strategy(sandbox):
        return Strategy(sandbox, venue="coinbase")

    def run(*stops, store):
        for until in stops:
            with opened(file, store=store) as sandbox:
                sandbox.client().positions()
                played(sandbox, until, strategy=strategy)
                found = state_of(sandbox)
        return found

    expected = run(STEPS, store=tmp_path / "a.db")
    assert len(expected["fills"]) > 3
    for stop in STOPS:
        assert run(stop, STEPS, store=tmp_path / f"{stop}.db") == expected


def test_orders_that_left_memory_stay_out_of_it(tmp_path):
    expected = straight(recording())
    for stop in (8, 24, 30, STEPS):
        with opened(recording(), store=tmp_path / "a.db", keep=2) as sandbox:
            played(sandbox, stop)
            found = state_of(sandbox)
    assert found == expected


def test_a_process_that_was_killed_goes_on(tmp_path):
    feeds.write(recording(), tmp_path / "a.tape")
    script = """
        import os, signal, sys
        sys.path.insert(0, sys.argv[2])
        from test_replay_resumed import START, SECOND, Strategy, opened, played
        class Victim(Strategy):
            def __call__(self, now_ns):
                super().__call__(now_ns)
                if now_ns > START + 17 * SECOND:
                    os.kill(os.getpid(), signal.SIGKILL)
        with opened("a.tape", store="a.db") as sandbox:
            played(sandbox, strategy=Victim)
    """
    here = str(Path(__file__).parent)
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", textwrap.dedent(script), "-", here], cwd=tmp_path, check=False
    )
    assert done.returncode == -signal.SIGKILL
    with opened(tmp_path / "a.tape", store=tmp_path / "a.db") as sandbox:
        assert START + 10 * SECOND < sandbox.clock.now_ns < START + 18 * SECOND
        played(sandbox)
        assert state_of(sandbox) == straight(recording())
