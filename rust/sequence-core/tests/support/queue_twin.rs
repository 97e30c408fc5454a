//! A second, naive implementation of one bid level: a plain list, recomputed from scratch.
//!
//! It shares no code with the simulator. Sizes are indivisible units.
#![expect(clippy::indexing_slicing, reason = "a plain list, on purpose")]

/// What stands at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    Unknown(i128),
    /// Size, and when it came.
    Known(i128, i64),
    Own {
        order: u64,
        open: i128,
    },
}

/// Which rule moves own orders on an unexplained decrease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TwinRule {
    Back,
    Power(u32),
    Uniform,
    PowerX(u32),
}

/// The level.
#[derive(Debug, Clone)]
pub(crate) struct Twin {
    pub(crate) rule: TwinRule,
    pub(crate) window: i64,
    pub(crate) shown: i128,
    pub(crate) printed: i128,
    /// Size, end and beginning of what is held, and the size that came since.
    pub(crate) held: Vec<(i128, i64, i64, i128)>,
    pub(crate) list: Vec<Item>,
    /// For the scalar rules: external size, and (order, open, ahead) in order of arrival.
    pub(crate) outside: i128,
    pub(crate) own: Vec<(u64, i128, i128)>,
}

impl Twin {
    pub(crate) fn new(rule: TwinRule, window: i64, shown: i128) -> Self {
        let list = if shown > 0 { vec![Item::Unknown(shown)] } else { Vec::new() };
        let (printed, held, own) = (0, Vec::new(), Vec::new());
        Self { rule, window, shown, printed, held, list, outside: shown, own }
    }

    fn listed(&self) -> bool {
        matches!(self.rule, TwinRule::Back | TwinRule::Power(_))
    }

    pub(crate) fn external(&self) -> i128 {
        if self.listed() {
            self.list.iter().map(|item| external(*item)).sum()
        } else {
            self.outside
        }
    }

    pub(crate) fn held_size(&self) -> i128 {
        self.held.iter().map(|(size, ..)| size).sum()
    }

    /// Size ahead of every own order, in order.
    pub(crate) fn ahead(&self) -> Vec<(u64, i128)> {
        if !self.listed() {
            return self.own.iter().map(|(order, _, ahead)| (*order, *ahead)).collect();
        }
        let place = |at: usize| self.list[..at].iter().map(|item| external(*item)).sum();
        let own = self.list.iter().enumerate().filter_map(|(at, item)| match item {
            Item::Own { order, .. } => Some((*order, place(at))),
            _ => None,
        });
        own.collect()
    }

    pub(crate) fn join(&mut self, order: u64, open: i128, now: i64) {
        self.tick(now);
        self.list.push(Item::Own { order, open });
        self.own.push((order, open, self.external()));
    }

    pub(crate) fn remove(&mut self, gone: u64) {
        self.list.retain(|item| !matches!(item, Item::Own { order, .. } if *order == gone));
        self.own.retain(|(order, ..)| *order != gone);
    }

    /// A print at the level: fills in order.
    pub(crate) fn print(&mut self, size: i128, now: i64) -> Vec<(u64, i128)> {
        self.tick(now);
        // Prints come in the order of their decreases: what is older than this one's was a cancel.
        if let Some(its) = self.held.iter().position(|(held, ..)| *held == size) {
            for (gone, _, at, since) in self.held.drain(..its).collect::<Vec<_>>() {
                self.cancel(gone, at, since);
            }
        }
        let mut left = size;
        while left > 0 && !self.held.is_empty() {
            let part = left.min(self.held[0].0);
            self.held[0].0 -= part;
            left -= part;
            if self.held[0].0 == 0 {
                self.held.remove(0);
            }
        }
        self.printed += left;
        let fills = if self.listed() { self.print_list(size) } else { self.print_scalar(size) };
        self.forget_filled();
        fills
    }

