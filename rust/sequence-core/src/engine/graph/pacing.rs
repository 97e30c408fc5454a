//! Paced nodes at work: how much each slice is, when the next is made, and how a parent ends.

use std::sync::Arc;

use super::Work;
use super::expand::slice_of;
use super::run::{Ending, Node, Role, Run};
use crate::command::Size;
use crate::engine::GraphId;
use crate::engine::desk::Desk;
use crate::engine::rules::Rules;
use crate::graph::NodeStatus;
use crate::graph::{CatchUp, OrderType, Pacing, Participation, Trigger};
use crate::ids::{MarketId, Side};
use crate::number::{Price, Quantity, mul_div_floor};
use crate::order::OrderStatus;
use crate::reject::{DoneReason, RejectReason, Rejected};
use crate::rng::{Stream, below};

const MS: i64 = 1_000_000;
/// Slices of one parent that are made as they come due.
const MOST_SLICES: usize = 10_000;

pub(super) fn ms(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX).saturating_mul(MS)
}

/// Shares of a total, whole lots each; the last takes the rest.
pub(super) fn shares(pacing: &Pacing, total: Quantity, lot: Quantity) -> Vec<Quantity> {
    match pacing {
        Pacing::Uniform(keys) => {
            let count = i64::from(keys.num_slices.max(1));
            let each = Quantity(total.0 / count).floor_to(lot);
            let mut shares = vec![each; usize::try_from(count).unwrap_or_default()];
            if let Some(last) = shares.last_mut() {
                *last = Quantity(total.0 - each.0 * (count - 1));
            }
            shares
        }
        Pacing::Profile { weights, .. } => {
            let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            let (mut seen, mut before) = (0i128, Quantity::ZERO);
            let last = weights.iter().rposition(|weight| *weight > 0);
            let share = |(at, weight): (usize, &u64)| {
                seen += i128::from(*weight);
                let upto = mul_div_floor(i128::from(total.0), seen, sum.max(1)).unwrap_or(0);
                let mut upto = Quantity(i64::try_from(upto).unwrap_or(i64::MAX)).floor_to(lot);
                if Some(at) == last {
                    upto = total;
                }
                let share = Quantity(upto.0 - before.0);
                before = upto;
                share
            };
            weights.iter().enumerate().map(share).collect()
        }
        Pacing::Participation(_) | Pacing::Iceberg { .. } | Pacing::Chase { .. } => Vec::new(),
    }
}

