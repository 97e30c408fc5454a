"""Tables for people, JSON for programs."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

import typer

from sequence import _core
from sequence.types import Wire

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the answer as one line of JSON.")]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title with the unit, and whether it holds numbers."""

    title: str
    right: bool = False


def text(title: str) -> Column:
    """A column of words, aligned left."""
    return Column(title)


def number(title: str, unit: str = "") -> Column:
    """A column of numbers, aligned right, with their unit in the header."""
    return Column(f"{title} {unit}".rstrip(), right=True)


def write(line: str) -> None:
    """Prints one line."""
    sys.stdout.write(f"{line}\n")


def write_json(answer: Wire | list[Wire]) -> None:
    """Prints an answer exactly as the server wrote it."""
    if isinstance(answer, list):
        write(f"[{','.join(row.to_json().decode() for row in answer)}]")
    else:
        write(answer.to_json().decode())


def write_table(columns: Iterable[Column], rows: Iterable[Iterable[str]]) -> None:
    """Prints a table: with colours on a terminal, else plain text that `awk` can read."""
    titles = list(columns)
    cells = [list(row) for row in rows]
    if is_plain():
        for line in plain_lines(titles, cells):
            write(line)
        return
    from rich import box  # noqa: PLC0415 - only a terminal needs it
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in titles:
        table.add_column(column.title, justify="right" if column.right else "left", no_wrap=True)
    for row in cells:
        table.add_row(*row)
    console = Console(highlight=False, markup=False)
    # A cut number is a wrong number: rather let the terminal wrap long lines.
    console.print(table, width=max(console.width, console.measure(table).maximum), crop=False)


def plain_lines(columns: list[Column], rows: list[list[str]]) -> list[str]:
    """A table as lines without decoration."""
    table = [[column.title for column in columns], *rows]
    widths = [max(len(row[at]) for row in table) for at in range(len(columns))]
    return [
        "  ".join(
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in table
    ]


def is_plain() -> bool:
    """True when nobody looks at a terminal, or `NO_COLOR` is set."""
    return bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()


def shown(value: Decimal | float | None) -> str:
    """A number with all its digits, thousands apart; `-` for none."""
    if value is None:
        return "-"
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return f"{exact.normalize() + 0:,f}"


def usd(units_1e9: int) -> str:
    """An amount in USD of 1e-9, to the cent."""
    return f"{Decimal(units_1e9).scaleb(-9):,.2f}"


def price_unit(symbol: str) -> str:
    """The asset that prices of a symbol are in."""
    return _core.parse_symbol(symbol).quote or "USD"


def size_unit(symbol: str) -> str:
    """What a quantity of a symbol counts."""
    return _core.parse_symbol(symbol).base or "contracts"
