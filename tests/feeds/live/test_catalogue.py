"""What venues list: shown whether or not it is subscribed, kept with versions, and heeded."""

from pathlib import Path

import pytest

from sequence import Sequence, _core
from sequence.errors import NotFoundError, SequenceError, UnprocessableError
from sequence.feeds.live import MAKERS, Live
from sequence.feeds.live.catalogue import Catalogue
from sequence.feeds.live.kraken import Kraken
from sequence.feeds.live.okx import Okx
from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.types import SymbolRow
from tests.feeds.live.conftest import CASES, World, status_of, until

SHIPPED = {
    "binance": ("2021-10-12", "BTC-USDT"),
    "binance-perp": ("2021-07-22", "BTC-USDT-PERP"),
    "coinbase": ("2021-04-17", "BTC-USD"),
    "kalshi": ("2026-07-20", "KXATP-26WIM-AUG"),
    "kraken": ("2021-04-17", "BTC-USD"),
    "polymarket": ("2026-07-20", None),
}
NOW_NS = 1_785_000_000_000_000_000


def rows_of(sandbox: Sandbox) -> dict[str, SymbolRow]:
    with sandbox.client() as client:
        return {row.symbol: row for row in client.symbols()}


def answer_to(sandbox: Sandbox, name: str) -> str:
    """What becomes of a market order, and of one with a limit where that is refused at once."""
    symbol = CASES[name].symbols[0]
    with sandbox.client() as client:
        try:
            return str(client.buy(symbol, "1", venue=name).wait().status)
        except UnprocessableError as error:
            refused = str(error)
            limit = "0.5" if CASES[name].kind == "prediction" else "65000"
            placed = client.buy(symbol, "1", venue=name, limit_price=limit)
            row = client.order(placed.id)
            assert row.status == "REJECTED"
            assert "halted" in str(row) or "closed" in str(row), row
        return refused


@pytest.mark.parametrize("label", SHIPPED)
def test_a_dated_table_is_shipped_for_starts_without_a_network(label: str) -> None:
    venues = [make() for makers in MAKERS.values() for make in makers]
    venue = next(venue for venue in venues if venue.label == label)
    catalogue = Catalogue([venue])
    day, symbol = SHIPPED[label]
    edition = catalogue.editions[label]
    assert (edition.version, edition.origin) == (0, "shipped")
    assert edition.as_of.startswith(day)
    rows = {row["symbol"]: row for row in catalogue.rows(NOW_NS)}
    assert len(rows) > 10
    for row in rows.values():
        for listing in row["venues"]:
            assert listing["source"] in ("venue", "rule")
            assert listing["tick_1e9"] > 0
            assert listing["lot_1e8"] > 0
            assert listing["listed"]["as_of"] == edition.as_of
    if symbol is not None:
        assert rows[symbol]["venues"][0]["venue"] == venue.name


def test_what_is_shipped_refuses_nothing() -> None:
    venue = MAKERS["kalshi"][0]()
    catalogue = Catalogue([venue])
    far_ns = 2 * NOW_NS
    assert catalogue.rows(far_ns)[0]["status"] == "closed"
    assert catalogue.obstacle(venue, "KXATP-26WIM-AUG", far_ns) is None


@pytest.mark.parametrize("name", CASES)
def test_symbols_are_those_of_the_venue_and_not_only_what_is_subscribed(
    world: World, name: str
) -> None:
    fake = world.fake(name)
    first, second = CASES[name].symbols
    # Documents of event markets name one each.
    whole = world.venues[name].lists_all
    world.venues[name].symbols = [first] if whole else [first, second]
    sandbox = world.sandbox()
    status = status_of(sandbox, name)

    def listed() -> bool:
        rows = rows_of(sandbox)
        shown = [of for row in rows.values() for of in row.venues if row.symbol in (first, second)]
        return len(shown) == 2 and all(of.listed and of.listed.origin == "venue" for of in shown)

    until(lambda: status.is_live and listed(), f"{name} is listed: {status}")
    assert set(status.books) == set(world.venues[name].symbols)
    if CASES[name].kind == "prediction":
        with sandbox.client() as client:
            markets = {row.slug for row in client.markets(venue=name).markets}
        assert {first, second} <= markets
    assert fake.refused == []


