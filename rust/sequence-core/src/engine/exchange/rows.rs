//! Several venue messages as one command: checked first, so all of them are applied, or none.

use crate::command::MarketRow;
use crate::engine::{Engine, FeedKind, Reply};
use crate::listing::{enlist, find};
use crate::reject::Refusal;

const NO_BOOK: &str = "has no book yet: send a snapshot";

impl Engine {
    /// Says which row cannot be applied, by its place. What passes cannot fail any more: market
    /// data itself is never refused.
    pub fn check_market_rows(&self, rows: &[MarketRow<'_>]) -> Result<(), Refusal> {
        // What the rows before will have listed; copied only when one lists something.
        let mut listed = None;
        for (at, row) in rows.iter().enumerate() {
            let known = listed.as_ref().unwrap_or(&self.registry);
            if find(known, row.venue, row.symbol).is_some() {
                continue;
            }
            let refused = |refusal: Refusal| Refusal {
                field: format!("events[{at}].{}", refusal.field).into(),
                ..refusal
            };
            if !row.is_first {
                return Err(refused(Refusal::invalid("symbol", NO_BOOK)));
            }
            let registry = listed.get_or_insert_with(|| self.registry.clone());
            enlist(registry, row.venue, row.symbol, self.rules.params().rebates)
                .map_err(refused)?;
        }
        Ok(())
    }

    pub(in crate::engine) fn market_rows(
        &mut self,
        rows: &[MarketRow<'_>],
    ) -> Result<Reply, Refusal> {
        self.check_market_rows(rows)?;
        for row in rows {
            let found = self.find_market(row.venue, row.symbol);
            let market = match found {
                Some(market) => market,
                None => self.list_market(row.venue, row.symbol, FeedKind::HandFed)?,
            };
            self.claim(market, FeedKind::HandFed);
            self.market_message(market, row.events);
            self.carry();
            self.judge_changed();
        }
        Ok(Reply::Done)
    }
}
