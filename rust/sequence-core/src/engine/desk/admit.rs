//! What is refused before anything is recorded, in this order: known graph id, symbol and venue,
//! price and size, a live market for market orders, open orders.
//!
//! A refusal leaves no trace: the graph id stays free and the state hash is as before.

use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::facts::Facts;
use std::borrow::Cow;
use std::sync::Arc;

use crate::command::Submit;
use crate::engine::desk::minimums::Exit;
use crate::engine::{Account, Graph, GraphId, Reply};
use crate::ids::{AccountId, GraphIx, InstrumentKind, MarketId, OrderId, Outcome, Side, SymbolId};
use crate::market::MarketStatus;
use crate::mutant;
use crate::number::{MAX_UNITS, Money, PRICE_ONE, Price, Quantity, exact_notional};
use crate::order::{Order, OrderSpec, OrderStatus, Policy, TimeInForce};
use crate::registry::MarketSpec;
use crate::reject::Refusal;
use crate::rows::Rows as _;

/// An order that will be recorded.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Admitted {
    pub(in crate::engine) symbol: SymbolId,
    pub(in crate::engine) outcome: Option<Outcome>,
    pub(in crate::engine) kind: InstrumentKind,
    pub(in crate::engine) tif: TimeInForce,
    pub(in crate::engine) qty: Quantity,
    pub(in crate::engine) notional: Option<Money>,
}

impl Bench<'_> {
    /// Admits, records and places an order.
    pub(in crate::engine) fn submit(
        &mut self,
        account: AccountId,
        order: &Submit<'_>,
    ) -> Result<Reply, Refusal> {
        let id = order.graph_id.map(GraphId::parse);
        let owner = if mutant!("key_shared_by_clients") { AccountId(0) } else { account };
        let found = self.desk.sent_before(owner, id.as_ref())?;
        if let Some(found) = found.filter(|_| !mutant!("no_idempotency")) {
            return if self.papers().is_resent(found, order) || mutant!("replay_ignores_body") {
                Ok(Reply::Submitted { graph: found, replayed: true })
            } else {
                let text = order.graph_id.unwrap_or_default();
                Err(Refusal::conflict(format!("graph_id {text} was used with another body")))
            };
        }
        self.desk.check_switch(account, order.by)?;
        let admitted = self.papers().admit(account, order)?;
        // Its order cannot say the wallet later.
        let fingerprint = order.wallet.map(|_| self.papers().fingerprint_of(order));
        let id = id.unwrap_or_else(|| GraphId::Made(self.journal.make_id(self.facts.now_ns)));
        let graph = self.desk.graphs.next_id();
        let node_id = share(&mut self.desk.texts[0], order.node_id);
        let metadata = share(&mut self.desk.texts[1], order.metadata);
        let ix = self.desk.orders.next_id();
        self.desk.graphs.push(Graph {
            id: id.clone(),
            fingerprint,
            order: Some(ix),
            first_answer: None,
            metadata,
            limits: Graph::limits(&order.risk),
            by: order.by,
        });
        self.desk.accounts[account].graphs.insert(id, graph);
        let spec = self.papers().spec_of(account, order, &admitted, node_id, (graph, 1));
        self.record(spec, admitted.qty, order.limit);
        match self.prepare_order(ix) {
            Ok(()) => self.send_order(ix),
            Err((reason, message)) => self.reject_order(ix, reason, &message),
        }
        Ok(Reply::Submitted { graph, replayed: false })
    }

    /// The first answer shows what became of an order at once; it is kept while that can change.
    pub(in crate::engine) fn keep_first(&mut self, graph: GraphIx) {
        let Some(order) = self.desk.graphs[graph].order else { return };
        if !self.desk.orders[order].status.is_terminal() {
            self.desk.graphs[graph].first_answer = Some(Box::new(self.desk.orders[order].clone()));
        }
    }

    /// Records an order of a graph.
    pub(in crate::engine) fn record(
        &mut self,
        spec: OrderSpec,
        qty: Quantity,
        limit: Option<Price>,
    ) -> OrderId {
        self.desk.recount();
        let account = spec.account;
        let ix = self.desk.orders.push(new_order(spec, qty, limit, self.facts.now_ns));
        let row: &mut Account = &mut self.desk.accounts[account];
        row.orders.push(ix);
        row.open.insert(ix, ());
        self.note_submit(account);
        self.touch(ix);
        self.desk.orders[ix].created_seq = self.desk.orders[ix].event_seq;
        ix
    }
}