    fn print_list(&mut self, size: i128) -> Vec<(u64, i128)> {
        let (mut fills, mut after, mut left) = (Vec::new(), Vec::new(), size);
        for item in self.list.clone() {
            let (Item::Unknown(all) | Item::Known(all, _) | Item::Own { open: all, .. }) = item;
            let taken = left.min(all);
            left -= taken;
            after.push(match item {
                Item::Unknown(_) => Item::Unknown(all - taken),
                Item::Known(_, since) => Item::Known(all - taken, since),
                Item::Own { order, .. } => {
                    if taken > 0 {
                        fills.push((order, taken));
                    }
                    Item::Own { order, open: all - taken }
                }
            });
        }
        self.list = after;
        fills
    }

    fn print_scalar(&mut self, size: i128) -> Vec<(u64, i128)> {
        // Unit by unit: each goes to the first own order that nobody outside precedes any more.
        let (mut fills, mut outside_taken) = (Vec::<(u64, i128)>::new(), 0);
        for _ in 0..size {
            let next = self.own.iter_mut().find(|(_, open, _)| *open > 0);
            match next {
                Some((order, open, ahead)) if *ahead <= outside_taken => {
                    *open -= 1;
                    match fills.last_mut() {
                        Some(last) if last.0 == *order => last.1 += 1,
                        _ => fills.push((*order, 1)),
                    }
                }
                _ => outside_taken += 1,
            }
        }
        self.outside = (self.outside - outside_taken).max(0);
        for (_, _, ahead) in &mut self.own {
            *ahead = (*ahead - outside_taken).max(0);
        }
        fills
    }

    /// Evidence beyond the level's price; after a print through, own orders are first.
    pub(crate) fn beyond(&mut self, size: i128, through: bool, now: i64) -> Vec<(u64, i128)> {
        self.tick(now);
        let (mut left, mut fills) = (size, Vec::new());
        for at in 0..self.own.len() {
            let taken = left.min(self.own[at].1);
            self.own[at].1 -= taken;
            left -= taken;
            let filled = self.own[at].0;
            for item in &mut self.list {
                if let Item::Own { order, open } = item
                    && *order == filled
                {
                    *open -= taken;
                }
            }
            if taken > 0 {
                fills.push((filled, taken));
            }
            if through {
                self.own[at].2 = 0;
            }
        }
        if through {
            let (own, rest): (Vec<Item>, Vec<Item>) =
                self.list.iter().partition(|item| matches!(item, Item::Own { .. }));
            self.list = [own, rest].concat();
        }
        self.forget_filled();
        fills
    }

    pub(crate) fn depth(&mut self, shown: i128, now: i64) {
        self.tick(now);
        let base = (self.shown - self.printed).max(0);
        (self.shown, self.printed) = (shown, 0);
        if shown > base {
            self.list.push(Item::Known(shown - base, now));
            self.outside += shown - base;
            self.held.iter_mut().for_each(|held| held.3 += shown - base);
        }
        if shown < base {
            if self.window > 0 {
                self.held.push((base - shown, now + self.window, now, 0));
            } else {
                self.cancel(base - shown, now, 0);
            }
        }
        self.clear_when_empty();
    }

    pub(crate) fn tick(&mut self, now: i64) {
        let had = !self.held.is_empty();
        while self.held.first().is_some_and(|(_, deadline, ..)| *deadline <= now) {
            let (size, _, at, since) = self.held.remove(0);
            self.cancel(size, at, since);
        }
        if had {
            self.clear_when_empty();
        }
    }

    /// A decrease seen at `seen`: it concerns only what stood there then, not the size since.
    fn cancel(&mut self, size: i128, seen: i64, since: i128) {
        if self.listed() {
            self.cancel_list(size, self.stood(seen, since));
        } else {
            self.cancel_scalar(size, since);
        }
        self.list.retain(|item| !matches!(item, Item::Unknown(0) | Item::Known(0, _)));
    }

    /// How many of the list stood there at `seen`. Of those that came at that instant the last ones
    /// that make up no more than `since` came after it.
    fn stood(&self, seen: i64, since: i128) -> usize {
        let (mut stood, mut room) = (self.list.len(), since);
        while since > 0 && stood > 0 {
            let (size, came) = match self.list[stood - 1] {
                Item::Own { .. } => (0, i64::MAX),
                Item::Unknown(size) => (size, 0),
                Item::Known(size, came) => (size, came),
            };
            if came < seen || (came == seen && size > room) {
                break;
            }
            room -= size;
            stood -= 1;
        }
        stood
    }

