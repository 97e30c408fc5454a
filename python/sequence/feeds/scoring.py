"""How well queues are estimated on a recording: tests that need no order ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sequence import _core
from sequence.feeds.opened import Source, open_all, refusal_of
from sequence.feeds.recording import RecordingError


@dataclass(frozen=True, slots=True)
class RuleScore:
    """One queue rule. Shares are from 0 to 1, and None where the recording cannot tell.

    Attributes:
        rule: Its name, as `SimConfig(queue_model=...)` takes it; the default is `lots/auto`.
        exact: Orders recognised by their size: share of the fills that it has at exactly the print
            that filled the order.
        early: Share of all of them that it fills too early: before their fill, or though they were
            cancelled.
        single_error: Levels with one order: mean of |estimated - true size ahead| over the size
            ahead at entry.
    """

    rule: str
    exact: float | None
    early: float | None
    single_error: float | None


@dataclass(frozen=True, slots=True)
class MarketScore:
    """What a recording says of the queues of one market.

    Attributes:
        venue: Venue id.
        symbol: Symbol, as the recording has it.
        messages: Messages of this market, heartbeats included.
        seconds: Time from the first to the last.
        feed_class: Whether a message is one order event, or depth comes in intervals.
        trade_depth: Which half of a trade comes first; None where too few were seen.
        match_rate: Share of the decreases near the touch with the size of a known lot.
        fronts_tested: Prints that were followed by another of the same sweep, so that they finished
            the order that was first.
        fronts_right: Share of them with the size of our first lot; None where it says nothing.
        front_depth: Size that the list has before the lot of that size, over the level.
        recognised: Orders whose fill and whose cancel was recognised by their size.
        singles: Orders followed at levels with one order.
        rules: Scores of the default and of rules beside it.
        doubts: What cannot be told, and why, in sentences.
    """

    venue: str
    symbol: str
    messages: int
    seconds: float
    feed_class: Literal["event", "conflated"]
    trade_depth: Literal["trade_first", "depth_first", "unordered"] | None
    match_rate: float
    fronts_tested: int
    fronts_right: float | None
    front_depth: float | None
    recognised: tuple[int, int]
    singles: int
    rules: tuple[RuleScore, ...]
    doubts: tuple[str, ...]


def score(*sources: Any, venue: str | None = None) -> list[MarketScore]:
    """Scores the queue estimate on recordings of one's own, market by market.

    Args:
        sources: Paths, recordings or Arrow tables; raw files of one stream are put together.
        venue: Whose frames they are, where they do not say.

    Raises:
        RecordingError: Something is no recording, or holds no market.
        FileNotFoundError: A file does not exist.
    """
    found: list[MarketScore] = []
    for name, source in open_all(sources, venue):
        found += _of(name, source)
    return found


def _of(name: str, source: Source) -> list[MarketScore]:
    # A market without a symbol here cannot be traded, but its queues can be scored.
    markets = [_market(row) for row in _core.score_recording(source)]
    if not any(market.messages for market in markets):
        raise RecordingError(f"{name}: {refusal_of(source) or 'it holds no market'}")
    return markets


def _share(ppm: int | None) -> float | None:
    return None if ppm is None else ppm / 1_000_000


def _market(row: Mapping[str, Any]) -> MarketScore:
    fronts, sizes, singles = row["fronts"], row["sizes"], row["singles"]
    rules = tuple(
        RuleScore(
            size["rule"],
            _share(size["exact_ppm"]),
            _share(size["early_ppm"]),
            _share(single["error_ppm"]),
        )
        for size, single in zip(sizes["rules"], singles["rules"], strict=True)
    )
    return MarketScore(
        venue=row["venue"],
        symbol=row["symbol"],
        messages=row["messages"],
        seconds=row["span_ns"] / 1e9,
        feed_class=row["feed_class"],
        trade_depth=row["trade_depth"],
        match_rate=row["match_rate_ppm"] / 1_000_000,
        fronts_tested=fronts["tested"],
        fronts_right=_share(fronts["right_ppm"]),
        front_depth=_share(fronts["before_ppm"]),
        recognised=(sizes["filled"], sizes["cancelled"]),
        singles=singles["followed"],
        rules=rules,
        doubts=tuple(row["doubts"]),
    )
