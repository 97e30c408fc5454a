"""`sequence score`: how well queues are estimated on a recording of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from sequence import feeds
from sequence._files import in_words
from sequence.cli.output import number, text, write, write_flowing, write_table
from sequence.errors import ValidationError
from sequence.feeds import MarketScore


def score(
    sources: Annotated[
        list[Path],
        typer.Argument(help="Recordings: tape, JSON lines, Parquet, or a venue's frames."),
    ],
    venue: Annotated[
        str | None, typer.Option(help="Whose frames they are, where they do not say.")
    ] = None,
) -> None:
    """Tells how well queues are estimated on a recording, and what it cannot tell."""
    try:
        found = feeds.score(*sources, venue=venue)
    except (ValueError, OSError) as error:
        raise ValidationError(in_words(error)) from None
    for at, market in enumerate(found):
        if at:
            write("")
        _write(market)


def _write(market: MarketScore) -> None:
    messages = "1 message" if market.messages == 1 else f"{market.messages:,} messages"
    write_flowing(f"{market.venue} {market.symbol}: {messages} in {_time(market)}")
    if market.fronts_right is not None:
        write_flowing(
            f"Fronts: of {market.fronts_tested:,} orders that a sweep finished, "
            f"{market.fronts_right:.1%} were first in our list too{_depth(market)}."
        )
    filled, cancelled = market.recognised
    if any(rule.early is not None for rule in market.rules):
        write_flowing(
            f"Orders recognised by their size: {filled:,} filled, {cancelled:,} cancelled."
        )
    if any(rule.single_error is not None for rule in market.rules):
        write_flowing(f"Levels with one order: {market.singles:,} orders followed behind it.")
    if any(rule.early is not None or rule.single_error is not None for rule in market.rules):
        write_table(
            [
                text("rule"),
                number("exact fill", "%"),
                number("too early", "%"),
                number("error at one order", "%"),
            ],
            [
                [rule.rule, *map(_percent, (rule.exact, rule.early, rule.single_error))]
                for rule in market.rules
            ],
        )
    for doubt in market.doubts:
        write_flowing(f"Cannot tell: {doubt}")


def _time(market: MarketScore) -> str:
    minutes = market.seconds / 60
    return f"{minutes:,.1f} min" if minutes >= 1 else f"{market.seconds:,.1f} s"


def _depth(market: MarketScore) -> str:
    if market.front_depth is None:
        return ""
    return f"; {market.front_depth:.1%} of the level stood before the lot of that size"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"