    fn cancel_list(&mut self, size: i128, stood: usize) {
        if size >= self.external() {
            self.list.retain(|item| matches!(item, Item::Own { .. }));
            return;
        }
        let is_same = |item: Item| matches!(item, Item::Known(known, _) if known == size);
        let same: Vec<usize> = (0..stood).filter(|at| is_same(self.list[*at])).collect();
        if !same.is_empty() {
            // Five sixths of the way from the front, rounded up: the newest of up to five.
            let nth = (same.len() * 5).div_ceil(6);
            self.list.remove(same[nth - 1]);
            return;
        }
        let mut left = size;
        if let TwinRule::Power(k) = self.rule {
            for _ in 0..8 {
                left -= self.spread(left, k, stood);
            }
        }
        for upto in [stood, self.list.len()] {
            for at in (0..upto).rev() {
                let taken = left.min(external(self.list[at]));
                self.take(at, taken);
                left -= taken;
            }
        }
    }

    fn spread(&mut self, size: i128, k: u32, stood: usize) -> i128 {
        let total: i128 = self.list[..stood].iter().map(|item| external(*item)).sum();
        if size == 0 || total == 0 {
            return 0;
        }
        let (mut before, mut handed, mut taken) = (0, 0, 0);
        for at in 0..stood {
            let own = external(self.list[at]);
            if own == 0 {
                continue;
            }
            before += own;
            let share = (before << 32) / total;
            let weight = (0..k).fold(1_i128 << 32, |product, _| (product * share) >> 32);
            let upto = (size * weight) >> 32;
            let part = own.min(upto - handed);
            handed = upto;
            self.take(at, part);
            taken += part;
        }
        taken
    }

    fn take(&mut self, at: usize, size: i128) {
        match &mut self.list[at] {
            Item::Unknown(left) | Item::Known(left, _) => *left -= size,
            Item::Own { .. } => {}
        }
    }

    fn cancel_scalar(&mut self, size: i128, since: i128) {
        let (total, after) = (self.outside, (self.outside - size).max(0));
        let mut least = 0;
        for (_, _, ahead) in &mut self.own {
            let total = (total - since).max(*ahead);
            let (behind, after) = (total - *ahead, (total - size).max(0));
            let credited = match self.rule {
                _ if total == 0 => 0,
                TwinRule::PowerX(n) => {
                    let x = (*ahead << 32) / (*ahead + behind);
                    ((0..n).fold(1_i128 << 32, |product, _| (product * x) >> 32) * size) >> 32
                }
                _ => *ahead * size / (*ahead + behind),
            };
            let excess = (size - credited - behind).max(0);
            *ahead = (*ahead - credited - excess).clamp(0, after).max(least);
            least = *ahead;
        }
        self.outside = after;
    }

    fn clear_when_empty(&mut self) {
        if self.shown == 0 && self.held.is_empty() {
            self.list.retain(|item| matches!(item, Item::Own { .. }));
            self.outside = 0;
            for (_, _, ahead) in &mut self.own {
                *ahead = 0;
            }
        }
    }

    fn forget_filled(&mut self) {
        self.list.retain(|item| {
            !matches!(item, Item::Unknown(0) | Item::Known(0, _) | Item::Own { open: 0, .. })
        });
        let listed = self.listed();
        let open: Vec<u64> = self
            .list
            .iter()
            .filter_map(|item| if let Item::Own { order, .. } = item { Some(*order) } else { None })
            .collect();
        self.own.retain(|(order, left, _)| if listed { open.contains(order) } else { *left > 0 });
        if listed {
            for (order, left, _) in &mut self.own {
                for item in &self.list {
                    if let Item::Own { order: other, open } = item
                        && other == order
                    {
                        *left = *open;
                    }
                }
            }
        }
    }
}

fn external(item: Item) -> i128 {
    match item {
        Item::Unknown(size) | Item::Known(size, _) => size,
        Item::Own { .. } => 0,
    }
}
