//! Changing an open order: what is refused, what is reserved first, which legs change and how.
//!
//! An amend is a message like a cancel: it travels, and a fill that is faster stands. Until a venue
//! has answered, a leg has two forms and holds what the dearer one needs, so neither outcome can
//! lack funds. [`crate::engine::exchange::change`] says what happens at the venue.

use crate::command::{Amend, AmendNode};
use crate::engine::Reply;
use crate::engine::bounds::{check_fat_finger, refusal_of};
use crate::engine::desk::account::AccountMode;
use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::desk::minimums::Exit;
use crate::engine::desk::reserve::funded_by;
use crate::engine::portfolio::required::required;
use crate::engine::seam::VenueRequest;
use crate::ids::OrderId;
use crate::ledger::LedgerError;
use crate::mutant;
use crate::number::{Money, Price, Quantity, exact_notional};
use crate::order::{Amending, Leg, LegState, Order, OrderSpec, Reshape};
use crate::registry::MarketSpec;
use crate::reject::{Refusal, RejectReason};
use crate::sim::preset::AmendMode;

/// What an accepted amend leaves of an order.
struct Change {
    total: Quantity,
    limit: Option<Price>,
    /// A smaller total and nothing else.
    decreases: bool,
}

impl Bench<'_> {
    /// Amends an order of a node, and how that order is worked.
    pub(in crate::engine) fn amend_by_node(
        &mut self,
        id: OrderId,
        ask: &AmendNode<'_>,
    ) -> Result<Reply, Refusal> {
        let order = &self.desk.orders[id];
        let (account, is_plain) =
            (order.spec.account, self.desk.graphs[order.spec.graph].order.is_some());
        let is_named = &*order.spec.node_id == ask.node_id;
        if is_plain && !is_named {
            return Err(Refusal::not_found(format!("no node {:?} in this graph", ask.node_id)));
        }
        check_open(order, &ask.change)?;
        if let Some(ms) = ask.horizon_ms {
            self.papers().new_end(order, ms)?;
        }
        let change = &ask.change;
        let sized = change.new_qty.is_some() || change.reduce_by.is_some();
        // A new price is routed by the rules that come with it.
        let spec = &mut self.desk.orders[id].spec;
        let before = (spec.max_slippage_bps, spec.urgency, spec.horizon_ms);
        spec.max_slippage_bps = ask.max_slippage_bps.or(spec.max_slippage_bps);
        spec.urgency = ask.urgency.unwrap_or(spec.urgency);
        spec.horizon_ms = ask.horizon_ms.or(spec.horizon_ms);
        let repriced = ask.max_slippage_bps.is_some() && self.papers().moves_worst_price(id);
        let changed = if sized || change.new_price.is_some() || repriced {
            self.amend_order(id, change)
        } else {
            let switch = self.desk.check_switch(account, change.by);
            switch.map(|()| Reply::Amended { order: id, native: true })
        };
        if changed.is_err() {
            let spec = &mut self.desk.orders[id].spec;
            (spec.max_slippage_bps, spec.urgency, spec.horizon_ms) = before;
        }
        changed
    }

    /// How an order is worked from now on, once its amend has left.
    pub(in crate::engine) fn rework(
        &mut self,
        id: OrderId,
        ask: &AmendNode<'_>,
    ) -> Result<(), Refusal> {
        if let Some(ms) = ask.horizon_ms {
            let due = self.papers().new_end(&self.desk.orders[id], ms)?;
            self.expire_at(id, due);
        }
        if !self.desk.orders[id].status.is_terminal() {
            self.touch(id);
        }
        Ok(())
    }

    /// An amend that its venues have not answered yet shows in the order's row.
    pub(in crate::engine) fn note_amending(&mut self, id: OrderId) {
        if self.desk.orders[id].amending.is_some() {
            self.touch(id);
        }
    }

    pub(in crate::engine) fn amend_order(
        &mut self,
        id: OrderId,
        ask: &Amend<'_>,
    ) -> Result<Reply, Refusal> {
        let change = self.papers().check_amend(id, ask)?;
        if !change.decreases {
            let OrderSpec { account, symbol, .. } = self.desk.orders[id].spec;
            self.check_day(account, symbol)
                .map_err(|(reason, text)| named_conflict(reason.as_str(), &text))?;
        }
        let route = if change.decreases {
            None
        } else {
            self.papers().new_route(id, change.total, change.limit)
        };
        let routed = route.and_then(|route| {
            let forms = self.papers().new_forms(id, &change, &route.sizes, true).ok()?;
            self.reserve_forms(id, &forms, route.more).ok()?;
            Some(forms)
        });
        let forms = if let Some(forms) = routed {
            forms
        } else {
            let sizes = self.papers().sizes_in_place(id, &change);
            let forms = self.papers().new_forms(id, &change, &sizes, false)?;
            self.reserve_forms(id, &forms, Vec::new())?;
            forms
        };
        let order = &mut self.desk.orders[id];
        let legs = || order.legs.iter().zip(&forms);
        let now: i64 = legs().map(|(leg, _)| leg.qty.0).sum();
        let after = legs().map(|(leg, form)| form.map_or(leg.qty, |form| form.qty.max(leg.filled)));
        order.amending = Some(Amending {
            total: change.total,
            limit: change.limit,
            rest: Quantity(order.qty.0 - now),
            rest_after: Quantity(change.total.0 - after.map(|qty| qty.0).sum::<i64>()),
        });
        for at in 0..forms.len() {
            self.post.requests.push_back(VenueRequest::Amend((id, at)));
        }
        let native = self.facts.rules.params().amend_mode == AmendMode::Native && change.decreases;
        Ok(Reply::Amended { order: id, native })
    }

    /// Holds what the dearer form of each leg needs, and what legs at further venues need: all of
    /// it, or the order stays as it was.
    fn reserve_forms(
        &mut self,
        id: OrderId,
        forms: &[Option<Reshape>],
        more: Vec<Leg>,
    ) -> Result<(), Refusal> {
        let mut failed = None;
        for (at, form) in forms.iter().enumerate() {
            if let Some(leg) = self.desk.orders[id].legs.get_mut(at) {
                leg.reshape = form.map(Box::new);
            }
            if form.is_some()
                && let Err(error) = self.hold_more(id, at)
            {
                failed = Some(error.to_string());
                break;
            }
        }
        if failed.is_none() {
            let first = self.desk.orders[id].legs.len();
            self.desk.orders[id].legs.extend(more);
            let (money, facts) = (&mut *self.portfolio, self.facts);
            if let Err(error) = self.desk.reserve_legs(money, facts, (id, first)) {
                self.desk.drop_legs(self.portfolio, (id, first));
                failed = Some(error.to_string());
            }
        }
        let Some(text) = failed else { return Ok(()) };
        for at in 0..forms.len() {
            if let Some(leg) = self.desk.orders[id].legs.get_mut(at) {
                leg.reshape = None;
            }
            // What was held before is still there: shrinking to it cannot fail.
            let shrunk = self.desk.hold_required(self.portfolio, self.facts.registry, (id, at));
            debug_assert!(shrunk.is_ok());
        }
        Err(named_conflict("INSUFFICIENT_BALANCE", &text))
    }

    /// Holds what both forms of a leg need, when that much can be spent.
    fn hold_more(&mut self, id: OrderId, at: usize) -> Result<(), LedgerError> {
        let order = &self.desk.orders[id];
        let Some((leg, held)) = order.legs.get(at).and_then(|leg| Some((leg, leg.reservation?)))
        else {
            return Ok(());
        };
        let needed = required(order.spec.side, self.facts.registry.market(leg.market), leg)?;
        let more = Money(needed.0 - self.portfolio.ledger().reserved(held)?.0);
        self.portfolio.check_spendable(
            self.facts,
            funded_by(self.facts.registry, &order.spec, leg.market),
            more,
        )?;
        self.desk.hold_required(self.portfolio, self.facts.registry, (id, at))
    }
}

