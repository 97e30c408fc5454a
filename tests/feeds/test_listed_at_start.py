"""A recording's instruments are listed when it is opened, before its first frame is due."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sequence import Sequence
from sequence.errors import UnprocessableError
from sequence.sandbox import Sandbox
from sequence.server import serving

NS = 10**9
T0 = 1_785_641_751 * NS
LISTED = ["BTC-USD", "ETH-USD"]
ROW = (
    '{"id":"BTC-USD","base_increment":"0.001","quote_increment":"0.05","base_min_size":"0.01",'
    '"min_market_funds":"10"}'
)


def frames(product: str, began: int) -> str:
    """A book ten seconds after a frame that is none."""
    book = '"bids":[["100","1"]],"asks":[["101","1"]]'
    change = '"changes":[["buy","100","2"]],"time":"2026-08-02T03:35:51Z"'
    return (
        f'{began} {{"type":"heartbeat","product_id":"{product}","sequence":1}}\n'
        f'{began + 10 * NS} {{"type":"snapshot","product_id":"{product}",{book}}}\n'
        f'{began + 11 * NS} {{"type":"l2update","product_id":"{product}",{change}}}\n'
    )


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two recordings, the second of which begins an hour after the first, and a list of one."""
    (tmp_path / "btc.txt").write_text(frames("BTC-USD", T0))
    (tmp_path / "eth.txt").write_text(frames("ETH-USD", T0 + 3600 * NS))
    (tmp_path / "products.json").write_text(f"[{ROW}]")
    return [tmp_path / name for name in ("btc.txt", "eth.txt", "products.json")]


@pytest.fixture(params=[None, 0.001], ids=["by hand", "by itself"])
def sandbox(request: pytest.FixtureRequest, files: list[Path]) -> Iterator[Sandbox]:
    with Sandbox(clock="replay", market=files, speed=request.param) as made:
        yield made


@pytest.fixture(params=["process", "http"])
def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Sequence]:
    if request.param == "process":
        yield sandbox.client()
        return
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as made:
        yield made


def test_symbols_are_listed_with_their_grid_before_the_first_frame(client: Sequence) -> None:
    rows = {row.symbol: row for row in client.symbols()}
    assert list(rows) == LISTED
    (listing,) = rows["BTC-USD"].venues
    assert (listing.venue, listing.tick_1e9, listing.lot_1e8) == ("coinbase", 50_000_000, 100_000)
    assert (listing.min_qty_1e8, listing.min_notional_usd_1e9) == (1_000_000, 10 * NS)


def test_a_listed_symbol_has_no_price_before_its_book(client: Sequence) -> None:
    for symbol in LISTED:
        assert not client.quote(symbol).nbbo.live
        with pytest.raises(UnprocessableError):
            client.buy(symbol, "0.01")


def test_a_stream_of_a_listed_symbol_waits_for_its_book(sandbox: Sandbox) -> None:
    with sandbox.client().stream("prices:ETH-USD") as stream:
        assert stream.next(timeout=0.05) is None


def test_the_end_lists_no_more_than_the_start(files: list[Path]) -> None:
    with Sandbox(clock="replay", market=files) as sandbox:
        client = sandbox.client()
        before = [row.symbol for row in client.symbols()]
        sandbox.replay()
        assert [row.symbol for row in client.symbols()] == before
        assert [client.quote(symbol).nbbo.bid_size for symbol in LISTED] == [2.0, 2.0]


def test_a_stored_replay_lists_them_again(files: list[Path], tmp_path: Path) -> None:
    for _ in range(2):
        with Sandbox(clock="replay", market=files, store=tmp_path / "sandbox.db") as sandbox:
            assert [row.symbol for row in sandbox.client().symbols()] == LISTED
