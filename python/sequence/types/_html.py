"""Tables for notebooks: every text is escaped, and long tables say what they leave out."""

from collections.abc import Sequence
from html import escape
from typing import Final

_MOST_ROWS: Final = 60
_RIGHT: Final = ' style="text-align:right"'
_LEFT: Final = ' style="text-align:left"'


def html_table(
    names: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], title: str = ""
) -> str:
    """A table.

    Args:
        names: Titles of the columns.
        cells: Rows of text.
        right: Which columns stand right.
        title: What stands above, if anything.
    """
    style = [_RIGHT if is_right else _LEFT for is_right in right]
    head = "".join(f"<th{at}>{escape(name)}</th>" for name, at in zip(names, style, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{at}>{escape(cell)}</td>" for cell, at in zip(row, style, strict=True))
        + "</tr>"
        for row in cells[:_MOST_ROWS]
    )
    left_out = len(cells) - _MOST_ROWS
    more = f"<p>and {left_out} more rows</p>" if left_out > 0 else ""
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
