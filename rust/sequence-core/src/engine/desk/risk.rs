//! Where limits are checked: kill switch and admission before an order is recorded, pre-trade
//! limits before it is sent, the day's loss after every fill.

use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::facts::Facts;
use std::collections::BTreeSet;

use crate::command::Submit;
use crate::engine::agenda::Due;
use crate::engine::desk::Desk;
use crate::engine::desk::account::LossDay;
use crate::engine::desk::open_sums::open_at_most;
use crate::ids::{
    AccountId, AssetId, AssetKind, InstrumentKind, MarketId, OrderId, Outcome, Side, SymbolId,
};
use crate::mutant;
use crate::number::{Money, Price, Quantity, exact_notional};
use crate::order::{Order, OrderSpec};
use crate::registry::Worth;
use crate::reject::{Refusal, RejectReason, Rejected};
use crate::risk::{AccountLimits, GraphRisk};

const SECOND_NS: i64 = 1_000_000_000;
const DAY_NS: i64 = 86_400 * SECOND_NS;

impl Desk {
    /// Whether marks are looked at for what a day may lose.
    #[inline]
    pub(in crate::engine) const fn limits_days(&self) -> bool {
        self.limits.daily_loss.is_some()
    }

    /// Limits of every account.
    pub(in crate::engine) const fn limits(&self) -> &AccountLimits {
        &self.limits
    }
}

impl Bench<'_> {
    /// Sets the limits of every account.
    pub(in crate::engine) fn set_limits(&mut self, limits: AccountLimits) {
        self.desk.limits = limits;
        self.agenda.add(next_midnight(self.facts.now_ns), Due::NewDay);
    }
}