def test_the_list_is_the_same_over_http_and_for_one_pair(world: World) -> None:
    world.fake("kraken")
    world.venues["kraken"].symbols = ["BTC-USD"]
    sandbox = world.sandbox()
    # The list that is shipped has more.
    until(lambda: rows_of(sandbox).keys() == {"BTC-USD", "ETH-USD"}, "the list has come")
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as client:
        with sandbox.client() as ours:
            assert {r.symbol for r in client.symbols()} == {r.symbol for r in ours.symbols()}
        (listing,) = client.pair_venues("BTC-USD").venues
        assert listing.listed is not None
        assert listing.listed.status == "trading"


@pytest.mark.parametrize("name", CASES)
def test_orders_for_an_instrument_that_its_venue_has_halted_are_refused(
    world: World, name: str
) -> None:
    fake = world.fake(name)
    symbol = CASES[name].symbols[0]
    fake.halted.add(symbol)
    world.venues[name].list_every_s = 0.05
    sandbox = world.sandbox()

    def answer() -> str:
        return answer_to(sandbox, name)

    said = "closed" if name == "hyperliquid" else "halted"
    until(lambda: status_of(sandbox, name).is_live, "live")
    until(lambda: said in answer(), f"{name} is halted: {answer()}")
    # A book that is lost and comes back is halted still.
    fake.faults.append("abort")
    until(lambda: status_of(sandbox, name).reconnects > 0, "a reconnect")
    until(lambda: status_of(sandbox, name).is_live, "live again")
    assert said in answer()
    if said == "closed":
        return  # An end is final.
    fake.halted.clear()
    until(lambda: answer().startswith("FILLED"), f"it trades again: {answer()}")


def test_a_cold_symbol_that_is_halted_is_refused_with_the_reason(world: World) -> None:
    fake = world.fake("okx")
    fake.halted.add("ETH-USDT")
    world.venues["okx"].symbols = ["BTC-USDT"]
    sandbox = world.sandbox()
    until(lambda: "ETH-USDT" in rows_of(sandbox), "the list has come")
    with (
        sandbox.client() as client,
        pytest.raises(NotFoundError, match="okx lists ETH-USDT as halted"),
    ):
        client.quote("ETH-USDT")
    assert "ETH-USDT" not in status_of(sandbox, "okx").books


def test_a_market_that_has_ended_takes_no_order_without_a_word_of_its_venue(world: World) -> None:
    fake = world.fake("kalshi")
    fake.close_time = "2020-01-01T00:00:00Z"  # type: ignore[attr-defined]
    sandbox = world.sandbox()
    symbol = CASES["kalshi"].symbols[0]

    def answer() -> str:
        return answer_to(sandbox, "kalshi")

    until(lambda: status_of(sandbox, "kalshi").is_live, "live")
    until(lambda: "the venue has halted trading" in answer(), answer())
    row = rows_of(sandbox)[symbol]
    assert row.market is not None
    assert row.market.close_ns == 1_577_836_800_000_000_000


def test_lists_are_kept_with_a_version_for_a_start_without_a_network(
    world: World, tmp_path: Path
) -> None:
    world.fake("kraken")
    live = Live(list(world.venues.values()))
    database = tmp_path / "live.db"
    with Sandbox(preset="instant", market=live, store=database) as sandbox:
        assert sandbox.runtime.live is not None
        editions = sandbox.runtime.live.catalogue.editions
        until(lambda: editions["kraken"].origin == "venue", "the list has come")
        as_of = editions["kraken"].as_of
    nowhere = Kraken(url="ws://127.0.0.1:9", rest_url="http://127.0.0.1:9", symbols=["BTC-USD"])
    with Sandbox(preset="instant", market=Live([nowhere]), store=database) as again:
        rows = rows_of(again)
        assert rows["ETH-USD"].venues[0].listed is not None
        assert rows["ETH-USD"].venues[0].listed.origin == "kept"
        assert rows["ETH-USD"].venues[0].listed.as_of == as_of


