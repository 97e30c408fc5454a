//! What a recording cannot tell, in sentences.

use crate::score::market::MarketScore;

/// Fronts, orders or levels below which a share says nothing.
pub const ENOUGH: u64 = 30;
/// A tape with more than one message in this many out of order is not timed well enough to say
/// which print came before which decrease.
const BACKWARDS: u64 = 100;

impl MarketScore {
    /// Shares of fronts may be read.
    pub fn tells_fronts(&self) -> bool {
        !self.is_touch_only() && self.fronts.tested >= ENOUGH
    }

    /// Shares of orders that their size gave away may be read; without a trade no rule fills any.
    pub fn tells_sizes(&self) -> bool {
        let facts = &self.facts;
        let usable = facts.event_level && !self.is_touch_only() && !self.is_out_of_order();
        usable && facts.prints > 0 && self.sizes.filled + self.sizes.cancelled >= ENOUGH
    }

    /// So may the share of fills at their exact instant.
    pub fn tells_instants(&self) -> bool {
        self.tells_sizes() && self.sizes.filled >= ENOUGH
    }

    /// So may what stands before the lot of a front's size.
    pub fn tells_depth(&self) -> bool {
        self.tells_fronts() && self.fronts.listed >= ENOUGH
    }

    /// Errors at levels with one order may be read.
    pub fn tells_singles(&self) -> bool {
        !self.is_out_of_order() && self.singles.followed >= ENOUGH
    }

    /// It never showed more than the best level of a side.
    pub const fn is_touch_only(&self) -> bool {
        self.facts.deepest <= 1
    }

    /// Too many messages were received before the one in front of them.
    pub const fn is_out_of_order(&self) -> bool {
        let (backwards, all) = self.backwards();
        backwards * BACKWARDS > all
    }

    /// Messages received before the one in front of them, of how many: of a recording of frames all
    /// markets together.
    const fn backwards(&self) -> (u64, u64) {
        if self.written.backwards > 0 {
            (self.written.backwards, self.written.frames)
        } else {
            (self.facts.backwards, self.facts.messages)
        }
    }

    /// What cannot be told, and why; what can be told with a grain of salt.
    pub fn doubts(&self) -> Vec<String> {
        let facts = &self.facts;
        let mut said = Vec::new();
        if facts.levels == 0 {
            let why = if facts.orders > 0 {
                "it names single orders and shows no levels: the tests here are for recordings of \
                 levels and trades"
            } else {
                "it shows no levels: there is no queue to estimate"
            };
            said.push(format!("Nothing can be told: {why}."));
            return said;
        }
        if self.written.unread > 0 {
            said.push(format!(
                "{} of its frames or lines cannot be read: what they said is missing.",
                self.written.unread
            ));
        }
        self.say_times(&mut said);
        self.say_gaps(&mut said);
        if self.is_touch_only() {
            said.push(
                "It only ever shows the best level of a side: an order that comes back to the \
                 touch looks new, so neither fronts nor orders can be recognised."
                    .to_owned(),
            );
        } else {
            self.say_fronts(&mut said);
            self.say_sizes(&mut said);
        }
        self.say_singles(&mut said);
        said
    }

    fn say_times(&self, said: &mut Vec<String>) {
        let (backwards, all) = self.backwards();
        if backwards == 0 {
            return;
        }
        let mut text = format!(
            "{backwards} of {all} messages were received before the one in front of them; each \
             counts at the latest time before it"
        );
        if self.is_out_of_order() {
            text += ", and with so many nobody can say which print met which queue: no instant of \
                     a fill is told";
        }
        said.push(text + ".");
    }

    fn say_gaps(&self, said: &mut Vec<String>) {
        let facts = &self.facts;
        if facts.gaps > 0 {
            let times =
                if facts.gaps == 1 { "once".to_owned() } else { format!("{} times", facts.gaps) };
            let percent = facts.away_ns.saturating_mul(100) / facts.span_ns.max(1);
            said.push(format!(
                "Its book was lost {times}, by a gap or the end of a connection, and unknown for \
                 {percent} % of the time: nothing of that time is tested."
            ));
        }
    }

    fn say_fronts(&self, said: &mut Vec<String>) {
        let (facts, tested) = (&self.facts, self.fronts.tested);
        if facts.prints == 0 {
            said.push("There is no trade in it: neither fronts nor fills can be told.".to_owned());
        } else if facts.sideless * 2 > facts.prints {
            said.push(format!(
                "{} of {} trades do not say which side was hit, and the touch does not either: \
                 they test nothing.",
                facts.sideless, facts.prints
            ));
        } else if tested < ENOUGH {
            said.push(format!(
                "Fronts: {tested} prints were followed by another of the same sweep; {ENOUGH} are \
                 needed for a share. A venue that adds up the fills of an aggressor shows none."
            ));
        }
    }

    fn say_sizes(&self, said: &mut Vec<String>) {
        let found = self.sizes.filled + self.sizes.cancelled;
        if !self.facts.event_level {
            said.push(format!(
                "Depth of {} comes in intervals, so new size may be several orders: none is \
                 recognised by its size.",
                self.venue.as_str()
            ));
        } else if !self.is_out_of_order() && found < ENOUGH {
            said.push(format!(
                "Orders by size: {found} were recognised; {ENOUGH} are needed for a share. Record \
                 longer, or a busier market."
            ));
        } else if self.tells_sizes() && !self.tells_instants() {
            said.push(format!(
                "Orders by size: {} of them were filled; {ENOUGH} are needed to say how many fills \
                 have their exact instant.",
                self.sizes.filled
            ));
        }
    }

    fn say_singles(&self, said: &mut Vec<String>) {
        let (counted, followed) = (self.facts.counted, self.singles.followed);
        if counted == 0 {
            said.push(
                "The feed does not count the orders of a level: no level is known to hold one."
                    .to_owned(),
            );
        } else if !self.is_out_of_order() && followed < ENOUGH {
            said.push(format!(
                "Levels with one order: {followed} were followed; {ENOUGH} are needed for a mean."
            ));
        }
    }
}
