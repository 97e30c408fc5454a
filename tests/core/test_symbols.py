"""Symbols, venues and exact numbers, as Python sees them, and every real symbol on file."""

from __future__ import annotations

import csv
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequence import _core

TOKEN = "93306292450753343873001379745548936703270056748899305193655114461097692136642"
REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("SEQUENCE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))


def rows(name: str) -> list[list[str]]:
    path = DATA / "symbols" / name
    if not path.is_file():
        pytest.skip(f"recorded symbols are not here: {path} (set SEQUENCE_TEST_DATA)")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize(
    ("text", "triple"),
    [
        ("KXFOO-BAR:YES", ("KXFOO-BAR", "YES", None)),
        ("KXFOO-BAR:NO", ("KXFOO-BAR", "NO", None)),
        (TOKEN, (TOKEN, "YES", TOKEN)),
        ("MARKET-SLUG", ("MARKET-SLUG", "YES", None)),
        ("1" * 29, ("1" * 29, "YES", None)),
        ("1" * 30, ("1" * 30, "YES", "1" * 30)),
    ],
)
def test_an_event_contract_is_slug_outcome_and_token(
    text: str, triple: tuple[str, str, str | None]
) -> None:
    assert _core.parse_event_contract(text) == triple


@pytest.mark.parametrize("text", ["KXFOO-BAR:yes", ":YES", "KXFOO:MAYBE", "A:YES:NO", "", "A B"])
def test_an_inexact_event_contract_is_refused_with_its_column(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a symbol: column \d+ is .*, expected "):
        _core.parse_event_contract(text)


def test_a_symbol_shows_what_its_text_says() -> None:
    perp = _core.parse_symbol("ETH-PERP")
    assert (perp.kind, perp.canonical, perp.base, perp.quote) == (
        "perp",
        "ETH-USD-PERP",
        "ETH",
        "USD",
    )
    assert perp == _core.parse_symbol("ETH-USD-PERP")
    assert len({perp, _core.parse_symbol("ETH-USD-PERP")}) == 1
    assert perp != _core.parse_symbol("ETH-USD")
    assert repr(perp) == "Symbol('ETH-USD-PERP', kind='perp')"
    ticker = _core.parse_symbol("KXBTCZ-26DEC31-T99000:no")
    assert (ticker.kind, str(ticker)) == ("prediction", "KXBTCZ-26DEC31-T99000:NO")
    assert (ticker.market_slug, ticker.outcome) == ("KXBTCZ-26DEC31-T99000", "NO")
    token = _core.parse_symbol(TOKEN)
    assert (token.token_id, token.outcome, token.venue) == (TOKEN, None, "polymarket")
    assert _core.parse_symbol("ETH-USDC-ARB").chain == "ARB"
    assert type(perp).__module__ == "sequence._core"


def test_a_symbol_cannot_be_changed_or_made_by_hand() -> None:
    symbol = _core.parse_symbol("BTC-USD")
    with pytest.raises(AttributeError):
        symbol.kind = "perp"
    with pytest.raises(TypeError):
        _core.Symbol()


class Odd(str):
    """Equal to everything, and no text can find it."""

    __slots__ = ()

    def __eq__(self, _other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("BTC-USD")


def test_a_text_that_was_parsed_before_is_the_same_symbol() -> None:
    first = _core.parse_symbol("BTC-USD")
    assert _core.parse_symbol("-".join(["BTC", "USD"])) is first
    assert _core.parse_symbol("BTC-USD", venue="kraken") is not first
    assert first.venue is None
    assert _core.parse_symbol("BTC-USD", venue="kraken").venue == "kraken"
    odd = _core.parse_symbol(Odd("ETH-USD"))
    assert (odd.canonical, _core.parse_symbol("BTC-USD")) == ("ETH-USD", first)


def test_texts_that_were_parsed_are_forgotten_when_there_are_many() -> None:
    text = "".join(["LATER", "-USD"])
    mine = sys.getrefcount(text)
    assert _core.parse_symbol(text).base == "LATER"
    assert sys.getrefcount(text) == mine + 1
    for nth in range(2_000):
        assert _core.parse_symbol(f"T{nth}-USD").base == f"T{nth}"
    assert sys.getrefcount(text) == mine
    page = "https://polymarket.com/event/a-b?" + "x" * 10_000
    mine = sys.getrefcount(page)
    for wrong in ("BTC/USD", "ВТС-USD"):  # noqa: RUF001
        for _ in range(2):
            with pytest.raises(ValueError, match="not a symbol"):
                _core.parse_symbol(wrong)
    assert _core.parse_symbol(page).market_slug == "a-b"
    assert sys.getrefcount(page) == mine


def test_threads_parse_the_same_texts() -> None:
    texts = [f"S{nth}-USD" for nth in range(1_500)]

    def parsed(turn: int) -> list[str]:
        mine = texts[turn:] + texts[:turn]
        return sorted(_core.parse_symbol(text).canonical for text in mine)

    with ThreadPoolExecutor(4) as pool:
        assert all(found == sorted(texts) for found in pool.map(parsed, range(0, 1_500, 200)))


def test_a_venue_reads_what_the_shape_leaves_open() -> None:
    assert _core.parse_symbol("LBJR-BOS").venue == "kalshi"
    pair = _core.parse_symbol("LBJR-BOS", venue="binance")
    assert (pair.kind, pair.quote, pair.venue) == ("spot", "BOS", "binance")
    with pytest.raises(
        ValueError, match=r'^unknown venue "foo"; known: binance, bitget, .*solana$'
    ):
        _core.parse_symbol("BTC-USD", venue="foo")


def test_an_event_page_is_stripped_to_its_slug() -> None:
    page = "https://polymarket.com/event/btc-updown-5m-1776537600?tid=1#comments"
    assert _core.parse_symbol(page).canonical == "btc-updown-5m-1776537600:YES"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ВТС-USD", "column 1 is U+0412, expected an ASCII letter or digit"),  # noqa: RUF001
        ("BTC-USD\n", "column 8 is U+000A, expected an ASCII letter, a digit or one of . _ : -"),
        ("XRP/USD", "column 4 is '/', expected '-': pairs are written BTC-USD here"),
        ("A" * 129, "column 129 is 'A', expected the end: a symbol has at most 128 characters"),
    ],
)
def test_a_text_that_is_no_symbol_says_where(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^not a symbol: {re.escape(message)}$"):
        _core.parse_symbol(text)


@given(st.text(max_size=140))
def test_any_text_is_a_symbol_or_a_value_error(text: str) -> None:
    try:
        symbol = _core.parse_symbol(text)
    except (ValueError, UnicodeEncodeError):
        return
    assert _core.parse_symbol(symbol.canonical) == symbol


def test_venues_are_the_rows_of_the_wire() -> None:
    ids = [row["venue"] for row in _core.VENUES]
    assert ids == sorted(ids)
    assert len(ids) == 13
    assert sum(len(row["cash_assets"]) for row in _core.VENUES if row["seeded"]) == 15
    assert _core.VENUES[0] == {
        "venue": "binance",
        "class": "cex",
        "instrument_types": ["spot", "perp"],
        "seeded": True,
        "cash_assets": [
            {"kind": "crypto", "symbol": "USDT"},
            {"kind": "crypto", "symbol": "USDC"},
        ],
        "post_only": True,
        "initial_margin_1e8": 10_000_000,
        "maintenance_margin_1e8": 5_000_000,
        "max_age_ms": 5_000,
        "amend_mode": "cancel_replace",
        "redeem_mode": None,
    }


@pytest.mark.parametrize(
    ("text", "units"),
    [("0.29", 29_000_000), ("1.15", 115_000_000), ("1e-8", 1), ("-0.5", -50_000_000)],
)
def test_decimal_text_becomes_units_exactly(text: str, units: int) -> None:
    assert _core.decimal_units(text, _core.QUANTITY_DECIMALS) == units


def test_a_number_that_does_not_fit_says_what_to_do() -> None:
    for text, message in [
        ("0.30000000000000004", '"0.30000000000000004" has more than 8 decimals: round it first'),
        ("1,5", '"1,5" is not a decimal number: write it like 0.29'),
        ("1e400", '"1e400" is out of range'),
    ]:
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            _core.decimal_units(text, 8)
    with pytest.raises(ValueError, match="decimals is at most 30"):
        _core.decimal_units("1", 31)


@given(st.integers(-(2**100), 2**100), st.integers(0, 30), st.booleans())
def test_units_round_trip_through_text(units: int, decimals: int, fixed: bool) -> None:
    text = _core.format_units(units, decimals, fixed=fixed)
    assert _core.decimal_units(text, decimals) == units


def test_every_kalshi_market_on_file_is_a_ticker() -> None:
    outside = []
    for ticker, *_ in rows("kalshi_market_tickers.tsv"):
        if re.search("[<>]", ticker):
            outside.append(ticker)
            with pytest.raises(ValueError, match=r"is '[<>]', expected"):
                _core.parse_symbol(ticker)
            continue
        symbol = _core.parse_symbol(ticker)
        assert (symbol.venue, symbol.market_slug, symbol.outcome) == ("kalshi", ticker, "YES")
        assert _core.parse_symbol(f"{ticker}:no").canonical == f"{ticker}:NO"
        assert _core.parse_event_contract(f"{ticker}:NO") == (ticker, "NO", None)
        assert _core.parse_symbol(ticker, venue="kalshi") == symbol
    # Tickers of 2023 that the character rule of symbols excludes.
    assert sorted(outside) == [
        "ECONPATH-23DEC-T<5T<4",
        "ECONPATH-23DEC-T>5T<4",
        "FEDDECISION-23SEP-C>25",
        "FEDDECISION-23SEP-H>25",
    ]


def test_shape_tells_a_series_from_a_market_but_not_an_event() -> None:
    for ticker, level in rows("kalshi_event_series_tickers.tsv"):
        hinted = ticker.startswith(("KX", "INX", "NASDAQ100"))
        if level == "event" or hinted:
            assert _core.parse_symbol(ticker).venue == "kalshi"
        else:
            with pytest.raises(ValueError, match="a pair is BASE-QUOTE"):
                _core.parse_symbol(ticker)


def test_every_polymarket_slug_and_token_on_file_is_one() -> None:
    for slug, _condition, *tokens in rows("polymarket_tokens.tsv")[1:]:
        assert _core.parse_symbol(slug).canonical == f"{slug}:YES"
        for token in filter(None, tokens[:2]):
            assert _core.parse_symbol(token).token_id == token
            assert _core.parse_event_contract(token) == (token, "YES", token)
    for slug, *_ in rows("polymarket_slugs.tsv")[1:]:
        symbol = _core.parse_symbol(f"https://polymarket.com/event/{slug}")
        assert (symbol.market_slug, symbol.venue) == (slug, "polymarket")


def test_every_pair_on_file_is_a_pair() -> None:
    pairs = [text for (text,) in rows("coinbase_products.txt")]
    slashed = [row[1] for row in rows("kraken_pairs.tsv")[1:] if "/" in row[1]]
    for text in pairs + [text.replace("/", "-") for text in slashed]:
        symbol = _core.parse_symbol(text)
        assert (symbol.kind, symbol.canonical) == ("spot", text)
        assert _core.parse_symbol(text, venue="kraken").base == symbol.base


def test_every_perpetual_of_hyperliquid_on_file_is_one() -> None:
    names = [name for name, kind in rows("hyperliquid_coins.tsv") if kind == "perp_or_spot_name"]
    for name in names:
        if "/" not in name:
            symbol = _core.parse_symbol(f"{name.upper()}-USD-PERP", venue="hyperliquid")
            assert (symbol.kind, symbol.quote) == ("perp", "USD")