impl Work<'_> {
    /// A parent starts: its total is split, and its times begin.
    pub(super) fn start_pace(&mut self, at: usize, size: Size) -> Result<(), Rejected> {
        let now = self.engine.agenda.now_ns();
        let total = self.units_of(at, size)?;
        let spec = self.run.nodes[at].spec.clone();
        let Some(pacing) = &spec.execution.pacing else { return Ok(()) };
        let shares = shares(pacing, total, self.lot_of(at));
        self.check_shares_of(at, pacing, &shares)
            .map_err(|text| (RejectReason::InvalidParams, text))?;
        self.run.nodes[at].planned = total;
        let end = spec.execution.horizon_ms.map(|horizon| now.saturating_add(ms(horizon)));
        let Some(pace) = self.run.nodes[at].pace.as_deref_mut() else { return Ok(()) };
        pace.end_ns = end;
        pace.shares.clone_from(&shares);
        match pacing {
            Pacing::Participation(keys) => {
                pace.tick_ns = Some(now.saturating_add(ms(keys.interval_ms)));
                let over = now.saturating_add(ms(keys.max_ms));
                pace.end_ns = Some(end.map_or(over, |end| end.min(over)));
            }
            Pacing::Iceberg { .. } => self.show_next(at),
            Pacing::Chase { interval_ms } => self.start_chase(at, *interval_ms)?,
            Pacing::Uniform(_) | Pacing::Profile { .. } => self.time_slices(at, &shares),
        }
        Ok(())
    }

    /// Gives each slice its share, and the edge that starts it its time.
    fn time_slices(&mut self, at: usize, shares: &[Quantity]) {
        let now = self.engine.agenda.now_ns();
        let slices = self.run.nodes[at].pace.as_deref().map(|pace| pace.slices.clone());
        for (slice, share) in slices.into_iter().flatten().zip(shares) {
            self.run.nodes[slice].planned = *share;
            let Role::Slice { offset_ns, .. } = self.run.nodes[slice].role else { continue };
            if share.0 == 0 {
                self.run.nodes[slice].barred = true;
                self.run.check.push(slice);
            }
            let chain = self.run.nodes[slice].incoming.first().copied();
            if let Some(edge) = chain.and_then(|edge| self.run.edges.get_mut(edge))
                && matches!(edge.spec.trigger, Trigger::Timeout { .. })
            {
                edge.due_ns = Some(now.saturating_add(offset_ns));
                edge.armed_ns = Some(now);
            }
        }
    }

    /// A size in units, as it is now.
    fn units_of(&self, at: usize, size: Size) -> Result<Quantity, Rejected> {
        match size {
            Size::Quantity(units) => Ok(units),
            Size::Notional(_) => {
                let limit = self.limit_of(at)?;
                let node = &self.run.nodes[at];
                let ask = node.spec.order(size, limit);
                let markets = self.markets_of(at);
                let price = limit.or_else(|| {
                    self.engine.facts().best_touch(markets, node.spec.side, node.outcome)
                });
                let sized = self.engine.facts().size(&ask, markets, price);
                sized
                    .map(|(units, _)| units)
                    .map_err(|refusal| (RejectReason::InvalidParams, refusal.message.into_owned()))
            }
        }
    }

    /// The first slice that no venue would take, in words.
    pub(super) fn check_shares_of(
        &self,
        at: usize,
        pacing: &Pacing,
        shares: &[Quantity],
    ) -> Result<(), String> {
        let wanted = |number: usize| match pacing {
            Pacing::Profile { weights, .. } => {
                weights.get(number).is_some_and(|weight| *weight > 0)
            }
            _ => true,
        };
        for (number, share) in shares.iter().enumerate().filter(|(number, _)| wanted(*number)) {
            if !self.is_enough(at, *share) {
                return Err(format!(
                    "slice {} of {share} is below the minimum of every venue",
                    number + 1
                ));
            }
        }
        if let Pacing::Iceberg { display, .. } = pacing
            && !self.is_enough(at, *display)
        {
            return Err(format!("display_qty_1e8: {display} is below the minimum of every venue"));
        }
        Ok(())
    }

    /// A slice is due: how much it is, with what earlier ones left where that is made up.
    pub(super) fn start_slice(&mut self, at: usize, parent: usize, number: usize) {
        let units = self.slice_size(parent, number);
        self.run.nodes[at].planned = units;
        if units.0 <= 0 {
            self.run.nodes[at].barred = true;
            return;
        }
        let spec = self.run.nodes[parent].spec.clone();
        let passive = match &spec.execution.pacing {
            Some(Pacing::Uniform(keys)) => keys.passive_ms,
            _ => None,
        };
        let own = if passive.is_some() { self.own_touch(at) } else { None };
        let limit = match (own, spec.limit()) {
            (Some(own), Some(limit)) if spec.side == Side::Buy => Some(own.min(limit)),
            (Some(own), Some(limit)) => Some(own.max(limit)),
            (own, limit) => own.or(limit),
        };
        if let (Some(passive), Some(_)) = (passive, own) {
            self.run.nodes[at].due_ns =
                Some(self.engine.agenda.now_ns().saturating_add(ms(passive)));
        }
        self.send(at, Size::Quantity(units), limit);
    }

    fn slice_size(&self, parent: usize, number: usize) -> Quantity {
        let node = &self.run.nodes[parent];
        let Some(pace) = node.pace.as_deref() else { return Quantity::ZERO };
        let share = |at: usize| pace.shares.get(at).map_or(0, |share| share.0);
        let slice = pace.slices.get(number);
        let own = if pace.shares.is_empty() {
            slice.map_or(0, |slice| self.run.nodes[*slice].planned.0)
        } else {
            share(number)
        };
        let catch_up = match &node.spec.execution.pacing {
            Some(Pacing::Uniform(keys)) => keys.catch_up,
            _ => CatchUp::None,
        };
        if catch_up == CatchUp::None {
            return Quantity(own);
        }
        let planned: i64 = (0..number).map(share).sum();
        let done: i128 = pace
            .slices
            .iter()
            .take(number)
            .map(|slice| self.sums(*slice).filled + self.open_of(*slice))
            .sum();
        let missed = i64::try_from(i128::from(planned) - done).unwrap_or(0).max(0);
        let left = i64::try_from(pace.shares.len() - number).unwrap_or(1).max(1);
        let made_up = match catch_up {
            CatchUp::Spread if left > 1 => Quantity(missed / left).floor_to(self.lot_of(parent)).0,
            _ => missed,
        };
        Quantity(own + made_up)
    }

    /// What orders of a paced node's slices can still trade.
    pub(super) fn open_of_slices(&self, at: usize) -> i128 {
        let open = self.run.nodes[at].pace.iter().flat_map(|pace| &pace.open);
        open.map(|id| i128::from(self.engine.desk.order(*id).remaining().0)).sum()
    }

    /// What orders of a node can still trade.
    pub(super) fn open_of(&self, at: usize) -> i128 {
        let open = self.run.nodes[at].open.iter();
        open.map(|id| i128::from(self.engine.desk.order(*id).remaining().0)).sum()
    }

    /// The best live price on the side that an order of a node rests on.
    fn own_touch(&self, at: usize) -> Option<Price> {
        let node = &self.run.nodes[at];
        let look = super::price::Look { venue: node.spec.venue, ..self.look_of(at) };
        let (bid, ask) = self.live_sides(look)?;
        let own = if node.spec.side == Side::Buy { bid } else { ask };
        let market: MarketId = *self.markets_of(at).first()?;
        self.engine.registry.market(market).grid_of(node.outcome).passive(node.spec.side, own)
    }

    /// A passive slice has waited long enough: what rests is withdrawn, then it crosses.
    pub(super) fn cross(&mut self, at: usize) {
        if self.run.nodes[at].open.is_empty() {
            return self.cross_rest(at);
        }
        // It is waited for from here on: the answer of the cancel comes as news.
        self.run.nodes[at].due_ns = Some(i64::MAX);
        self.withdraw_open(at, DoneReason::GraphCancelled);
    }

    /// The resting order of a passive slice ended: what is left is sent at market.
    pub(super) fn cross_rest(&mut self, at: usize) {
        let node = &self.run.nodes[at];
        let (Role::Slice { .. }, Some(_)) = (node.role, node.due_ns) else { return };
        if !node.open.is_empty() {
            return;
        }
        let left = i128::from(node.planned.0) - node.ended.filled;
        let withdrawn = node.orders.last().is_some_and(|id| {
            let order = self.engine.desk.order(*id);
            order.status == OrderStatus::Cancelled && order.done == Some(DoneReason::GraphCancelled)
        });
        let goes_on = withdrawn && !node.barred && self.run.ending == Ending::No;
        self.run.nodes[at].due_ns = None;
        if let (true, Ok(left @ 1..)) = (goes_on, i64::try_from(left)) {
            let limit = self.run.nodes[at].spec.limit();
            self.send(at, Size::Quantity(Quantity(left)), limit);
        }
    }

    /// True while a parent may still make slices.
    pub(super) fn makes_more(node: &Node) -> bool {
        let lazy = node.spec.execution.pacing.as_ref().is_some_and(Pacing::is_lazy);
        lazy && node.pace.as_deref().is_some_and(|pace| !pace.closed)
    }

    /// Times of a parent that have come: the next look at the market, and its end.
    pub(super) fn pace_due(&mut self, at: usize, by_ns: i64) {
        let due = |time: Option<i64>| time.is_some_and(|due| due <= by_ns);
        let Some(pace) = self.run.nodes[at].pace.as_deref().filter(|pace| !pace.closed) else {
            return;
        };
        let ending = self.run.nodes[at].barred || self.run.ending != Ending::No;
        if self.run.nodes[at].status != NodeStatus::Working || ending {
            return;
        }
        let (tick, over) = (due(pace.tick_ns), due(pace.end_ns));
        let spec = self.run.nodes[at].spec.clone();
        let keys = match &spec.execution.pacing {
            Some(Pacing::Participation(keys)) => Some(*keys),
            _ => None,
        };
        match &spec.execution.pacing {
            Some(Pacing::Participation(keys)) if tick => self.participate(at, keys, false),
            Some(Pacing::Chase { interval_ms }) if tick && !over => self.chase(at, *interval_ms),
            _ => {}
        }
        if over {
            self.pace_over(at, keys);
        }
    }

    /// A parent's time is over: what is open ends; a participation may send its rest.
    fn pace_over(&mut self, at: usize, keys: Option<Participation>) {
        let finishes = keys.is_some_and(|keys| keys.finish);
        if let Some(keys) = keys.filter(|_| finishes) {
            self.participate(at, &keys, true);
        }
        let slices = self.run.nodes[at].pace.as_deref_mut().map(|pace| {
            pace.closed = true;
            pace.expired = !finishes;
            (pace.tick_ns, pace.end_ns) = (None, None);
            pace.slices.clone()
        });
        for slice in slices.into_iter().flatten() {
            self.run.check.push(slice);
            if !finishes {
                self.bar(slice, DoneReason::GraphCancelled);
            }
        }
        self.run.check.push(at);
    }

    /// Sends what keeps a parent at its share of what the market traded.
    fn participate(&mut self, at: usize, keys: &Participation, rest: bool) {
        let now = self.engine.agenda.now_ns();
        let sums = self.sums(at);
        let node = &self.run.nodes[at];
        let sent = sums.filled + self.open_of_slices(at);
        let (volume, own) = node.pace.as_deref().map_or((0, 0), |pace| (pace.volume, pace.own));
        let rate = i128::from(keys.rate_bps);
        let external = (volume - own).max(0);
        let target = mul_div_floor(external, rate, (10_000 - rate).max(1)).unwrap_or(i128::MAX);
        let target = if rest { sums.qty } else { target.min(sums.qty) };
        let units = i64::try_from((target - sent).max(0)).unwrap_or(i64::MAX);
        let units = Quantity(units).floor_to(self.lot_of(at));
        let enough = self.is_enough(at, units);
        if let Some(pace) = self.run.nodes[at].pace.as_deref_mut() {
            pace.tick_ns = Some(now.saturating_add(ms(keys.interval_ms)));
        }
        if enough {
            self.make_slice(at, units, None);
        }
        self.run.check.push(at);
    }

    /// An iceberg shows its next piece.
    pub(super) fn show_next(&mut self, at: usize) {
        let spec = self.run.nodes[at].spec.clone();
        let Some(Pacing::Iceberg { display, variance_pct }) = spec.execution.pacing else { return };
        let sums = self.sums(at);
        let left = i64::try_from(sums.qty - sums.filled).unwrap_or(0);
        let number = self.run.nodes[at].pace.as_deref().map_or(0, |pace| pace.slices.len());
        let lot = self.lot_of(at);
        let most = display.0.saturating_mul(i64::from(variance_pct)) / 100;
        let graph = &self.engine.desk.graph(self.ix).id;
        let stream = stream_of(&self.engine.rules, graph, &spec.id);
        let word = stream.value(u64::try_from(number).unwrap_or(u64::MAX));
        let width = u64::try_from(most).unwrap_or(0) * 2 + 1;
        let moved = i64::try_from(below(word, width)).unwrap_or(0) - most;
        let shown = Quantity((display.0 + moved).max(1)).floor_to(lot).max(lot);
        let mut shown = shown.min(Quantity(left));
        // A rest that no venue takes goes with the piece before it.
        let rest = Quantity(left - shown.0);
        if rest.0 > 0 && !self.is_enough(at, rest) {
            shown = Quantity(left);
        }
        if shown.0 > 0 {
            self.make_slice(at, shown, None);
        }
    }

    /// Makes one slice more and sends it, at a price of its own where it has one.
    pub(super) fn make_slice(&mut self, parent: usize, units: Quantity, price: Option<Price>) {
        let number = self.run.nodes[parent].pace.as_deref().map_or(0, |pace| pace.slices.len());
        if number >= MOST_SLICES {
            self.run.nodes[parent].failure = Some(RejectReason::RateLimit);
            if let Some(pace) = self.run.nodes[parent].pace.as_deref_mut() {
                pace.closed = true;
            }
            return;
        }
        let since = self.run.nodes[parent].activated_ns.unwrap_or_default();
        let offset_ns = self.engine.agenda.now_ns().saturating_sub(since);
        let at = self.run.nodes.len();
        let mut slice = slice_of(&self.run.nodes[parent], parent, number, offset_ns);
        slice.planned = units;
        if let Some(price) = price {
            Arc::make_mut(&mut slice.spec).order_type = OrderType::Limit(price);
        }
        self.run.nodes.push(slice);
        if let Some(pace) = self.run.nodes[parent].pace.as_deref_mut() {
            pace.slices.push(at);
        }
        self.start(at, None);
    }

    /// A slice ended: an iceberg shows the next one when it was filled, and gives up otherwise.
    pub(super) fn slice_ended(&mut self, parent: usize, at: usize) {
        let failure = self.run.nodes[at].failure;
        let node = &mut self.run.nodes[parent];
        node.failure = node.failure.or(failure);
        let iceberg = matches!(node.spec.execution.pacing, Some(Pacing::Iceberg { .. }));
        let chases = matches!(node.spec.execution.pacing, Some(Pacing::Chase { .. }));
        let over = node.barred || node.status.is_terminal();
        let sums = self.sums(parent);
        if !iceberg || over {
            let given_up = chases && self.run.nodes[at].status == NodeStatus::Rejected;
            if let Some(pace) = self.run.nodes[parent].pace.as_deref_mut() {
                pace.closed |= sums.filled >= sums.qty || given_up;
            }
            return;
        }
        let whole = self.run.nodes[at].status == NodeStatus::Filled;
        if whole && sums.filled < sums.qty && !self.run.paused {
            self.show_next(parent);
        } else if let Some(pace) = self.run.nodes[parent].pace.as_deref_mut() {
            pace.closed = !whole || sums.filled >= sums.qty;
        }
    }
}

/// The numbers that one node of a graph draws.
pub(super) fn stream_of(rules: &Rules, graph: &GraphId, node: &str) -> Stream {
    Stream::new(rules.seed(), 0, &format!("pacing|{graph}|{node}"))
}

impl Run {
    /// What an iceberg has not shown.
    pub(in crate::engine) fn hidden_of(&self, desk: &Desk, at: usize) -> Option<i128> {
        let node = &self.nodes[at];
        let Some(Pacing::Iceberg { .. }) = node.spec.execution.pacing else { return None };
        let pace = node.pace.as_deref()?;
        let shown = pace.slices.iter().map(|slice| self.sums_of(desk, *slice).qty);
        Some((i128::from(node.planned.0) - shown.sum::<i128>()).max(0))
    }
}
