"""Rows as columns: for pandas, polars and Arrow, each only where it is asked for.

Integers stay what they are on the wire. Beside each that counts parts of a unit (`price_1e9`)
stands a readable column without the suffix (`price`): a decimal in Arrow and polars, a float in
pandas. Beside each time (`ts_ns`) stands a timestamp in UTC (`ts`).
"""

import json
import re
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import Any, ClassVar, Final, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel

from sequence.types._decimal import exact, trimmed
from sequence.types._html import html_table

Kind = Literal["int", "bool", "text", "float", "decimal", "time"]
Reader = Callable[[Any], Any]

_UNITS: Final = re.compile(r"_1e(\d+)$")
_TIME: Final = re.compile(r"(_unix)?_ns$")
_SPANS: Final = frozenset({"interval_ns", "age_ns", "step_ns"})
"""Lengths of time, which are no points in it."""
_INT64: Final = 2**63
_DIGITS: Final = 38


@dataclass(frozen=True, slots=True)
class Column:
    """One column of rows of one model.

    Attributes:
        name: Its title.
        kind: What its values are.
        read: The value of a row.
        decimals: Of a decimal.
    """

    name: str
    kind: Kind
    read: Reader
    decimals: int = 0


class Table:
    """Base of answers that hold rows."""

    rows_field: ClassVar[str] = ""
    """Which field holds them."""

    def table_rows(self) -> Sequence[BaseModel]:
        """The rows, in the order of the answer."""
        return cast("Sequence[BaseModel]", getattr(self, self.rows_field))

    def table_model(self) -> type[BaseModel]:
        """What each row is."""
        annotation = cast("type[BaseModel]", type(self)).model_fields[self.rows_field].annotation
        return cast("type[BaseModel]", get_args(annotation)[0])

    def to_pandas(self) -> Any:  # noqa: ANN401 - a pandas.DataFrame, which need not be installed
        """A `pandas.DataFrame`: exact integers, and readable columns as floats.

        Raises:
            ImportError: pandas is not installed.
        """
        return _pandas(self.table_model(), self.table_rows())

    def to_polars(self) -> Any:  # noqa: ANN401 - a polars.DataFrame, which need not be installed
        """A `polars.DataFrame`: exact integers, and readable columns as decimals.

        Raises:
            ImportError: polars is not installed.
        """
        return _polars(self.table_model(), self.table_rows())

    def to_arrow(self) -> Any:  # noqa: ANN401 - a pyarrow.Table, which need not be installed
        """A `pyarrow.Table`: exact integers, and readable columns as decimals.

        Raises:
            ImportError: pyarrow is not installed.
        """
        return _arrow(self.table_model(), self.table_rows())

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return html_of(self.table_model(), self.table_rows())


class Frame(Table):
    """Rows of one kind that were gathered by hand, such as those of an iterator over pages."""

    def __init__(self, rows: Iterable[BaseModel], model: type[BaseModel] | None = None) -> None:
        self._rows = list(rows)
        kinds = {type(row) for row in self._rows}
        if model is None and len(kinds) != 1:
            raise ValueError("rows of one kind, or the model of no rows: frame(rows, Fill)")
        self._model = model or kinds.pop()
        if kinds - {self._model}:
            raise ValueError(f"every row must be a {self._model.__name__}")

    def table_rows(self) -> Sequence[BaseModel]:
        """The rows, in their order."""
        return self._rows

    def table_model(self) -> type[BaseModel]:
        """What each row is."""
        return self._model

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"<{len(self)} rows of {self._model.__name__}>"


def frame(rows: Iterable[BaseModel], model: type[BaseModel] | None = None) -> Frame:
    """Rows as something that gives data frames: `frame(client.fills_iter()).to_pandas()`.

    Args:
        rows: Orders, fills, positions or other rows, all of one kind.
        model: What they are, where there may be none.

    Raises:
        ValueError: Rows of several kinds, or none and no model.
    """
    return Frame(rows, model)


def columns_of(model: type[BaseModel]) -> list[Column]:
    """The columns that rows of a model become."""
    found = list(_columns(model, "", lambda row: row))
    names = {column.name for column in found}
    # A column of the wire's own keeps its name.
    return [
        *(c for c in found if not c.name.startswith("=")),
        *(
            Column(c.name[1:], c.kind, c.read, c.decimals)
            for c in found
            if c.name.startswith("=") and c.name[1:] not in names
        ),
    ]


def html_of(model: type[BaseModel], rows: Sequence[BaseModel]) -> str:
    """Rows as a table of a notebook: readable columns only."""
    shown: tuple[str, ...] = getattr(model, "shown_columns", ())
    known = {column.name: column for column in columns_of(model)}
    names = [name for name in shown if name in known] or [
        name
        for name, column in known.items()
        if not _UNITS.search(name) and not _TIME.search(name) and column.kind != "text"
    ]
    wanted = [known[name] for name in names]
    cells = [[_cell(column, column.read(row)) for column in wanted] for row in rows]
    return html_table(names, cells, [column.kind != "text" for column in wanted])


