"""Symbols of live venues that are not subscribed yet: the first request for one subscribes it.

The request waits a moment for the book, and goes on with what there is then. A symbol that a venue
does not trade is answered with the words of the venue.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from sequence import _core
from sequence.sandbox.call import Call, Handler, Pending
from sequence.sandbox.refuse import refused
from sequence.types import GraphRequest

Named = tuple[str, str | None]
"""A symbol, and the venue where alone it is wanted."""

_NOT_THERE: Final = ("unknown symbol", " does not list ")


def warmed(
    handler: Handler, named: Callable[[Call[Any, Any]], Iterable[Named]], *, writes: bool = False
) -> Handler:
    """A handler that first subscribes what its call names, where venues are live."""

    def answer(call: Call[Any, Any]) -> Any:  # noqa: ANN401 - see Handler
        if call.runtime.live is None:
            return handler(call)
        # Every one is asked for before any is waited for.
        coming = [row for name in named(call) for row in call.runtime.want(*name)]
        if coming:
            return Pending(None, answer, writes)
        try:
            return handler(call)
        except _core.Refusal as refusal:
            told = [text for name in named(call) for text in call.runtime.live.refusals(*name)]
            if not told or not any(words in refusal.message for words in _NOT_THERE):
                raise
            text = "; ".join([refusal.message, *told])
            raise refused(refusal.code, text, field=refusal.field) from None

    return answer


def of_path(call: Call[Any, Any]) -> list[Named]:
    """The symbol in the path."""
    return [(call.path["symbol"], None)]


def of_quotes(call: Call[Any, Any]) -> list[Named]:
    """The symbols of the query."""
    return [(symbol, None) for symbol in call.query.symbols or ()]


def of_batch(call: Call[Any, Any]) -> list[Named]:
    """The symbols of the body, as perpetuals where it says so."""
    is_perp = call.body.instrument_type == "perp"
    return [(_as_perp(symbol, is_perp=is_perp), None) for symbol in call.body.symbols]


def of_fees(call: Call[Any, Any]) -> list[Named]:
    """The ticker of the query."""
    return [(call.query.ticker, None)]


def of_order(call: Call[Any, Any]) -> list[Named]:
    """The symbols of an order or of the nodes of a graph, each at its venue."""
    body = call.body
    if isinstance(body, GraphRequest):
        rows = [node.instrument for node in body.nodes]
        return [(_as_perp(row.symbol, is_perp=row.type == "perp"), row.venue) for row in rows]
    return [(_as_perp(body.symbol, is_perp=body.instrument_type == "perp"), body.venue)]


def _as_perp(symbol: str, *, is_perp: bool) -> str:
    return f"{symbol}-PERP" if is_perp and not symbol.endswith("-PERP") else symbol
