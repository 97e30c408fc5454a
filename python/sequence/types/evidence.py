"""What proves a fill, and what says why an open order has not filled: records with typed parts.

Suffixes as everywhere: `_1e8` a quantity, `_1e9` a price or money, `_ns` nanoseconds, `_q32` a
number times 2^32. The rules behind them are in `docs/fidelity.md` and `docs/not-modelled.md`.
"""

from typing import Annotated, Literal

from sequence.types._record import Record
from sequence.types._words import InstrumentType, Side

FillCause = Literal["WALK", "QUEUE", "THROUGH", "CROSSING", "RESYNC_CROSS", "LIQUIDATION"]


class ModelEvidence(Record):
    """Which model decided the fill."""

    version: Annotated[str, "version of the fill model"]
    preset: Annotated[str, "name of the preset"]
    params_hash: Annotated[str, "digest of every parameter"]
    seed: Annotated[int, "seed of the sandbox"]
    estimator: Annotated[str, "rule of the place in the queue"]
    k: Annotated[int, "exponent of that rule"]


class TimeEvidence(Record):
    """The way of the order and of the answer."""

    submit_local_ns: Annotated[
        int, "when it was sent; 0 where the venue closed a position by itself"
    ]
    arrive_venue_ns: Annotated[int, "when it reached the venue"]
    match_at_ns: Annotated[int, "when it was matched"]
    visible_at_ns: Annotated[int, "when the client could know"]
    taker_delay_ns: Annotated[int, "how long the venue holds orders that take"]
    session_hold_ns: Annotated[int, "how long it waited behind messages sent before it"]
    entry_deferred: Annotated[bool, "it met no live book at first"]


class LatencyEvidence(Record):
    """The delays that were drawn or measured."""

    entry_ns: Annotated[int, "to the venue"]
    feed_ns: Annotated[int, "of the book on its way here"]
    response_ns: Annotated[int, "of the answer"]
    feed_measured: Annotated[bool, "the feed itself was stamped"]
    z_q32: Annotated[int, "normal value of the draw to the venue"]
    load_ratio_q32: Annotated[int, "how busy the venue was against its usual"]


class RngEvidence(Record):
    """Where the draw can be found again."""

    stream_key: Annotated[int, "key of the stream of random words"]
    pos_before: Annotated[int, "place in it before"]
    pos_after: Annotated[int, "place in it after"]


class BookEvidence(Record):
    """The book that was met; of an event market, that of YES."""

    version: Annotated[int, "number of the book's change"]
    venue_seq: Annotated[int, "the venue's own number"]
    feed_class: Annotated[Literal["event", "conflated"], "every change, or now and then"]
    venue_ts_ns: Annotated[int | None, "the venue's time of it"]
    interval_ns: Annotated[int, "usual time between two of them"]
    age_ns: Annotated[int, "since it was last heard of"]
    status: Annotated[str, "as in `GET /v1/venues`"]
    best_bid_1e9: Annotated[int, "best bid; 0 without one"]
    best_ask_1e9: Annotated[int, "best ask; 0 without one"]


class QueueEvidence(Record):
    """The place of a resting order; -1 where a reading is not kept."""

    v_entry_1e8: Annotated[int, "ahead of it when it came to rest"]
    v_before_1e8: Annotated[int, "ahead of it before the fill"]
    v_after_1e8: Annotated[int, "ahead of it after the fill"]
    remaining_1e8: Annotated[int, "its own size before the fill"]
    v_low_1e8: Annotated[int, "ahead in the optimistic reading"]
    v_high_1e8: Annotated[int, "ahead in the adversarial reading"]
    level_size_at_entry_1e8: Annotated[int, "displayed at its price when it came"]
    level_size_before_1e8: Annotated[int, "displayed at its price before the fill"]
    own_ahead_1e8: Annotated[int, "own orders before it"]
    surplus_1e8: Annotated[int, "of the print beyond what was ahead"]
    prints_ahead_1e8: Annotated[int, "prints that used up what was ahead"]
    cancels_credited_ahead_1e8: Annotated[int, "decreases that counted as cancels ahead"]
    match_rate_ppm: Annotated[int, "share of decreases that were matched with prints"]
    decreases_seen: Annotated[int, "decreases of this market so far"]