def _cell(column: Column, value: Any) -> str:  # noqa: ANN401 - of any column
    if value is None:
        return ""
    if column.kind == "decimal":
        return f"{trimmed(value):,f}"
    if column.kind == "time":
        from datetime import UTC, datetime  # noqa: PLC0415 - only notebooks need it

        return datetime.fromtimestamp(value // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _columns(model: type[BaseModel], prefix: str, row: Reader) -> Iterable[Column]:
    for name, field in model.model_fields.items():
        inner, title = _bare(field.annotation), prefix + name
        read = _reader(row, name)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _columns(inner, f"{title}_", read)
            continue
        kind = _kind(inner)
        if kind is None:
            yield Column(title, "text", _json_of(read))
            continue
        yield Column(title, kind, read, 9 if kind == "decimal" else 0)
        if kind == "int":
            yield from _readable(title, read)


def _readable(name: str, read: Reader) -> Iterable[Column]:
    """The column beside one of integers; `=` marks that it gives way to one of the wire's."""
    units, time = _UNITS.search(name), _TIME.search(name)
    if units is not None:
        decimals = int(units[1])
        yield Column("=" + name[: units.start()], "decimal", _scaled(read, decimals), decimals)
    elif time is not None and name not in _SPANS:
        yield Column("=" + name[: time.start()], "time", read)


def _reader(row: Reader, name: str) -> Reader:
    def read(value: Any) -> Any:  # noqa: ANN401 - of any model
        found = row(value)
        return None if found is None else getattr(found, name)

    return read


def _scaled(read: Reader, decimals: int) -> Reader:
    def scaled(row: Any) -> Decimal | None:  # noqa: ANN401 - of any model
        value = read(row)
        return None if value is None else exact(value, decimals)

    return scaled


def _json_of(read: Reader) -> Reader:
    return lambda row: _json(read(row))


def _bare(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """An annotation without its None."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [arg for arg in get_args(annotation) if arg is not type(None)]
        return _bare(rest[0]) if len(rest) == 1 else annotation
    return annotation


def _kind(annotation: Any) -> Kind | None:  # noqa: ANN401 - any annotation
    if get_origin(annotation) is Literal:
        return "text"
    known: dict[Any, Kind] = {bool: "bool", int: "int", str: "text", float: "float"}
    return "decimal" if annotation is Decimal else known.get(annotation)


def _json(value: Any) -> str | None:  # noqa: ANN401 - a list, an object or None
    if value is None:
        return None
    return json.dumps(_plain(value), separators=(",", ":"))


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of the wire
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in cast("list[Any]", value)]
    return value


def _library(name: str, extra: str, method: str) -> Any:  # noqa: ANN401 - a module
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        text = f"{method}() needs {name}: pip install 'sequence-sdk[{extra}]'"
        raise ModuleNotFoundError(text, name=name) from None


def _values(model: type[BaseModel], rows: Sequence[BaseModel]) -> list[tuple[Column, list[Any]]]:
    return [(column, [column.read(row) for row in rows]) for column in columns_of(model)]


def _is_wide(values: list[Any]) -> bool:
    """Whether integers need more than 64 bits."""
    return any(value is not None and not -_INT64 <= value < _INT64 for value in values)


def _pandas(model: type[BaseModel], rows: Sequence[BaseModel]) -> Any:  # noqa: ANN401
    pandas = _library("pandas", "pandas", "to_pandas")

    def series(column: Column, values: list[Any]) -> Any:  # noqa: ANN401 - a pandas.Series
        lacks = any(value is None for value in values)
        match column.kind:
            case "int" if _is_wide(values):
                return pandas.Series(values, dtype=object)
            case "int":
                return pandas.Series(values, dtype="Int64" if lacks else "int64")
            case "bool":
                return pandas.Series(values, dtype="boolean" if lacks else "bool")
            case "float" | "decimal":
                floats = [None if value is None else float(value) for value in values]
                return pandas.Series(floats, dtype="float64")
            case "time":
                whole = pandas.Series(values, dtype="Int64" if lacks else "int64")
                return pandas.to_datetime(whole, unit="ns", utc=True)
            case _:
                return pandas.Series(values, dtype="str" if not lacks else object)

    return pandas.DataFrame({c.name: series(c, values) for c, values in _values(model, rows)})


def _polars(model: type[BaseModel], rows: Sequence[BaseModel]) -> Any:  # noqa: ANN401
    polars = _library("polars", "polars", "to_polars")

    def series(column: Column, values: list[Any]) -> Any:  # noqa: ANN401 - a polars.Series
        whole = polars.Int128 if column.kind == "int" and _is_wide(values) else polars.Int64
        dtype = {
            "int": whole,
            "bool": polars.Boolean,
            "float": polars.Float64,
            "text": polars.String,
            "decimal": polars.Decimal(_DIGITS, column.decimals),
            "time": polars.Int64,
        }[column.kind]
        found = polars.Series(column.name, values, dtype=dtype)
        if column.kind != "time":
            return found
        return found.cast(polars.Datetime("ns")).dt.replace_time_zone("UTC")

    return polars.DataFrame([series(*row) for row in _values(model, rows)])


def _arrow(model: type[BaseModel], rows: Sequence[BaseModel]) -> Any:  # noqa: ANN401
    arrow = _library("pyarrow", "arrow", "to_arrow")

    def array(column: Column, values: list[Any]) -> Any:  # noqa: ANN401 - a pyarrow.Array
        whole = arrow.decimal128(_DIGITS, 0) if _is_wide_int(column, values) else arrow.int64()
        dtype = {
            "int": whole,
            "bool": arrow.bool_(),
            "float": arrow.float64(),
            "text": arrow.string(),
            "decimal": arrow.decimal128(_DIGITS, column.decimals),
            "time": arrow.timestamp("ns", tz="UTC"),
        }[column.kind]
        return arrow.array(values, type=dtype)

    return arrow.table({c.name: array(c, values) for c, values in _values(model, rows)})


def _is_wide_int(column: Column, values: list[Any]) -> bool:
    return column.kind == "int" and _is_wide(values)