impl Papers<'_> {
    /// True when the slippage cap of an order, counted from now, is another than its legs have.
    fn moves_worst_price(&self, id: OrderId) -> bool {
        let order = &self.desk.orders[id];
        let mut open = order.legs.iter().filter(|leg| leg.state != LegState::Done);
        // What a walk pays at most, a real venue is never told.
        let walks = self.desk.mode_of(id) == AccountMode::Sandbox;
        open.any(|leg| {
            let (bound, cap) = self.worst_prices(order, leg, order.limit);
            bound != leg.bound || (walks && cap != leg.cap)
        })
    }

    /// Worst price at which a leg rests, and that its walk may pay, under a limit.
    fn worst_prices(&self, order: &Order, leg: &Leg, limit: Option<Price>) -> (Price, Price) {
        let spec = &order.spec;
        let touch = self.facts.touch_of(leg.market, spec.side, spec.outcome);
        let bound = limit.map_or(leg.bound, |limit| {
            self.facts.limit_bound(spec, leg.market, limit, touch).unwrap_or(limit)
        });
        (bound, self.facts.walk_cap(spec, leg.market, bound))
    }

    /// When the order ends with another horizon, which counts from its creation.
    fn new_end(&self, order: &Order, horizon_ms: u64) -> Result<i64, Refusal> {
        let life = i64::try_from(horizon_ms).ok().and_then(|ms| ms.checked_mul(1_000_000));
        let end = life.and_then(|life| order.spec.created_ns.checked_add(life));
        match end {
            Some(end) if end > self.facts.now_ns => Ok(end),
            Some(_) => Err(Refusal::conflict("new_constraints.horizon_ms has passed already")),
            None => Err(Refusal::invalid("new_constraints.horizon_ms", "is too long")),
        }
    }

    /// Everything that refuses an amend and leaves the order as it was, but the funds.
    fn check_amend(&self, id: OrderId, ask: &Amend<'_>) -> Result<Change, Refusal> {
        let order = &self.desk.orders[id];
        check_open(order, ask)?;
        let spec = &order.spec;
        let taken = ask.reduce_by.map(|by| Quantity(order.qty.0.saturating_sub(by.0)));
        let total = ask.new_qty.or(taken).unwrap_or(order.qty);
        if total <= order.filled {
            return Err(Refusal::conflict(format!(
                "the new total {total} is not above what is filled, {}: cancel instead",
                order.filled
            )));
        }
        let limit = ask.new_price.or(order.limit);
        let decreases = total < order.qty && limit == order.limit;
        if !decreases {
            self.desk.check_switch(spec.account, ask.by)?;
        }
        self.check_venues_take(order)?;
        if let Some(price) = ask.new_price {
            crate::engine::desk::admit::check_price_range(spec.kind, price)?;
            self.check_new_price(order, price)?;
        }
        if !decreases {
            self.check_growth(order, total, limit)?;
        }
        Ok(Change { total, limit, decreases })
    }

    /// No venue that holds a part of the order has halted. Elsewhere a change waits like the order.
    fn check_venues_take(&self, order: &Order) -> Result<(), Refusal> {
        let open = order.legs.iter().filter(|leg| leg.state != LegState::Done);
        for leg in open {
            let status = self.facts.exchange.market(leg.market).market.status(self.facts.now_ns);
            let refused = refusal_of(order.spec.ask(), status);
            if let Some((reason @ RejectReason::ExchangeBusy, text)) = refused {
                return Err(named_conflict(reason.as_str(), text));
            }
        }
        Ok(())
    }

    fn check_new_price(&self, order: &Order, price: Price) -> Result<(), Refusal> {
        let spec = &order.spec;
        let markets: Vec<_> = match spec.pinned {
            Some(_) => order.legs.iter().map(|leg| leg.market).collect(),
            None => self.facts.registry.symbol(spec.symbol).markets.clone(),
        };
        for market in markets.iter().filter(|_| spec.pinned.is_some()) {
            self.facts.registry.market(*market).grid_of(spec.outcome).check_price(price)?;
        }
        let bps = self.deviation_bps(spec);
        match self.facts.best_touch(&markets, spec.side, spec.outcome) {
            Some(touch) => check_fat_finger(spec, price, touch, bps)
                .map_err(|(reason, text)| named_conflict(reason.as_str(), &text)),
            None => Ok(()),
        }
    }

    /// Limits that a larger or dearer order must keep.
    fn check_growth(
        &self,
        order: &Order,
        total: Quantity,
        limit: Option<Price>,
    ) -> Result<(), Refusal> {
        let spec = &order.spec;
        let markets = &self.facts.registry.symbol(spec.symbol).markets;
        let added = Quantity(total.0.saturating_sub(order.qty.0).max(0));
        self.check_position_range(spec.account, spec.side, markets, spec.outcome, added)?;
        if !mutant!("amend_escapes_the_notional_limit") {
            self.check_notional(self.risk_of(spec), || {
                self.facts.notional_usd(markets, total, limit)
            })?;
        }
        self.check_limits(order, total, limit)
            .map_err(|(reason, text)| named_conflict(reason.as_str(), &text))
    }

    /// What each leg is to have left where none moves: more goes to the leg with the most left,
    /// less comes off the last ones.
    fn sizes_in_place(&self, id: OrderId, change: &Change) -> Vec<i64> {
        let order = &self.desk.orders[id];
        let open = |leg: &Leg| leg.state != LegState::Done;
        let left = |leg: &Leg| if open(leg) { leg.remaining().0 } else { 0 };
        let mut sizes: Vec<i64> = order.legs.iter().map(left).collect();
        let wanted = change.total.0 - order.filled.0;
        let mut excess = sizes.iter().sum::<i64>() - wanted;
        let most = sizes.iter().enumerate().max_by_key(|(at, size)| (**size, usize::MAX - at));
        if let Some(at) = most.map(|(at, _)| at)
            && excess < 0
        {
            sizes[at] -= excess;
        }
        for size in sizes.iter_mut().rev() {
            let cut = excess.clamp(0, *size);
            (*size, excess) = (*size - cut, excess - cut);
        }
        sizes
    }

    /// The new form of each leg; `None` for a leg that ended. Where the order is `routed` anew a leg
    /// may be withdrawn, whatever its venue takes at least.
    fn new_forms(
        &self,
        id: OrderId,
        change: &Change,
        sizes: &[i64],
        routed: bool,
    ) -> Result<Vec<Option<Reshape>>, Refusal> {
        let order = &self.desk.orders[id];
        let form = |(leg, size): (&Leg, &i64)| match leg.state {
            LegState::Done => Ok(None),
            _ if routed && *size == 0 => Ok(Some(self.withdrawal(order, leg))),
            _ => self.new_form(order, leg, *size, change).map(Some),
        };
        order.legs.iter().zip(sizes).map(form).collect()
    }

    /// A message of this order takes time.
    fn travels(&self, spec: &OrderSpec) -> bool {
        !self.facts.is_instant() || self.desk.accounts[spec.account].mode == AccountMode::Live
    }

    /// A form that takes the rest of a leg away.
    fn withdrawal(&self, order: &Order, leg: &Leg) -> Reshape {
        Reshape {
            qty: Quantity::ZERO,
            bound: leg.bound,
            cap: leg.cap,
            margin_at: leg.margin_at,
            reducing: Quantity::ZERO,
            at_venue: false,
            travels: self.travels(&order.spec),
        }
    }

    fn new_form(
        &self,
        order: &Order,
        leg: &Leg,
        size: i64,
        change: &Change,
    ) -> Result<Reshape, Refusal> {
        let here = &self.terms_for(leg.market, Exit::of(&order.spec), Quantity(size));
        let size = fitting(order, leg, here, Quantity(size), change.limit)?;
        let qty = if size.0 == 0 { size } else { Quantity(leg.filled.0 + size.0) };
        if let Some(limit) = change.limit {
            here.grid_of(order.spec.outcome).check_passive(order.spec.side, limit)?;
        }
        let (bound, cap) = self.worst_prices(order, leg, change.limit);
        let reducing =
            if order.spec.reduce_only { size } else { self.reducible(order, leg.market).min(size) };
        let margin_at = self.facts.margin_price(&order.spec, leg.market, bound);
        Ok(Reshape { qty, bound, cap, margin_at, reducing, ..self.withdrawal(order, leg) })
    }
}

