"""Whole columns of market data as the core reads them: bytes in memory, not rows of objects."""

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol, cast

from sequence.errors import ValidationError
from sequence.sandbox.number import Number, human_units
from sequence.types._decimal import MAX_UNITS


class Buffer(Protocol):
    """What lies in memory at equal steps: an array of numpy, an ``array.array``."""

    def __buffer__(self, flags: int, /) -> memoryview:
        """A view of it."""
        ...


class ArrowStream(Protocol):
    """A column or a table that offers itself as an Arrow stream: of pyarrow, polars, pandas."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream."""
        ...


class ArrowArray(Protocol):
    """A column or a record batch that offers itself in one piece."""

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        """Schema and array."""
        ...


ArrowTable = ArrowStream | ArrowArray
Values = Buffer | ArrowStream | ArrowArray | Iterable[Number | None]
"""A column of numbers."""
Texts = str | Buffer | ArrowStream | ArrowArray | Iterable[str | None]
"""A column of texts, or one text for every row."""

_NATIVE: Final = ">" if sys.byteorder == "big" else "<"
_SIGNED: Final = "bhilqn"
_UNSIGNED: Final = "BHILQN"
_FLOATS: Final = "fd"
_FILLED: Final = {"w": "U", "s": "S"}
_KINDS: Final = {"i": "texts", "S": "texts", "U": "texts", "f": "floats"}

