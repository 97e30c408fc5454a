//! Orders by the numbers of their markets, for strategies in the same process.
//!
//! Each first brings sources and timers up to the present, as every call does; it stays where it is,
//! so that a batch does so once: between two of its items nothing comes due that the second of them
//! would not fire itself.

use super::{Session, Stop};
use crate::command::{Command, Size, Submit};
use crate::engine::Reply;
use crate::ids::{AccountId, MarketId, OrderId, Outcome, Side};
use crate::number::{Price, Quantity};
use crate::order::TimeInForce;
use crate::reject::Refusal;

/// What is asked of a market's venue.
#[derive(Debug, Clone, Copy)]
pub struct DeskOrder {
    /// Where.
    pub market: MarketId,
    /// Which outcome of an event market, where it is not YES.
    pub outcome: Option<Outcome>,
    /// Direction.
    pub side: Side,
    /// How much.
    pub qty: Quantity,
    /// Limit price; `None` is a market order.
    pub limit: Option<Price>,
    /// Time in force; by default `gtc` for limit and `ioc` for market orders.
    pub tif: Option<TimeInForce>,
    /// Only reduces a perp position.
    pub reduce_only: bool,
    /// Cap against the best opposite price.
    pub max_slippage_bps: Option<u32>,
    /// Life of the order.
    pub horizon_ms: Option<u64>,
}

impl Session {
    /// Brings sources and timers up to the engine's present.
    pub fn bring_up(&mut self) {
        self.run(self.engine.now_ns(), Stop::Never);
    }

    /// Submits an order of a session that was brought up, and returns its number.
    pub fn desk_submit(
        &mut self,
        account: AccountId,
        asked: &DeskOrder,
    ) -> Result<OrderId, Refusal> {
        let market = asked.market;
        let found = self.engine.market_name(market, asked.outcome);
        let (venue, name) = found.ok_or_else(|| no_market(market, asked.outcome))?;
        let order = Submit {
            limit: asked.limit,
            venue: Some(venue),
            tif: asked.tif,
            reduce_only: asked.reduce_only,
            max_slippage_bps: asked.max_slippage_bps,
            horizon_ms: asked.horizon_ms,
            ..Submit::new(&name, asked.side, Size::Quantity(asked.qty))
        };
        let now_ns = self.engine.now_ns();
        match self.engine.apply(Command::Submit { account, order }, now_ns)? {
            Reply::Submitted { graph, .. } => {
                let order = self.engine.graph(graph).order;
                order.ok_or_else(|| Refusal::conflict("the graph has no order"))
            }
            other => Err(Refusal::conflict(format!("unexpected reply {other:?}"))),
        }
    }

    /// Cancels an order of a session that was brought up; false when it had ended before.
    pub fn desk_cancel(&mut self, account: AccountId, order: OrderId) -> Result<bool, Refusal> {
        if self.engine.own_order(account, order)?.status.is_terminal() {
            return Ok(false);
        }
        let now_ns = self.engine.now_ns();
        self.engine.apply(Command::CancelNumber { account, order }, now_ns)?;
        Ok(true)
    }
}

/// There is no such market: as it is numbered at a desk.
fn no_market(market: MarketId, outcome: Option<Outcome>) -> Refusal {
    let number = 2 * market.0 + u32::from(outcome == Some(Outcome::No));
    Refusal::not_found(format!("there is no market {number}"))
}