fn check_open(order: &Order, ask: &Amend<'_>) -> Result<(), Refusal> {
    if order.status.is_terminal() {
        return Err(Refusal::conflict(format!("order is {}", order.status.as_str())));
    }
    if order.spec.is_market {
        return Err(Refusal::conflict("a market order cannot be amended: cancel it instead"));
    }
    if let Some(version) = ask.expected_version.filter(|version| *version != order.version) {
        let text = format!("expected_version {version}: the order has version {}", order.version);
        return Err(Refusal::conflict(text));
    }
    if order.amending.is_some() {
        return Err(Refusal::conflict("another amend of this order is on its way"));
    }
    Ok(())
}

/// Lot and minimums of a leg's new rest; what a routed order cannot place there stays out.
fn fitting(
    order: &Order,
    leg: &Leg,
    terms: &MarketSpec,
    size: Quantity,
    limit: Option<Price>,
) -> Result<Quantity, Refusal> {
    let floored = size.floor_to(terms.grid.order_lot());
    if floored == size && size == leg.remaining() {
        return Ok(size);
    }
    if order.spec.pinned.is_some() {
        terms.grid.check_lot(Quantity(leg.filled.0 + size.0))?;
    }
    let total = Quantity(leg.filled.0 + floored.0);
    if floored.0 > 0 || order.legs.len() == 1 {
        let notional = limit.map(|price| Money::from_exact_floor(exact_notional(price, total)));
        terms.grid.check_minimums(total, notional)?;
    }
    Ok(floored)
}

fn named_conflict(name: &str, text: &str) -> Refusal {
    Refusal::conflict(format!("{name}: {text}"))
}