impl Papers<'_> {
    /// Profit and loss of the UTC day so far, USD; `None` while something that is held has no
    /// value in USD, or had none when the day began.
    pub(in crate::engine) fn daily_pnl(&self, account: AccountId) -> Option<Money> {
        let pnl = self.portfolio.profit(self.facts, account)?;
        let day = &self.desk.accounts[account].day;
        let today = self.facts.now_ns.div_euclid(DAY_NS);
        (day.day == today).then_some(Money(pnl - day.start))
    }

    /// Limits that refuse an order before it is recorded.
    pub(in crate::engine) fn check_admission(
        &self,
        account: AccountId,
        order: &Submit<'_>,
        markets: &[MarketId],
        qty: Quantity,
        price: Option<Price>,
    ) -> Result<(), Refusal> {
        let row = &self.desk.accounts[account];
        if let Some(most) = self.desk.limits.max_open_orders
            && row.open.len() >= usize::try_from(most).unwrap_or(usize::MAX)
        {
            return Err(Refusal::invalid("", format!("more than {most} open orders")));
        }
        self.check_notional(&order.risk, || self.facts.notional_usd(markets, qty, price))?;
        if let Some(most) = self.desk.limits.max_order_rate {
            let since = self.facts.now_ns.saturating_sub(SECOND_NS);
            let recent = row.submits.iter().rev().take_while(|at| **at > since).count();
            if recent >= usize::try_from(most).unwrap_or(usize::MAX) {
                return Err(Refusal::rate_limited(format!("more than {most} orders per second")));
            }
        }
        Ok(())
    }

    /// USD limits of one order: of the account, of the graph's admission.
    pub(in crate::engine) fn check_notional(
        &self,
        risk: &GraphRisk,
        usd: impl FnOnce() -> Option<Money>,
    ) -> Result<(), Refusal> {
        let limits = [
            ("max_order_notional_1e9", self.desk.limits.max_order_notional),
            ("risk.admission.max_order_notional_usd", risk.admission.max_order_notional),
            ("risk.admission.max_notional_usd", risk.admission.max_notional),
        ];
        if limits.iter().all(|(_, limit)| limit.is_none()) {
            return Ok(());
        }
        let usd = usd().ok_or_else(|| {
            Refusal::invalid("", "the order cannot be valued in USD, and a limit is set")
        })?;
        for (name, limit) in limits {
            if let Some(most) = limit.filter(|most| usd > *most) {
                return Err(Refusal::invalid(
                    name,
                    format!("the order is worth {usd}, above {most}"),
                ));
            }
        }
        Ok(())
    }

    /// Pre-trade limits of an order in the form given; an amend asks for its new form.
    pub(in crate::engine) fn check_limits(
        &self,
        order: &Order,
        qty: Quantity,
        limit: Option<Price>,
    ) -> Result<(), Rejected> {
        let spec = &order.spec;
        let risk = &self.risk_of(spec).pre_trade;
        let markets = &self.facts.registry.symbol(spec.symbol).markets;
        if let Some(most) = risk.max_order_notional {
            let price = limit.or_else(|| self.facts.best_touch(markets, spec.side, spec.outcome));
            let usd = self.facts.notional_usd(markets, qty, price).ok_or_else(|| {
                let text = "the order cannot be valued in USD, and a limit is set";
                (RejectReason::Risk, text.to_owned())
            })?;
            if usd > most {
                return Err((
                    RejectReason::Risk,
                    format!("the order is worth {usd}, above {most}"),
                ));
            }
        }
        if let Some(most) = risk.max_spread_bps {
            self.facts.check_spread(spec.symbol, most)?;
        }
        for most in [self.desk.limits.max_position, risk.max_position].into_iter().flatten() {
            let added = Quantity(qty.0.saturating_sub(order.filled.0));
            self.check_position(order, added, most)?;
        }
        Ok(())
    }

    /// Limits of the graph an order belongs to; none for one that is not recorded.
    pub(in crate::engine) fn risk_of(&self, spec: &OrderSpec) -> &GraphRisk {
        self.desk.graphs.get(spec.graph).map_or(&GraphRisk::NONE, crate::engine::Graph::risk)
    }

    /// The position over all venues once this order and the open ones of its side are filled. An
    /// order that brings the position nearer to zero passes.
    fn check_position(
        &self,
        order: &Order,
        added: Quantity,
        most: Quantity,
    ) -> Result<(), Rejected> {
        let spec = &order.spec;
        let exposed_to = self.facts.exposed_to(spec.symbol, spec.outcome);
        let now = self.exposure(spec.account, exposed_to);
        let same = |symbol, outcome| self.facts.exposed_to(symbol, outcome) == exposed_to;
        let open = self.desk.open_rest_of(spec.account, spec.side, same);
        // A preview's order is not among them.
        let is_open = self.desk.find_graph(spec.graph).is_some();
        let own = if is_open { i128::from(open_at_most(order).0) } else { 0 };
        let coming = open - own;
        let change = coming + i128::from(added.0);
        let after = if spec.side == Side::Buy { now + change } else { now - change };
        if after.abs() > i128::from(most.0) && after.abs() > now.abs() {
            let text = format!("the position could become more than {most}");
            return Err((RejectReason::PositionLimit, text));
        }
        Ok(())
    }

    /// What an account holds of it at all venues together.
    fn exposure(&self, account: AccountId, exposed_to: &str) -> i128 {
        let rows = self.portfolio.rows_of(account).iter();
        let held = rows.filter(|((_, asset), _)| {
            let known = self.facts.registry.asset_row(*asset);
            let perp = known.valued_by.first().filter(|_| known.kind == AssetKind::Perp);
            let code = perp.map_or(&known.code, |way| &self.facts.registry.symbol(way.symbol).base);
            **code == *exposed_to
        });
        held.map(|((venue, asset), _)| i128::from(self.portfolio.held(account, *venue, *asset).0))
            .sum()
    }

    /// True while the day's loss limit is reached.
    pub(in crate::engine) fn is_day_breached(&self, account: AccountId) -> bool {
        let day = &self.desk.accounts[account].day;
        day.breached && day.day == self.facts.now_ns.div_euclid(DAY_NS)
    }
}

