"""`sequence report`: what a run was worth, on the terminal and as one HTML file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sequence._files import in_words
from sequence.cli.connect import client_of
from sequence.cli.output import Column, JsonFlag, number, text, write, write_json, write_table
from sequence.cli.progress import progress
from sequence.errors import ValidationError

if TYPE_CHECKING:
    from sequence.analysis import Summary


def report(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the report there, as one HTML file.")
    ] = None,
    name: Annotated[str, typer.Option(help="What the run is called.")] = "run",
    keep: Annotated[
        Path | None, typer.Option(help="Write the figures there, for --against of a later run.")
    ] = None,
    against: Annotated[
        list[Path] | None, typer.Option(help="Figures of another run beside it; repeatable.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Profit, drawdown, costs and how orders were filled, of the account so far."""
    from sequence.analysis import Results, comparison  # noqa: PLC0415 - no other command needs it

    others = [_kept(path) for path in against or []]
    with client_of(context) as client, progress() as told:
        results = Results.of(client, told)
    summary = results.summary(name)
    if keep is not None:
        _write(keep, summary.to_json().decode())
    if out is not None:
        _write(out, results.report(name, *others))
    if json:
        return write_json(summary)
    columns: list[Column] = [text("FIGURE"), number(name), *(number(row.name) for row in others)]
    write_table(columns, ([title, *cells] for title, cells in comparison(summary, *others)))
    for path in (out, keep):
        if path is not None:
            write(f"written: {path}")
    return None


def _kept(path: Path) -> "Summary":
    from sequence.analysis import Summary  # noqa: PLC0415 - see report

    try:
        return Summary.from_json(path.read_bytes())
    except OSError as error:
        raise ValidationError(f"--against: {in_words(error, path)}") from None
    except ValueError:
        text = f"--against: {path}: holds no figures of a run; `sequence report --keep` writes them"
        raise ValidationError(text) from None


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise ValidationError(in_words(error, path)) from None
