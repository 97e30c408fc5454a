//! What the feed has said about one price level: displayed size, prints not yet seen in depth,
//! and decreases held back until it is known whether a print explains them.

use std::collections::VecDeque;

/// Sizes above this are treated as this, so that sums of a level always fit.
pub const MAX_SIZE: i64 = 1 << 60;

/// A decrease that may still turn out to be a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Held {
    /// Size not yet explained.
    pub size: i64,
    /// When it was seen, in ns: it concerns only what stood there then.
    pub at_ns: i64,
    /// Size that came to the level since.
    pub later: i64,
    /// When it counts as a cancel, in ns.
    pub deadline_ns: i64,
    /// Orders at the level before minus after; `None` where the feed has no counts.
    pub fewer: Option<u32>,
}

impl Held {
    /// A decrease that is seen now, and waits for `hold_ns`.
    pub const fn new(change: DepthChange, now_ns: i64, hold_ns: i64) -> Self {
        let DepthChange { decrease: size, fewer, .. } = change;
        let deadline_ns = now_ns.saturating_add(hold_ns);
        Self { size, at_ns: now_ns, later: 0, deadline_ns, fewer }
    }
}

/// What a depth message means for the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepthChange {
    /// Decrease that prints do not explain.
    pub decrease: i64,
    /// Size that is new.
    pub increase: i64,
    /// Orders at the level before minus after, where counted and not more.
    pub fewer: Option<u32>,
}

/// The feed's side of a level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Record {
    displayed: i64,
    printed: i64,
    held: VecDeque<Held>,
    held_size: i64,
    count: u32,
}

impl Record {
    /// A level seen for the first time.
    pub fn new(displayed: i64, count: u32) -> Self {
        Self { displayed: displayed.clamp(0, MAX_SIZE), count, ..Self::default() }
    }

    /// Displayed size `R`.
    pub const fn displayed(&self) -> i64 {
        self.displayed
    }

    /// Displayed size less the prints that depth has not shown yet: `max(R − T, 0)`.
    pub fn base(&self) -> i64 {
        (self.displayed - self.printed).max(0)
    }

    /// Prints not yet seen in depth, `T`.
    pub const fn printed(&self) -> i64 {
        self.printed
    }

    /// Size of the held decreases, `P`.
    pub const fn held(&self) -> i64 {
        self.held_size
    }

    /// Deadline of the oldest held decrease.
    pub fn next_deadline(&self) -> Option<i64> {
        self.held.front().map(|held| held.deadline_ns)
    }

    /// True when the record shows nothing and nothing is in doubt.
    pub const fn is_empty(&self) -> bool {
        self.displayed == 0 && self.held_size == 0
    }

    /// A depth message: `displayed` is the new size, `count` the orders there (0 = not given).
    pub fn depth(&mut self, displayed: i64, count: u32) -> DepthChange {
        let displayed = displayed.clamp(0, MAX_SIZE);
        let base = self.base();
        let counted = (self.count > 0 && (count > 0 || displayed == 0)) && self.printed == 0;
        let fewer = counted.then(|| self.count.checked_sub(count)).flatten();
        self.displayed = displayed;
        self.printed = 0;
        self.count = count;
        let increase = (displayed - base).max(0);
        for held in &mut self.held {
            held.later = held.later.saturating_add(increase);
        }
        DepthChange { decrease: (base - displayed).max(0), increase, fewer }
    }

    /// Takes the oldest held decrease out when a print of `size` is that of a newer one: prints come
    /// in the order of their decreases, so the older one was a cancel.
    pub fn overtaken(&mut self, size: i64) -> Option<Held> {
        let at = self.held.iter().position(|held| held.size == size)?;
        if at == 0 {
            return None;
        }
        let oldest = self.held.pop_front()?;
        self.held_size -= oldest.size;
        Some(oldest)
    }

    /// A print of `size` at this level: it explains held decreases first, oldest first.
    pub fn print(&mut self, size: i64) {
        let mut left = size;
        while left > 0
            && let Some(front) = self.held.front_mut()
        {
            let explained = left.min(front.size);
            front.size -= explained;
            left -= explained;
            self.held_size -= explained;
            if front.size == 0 {
                self.held.pop_front();
            }
        }
        self.printed = self.printed.saturating_add(left).min(MAX_SIZE);
    }

    /// Holds a decrease until its deadline.
    pub fn hold(&mut self, held: Held) {
        self.held_size += held.size;
        self.held.push_back(held);
    }

    /// Takes the oldest held decrease that is due, or that must go because too much is held.
    pub fn due(&mut self, now_ns: i64) -> Option<Held> {
        let front = *self.held.front()?;
        if front.deadline_ns > now_ns && self.held_size <= MAX_SIZE {
            return None;
        }
        self.held_size -= front.size;
        self.held.pop_front()
    }
}