class LevelEvidence(Record):
    """A level that was taken from."""

    px_recorded_1e9: Annotated[int, "displayed price"]
    px_effective_1e9: Annotated[int, "price paid: moved by own impact"]
    tick_1e9: Annotated[int, "price step there"]
    displayed_1e8: Annotated[int, "displayed size"]
    pending_prints_1e8: Annotated[int, "printed there and not yet off the display"]
    consumed_before_1e8: Annotated[int, "taken of it before by own orders"]
    taken_1e8: Annotated[int, "taken now"]


class BoundsEvidence(Record):
    """How far a taking order could go."""

    limit_1e9: Annotated[int | None, "its limit"]
    ref_px_1e9: Annotated[int | None, "best opposite price that its protection is from"]
    cap_px_1e9: Annotated[int, "worst price it could pay"]
    impact_shift: Annotated[int, "ticks that own impact moved the book by"]
    impact_sides: Annotated[str, "sides that impact moves"]
    impact_fallback: Annotated[bool, "the book gave the scale, no daily volume being known"]


class TapeEvidence(Record):
    """The print or the quote that filled a resting order."""

    event_id: Annotated[str, "the venue's trade id, or connection, sequence and place"]
    epoch: Annotated[int, "number of the connection"]
    version: Annotated[int, "place among the market's events"]
    trade_id: Annotated[int | None, "the venue's trade id"]
    backfilled: Annotated[bool, "asked for after a gap"]
    kind: Annotated[Literal["Quote", "Trade"], "what it was"]
    side: Annotated[Literal["bid", "ask"], "the quote's own side, or the one a print hit"]
    px_1e9: Annotated[int, "its price"]
    size_1e8: Annotated[int, "its size"]
    budget_before_1e8: Annotated[int, "what of it was not used yet"]
    used_1e8: Annotated[int, "used by this fill"]


class FeeSums(Record):
    """Sums of an order's fees before the fill; scales beyond 1e-9 keep what rounding left."""

    exact_1e17: Annotated[int, "value of what was filled"]
    booked_1e9: Annotated[int, "the same, as booked"]
    due_1e9: Annotated[int, "fees due"]
    due_rest_1e25: Annotated[int, "rest of them below 1e-9"]
    paid_1e9: Annotated[int, "fees paid"]
    accumulator_1e9: Annotated[int, "rounding that the venue gives back"]
    carried_1e34: Annotated[int, "rounding that is carried on"]


class FeeEvidence(Record):
    """The fee and the rule that it follows from."""

    rule_id: Annotated[str, "name of the rule"]
    effective_from: Annotated[str, "day it is in force from"]
    rate_1e8: Annotated[int, "rate as a share of value"]
    base_exact_1e17: Annotated[int, "value it is charged on"]
    fee_1e9: Annotated[int, "fee; negative is a rebate"]
    trade_fee_1e9: Annotated[int, "part before rounding"]
    rounding_fee_1e9: Annotated[int, "part that rounding added"]
    rebate_1e9: Annotated[int, "part given back"]
    accumulator_after_1e9: Annotated[int, "rounding kept for later fills"]
    joined: Annotated[bool, "charged together with fills before it"]
    asset: Annotated[str, "what it was paid in"]
    fee_default: Annotated[bool, "no rule of this very market is known"]
    before: Annotated[FeeSums, "sums before it"]
    model: Annotated[Literal["bps", "kalshi", "polymarket"], "kind of rule"]
    trade_fee_step_1e9: Annotated[int | None, "kalshi: step the fee is rounded to"]
    balance_step_1e9: Annotated[int | None, "kalshi: step balances are kept in"]
    rounding: Annotated[str | None, "polymarket: how the fee is rounded"]


class CashEvidence(Record):
    """Money before and after."""

    notional_1e9: Annotated[int, "value of the fill"]
    charged_before_1e9: Annotated[int, "charged to the order before"]
    charged_after_1e9: Annotated[int, "charged to it after"]
    reserved_before_1e9: Annotated[int, "held back for it before"]
    reserved_after_1e9: Annotated[int, "held back for it after"]
    released_1e9: Annotated[int, "given back with it"]


class Envelope(Record):
    """What the optimistic and the adversarial reading had filled by now."""

    low_filled_1e8: Annotated[int, "filled with every doubt against the order"]
    high_filled_1e8: Annotated[int, "filled with every doubt for it"]
    low_vwap_1e9: Annotated[int | None, "mean price of the first"]
    high_vwap_1e9: Annotated[int | None, "mean price of the second"]


