"""Every parameter of the simulator, by its published key: unit, meaning and where it comes from.

Defaults stand in the presets of the core. "Initial" marks a value that was chosen and awaits
calibration; "measured" one that scored best on order-by-order data.
"""

from typing import Final, Literal, NamedTuple, TypedDict

QueueModel = Literal[
    "lots/auto",
    "min(uniform,lots)",
    "max(risk_averse,lots)",
    "lots/back",
    "lots/power",
    "risk_averse",
    "trade_only",
    "all_ahead",
    "uniform",
    "power_ratio(2)",
    "power_ratio(3)",
    "log_ratio",
    "power_gap(2)",
    "log_gap",
    "power_x(2)",
    "power_x(3)",
    "table",
]
EntryAmbiguity = Literal["behind", "by_feed", "ahead"]
ImpactSides = Literal["off", "adverse_only", "two_sided"]
AmendMode = Literal["cancel_replace", "native"]
ReplaceGap = Literal["atomic", "pipelined", "sequential"]
SelfTrade = Literal["cancel_newest", "cancel_oldest", "cancel_both"]


class Parameter(NamedTuple):
    """One parameter: its published key, unit, meaning and the source of its default."""

    key: str
    unit: str
    meaning: str
    source: str

    @property
    def name(self) -> str:
        """The key as a Python name: ``queue.model`` is ``queue_model``."""
        return self.key.replace(".", "_").lower()


class SimOverrides(TypedDict, total=False):
    """Values that replace those of a preset; see `PARAMETERS` for units and meanings."""

    queue_model: QueueModel
    queue_hidden_ahead_ppm: int
    queue_entry_ambiguity: EntryAmbiguity
    queue_power_k: int
    queue_lots_cap: int
    queue_lists: int
    print_pairing_window_ppm: int
    overlay_tau_ns: int
    overlay_tau_event_ns: int
    overlay_ghost: bool
    walk_max_levels: int
    impact_y_ppm: int
    impact_sides: ImpactSides
    protection_bps: int
    protection_event_bps: int
    fat_finger_bps: int
    latency_p50_ppm: int
    latency_p99_ppm: int
    latency_rho_ppm: int
    latency_beta_ppm: int
    latency_live_hold: bool
    amend_mode: AmendMode
    amend_replace_gap: ReplaceGap
    venue_rules: bool
    max_age_ppm: int
    fees_rebates: bool
    stp: SelfTrade
    margin: bool
    liquidation_fee_ppm: int
    envelope: bool


_PPM_OF_VENUE: Final = "ppm of the venue's value"
PARAMETERS: Final = (
    Parameter("queue.model", "name", "How the size ahead of a resting order is estimated.",
              "measured: lots had the least error on order-by-order data"),
    Parameter("queue.hidden_ahead_ppm", "ppm of the order's size",
              "Hidden size assumed ahead at entry.", "initial; 0 unless a venue shows otherwise"),
    Parameter("queue.entry_ambiguity", "name",
              "Where size that shows up with the first depth message after an entry is placed.",
              "measured for event feeds; harsher where depth is conflated"),
    Parameter("queue.power_k", "exponent, 1 to 16",
              "How strongly lots take decreases of no known order from the back; rules with a "
              "number in their name keep it.",
              "measured: even spreading on conflated depth"),
    Parameter("queue.lots_cap", "lots, 1 to 65,536", "Lots remembered per level.",
              "initial; a bound on memory"),
    Parameter("queue.lists", "lists, 0 to 256",
              "Lists of lots beside the likeliest of a level, where every message is one order "
              "event: each draws which of several lots a cancel was. 0 keeps one.",
              "measured: nearer to the truth on two files, farther on a third"),
    Parameter("print.pairing_window_ppm", "ppm of 5 ms",
              "How long a decrease waits for the trade that may explain it; 0 not at all.",
              "initial"),
    Parameter("overlay.tau_ns", "ns",
              "Time in which what was taken of a spot or perpetual book comes back; 0 never.",
              "initial; after published resilience of liquid books"),
    Parameter("overlay.tau_event_ns", "ns", "The same for event contracts; 0 never.", "initial"),
    Parameter("overlay.ghost", "yes or no",
              "What was taken of a level is remembered while the level is gone.",
              "against flickering quotes"),
    Parameter("walk.max_levels", "levels, 1 to 10,000", "Levels a market order can sweep.",
              "initial"),
    Parameter("impact.Y_ppm", "ppm", "Prefactor of own impact in the square-root law; 0 is off.",
              "published order of magnitude: 1"),
    Parameter("impact.sides", "name", "Which prices own impact moves.",
              "adverse only: own trades never make a better price"),
    Parameter("protection_bps", "basis points of the reference",
              "Worst price of a market order on spot and perpetuals.", "initial"),
    Parameter("protection_event_bps", "basis points of the reference",
              "The same for event contracts, five ticks at least.", "initial"),
    Parameter("fat_finger_bps", "basis points of the reference",
              "A marketable limit further away is rejected.", "initial"),
    Parameter("latency.p50_ppm", _PPM_OF_VENUE,
              "Median delay of messages; 0 is no delay and no draw.",
              "venue table of measured and assumed delays"),
    Parameter("latency.p99_ppm", _PPM_OF_VENUE, "99th percentile of the delay.",
              "venue table of measured and assumed delays"),
    Parameter("latency.rho_ppm", "ppm, below 1,000,000", "Correlation of successive delays.",
              "initial"),
    Parameter("latency.beta_ppm", "ppm", "Exponent with which delays grow with message rate.",
              "initial"),
    Parameter("latency.live_hold", "yes or no",
              "An order meets the book that its venue had, not the one its client saw.",
              "without it, old quotes could be taken"),
    Parameter("amend.mode", "name", "Whether an amended order can keep its place.",
              "most venues: a cancel and a new order"),
    Parameter("amend.replace_gap", "name", "When the new order of an amend is sent.", "initial"),
    Parameter("venue_rules", "yes or no", "Dated rules of venues apply: delays, restarts, windows.",
              "venue documents"),
    Parameter("max_age_ppm", _PPM_OF_VENUE,
              "Silence after which a book is stale; 0 books never age.", "initial"),
    Parameter("fees.rebates", "yes or no",
              "Negative maker fees are credited; else no fee is below zero.",
              "off: they need a tier or a programme; no base tier listed here has one"),
    Parameter("stp", "name", "What happens when an order would reach an own resting one.",
              "venue default"),
    Parameter("margin", "yes or no", "Margin, funding and liquidation of perpetuals.",
              "venue documents"),
    Parameter("liquidation_fee_ppm", _PPM_OF_VENUE, "Fee of a liquidation.", "venue documents"),
    Parameter("envelope", "yes or no",
              "Each resting order carries an optimistic and an adversarial reading in its "
              "evidence: size ahead, size filled and mean price. Costs market orders nothing.",
              "shows how much the answer depends on the model"),
)  # fmt: skip
"""Every parameter, in the order in which it enters the hash."""