impl Facts<'_> {
    /// What a quantity costs in USD at a price; `None` when nothing says what its quote is worth.
    pub(in crate::engine) fn notional_usd(
        &self,
        markets: &[MarketId],
        qty: Quantity,
        price: Option<Price>,
    ) -> Option<Money> {
        let exact = exact_notional(price.unwrap_or_default(), qty);
        let money = Money::from_exact_ceil(exact);
        let settle = self.registry.market(*markets.first()?).settle;
        self.money_in_usd(money, settle).ok().flatten()
    }

    fn check_spread(&self, symbol: SymbolId, most: u32) -> Result<(), Rejected> {
        let nbbo = self.nbbo(symbol);
        let sides = (nbbo.best(crate::ids::BookSide::Bid), nbbo.best(crate::ids::BookSide::Ask));
        let (Some(bid), Some(ask)) = sides else {
            return Err((
                RejectReason::Risk,
                "the spread is not known: a side is empty".to_owned(),
            ));
        };
        let (bid, ask) = (i128::from(bid.price.0), i128::from(ask.price.0));
        if (ask - bid) * 20_000 > (ask + bid) * i128::from(most) {
            return Err((RejectReason::Risk, format!("the spread is above {most} basis points")));
        }
        Ok(())
    }

    /// What an order changes the exposure to: the base asset of pairs and perpetuals, whatever they
    /// are quoted in, or one outcome.
    pub(in crate::engine) fn exposed_to(&self, symbol: SymbolId, outcome: Option<Outcome>) -> &str {
        let entry = self.registry.symbol(symbol);
        match entry.kind {
            InstrumentKind::Prediction => entry.canonical(outcome.or(Some(Outcome::Yes))),
            InstrumentKind::Spot | InstrumentKind::Perp => &entry.base,
        }
    }

    /// The symbols that may value an asset: its own pairs, and those of what it is paired with.
    fn add_valuing(&self, asset: AssetId, symbols: &mut BTreeSet<SymbolId>) {
        let entry = self.registry.asset_row(asset);
        for way in entry.valued_by.iter().filter(|_| !entry.pegged) {
            if symbols.insert(way.symbol)
                && let Worth::Of(other) = way.other
            {
                self.add_valuing(other, symbols);
            }
        }
    }
}