class FillEvidence(Record):
    """Everything that is known of a fill: `sequence.verify` rebuilds it from this alone.

    A fill that took has `levels` and `bounds`, one that rested `queue` and `tape`.
    """

    schema: Annotated[int, "layout of the record"]
    fill_id: Annotated[str, "as in the fill"]
    order_id: Annotated[str, "`node_order_id` of the order"]
    account: Annotated[str, "`client_id`"]
    venue: Annotated[str, "venue id"]
    instrument: Annotated[str, "symbol without its outcome"]
    kind: Annotated[InstrumentType, "kind of instrument"]
    outcome: Annotated[Literal["YES", "NO"] | None, "of an event contract"]
    side: Annotated[Side, "of the order"]
    px_1e9: Annotated[int, "price, in the order's own outcome"]
    qty_1e8: Annotated[int, "quantity"]
    clipped_1e8: Annotated[int, "matched beyond the position that a reduce-only order closes"]
    liquidity: Annotated[Literal["Maker", "Taker"], "which side of the trade"]
    cause: Annotated[FillCause, "what made it happen"]
    model: Annotated[ModelEvidence, "which model decided"]
    time: Annotated[TimeEvidence, "when"]
    latency: Annotated[LatencyEvidence, "delays"]
    rng: Annotated[RngEvidence, "draws"]
    book: Annotated[BookEvidence, "the book it met"]
    queue: Annotated[QueueEvidence | None, "the place of a resting order"]
    levels: Annotated[list[LevelEvidence], "levels it took"]
    bounds: Annotated[BoundsEvidence | None, "how far it could go"]
    tape: Annotated[list[TapeEvidence], "what traded against it"]
    fee: Annotated[FeeEvidence, "fee and rule"]
    cash: Annotated[CashEvidence, "money"]
    envelope: Annotated[Envelope | None, "other readings of the queue"]
    hash: Annotated[str, "digest of everything else"]


class OutlookEvidence(Record):
    """Whether it will be reached, from what traded on its side so far."""

    reached_ppm: Annotated[int, "share of such orders reached within the time"]
    within_ns: Annotated[int, "that time"]
    wait_ns: Annotated[int | None, "time within which half were reached"]
    before_1e8: Annotated[int, "what has to trade before its turn"]
    window_ns: Annotated[int, "time over which the pace was measured"]
    prints: Annotated[int, "prints in it"]


class WaitEvidence(Record):
    """Why an open order has not filled, for the leg that has waited longest; -1 is not known."""

    order_id: Annotated[str, "`node_order_id`"]
    venue: Annotated[str, "venue of the leg"]
    as_of_ns: Annotated[int, "time of the record"]
    state_since_ns: Annotated[int, "since when it is so"]
    reason: Annotated[str, "what it waits for, such as `QUEUE_AHEAD`"]
    v_now_1e8: Annotated[int, "ahead of it now"]
    v_entry_1e8: Annotated[int, "ahead of it when it came to rest"]
    v_low_1e8: Annotated[int, "ahead in the optimistic reading"]
    v_high_1e8: Annotated[int, "ahead in the adversarial reading"]
    own_ahead_1e8: Annotated[int, "own orders before it"]
    distance_ticks: Annotated[int, "steps from the best price of its side"]
    prints_at_level_1e8: Annotated[int, "traded at its price since"]
    prints_through_1e8: Annotated[int, "traded beyond it since"]
    cancels_credited_ahead_1e8: Annotated[int, "decreases that counted as cancels ahead"]
    last_event_id: Annotated[str, "newest event of the book"]
    book_version: Annotated[int, "number of the book's change"]
    status: Annotated[str, "status of the book"]
    next_wake_ns: Annotated[int | None, "when something is due for it"]
    best_px_1e9: Annotated[int | None, "best price of its side at the venue"]
    level_size_1e8: Annotated[int, "displayed at its own price"]
    eta_ms: Annotated[int | None, "half of such orders were reached within this time"]
    outlook: Annotated[OutlookEvidence | None, "whether it will be reached"]
    envelope: Annotated[Envelope | None, "other readings of the queue"]