Given = tuple[str, str, bytes, bytes | None, list[str] | None, dict[int, str] | None]


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers or texts of one row after the other, as they lie in memory.

    Attributes:
        label: What it is called in messages.
        form: Order of bytes, kind (``i``, ``u``, ``f``, ``q`` of units, ``S``, ``U``), bytes a row.
        data: The rows.
        rows: How many; None where one is meant for every row.
        nulls: One byte a row, 1 where there is nothing.
        names: What codes stand for.
        wrong: Rows that hold nothing of use, and why.
    """

    label: str
    form: str
    data: bytes
    rows: int | None
    nulls: bytes | None = None
    names: list[str] | None = None
    wrong: dict[int, str] = field(default_factory=dict[int, str])

    def given(self) -> Given:
        """As the core takes it."""
        return self.label, self.form, self.data, self.nulls, self.names, self.wrong or None


def column(
    value: object, label: str, *, decimals: int | None = None, names: Sequence[str] | None = None
) -> Column:
    """One column of whatever kind.

    Args:
        value: A buffer of one dimension, an Arrow column, an iterable, or one text or whole number
            that is meant for every row.
        label: What it is called in messages.
        decimals: Of a number as people write it; None where units are given.
        names: What the codes stand for where whole numbers stand for names.

    Raises:
        TypeError: Another type of numbers.
        ValidationError: Not of one dimension.
    """
    if isinstance(value, str):
        return Column(label, f"{_NATIVE}i4", bytes(4), None, names=[value])
    if type(value) is int and names is None and decimals is None:
        number, wrong = _objects([value], label, None)
        return Column(label, f"{_NATIVE}q8", number, None, wrong=wrong)
    found = _buffer(value, label) or _arrow(value, label)
    if found is None:
        found = _listed(value, label, decimals, is_text=names is not None)
    return _checked(found, decimals, names)


def _checked(found: Column, decimals: int | None, names: Sequence[str] | None) -> Column:
    """The column, where it is of numbers or texts that can be meant."""
    kind = found.form[1]
    is_text = found.names is not None or kind in "SU"
    if names is not None and not is_text:
        if not names or kind not in "iu":
            raise TypeError(f"{found.label}: expected texts, got numbers")
        return Column(
            found.label, found.form, found.data, found.rows, found.nulls, list(names), found.wrong
        )
    if names is None and decimals is None and (is_text or kind == "f"):
        raise TypeError(f"{found.label}: expected whole numbers, got {_KINDS[kind]}")
    return found


def _buffer(value: object, label: str) -> Column | None:
    """What has the buffer protocol; None for what has not, and for objects and masks."""
    stamp = getattr(value, "dtype", None)
    if getattr(stamp, "kind", None) == "M" and hasattr(value, "astype"):
        value = cast("Any", value).astype("datetime64[ns]").view("int64")
    if hasattr(value, "mask") and hasattr(value, "filled"):
        return None
    try:
        view = memoryview(cast("Any", value))
    except (TypeError, ValueError, BufferError):
        return None
    with view:
        code = view.format.lstrip("@=<>!0123456789")
        if code == "O":
            return None
        if view.ndim != 1:
            raise ValidationError(f"{label}: needs one dimension, not {view.ndim}")
        kind = _kind_of(code)
        if kind is None:
            raise TypeError(
                f"{label}: expected numbers or texts, got {_type_of(value, view.format)}"
            )
        order = ">" if view.format[0] in ">!" else _NATIVE
        rows = len(view)
        return Column(label, f"{order}{kind}{view.itemsize or 1}", view.tobytes(), rows)


def _kind_of(code: str) -> str | None:
    if code in _FILLED:
        return _FILLED[code]
    if len(code) == 1:
        for kind, codes in (("i", _SIGNED), ("u", _UNSIGNED), ("f", _FLOATS)):
            if code in codes:
                return kind
    return None


def _type_of(value: object, code: str) -> str:
    return str(getattr(value, "dtype", code))


def _arrow(value: object, label: str) -> Column | None:
    """What offers itself as an Arrow column; None for what does not."""
    if not _offers(value) or (hasattr(value, "to_numpy") and not has_pyarrow()):
        return None
    pa: Any = _pyarrow()
    stream = hasattr(value, "__arrow_c_stream__")
    return arrow_column(pa.chunked_array(value) if stream else pa.array(value), label)


def arrow_column(given: Any, label: str) -> Column:  # noqa: ANN401 - pyarrow has no types
    """A column of pyarrow."""
    pa: Any = _pyarrow()
    kinds = pa.types
    made = given
    if isinstance(made, pa.ChunkedArray):
        made = made.combine_chunks()
    if isinstance(made, pa.ChunkedArray):
        # Of no chunk, or of more than one can hold.
        made = pa.concat_arrays(made.chunks) if made.num_chunks else pa.array([], made.type)
    if kinds.is_null(made.type):
        made = made.cast(pa.int64())
    if kinds.is_timestamp(made.type):
        made = _cast(made, pa.timestamp("ns", made.type.tz), label).cast(pa.int64())
    if kinds.is_decimal(made.type):
        made = _cast(made, pa.string(), label)
    names = None
    if not kinds.is_dictionary(made.type) and _is_text(kinds, made.type):
        made = made.cast(pa.large_string()).dictionary_encode()
    if kinds.is_dictionary(made.type):
        if not _is_text(kinds, made.type.value_type):
            return arrow_column(made.dictionary_decode(), label)
        nulls = _nulls(pa, made)
        names = made.dictionary.to_pylist()
        if None in names:
            return arrow_column(made.dictionary_decode(), label)
        made = made.indices.cast(pa.int64())
    else:
        nulls = _nulls(pa, made)
    kind = _kind_of_arrow(kinds, made.type)
    if kind is None:
        raise TypeError(f"{label}: expected numbers or texts, got {made.type}")
    data = _data(made, made.type.bit_width // 8)
    return Column(
        label, f"{_NATIVE}{kind}{made.type.bit_width // 8}", data, len(made), nulls, names
    )


def _is_text(kinds: Any, of: Any) -> bool:  # noqa: ANN401
    view = getattr(kinds, "is_string_view", None)
    return kinds.is_string(of) or kinds.is_large_string(of) or bool(view and view(of))


def _kind_of_arrow(kinds: Any, of: Any) -> str | None:  # noqa: ANN401
    if kinds.is_signed_integer(of):
        return "i"
    if kinds.is_unsigned_integer(of):
        return "u"
    return "f" if kinds.is_float32(of) or kinds.is_float64(of) else None


def _cast(made: Any, to: Any, label: str) -> Any:  # noqa: ANN401
    try:
        return made.cast(to)
    except _pyarrow().ArrowException as error:
        raise ValidationError(f"{label}: {error}") from None


def _nulls(pa: Any, made: Any) -> bytes | None:  # noqa: ANN401
    return _data(made.is_null().cast(pa.uint8()), 1) if made.null_count else None


def _data(made: Any, width: int) -> bytes:  # noqa: ANN401
    """The numbers of an array as they lie in memory, whatever its nulls hold."""
    if not len(made):
        return b""
    begin = made.offset * width
    data: bytes = made.buffers()[1].slice(begin, len(made) * width).to_pybytes()
    return data


def _listed(value: object, label: str, decimals: int | None, *, is_text: bool) -> Column:
    """What is neither: rows of objects, one after the other."""
    if hasattr(value, "to_numpy"):
        # A column of pandas or polars where pyarrow is not.
        return column(cast("Any", value).to_numpy(), label, decimals=decimals)
    if not isinstance(value, Iterable):
        raise TypeError(f"{label}: expected a column, got {type(value).__name__}")
    # What numpy masks is None in its lists.
    plain: Any = cast("Any", value)
    rows: list[object] = list(plain.tolist() if hasattr(plain, "tolist") else plain)
    if is_text or (decimals is None and any(isinstance(row, str) for row in rows)):
        return _texts(rows, label)
    data, wrong = _objects(rows, label, decimals)
    nulls = bytes(row is None for row in rows) if None in rows else None
    return Column(label, f"{_NATIVE}q8", data, len(rows), nulls, wrong=wrong)


def _texts(rows: list[object], label: str) -> Column:
    codes: dict[str, int] = {}
    wrong = dict[int, str]()
    numbers = array("q")
    for at, row in enumerate(rows):
        if row is not None and not isinstance(row, str):
            wrong[at] = f"expected a text, got {type(row).__name__}"
        text = row if isinstance(row, str) else ""
        numbers.append(codes.setdefault(text, len(codes)))
    nulls = bytes(row is None for row in rows) if None in rows else None
    return Column(label, f"{_NATIVE}i8", numbers.tobytes(), len(rows), nulls, list(codes), wrong)


def _objects(
    rows: Sequence[object], label: str, decimals: int | None
) -> tuple[bytes, dict[int, str]]:
    units, wrong = array("q"), dict[int, str]()
    for at, row in enumerate(rows):
        try:
            units.append(0 if row is None else _units(row, label, decimals))
        except (TypeError, ValueError) as error:
            units.append(0)
            wrong[at] = str(error).removeprefix(f"{label}: ")
    return units.tobytes(), wrong


def _units(row: object, label: str, decimals: int | None) -> int:
    if decimals is not None:
        return human_units(row, decimals, label)
    if type(row) is not int:
        raise TypeError(f"expected a whole number, got {type(row).__name__}")
    if not -MAX_UNITS <= row <= MAX_UNITS:
        raise ValueError(f"{row} is out of range")
    return row


def table_columns(table: object) -> Mapping[str, object]:
    """The columns of a mapping, or of what offers itself as an Arrow table."""
    if isinstance(table, Mapping):
        return cast("Mapping[str, object]", table)
    pa: Any = _pyarrow() if _offers(table) else None
    if pa is None:
        raise TypeError(f"expected a table of Arrow or a mapping, got {type(table).__name__}")
    if hasattr(table, "__arrow_c_stream__"):
        made = pa.table(table)
    else:
        made = pa.Table.from_batches([pa.record_batch(table)])
    if len(set(made.column_names)) < len(made.column_names):
        raise ValidationError("the table has two columns of one name")
    return {name: made[name] for name in made.column_names}


def _offers(table: object) -> bool:
    return hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__")


def rows_of(columns: Iterable[Column | None]) -> int:
    """How many rows all of them have.

    Raises:
        ValidationError: One has another number of them, or none says how many there are.
    """
    found = [row for row in columns if row is not None and row.rows is not None]
    if not found:
        raise ValidationError("a column is needed that says how many rows there are")
    first = found[0]
    for other in found[1:]:
        if other.rows != first.rows:
            rows = f"{other.rows} rows where {first.label} has {first.rows}"
            raise ValidationError(f"{other.label}: {rows}")
    return cast("int", first.rows)


def has_pyarrow() -> bool:
    """Whether columns of Arrow can be read here."""
    return find_spec("pyarrow") is not None


def _pyarrow() -> Any:  # noqa: ANN401
    try:
        return import_module("pyarrow")
    except ImportError:
        raise ValidationError(
            "columns of Arrow need pyarrow: pip install 'sequence-sdk[arrow]'"
        ) from None
