//! One own order in a level's queue: its place, what moved it, and its two shadow readings.

/// A reading of the same order under kinder or harsher assumptions. It sees the same events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Shadow {
    /// Estimated external size ahead.
    pub ahead: i64,
    /// Quantity still open in this reading.
    pub remaining: i64,
    /// Quantity filled in this reading since entry, always at the order's own price.
    pub filled: i64,
    /// Size assumed to be hidden ahead at entry, part of `ahead`.
    pub hidden: i64,
}

/// Which reading an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What the account experiences.
    Main,
    /// The same, where fills wait for the careful reading.
    Careful,
    /// The same, where fills wait for several lists to agree.
    Sure,
    /// Optimistic shadow.
    Low,
    /// Adversarial shadow.
    High,
}

/// Why prints passed an order by since it became first in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum PassedBy {
    /// No print yet.
    #[default]
    NoPrint,
    /// Own orders ahead used the print up.
    BudgetUsed,
    /// What was left was below the fill quantum.
    TooSmall,
    /// A print inside the spread whose aggressor is unknown.
    Unresolved,
}

/// A place in the queue and what led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Place {
    /// Size ahead, `V`.
    pub ahead: i64,
    /// Part of `V` at entry that prints took.
    pub prints_ahead: i64,
    /// Part of `V` at entry that cancels took.
    pub cancels_ahead: i64,
}

/// An own resting order. Sizes in 1e-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resting {
    /// The engine's key of the order.
    pub order: u64,
    /// Arrival rank; smaller is served first at one price.
    pub seq: u64,
    /// Quantity still open.
    pub remaining: i64,
    /// Estimated external size ahead, `V`.
    pub ahead: i64,
    /// Size ahead if every cancel had come from behind it, as far as that is possible.
    pub careful: i64,
    /// Size ahead in the likeliest of several lists or in half of them, whichever is more; 0 where
    /// one list is kept.
    pub sure: i64,
    /// `V` at entry, plus what entry ambiguity put before the order afterwards.
    pub entry_ahead: i64,
    /// Displayed size of the level at entry.
    pub entry_displayed: i64,
    /// Part of `V` that prints took.
    pub prints_ahead: i64,
    /// Part of `V` that cancels (and everything that is not a print) took.
    pub cancels_ahead: i64,
    /// Size printed at the level since entry.
    pub prints_at_level: i64,
    /// Size printed through the level since entry.
    pub prints_through: i64,
    /// Joined without quantity: keeps a place, never fills. Measures a queue without touching it.
    pub probe: bool,
    /// No depth message has come since entry.
    pub fresh: bool,
    /// What prints did since the order became first.
    pub passed_by: PassedBy,
    /// Time of entry, in ns.
    pub joined_ns: i64,
    /// Time of the last change of place or state, in ns.
    pub since_ns: i64,
    /// Optimistic shadow.
    pub low: Shadow,
    /// Adversarial shadow.
    pub high: Shadow,
    /// Place and counters when the step under way began.
    pub(crate) start: Place,
    /// Fill of the step under way; 0 between steps.
    pub(crate) taken: i64,
    /// Budget that was left when the step reached this order.
    pub(crate) budget: i64,
}

impl Shadow {
    /// Fills part of the order in this reading.
    pub(crate) const fn fill(&mut self, taken: i64) {
        self.remaining -= taken;
        self.filled += taken;
    }
}

impl Resting {
    /// The size ahead and the open quantity of one reading.
    pub(crate) fn lane(&mut self, lane: Lane) -> (&mut i64, &mut i64) {
        match lane {
            Lane::Main => (&mut self.ahead, &mut self.remaining),
            Lane::Careful => (&mut self.careful, &mut self.remaining),
            Lane::Sure => (&mut self.sure, &mut self.remaining),
            Lane::Low => (&mut self.low.ahead, &mut self.low.remaining),
            Lane::High => (&mut self.high.ahead, &mut self.high.remaining),
        }
    }

    /// Remembers where the order stands before a step.
    pub(crate) fn begin(&mut self) {
        self.start = Place {
            ahead: self.ahead,
            prints_ahead: self.prints_ahead,
            cancels_ahead: self.cancels_ahead,
        };
        self.taken = 0;
        self.budget = 0;
    }

    /// Notes a print that has been applied: what it did to an order that it did not fill.
    pub(crate) fn note_print(&mut self, size: i64, through: bool, known: bool, now_ns: i64) {
        if through {
            self.prints_through = self.prints_through.saturating_add(size);
        } else if known {
            self.prints_at_level = self.prints_at_level.saturating_add(size);
        }
        if self.ahead > 0 {
            return;
        }
        let passed_by = match (through || known, self.taken, self.budget) {
            (false, ..) => PassedBy::Unresolved,
            (true, 0, 0) => PassedBy::BudgetUsed,
            (true, 0, _) => PassedBy::TooSmall,
            (true, ..) => PassedBy::NoPrint,
        };
        if self.passed_by != passed_by {
            self.passed_by = passed_by;
            self.since_ns = now_ns;
        }
    }

    /// Books a change of `V` to its cause and keeps the shadows on their sides of it.
    ///
    /// `v_entry = V + prints_ahead + cancels_ahead` holds before and after.
    pub(crate) fn book(&mut self, ahead: i64, printed: bool, now_ns: i64) {
        let moved = self.ahead - ahead;
        if moved != 0 {
            self.since_ns = now_ns;
            if printed {
                self.prints_ahead += moved;
            } else {
                self.cancels_ahead += moved;
            }
        }
        self.ahead = ahead;
        self.low.ahead = self.low.ahead.min(ahead);
        self.high.ahead = self.high.ahead.max(ahead);
    }
}

/// What an order takes from a budget: whole quanta, unless it completes the order.
pub(crate) const fn own_fill(budget: i64, remaining: i64, quantum: i64) -> i64 {
    if budget >= remaining {
        return remaining;
    }
    if quantum > 1 { budget - budget % quantum } else { budget }
}
