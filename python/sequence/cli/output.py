"""Tables for people, JSON for programs."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sequence import _core
from sequence.errors import ValidationError
from sequence.types import Wire

if TYPE_CHECKING:
    from rich.table import Table

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the answer as one line of JSON.")]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, the unit, and what may happen to it where there is little room.

    Attributes:
        title: What stands above.
        unit: What numbers count; below the title where there is little room.
        right: Numbers stand right.
        folds: Long texts may take several lines.
        is_id: The id of an order or a fault, which `short_id` shortens.
    """

    title: str
    unit: str = ""
    right: bool = False
    folds: bool = False
    is_id: bool = False

    @property
    def head(self) -> str:
        """Title and unit in one line."""
        return f"{self.title} {self.unit}".rstrip()


def text(title: str, *, folds: bool = False, is_id: bool = False) -> Column:
    """A column of words, aligned left."""
    return Column(title, folds=folds, is_id=is_id)


def number(title: str, unit: str = "") -> Column:
    """A column of numbers, aligned right, with their unit in the header."""
    return Column(title, unit, right=True)


PLAIN_ROOM: Final = 80
"""Columns of a terminal as it opens."""
_BETWEEN: Final = "  "
_ID_PARTS: Final = 4
_SHORT: Final = 8
_ULID: Final = re.compile(r"[a-z]+_[0-9A-Z]{26}")


def short_id(order_id: str) -> str:
    """The end of an order's or a fault's id: enough to find it again, and commands take it."""
    if _ULID.fullmatch(order_id):
        return order_id[-_SHORT:]
    parts = order_id.split(":")
    if len(parts) != _ID_PARTS or parts[0] != "graph":
        return order_id
    _, graph_id, node_id, seq = parts
    # Most orders are alone in their graph; only of others the node matters.
    rest = "" if (node_id, seq) == ("order", "1") else f":{node_id}:{seq}"
    return graph_id[-_SHORT:] + rest


def meant_id(given: str, ids: Iterable[str], what: str) -> str:
    """The id that a short one means; one that none of `ids` ends so stays what it is.

    Raises:
        ValidationError: Several of them do; `what` says what they are.
    """
    found = [id_ for id_ in ids if short_id(id_) == given]
    if len(found) > 1:
        raise ValidationError(f"{given}: several {what} end so: {', '.join(found)}")
    return found[0] if found else given


def write(line: str) -> None:
    """Prints one line."""
    sys.stdout.write(f"{line}\n")


def write_flowing(*parts: str) -> None:
    """Prints parts of a sentence, on a terminal in as many lines as it takes."""
    if is_plain():
        write(_BETWEEN.join(parts))
        return
    for line in _flowing(parts, get_terminal_size().columns):
        write(line)


def write_json(answer: Wire | list[Wire]) -> None:
    """Prints an answer exactly as the server wrote it."""
    if isinstance(answer, list):
        write(f"[{','.join(row.to_json().decode() for row in answer)}]")
    else:
        write(answer.to_json().decode())


def write_table(columns: Iterable[Column], rows: Iterable[Iterable[str]]) -> None:
    """Prints a table: with colours on a terminal, else plain text with one line for each row."""
    titles = list(columns)
    cells = [list(row) for row in rows]
    if is_plain():
        for line in plain_lines(titles, cells):
            write(line)
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it

    room = Console().width
    if _least(titles, cells, wide=True) > room:
        cells = _short_ids(titles, cells)
        if _least(titles, cells) > room:
            cells = _bare(titles, cells)
        if _least(titles, cells) > room:
            for line in _blocks(titles, cells, room):
                write(line)
            return
        console = Console(width=room, highlight=False, markup=False)
        console.print(_narrow_table(titles, cells))
        return
    Console(width=room, highlight=False, markup=False).print(_wide_table(titles, cells))


def _wide_table(titles: list[Column], cells: list[list[str]]) -> "Table":
    from rich import box  # noqa: PLC0415 - only a terminal needs it
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in titles:
        table.add_column(column.head, justify="right" if column.right else "left", no_wrap=True)
    for row in cells:
        table.add_row(*row)
    return table


