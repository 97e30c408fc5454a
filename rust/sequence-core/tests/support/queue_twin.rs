//! A second, naive implementation of one bid level: a plain list, recomputed from scratch.
//!
//! It shares no code with the simulator. Sizes are indivisible units.
#![expect(clippy::indexing_slicing, reason = "a plain list, on purpose")]

/// What stands at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    Unknown(i128),
    Known(i128),
    Own { order: u64, open: i128 },
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
    pub(crate) held: Vec<(i128, i64)>,
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
        self.held.iter().map(|(size, _)| size).sum()
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
            let (Item::Unknown(all) | Item::Known(all) | Item::Own { open: all, .. }) = item;
            let taken = left.min(all);
            left -= taken;
            after.push(match item {
                Item::Unknown(_) => Item::Unknown(all - taken),
                Item::Known(_) => Item::Known(all - taken),
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
            self.list.push(Item::Known(shown - base));
            self.outside += shown - base;
        }
        if shown < base {
            if self.window > 0 {
                self.held.push((base - shown, now + self.window));
            } else {
                self.cancel(base - shown);
            }
        }
        self.clear_when_empty();
    }

    pub(crate) fn tick(&mut self, now: i64) {
        let had = !self.held.is_empty();
        while self.held.first().is_some_and(|(_, deadline)| *deadline <= now) {
            let (size, _) = self.held.remove(0);
            self.cancel(size);
        }
        if had {
            self.clear_when_empty();
        }
    }

    fn cancel(&mut self, size: i128) {
        if self.listed() {
            self.cancel_list(size);
        } else {
            self.cancel_scalar(size);
        }
        self.list.retain(|item| !matches!(item, Item::Unknown(0) | Item::Known(0)));
    }

    fn cancel_list(&mut self, size: i128) {
        if size >= self.external() {
            self.list.retain(|item| matches!(item, Item::Own { .. }));
            return;
        }
        let same: Vec<usize> =
            (0..self.list.len()).filter(|at| self.list[*at] == Item::Known(size)).collect();
        if !same.is_empty() {
            // Five sixths of the way from the front, rounded up: the newest of up to five.
            let nth = (same.len() * 5).div_ceil(6);
            self.list.remove(same[nth - 1]);
            return;
        }
        let mut left = size;
        if let TwinRule::Power(k) = self.rule {
            for _ in 0..8 {
                left -= self.spread(left, k);
            }
        }
        for at in (0..self.list.len()).rev() {
            let taken = left.min(external(self.list[at]));
            self.take(at, taken);
            left -= taken;
        }
    }

    fn spread(&mut self, size: i128, k: u32) -> i128 {
        let total = self.external();
        if size == 0 || total == 0 {
            return 0;
        }
        let (mut before, mut handed, mut taken) = (0, 0, 0);
        for at in 0..self.list.len() {
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
            Item::Unknown(left) | Item::Known(left) => *left -= size,
            Item::Own { .. } => {}
        }
    }

    fn cancel_scalar(&mut self, size: i128) {
        let total = self.outside;
        let after = (total - size).max(0);
        let mut least = 0;
        for (_, _, ahead) in &mut self.own {
            let behind = (total - *ahead).max(0);
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
            !matches!(item, Item::Unknown(0) | Item::Known(0) | Item::Own { open: 0, .. })
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
        Item::Unknown(size) | Item::Known(size) => size,
        Item::Own { .. } => 0,
    }
}
