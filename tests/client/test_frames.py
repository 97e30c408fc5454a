"""Rows as data frames: exact integers, readable columns, the same in pandas, polars and Arrow."""

import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sequence import frame
from sequence.sandbox import Sandbox
from sequence.types import Fill, FillsPage, Order, OrdersPage, PositionsResponse

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def traded():
    with Sandbox(clock="manual") as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.3", tag="<b>maker</b>")
        client.buy("BTC-USD", "0.1", limit_price="60000")
        client.sell("ETH-USD-PERP", "1")
        sandbox.clock.advance(seconds=5)
        yield client


def tables(client):
    return {
        "orders": client.orders(),
        "fills": client.fills(),
        "positions": client.positions(),
        "book": client.quote("BTC-USD").book,
        "snapshots": client.portfolio_snapshots(),
        "marks": client.sandbox.marks(),
        "gathered": frame(client.fills_iter()),
    }


def pandas_rows(table):
    found = table.to_pandas()
    columns = ((name, found[name]) for name in found.columns)
    return {name: list(c.astype(object).where(c.notna(), None)) for name, c in columns}


def polars_rows(table):
    return table.to_polars().to_dict(as_series=False)


def arrow_rows(table):
    return table.to_arrow().to_pydict()


LIBRARIES = {"pandas": pandas_rows, "polars": polars_rows, "pyarrow": arrow_rows}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ["orders", "fills", "positions", "book", "snapshots", "marks"])
def test_every_integer_is_exact_and_has_a_readable_column_beside_it(traded, library, name):
    pytest.importorskip(library)
    table = tables(traded)[name]
    rows = table.table_rows()
    columns = LIBRARIES[library](table)
    assert rows
    checked = 0
    for title in type(rows[0]).model_fields:
        values = [getattr(row, title) for row in rows]
        if not title.endswith(("_1e8", "_1e9")):
            continue
        decimals = int(title[-1])
        assert columns[title] == values
        readable = columns[title[:-4]]
        for exact, shown in zip(values, readable, strict=True):
            if isinstance(shown, str):  # the wire has a text of that name
                assert Decimal(shown) == Decimal(exact).scaleb(-decimals)
            elif exact is None:
                assert shown is None
            elif library == "pandas":
                assert shown == float(Decimal(exact).scaleb(-decimals))
            else:
                assert shown == Decimal(exact).scaleb(-decimals)
            checked += 1
    assert checked


@pytest.mark.parametrize("library", LIBRARIES)
def test_times_stand_beside_their_nanoseconds(traded, library):
    pytest.importorskip(library)
    page = traded.fills()
    columns = LIBRARIES[library](page)
    assert columns["ts_ns"] == [row.ts_ns for row in page.fills]
    for row, shown in zip(page.fills, columns["ts"], strict=True):
        at = shown.to_pydatetime(warn=False) if hasattr(shown, "to_pydatetime") else shown
        assert at.replace(tzinfo=UTC) == EPOCH + timedelta(microseconds=row.ts_ns // 1000)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("model", [Order, Fill])
def test_no_rows_have_the_columns_of_some(traded, library, model):
    pytest.importorskip(library)
    rows = traded.orders().orders if model is Order else traded.fills().fills
    method = {"pandas": "to_pandas", "polars": "to_polars", "pyarrow": "to_arrow"}[library]
    empty, full = (getattr(frame(some, model), method)() for some in ([], rows))
    assert list(empty.columns if library != "pyarrow" else empty.column_names) == list(
        full.columns if library != "pyarrow" else full.column_names
    )
    assert len(empty) == 0


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_amount_beyond_64_bits_stays_exact(traded, library):
    pytest.importorskip(library)
    huge = 2**63 + 1
    row = traded.fills().fills[0].model_copy(update={"notional_usd_1e9": huge})
    columns = LIBRARIES[library](frame([row]))
    assert [int(value) for value in columns["notional_usd_1e9"]] == [huge]


@pytest.mark.parametrize(
    ("library", "method", "extra"),
    [
        ("pandas", "to_pandas", "pandas"),
        ("polars", "to_polars", "polars"),
        ("pyarrow", "to_arrow", "arrow"),
    ],
)
def test_a_library_that_is_absent_is_named_with_its_extra(
    traded, monkeypatch, library, method, extra
):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        ImportError, match=rf"{method}\(\) needs {library}: pip install 'sequence-sdk"
    ):
        getattr(traded.fills(), method)()
    with pytest.raises(ImportError, match=rf"\[{extra}\]"):
        getattr(traded.positions(), method)()


def test_the_same_frames_come_over_http_and_in_process(traded):
    for model, page in ((OrdersPage, traded.orders()), (FillsPage, traded.fills()),
                        (PositionsResponse, traded.positions())):  # fmt: skip
        again = model.from_json(page.to_json())
        assert again.to_arrow().equals(page.to_arrow())


def test_a_notebook_shows_rows_with_every_text_escaped(traded):
    shown = traded.orders()._repr_html_()
    assert shown.startswith("<table>")
    assert "&lt;b&gt;maker&lt;/b&gt;" in shown
    assert "<b>" not in shown
    for one in (traded.orders().orders[0], traded.fills().fills[0], traded.quote("BTC-USD"),
                traded.positions().positions[0], traded.positions()):  # fmt: skip
        assert "<table>" in one._repr_html_()


def test_a_long_table_of_a_notebook_says_what_it_leaves_out(traded):
    row = traded.fills().fills[0]
    assert "and 40 more rows" in frame([row] * 100)._repr_html_()


def test_rows_of_two_kinds_are_refused(traded):
    with pytest.raises(ValueError, match="rows of one kind"):
        frame([*traded.orders().orders, *traded.fills().fills])
    with pytest.raises(ValueError, match="rows of one kind"):
        frame([])