def test_a_version_rises_only_with_the_rows(tmp_path: Path) -> None:
    venue = Kraken()
    catalogue = Catalogue([venue], tmp_path)

    def body(status: str) -> bytes:
        row = f'{{"wsname":"XBT/USD","pair_decimals":1,"lot_decimals":8,"status":"{status}"}}'
        return f'{{"error":[],"result":{{"XXBTZUSD":{row}}}}}'.encode()

    for at, (status, version) in enumerate([("online", 1), ("online", 1), ("cancel_only", 2)]):
        catalogue.take(venue, [_core.InstrumentList("kraken", body(status))], NOW_NS + at)
        assert catalogue.editions["kraken"].version == version
    assert [row["symbol"] for row in catalogue.rows(NOW_NS)] == ["BTC-USD"]
    assert catalogue.obstacle(venue, "BTC-USD", NOW_NS) == (
        "kraken lists BTC-USD as halted (2026-07-25T17:20:00Z)"
    )
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "kraken-000001.tsv",
        "kraken-000002.tsv",
    ]
    again = Catalogue([venue], tmp_path)
    assert again.editions["kraken"].version == 2
    assert again.obstacle(venue, "BTC-USD", NOW_NS) is None, "what was kept is of another day"


def test_a_venue_that_is_away_or_not_connected_is_named_in_the_refusal(world: World) -> None:
    world.fake("kraken")
    world.venues["okx"] = Okx(url="ws://127.0.0.1:9", rest_url="", symbols=["BTC-USDT"])
    sandbox = world.sandbox()
    until(lambda: status_of(sandbox, "kraken").is_live, "one is live")
    until(lambda: status_of(sandbox, "okx").problem != "", "the other is away")
    with sandbox.client() as client:
        for symbol in ("ETH-USDT", "BTC-USD"):
            with pytest.raises(UnprocessableError, match="okx"):
                client.buy(symbol, "1", venue="okx")
        with pytest.raises(UnprocessableError, match=r"okx cannot be reached \(.*network there"):
            client.buy("BTC-USDT", "1", venue="okx")
        with pytest.raises(UnprocessableError, match="no live feed of bitget: its frames"):
            client.buy("BTC-USD", "1", venue="bitget")


def test_symbols_that_no_venue_has_are_answered_with_the_nearest_ones() -> None:
    with pytest.raises(ValueError, match=r"none of kraken; did you mean BTC-USD or"):
        Live(["kraken"], symbols=["BTC-USDD"], addresses={"kraken": "ws://x"}).connections()


@pytest.mark.parametrize(
    ("venue", "symbol", "reason"),
    [
        ("hyperliquid", "xyz:TSLA", "HIP-3"),
        ("hyperliquid", "#7510", "HIP-4"),
        ("hyperliquid", "@107", "numbered"),
        ("binance", "BTCUSD_PERP", "COIN-M"),
        ("binance", "BTC-USD-PERP", "COIN-M"),
        ("binance", "BTCUSDT_260327", "expire"),
        ("bybit", "BTCUSD", "inverse"),
        ("coinbase", "BTC-PERP-INTX", "perpetuals"),
        ("coinbase", "BTC-USD-PERP", "perpetuals"),
        ("coinbase", "BTC-USDC", "share the book"),
        ("okx", "BTC-USDT-SWAP", "contracts"),
        ("okx", "BTC-USDT-PERP", "contracts"),
        ("kraken", "PI_XBTUSD", "futures"),
    ],
)
def test_what_is_not_traded_here_is_refused_by_name_with_the_reason(
    world: World, venue: str, symbol: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"{venue}: .*{reason}"):
        Live([venue], symbols=[symbol]).connections()
    world.fake(venue)
    with world.sandbox().client() as client:
        for ask in (client.quote, lambda name: client.buy(name, "1", venue=venue)):
            with pytest.raises(SequenceError, match=reason):
                ask(symbol)