impl Papers<'_> {
    /// Every check of a submit, without a trace. A preview asks it too.
    pub(in crate::engine) fn admit(
        &self,
        account: AccountId,
        order: &Submit<'_>,
    ) -> Result<Admitted, Refusal> {
        let (symbol, outcome) = self.facts.resolve(order)?;
        let kind = self.facts.registry.symbol(symbol).kind;
        let markets = self.facts.eligible(symbol, order)?;
        let tif = time_in_force(order)?;
        self.check_live(account, order, kind)?;
        self.facts.check_margin_asset(&markets)?;
        if order.reduce_only && kind != InstrumentKind::Perp {
            return Err(Refusal::invalid("reduce_only", "is for perps only"));
        }
        if let Some(price) = order.limit {
            check_price_range(kind, price)?;
        }
        let price = order.limit.or_else(|| self.facts.best_touch(&markets, order.side, outcome));
        if price.is_none() {
            let text = match order.side {
                Side::Buy => "market buy requires a live ask",
                Side::Sell => "market sell requires a live bid",
            };
            let why =
                self.facts.why_over(&markets).map_or_else(String::new, |why| format!(": {why}"));
            return Err(Refusal::invalid("", format!("{text}{why}")));
        }
        let (qty, notional) = self.facts.size(order, &markets, price)?;
        self.check_fits(account, order, &markets, outcome, (qty, price))?;
        self.check_position_range(account, order.side, &markets, outcome, qty)?;
        self.check_admission(account, order, &markets, qty, price)?;
        Ok(Admitted { symbol, outcome, kind, tif, qty, notional })
    }

    /// What is held, what open orders may add and this order together stay inside the range of a
    /// stored quantity.
    pub(in crate::engine) fn check_position_range(
        &self,
        account: AccountId,
        side: Side,
        markets: &[MarketId],
        outcome: Option<Outcome>,
        qty: Quantity,
    ) -> Result<(), Refusal> {
        let sells = side == Side::Sell
            && markets.iter().all(|m| self.facts.registry.market(*m).kind != InstrumentKind::Perp);
        if sells {
            return Ok(());
        }
        let coming = self.desk.open_rest(account) + i128::from(qty.0);
        let held = markets.iter().map(|market| {
            let terms = self.facts.registry.market(*market);
            i128::from(
                self.portfolio.held(account, terms.venue, terms.held(outcome)).0.unsigned_abs(),
            )
        });
        if held.max().unwrap_or(0) + coming > i128::from(MAX_UNITS) {
            return Err(Refusal::invalid("qty", "would take the position beyond 9e18 units"));
        }
        Ok(())
    }

    /// Tick, lot and minimums: of the pinned venue, or of any venue for an order that routes.
    pub(in crate::engine) fn check_fits(
        &self,
        account: AccountId,
        order: &Submit<'_>,
        markets: &[MarketId],
        outcome: Option<Outcome>,
        (qty, price): (Quantity, Option<Price>),
    ) -> Result<(), Refusal> {
        let mut first = None;
        let kind =
            Exit { account, side: order.side, reduce_only: order.reduce_only, takes: takes(order) };
        for market in markets {
            let spec = &self.terms_for(*market, kind, qty);
            match check_venue_rules(spec, order, outcome, qty, price) {
                Ok(()) => return Ok(()),
                Err(refusal) => first = first.or(Some(refusal)),
            }
        }
        Err(first.unwrap_or_else(|| Refusal::invalid("symbol", "is not listed at any venue")))
    }

    /// What an admitted order asks for, as it is recorded.
    pub(in crate::engine) fn spec_of(
        &self,
        account: AccountId,
        order: &Submit<'_>,
        admitted: &Admitted,
        node_id: Arc<str>,
        (graph, seq): (GraphIx, u32),
    ) -> OrderSpec {
        OrderSpec {
            account,
            epoch: self.desk.accounts[account].epoch,
            graph,
            node_id,
            seq,
            symbol: admitted.symbol,
            outcome: admitted.outcome,
            kind: admitted.kind,
            side: order.side,
            pinned: order.venue,
            tif: admitted.tif,
            policy: order.policy,
            urgency: order.urgency,
            max_slippage_bps: order.max_slippage_bps,
            horizon_ms: order.horizon_ms,
            reduce_only: order.reduce_only,
            notional_usd: admitted.notional,
            is_market: order.limit.is_none(),
            created_ns: self.facts.now_ns,
        }
    }
}

