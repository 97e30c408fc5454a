"""`sequence convert`: recordings from one encoding to another."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sequence._files import in_words
from sequence.cli.output import write
from sequence.cli.progress import progress
from sequence.errors import ValidationError
from sequence.feeds.files import Encoding
from sequence.feeds.files import convert as convert_file


def convert(
    source: Annotated[
        Path, typer.Argument(help="A recording: tape, JSON lines, Parquet, or a venue's frames.")
    ],
    target: Annotated[
        Path, typer.Argument(help="New file; .tape, .jsonl or .parquet, and .zst to pack it.")
    ],
    venue: Annotated[
        str | None, typer.Option(help="Whose frames they are, or whose records to keep.")
    ] = None,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Keep this symbol only; may be given again.")
    ] = None,
    encoding: Annotated[
        Encoding | None, typer.Option("--to", help="Encoding, where the name does not say it.")
    ] = None,
) -> None:
    """Converts recorded market data between encodings."""
    if target.exists():
        raise ValidationError(f"{target}: is there already")
    try:
        with progress() as told:
            made = convert_file(
                source, target, venue=venue, symbols=symbol, encoding=encoding, told=told
            )
    except (ValueError, OSError) as error:
        raise ValidationError(in_words(error)) from None
    for note in made.notes:
        sys.stderr.write(f"sequence: warning: {source}: {note}\n")
    write(f"{target}: {len(made):,} records of {len(made.instruments)} instruments")
    for row in made.instruments:
        write(f"  {row.venue} {row.symbol}")