impl Bench<'_> {
    /// Forgets admissions that no rate limit looks at any more.
    pub(in crate::engine) fn note_submit(&mut self, account: AccountId) {
        let now_ns = self.facts.now_ns;
        if self.desk.limits.max_order_rate.is_none() {
            return;
        }
        let submits = &mut self.desk.accounts[account].submits;
        while submits.front().is_some_and(|at| *at <= now_ns.saturating_sub(SECOND_NS)) {
            submits.pop_front();
        }
        submits.push_back(now_ns);
    }

    /// Limits that reject an order when it is about to be sent.
    pub(in crate::engine) fn pre_trade(&mut self, id: OrderId) -> Result<(), Rejected> {
        let (account, graph) = (self.desk.orders[id].spec.account, self.desk.orders[id].spec.graph);
        if self.desk.is_halted(account, self.desk.graphs[graph].by) {
            return Err((RejectReason::KillSwitch, "the kill switch is engaged".to_owned()));
        }
        self.take_injected(id)?;
        self.check_day(account, self.desk.orders[id].spec.symbol)?;
        let order = &self.desk.orders[id];
        self.papers().check_limits(order, order.qty, order.limit)
    }

    /// Rejects while the day's loss limit is reached.
    pub(in crate::engine) fn check_day(
        &mut self,
        account: AccountId,
        symbol: SymbolId,
    ) -> Result<(), Rejected> {
        let Some(most) = self.desk.limits.daily_loss else { return Ok(()) };
        self.watch_day(account);
        if self.papers().is_day_breached(account) {
            let text = format!("{most} USD were lost today; until 00:00 UTC nothing is sent");
            return Err((RejectReason::DailyLossLimit, text));
        }
        let unknown = |text: &str| Err((RejectReason::Risk, format!("{text}, and a limit is set")));
        if self.facts.quote_rate(symbol).is_none() {
            return unknown("the order cannot be valued in USD");
        }
        if self.portfolio.profit(self.facts, account).is_none() {
            return unknown("what the account holds cannot be valued in USD");
        }
        Ok(())
    }

    /// Notices a breach of the day's loss limit, and from now on one that a mark makes.
    pub(in crate::engine) fn watch_day(&mut self, account: AccountId) {
        if self.desk.limits.daily_loss.is_some() {
            self.look_at_day(account);
        }
    }

    /// The same, and without a limit the day begins all the same: its profit is shown.
    pub(in crate::engine) fn look_at_day(&mut self, account: AccountId) {
        self.judge_day(account);
        if self.desk.limits.daily_loss.is_some() {
            self.watch_marks_of(account);
        }
    }

    /// Begins the day of an account, if it has not begun, and notices a breach of its limit.
    fn judge_day(&mut self, account: AccountId) {
        let today = self.facts.now_ns.div_euclid(DAY_NS);
        // A day begins with the first value of the account that is known.
        let Some(pnl) = self.portfolio.profit(self.facts, account) else { return };
        let day = &mut self.desk.accounts[account].day;
        if day.day != today {
            *day = LossDay { day: today, start: pnl, breached: false };
        }
        if let Some(most) = self.desk.limits.daily_loss {
            let late = i128::from(mutant!("daily_loss_one_unit_late"));
            day.breached |= day.start - pnl >= most.0 + late;
        }
    }

    /// A mark moved: whoever it made lose too much has lost it, whether or not it recovers before
    /// the next order.
    pub(in crate::engine) fn judge_days(&mut self, market: MarketId) {
        if self.desk.limits.daily_loss.is_none() {
            return;
        }
        let symbol = self.facts.registry.market(market).symbol;
        if !self.has_moved(symbol, market) {
            return;
        }
        let watching = self.desk.marked.range((symbol, AccountId(0))..);
        let accounts: Vec<AccountId> =
            watching.take_while(|(of, _)| *of == symbol).map(|(_, account)| *account).collect();
        for account in accounts {
            self.judge_day(account);
        }
    }

    /// True when a book, or all books of its symbol, mark at another price than they did.
    fn has_moved(&mut self, symbol: SymbolId, market: MarketId) -> bool {
        let whole = self.facts.mark_of_symbol(symbol, None).map(|mark| mark.price);
        let own = self.facts.exchange.market(market).mark(self.facts.now_ns);
        let own = own.map(|mark| mark.price);
        let known = &mut self.desk.judged_at;
        let before =
            [known.insert((symbol, None), whole), known.insert((symbol, Some(market)), own)];
        before != [Some(whole), Some(own)]
    }

    /// Notes the symbols whose books value what an account holds.
    fn watch_marks_of(&mut self, account: AccountId) {
        let mut symbols = BTreeSet::new();
        for ((venue, asset), _) in self.portfolio.rows_of(account).iter() {
            if self.portfolio.held(account, *venue, *asset).0 != 0 {
                self.facts.add_valuing(*asset, &mut symbols);
            }
        }
        let before = std::mem::replace(&mut self.desk.accounts[account].marked_by, symbols);
        let now = &self.desk.accounts[account].marked_by;
        for gone in before.difference(now) {
            self.desk.marked.remove(&(*gone, account));
        }
        self.desk.marked.extend(now.difference(&before).map(|symbol| (*symbol, account)));
    }

    /// What is written by hand is no profit and no loss; what its marks do from now on is.
    pub(in crate::engine) fn rebase_day(&mut self, account: AccountId, before: Option<i128>) {
        let after = self.portfolio.profit(self.facts, account);
        let day = &mut self.desk.accounts[account].day;
        match before.zip(after) {
            Some((before, after)) => day.start += after - before,
            // What the day brought so far is not comparable: it counts from the next known value.
            None if !day.breached => *day = LossDay::NEW,
            None => {}
        }
        self.look_at_day(account);
    }

    /// Midnight, UTC: a new day begins for every account.
    pub(in crate::engine) fn new_day(&mut self) {
        for account in (0..self.desk.accounts.len()).filter_map(|at| u32::try_from(at).ok()) {
            self.look_at_day(AccountId(account));
        }
        self.agenda.add(next_midnight(self.facts.now_ns), Due::NewDay);
    }
}

const fn next_midnight(now_ns: i64) -> i64 {
    (now_ns.div_euclid(DAY_NS) + 1).saturating_mul(DAY_NS)
}