def _narrow_table(titles: list[Column], cells: list[list[str]]) -> "Table":
    """Units below the titles, one space between columns, long words over several lines."""
    from rich.table import Table  # noqa: PLC0415 - only a terminal needs it

    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for at, column in enumerate(titles):
        table.add_column(
            f"{column.title}\n{column.unit}".rstrip(),
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=not column.folds,
            min_width=_column_width(column, [row[at] for row in cells]),
        )
    for row in cells:
        table.add_row(*row)
    return table


def _blocks(columns: list[Column], rows: list[list[str]], room: int) -> Iterator[str]:
    """A block of lines for each row: a cut number would be a wrong one, and a broken line hard."""
    for row in rows:
        yield from _flowing(
            (f"{column.head} {cell}" for column, cell in zip(columns, row, strict=True)), room
        )
        yield ""


def _flowing(parts: Iterable[str], room: int) -> Iterator[str]:
    """Parts of a sentence in lines of so many columns; none is broken that fits into one."""
    line = ""
    for part in parts:
        longer = f"{line}{_BETWEEN}{part}" if line else part
        if line and len(longer) > room:
            yield line
            longer = part
        *whole, line = wrap(longer, room) or [longer]
        yield from whole
    yield line


_LEAST_FOLDED: Final = 8
_WIDE_GAP: Final = 2


def _least(titles: list[Column], cells: list[list[str]], *, wide: bool = False) -> int:
    """Columns of a terminal that a table needs so that nothing is cut."""
    widths = (
        _column_width(column, [row[at] for row in cells], wide=wide)
        for at, column in enumerate(titles)
    )
    return sum(widths) + (len(titles) - 1) * (_WIDE_GAP if wide else 1)


def _column_width(column: Column, cells: list[str], *, wide: bool = False) -> int:
    heads = [column.head] if wide else [column.title, column.unit]
    longest = max(map(len, [*heads, *cells]))
    if wide or not column.folds:
        return longest
    return min(longest, max(_LEAST_FOLDED, len(column.title)))


def _short_ids(columns: list[Column], rows: list[list[str]]) -> list[list[str]]:
    return _changed(columns, rows, lambda column, cell: short_id(cell) if column.is_id else cell)


def _bare(columns: list[Column], rows: list[list[str]]) -> list[list[str]]:
    """Numbers without the marks between thousands: digits matter more."""
    return _changed(
        columns, rows, lambda column, cell: cell.replace(",", "") if column.right else cell
    )


def _changed(
    columns: list[Column], rows: list[list[str]], change: Callable[[Column, str], str]
) -> list[list[str]]:
    return [
        [change(column, cell) for column, cell in zip(columns, row, strict=True)] for row in rows
    ]


def plain_lines(columns: list[Column], rows: list[list[str]]) -> list[str]:
    """A table as lines without decoration, closer where that brings it into 80 columns.

    Nothing is folded, cut or left out: a row is a line, however long its texts are.
    """
    table = [[column.head for column in columns], *rows]
    wide, close = (aligned(columns, table, gap) for gap in ("  ", " "))
    return close if max(map(len, close)) <= PLAIN_ROOM < max(map(len, wide)) else wide


def aligned(columns: list[Column], rows: list[list[str]], gap: str) -> list[str]:
    """Rows as lines with their cells below each other."""
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(len(columns))]
    return [
        gap.join(
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in rows
    ]


def is_plain() -> bool:
    """True when nobody looks at a terminal, or `NO_COLOR` is set."""
    return bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()


def moment(ns: int) -> str:
    """A time to the second."""
    return f"{datetime.fromtimestamp(ns // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC"


def shown(value: Decimal | float | None) -> str:
    """A number with all its digits, thousands apart; `-` for none."""
    if value is None:
        return "-"
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return f"{exact.normalize() + 0:,f}"


def usd(units_1e9: int | None) -> str:
    """An amount in USD of 1e-9, to the cent; `-` for one that nobody can say."""
    if units_1e9 is None:
        return "-"
    return f"{Decimal(units_1e9).scaleb(-9):,.2f}"


def price_unit(symbol: str) -> str:
    """The asset that prices of a symbol are in."""
    return _core.parse_symbol(symbol).quote or "USD"


def size_unit(symbol: str) -> str:
    """What a quantity of a symbol counts."""
    return _core.parse_symbol(symbol).base or "contracts"
