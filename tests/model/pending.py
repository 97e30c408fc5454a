"""Rules that the engine does not follow yet. Each is a line to delete, with its branch."""

FEE_STEPS_ARE_BOUNDED = True
"""At most 1,000 fills are reserved for in the rounding of an event fee."""

FOK_SAYS_STALE = True
"""A fill-or-kill at a book that cannot be trusted says so, and not that it was refused."""

ONE_SIDE_IS_NO_MARK = True
"""A book with one side leaves the mark as it was."""

STALE_LEGS_COUNT = True
"""A halted book leaves the margin of the account judged, at its last mark."""

MARGIN_IS_ALWAYS_JUDGED = True
"""After fills, funding, amends and writes too, and not with market data only."""

REDUCE_ONLY_NEEDS_NO_FUNDS = True
"""A reduce-only order that finds nothing to reduce says so, whatever the funds."""

MINIMUM_OF_HYPERLIQUID = 10
"""Its smallest order is 10 dollars."""

RESTART_KEEPS_MARGIN = True
"""After a restart margins are judged as before."""

FOK_SAYS_BUSY = True
"""A fill-or-kill at a halted venue says so."""

AMEND_HOLDS_ONE_FORM = True
"""While an amend travels the dearer of both forms is held, not the larger size at the worse one."""

EXITS_ARE_CLIPPED_AT_ARRIVAL = True
"""A reduce-only order closes what is open when it arrives, whatever other exits rest."""

SHORT_OF_MARGIN_IS_NO_LIQUIDATION = True
"""An order whose own fills leave too little margin for its rest does not end as LIQUIDATED."""

AMEND_AT_HALT_IS_REFUSED = True
"""A halted venue takes no amends, and says so before anything changes."""

ROUTER_MINDS_MINIMUMS = True
"""What one allocation fills in full is filled in full, also near the smallest orders of venues."""

ENDS_NAME_THEIR_CAUSE = True
"""A post-only order whose amend would take, after part of it was filled, ends with the refusal."""