impl Facts<'_> {
    /// Margin is counted in dollars: a perpetual that settles in anything else is quoted, and not
    /// traded.
    fn check_margin_asset(&self, markets: &[MarketId]) -> Result<(), Refusal> {
        let terms = markets.iter().map(|id| self.registry.market(*id));
        let mut foreign = terms.filter(|spec| {
            spec.kind == InstrumentKind::Perp && !self.registry.asset_row(spec.settle).pegged
        });
        foreign.next().map_or(Ok(()), |spec| {
            let asset = &self.registry.asset_row(spec.settle).code;
            let text = format!(
                "settles in {asset}: perpetuals are traded here where they settle in dollars or what \
                 is pegged to them"
            );
            Err(Refusal::invalid("symbol", text))
        })
    }

    /// Why none of some markets trades, where their venues have ended or halted all of them.
    fn why_over(&self, markets: &[MarketId]) -> Option<&'static str> {
        let now_ns = self.now_ns;
        let mut why = None;
        for id in markets {
            why = Some(match self.exchange.market(*id).market.status(now_ns) {
                MarketStatus::Halted => "the venue has halted trading",
                MarketStatus::Closed => "the market is closed",
                _ => return None,
            });
        }
        why
    }
}

/// True when a request never rests.
fn takes(order: &Submit<'_>) -> bool {
    matches!(time_in_force(order), Ok(TimeInForce::Ioc | TimeInForce::Fok))
}

/// The text, shared with the order before when that had the same.
fn share(last: &mut Arc<str>, text: &str) -> Arc<str> {
    if **last != *text {
        *last = text.into();
    }
    last.clone()
}

/// The markets that pass; copied only when one does not.
pub(in crate::engine) fn only(
    markets: Cow<'_, [MarketId]>,
    passes: impl Fn(MarketId) -> bool,
) -> Cow<'_, [MarketId]> {
    if markets.iter().all(|market| passes(*market)) {
        return markets;
    }
    markets.iter().copied().filter(|market| passes(*market)).collect()
}

pub(in crate::engine) fn new_order(
    spec: OrderSpec,
    qty: Quantity,
    limit: Option<Price>,
    now_ns: i64,
) -> Order {
    Order {
        spec,
        qty,
        limit,
        filled: Quantity::ZERO,
        exact: 0,
        notional_usd: Some(Money::ZERO),
        fees_usd: Some(Money::ZERO),
        status: OrderStatus::New,
        reject: None,
        message: None,
        done: None,
        legs: Vec::new(),
        version: 0,
        event_seq: 0,
        created_seq: 0,
        updated_ns: now_ns,
        expires_ns: None,
        amending: None,
    }
}

pub(in crate::engine) fn time_in_force(order: &Submit<'_>) -> Result<TimeInForce, Refusal> {
    match (order.limit, order.tif) {
        (None, Some(TimeInForce::PostOnly)) => {
            Err(Refusal::invalid("tif", "post_only needs a limit price"))
        }
        // A market order never rests, so gtc and day mean what ioc means.
        (None, Some(TimeInForce::Fok)) => Ok(TimeInForce::Fok),
        (None, _) => Ok(TimeInForce::Ioc),
        (Some(_), None) if order.policy == Policy::AggressiveChase => Ok(TimeInForce::Ioc),
        (Some(_), tif) => Ok(tif.unwrap_or(TimeInForce::Gtc)),
    }
}

pub(in crate::engine) fn check_price_range(
    kind: InstrumentKind,
    price: Price,
) -> Result<(), Refusal> {
    if price.0 < 1 {
        return Err(Refusal::invalid("price", "must be greater than 0"));
    }
    if kind == InstrumentKind::Prediction && price.0 >= PRICE_ONE {
        return Err(Refusal::invalid("price", "must lie between 0 and 1, both excluded"));
    }
    Ok(())
}

/// Tick, lot and minimums of one venue; an order that routes is floored to lots and ticks later.
fn check_venue_rules(
    spec: &MarketSpec,
    order: &Submit<'_>,
    outcome: Option<Outcome>,
    qty: Quantity,
    price: Option<Price>,
) -> Result<(), Refusal> {
    let pinned = order.venue.is_some();
    let grid = spec.grid_of(outcome);
    if let Some(limit) = order.limit {
        if pinned {
            grid.check_price(limit)?;
        } else {
            grid.check_passive(order.side, limit)?;
        }
    }
    if pinned {
        grid.check_lot(qty)?;
    }
    let floored = qty.floor_to(grid.order_lot());
    let notional = price.map(|price| Money::from_exact_floor(exact_notional(price, floored)));
    grid.check_minimums(floored, notional)
}
