//! Messages fed by hand, one after the other in one call.

use super::{Session, Stop};
use crate::command::{Command, MarketRow};
use crate::reject::Refusal;

impl Session {
    /// Applies one message at `now_ns` as a call by itself does: what was due happens before it. A
    /// refused one changes nothing.
    pub fn by_hand(&mut self, row: MarketRow<'_>, now_ns: i64) -> Result<(), Refusal> {
        if self.engine.now_ns() < now_ns {
            self.advance(now_ns);
        } else {
            // The present was reached before: only what the last message left due is to happen.
            self.run(now_ns, Stop::Never);
        }
        let applied = self.engine.apply(Command::MarketRows { rows: &[row] }, now_ns);
        self.market_moved();
        applied.map(drop).map_err(|refusal| {
            let field = refusal.field.strip_prefix("events[0].").unwrap_or_default().to_owned();
            Refusal { field: field.into(), ..refusal }
        })
    }
}
