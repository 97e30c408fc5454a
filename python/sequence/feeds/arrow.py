"""The columnar encoding: Parquet files and Arrow tables, one record a row.

Needs the extra ``arrow``. Columns are handed over whole; no record becomes a Python object.
"""

import json
from importlib import import_module
from typing import Any, Final

from sequence import _core
from sequence.feeds.recording import (
    AGGRESSOR_KNOWN,
    KINDS,
    LAST,
    SIDES,
    Instrument,
    Recording,
    RecordingError,
    parse_header,
)

SCHEMA: Final = "columns-1"
MAGIC: Final = b"PAR1"
"""How a Parquet file begins."""
_METADATA: Final = b"sequence"
_PRINT: Final = KINDS.index("print")
_FIELDS: Final = (
    ("ts_venue_ns", "uint64"),
    ("ts_local_ns", "uint64"),
    ("seq", "uint64"),
    ("kind", "uint8"),
    ("side", "uint8"),
    ("flags", "uint16"),
    ("count", "uint32"),
    ("px_1e9", "int64"),
    ("qty_1e8", "int64"),
    ("order_id", "uint64"),
    ("match_id", "uint64"),
)
_NAMES: Final = {"kind": KINDS, "side": SIDES}
_REQUIRED: Final = ("ts_local_ns", "kind", "venue", "symbol", "px_1e9", "qty_1e8")


def is_table(source: object) -> bool:
    """True for what offers itself as an Arrow stream, such as a table of pyarrow or polars."""
    return hasattr(source, "__arrow_c_stream__")


def to_table(recording: Recording) -> Any:  # noqa: ANN401 - pyarrow has no types
    """A recording as a ``pyarrow.Table`` with the columns of a tape, venue and symbol."""
    pa = _pyarrow()
    *fields, numbers = _core.split_records(recording.records)
    columns: dict[str, Any] = {}
    for (name, kind), data in zip(_FIELDS, fields, strict=True):
        column = _array(pa, kind, data)
        names = _NAMES.get(name)
        columns[name] = column if names is None else _named(pa, column, names)
    instrument = _array(pa, "uint16", numbers)
    rows = recording.instruments
    columns["venue"] = _named(pa, instrument, [row.venue for row in rows])
    columns["symbol"] = _named(pa, instrument, [row.symbol for row in rows])
    columns["instrument"] = instrument
    header = json.dumps(recording.header(SCHEMA), separators=(",", ":")).encode()
    return pa.table(columns).replace_schema_metadata({_METADATA: header})


def of_table(source: Any) -> Recording:  # noqa: ANN401 - any Arrow stream
    """A recording from a table: one of `to_table`, or one made elsewhere.

    Of a table made elsewhere ``ts_local_ns``, ``kind``, ``venue``, ``symbol``, ``px_1e9`` and
    ``qty_1e8`` are needed; what else is missing counts as 0, and each row as a message.

    Raises:
        RecordingError: A column is missing or holds something else.
    """
    pa = _pyarrow()
    table = source if isinstance(source, pa.Table) else pa.table(source)
    missing = [name for name in _REQUIRED if name not in table.column_names]
    if missing:
        raise RecordingError(f"the table has no column {', '.join(missing)}")
    metadata: dict[bytes, bytes] = table.schema.metadata or {}
    header = parse_header(metadata[_METADATA]) if _METADATA in metadata else {}
    try:
        instruments, numbers = _instruments(table, header)
        fields = [_field(table, name, kind) for name, kind in _FIELDS]
        columns = [_bytes(column) for column in fields] + [_bytes(numbers)]
    except pa.ArrowException as error:
        raise RecordingError(f"a column holds something else: {error}") from None
    whole: dict[str, Any] = {"instruments": [], "feed": "hand"}
    base = Recording.of_header(whole | header, b"")
    records = _core.join_records(columns)
    return Recording(instruments, records, base.feed, base.source, base.licence)


def dump(recording: Recording, path: str) -> None:
    """Writes a Parquet file, compressed with Zstandard."""
    parquet: Any = _module("pyarrow.parquet")
    parquet.write_table(to_table(recording), path, compression="zstd")


def load(path: str) -> Recording:
    """Reads a Parquet file."""
    parquet: Any = _module("pyarrow.parquet")
    try:
        return of_table(parquet.read_table(path))
    except _pyarrow().ArrowException as error:
        raise RecordingError(f"not a Parquet file: {error}") from None


def _instruments(table: Any, header: dict[str, Any]) -> tuple[tuple[Instrument, ...], Any]:  # noqa: ANN401
    """The instruments of a table, and the number of each row's."""
    pa, pc = _pyarrow(), _module("pyarrow.compute")
    if header and "instrument" in table.column_names:
        numbers = table["instrument"].combine_chunks().cast(pa.uint16())
        return Recording.of_header(header, b"").instruments, numbers
    venue, symbol = (table[name].cast(pa.string()) for name in ("venue", "symbol"))
    # No venue id holds a space.
    key = pc.binary_join_element_wise(venue, symbol, " ").combine_chunks()
    keys = pc.unique(key)
    if None in keys.to_pylist():
        raise RecordingError("a row has no venue or no symbol")
    pairs = [row.split(" ", 1) for row in keys.to_pylist()]
    instruments = tuple(Instrument(venue, symbol) for venue, symbol in pairs)
    return instruments, pc.index_in(key, value_set=keys).cast(pa.uint16())


def _field(table: Any, name: str, kind: str) -> Any:  # noqa: ANN401
    pa, pc = _pyarrow(), _module("pyarrow.compute")
    if name == "flags" and name not in table.column_names:
        known = pc.equal(_field(table, "kind", "uint8"), _PRINT)
        known = pc.and_(known, pc.not_equal(_field(table, "side", "uint8"), 0))
        return pc.if_else(known, LAST | AGGRESSOR_KNOWN, LAST).cast(pa.uint16())
    if name not in table.column_names:
        return pa.repeat(pa.scalar(0, kind), table.num_rows)
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    names = _NAMES.get(name)
    if names is not None and not pa.types.is_integer(column.type):
        codes = pc.index_in(column, value_set=pa.array(names, column.type))
        if codes.null_count:
            raise RecordingError(f"{name} holds a name that is not one of {', '.join(names)}")
        column = codes
    return column.fill_null(0).cast(kind)


def _array(pa: Any, kind: str, data: bytes) -> Any:  # noqa: ANN401
    width = pa.type_for_alias(kind).bit_width // 8
    return pa.Array.from_buffers(
        pa.type_for_alias(kind), len(data) // width, [None, pa.py_buffer(data)]
    )


def _named(pa: Any, codes: Any, names: Any) -> Any:  # noqa: ANN401
    if not len(codes):
        return pa.array([], pa.dictionary(codes.type, pa.string()))
    return pa.DictionaryArray.from_arrays(codes, pa.array(names, pa.string()))


def _bytes(column: Any) -> bytes:  # noqa: ANN401
    """The numbers of a column without nulls, as they lie in memory."""
    if not len(column):
        return b""
    width = column.type.bit_width // 8
    data: bytes = column.buffers()[1].to_pybytes()
    return data[column.offset * width : (column.offset + len(column)) * width]


def _pyarrow() -> Any:  # noqa: ANN401
    return _module("pyarrow")


def _module(name: str) -> Any:  # noqa: ANN401
    try:
        return import_module(name)
    except ImportError:
        raise RecordingError(
            "tables and Parquet need pyarrow: pip install 'sequence-sdk[arrow]'"
        ) from None
