//! Rebuilds the arithmetic of a fill from its record alone.
//!
//! Nothing here asks the engine: levels must add up to the fill, a place in the queue to its
//! history, the fee to its rule, the reservation to what was spent and freed, and the whole to its
//! hash. A record copied anywhere can be checked there.

use super::Value;
use super::evidence::record_hash;
use crate::ids::Side;
use crate::number::{Money, PRICE_ONE, Price, Quantity};
use crate::sim::fees::{Charging, Date, FeeModel, FeeRounding, FeeSchedule, FeeState};
use crate::sim::impact::shift_in_log_odds;
use crate::sim::walk::left_of;

/// What does not add up in a record; empty when everything does.
pub fn verify(record: &Value) -> Vec<String> {
    let mut check = Check { record, wrong: Vec::new() };
    check.hash();
    if *check.at("trade") != Value::Null {
        // A real venue's word: no book, no queue and no rule of ours to rebuild it from.
        check.cash();
        return check.wrong;
    }
    check.times();
    check.book();
    if check.text("liquidity") == "Taker" {
        check.levels();
        check.bounds();
    } else {
        check.queue();
        check.tape();
    }
    check.fee();
    check.cash();
    check.wrong
}

struct Check<'a> {
    record: &'a Value,
    wrong: Vec<String>,
}

impl Check<'_> {
    fn at(&self, path: &str) -> &Value {
        let mut steps = path.split('.');
        steps.try_fold(self.record, |value, name| value.get(name)).unwrap_or(&Value::Null)
    }

    fn int(&mut self, path: &str) -> i128 {
        if let Some(value) = self.at(path).int() {
            return value;
        }
        self.wrong.push(format!("{path} is missing"));
        0
    }

    fn flag(&self, path: &str) -> bool {
        *self.at(path) == Value::Bool(true)
    }

    fn text(&self, path: &str) -> &str {
        self.at(path).text().unwrap_or_default()
    }

    fn same(&mut self, what: &str, expected: i128, found: i128) {
        if expected != found {
            self.wrong.push(format!("{what}: {found}, rebuilt {expected}"));
        }
    }

    fn holds(&mut self, what: &str, is_true: bool) {
        if !is_true {
            self.wrong.push(what.to_owned());
        }
    }

    /// True when the second price is no better for the order than the first.
    fn no_better(&self, first: i128, second: i128) -> bool {
        if self.text("side") == "buy" { second >= first } else { second <= first }
    }

    /// A price of the order's own outcome as the book has it.
    fn in_book(&self, price: i128) -> i128 {
        if self.text("outcome") == "NO" { i128::from(PRICE_ONE) - price } else { price }
    }

    /// Direction in the book: buying NO is selling YES.
    fn buys_in_book(&self) -> bool {
        (self.text("side") == "buy") != (self.text("outcome") == "NO")
    }

    fn hash(&mut self) {
        let rebuilt = record_hash(self.record);
        let same = rebuilt == self.text("hash");
        self.holds("the hash covers another record", same);
    }

    fn times(&mut self) {
        if self.text("cause") == "LIQUIDATION" {
            return;
        }
        let [submit, arrive, matched, visible] =
            ["submit_local_ns", "arrive_venue_ns", "match_at_ns", "visible_at_ns"]
                .map(|name| self.int(&format!("time.{name}")));
        let entry = self.int("latency.entry_ns") + self.int("time.session_hold_ns");
        self.same("arrival", submit + entry, arrive);
        self.holds(
            "sent, arrived, matched and seen in this order",
            submit <= arrive && arrive <= matched && matched <= visible,
        );
        let drawn = self.int("rng.pos_after") - self.int("rng.pos_before");
        self.holds("one draw takes six values of its stream", drawn == 0 || drawn == 6);
    }

    fn book(&mut self) {
        let live = matches!(self.text("book.status"), "OK" | "POST_ONLY");
        self.holds("the cited book can be filled on", live);
        let (bid, ask) = (self.int("book.best_bid_1e9"), self.int("book.best_ask_1e9"));
        self.holds("the cited book is not crossed", bid == 0 || ask == 0 || bid < ask);
    }

    /// Part of the match that was not booked: never less than nothing.
    fn clipped(&mut self) -> i128 {
        let clipped = self.int("clipped_1e8");
        self.holds("nothing is booked that was not matched", clipped >= 0);
        clipped
    }

    fn levels(&mut self) {
        let (quantity, price) = (self.int("qty_1e8"), self.int("px_1e9"));
        let levels = self.at("levels").rows().to_vec();
        let of = |level: &Value, name: &str| level.get(name).and_then(Value::int).unwrap_or(-1);
        let taken: i128 = levels.iter().map(|level| of(level, "taken_1e8")).sum();
        let clipped = self.clipped();
        self.same("quantity taken from levels", quantity + clipped, taken);
        for level in &levels {
            let size = |name| Quantity(i64::try_from(of(level, name)).unwrap_or(-1));
            let (shown, printed) = (size("displayed_1e8"), size("pending_prints_1e8"));
            let left = i128::from(left_of(shown, printed, size("consumed_before_1e8")).0);
            self.holds("a level gives what it displays", of(level, "taken_1e8") <= left);
            let paid = self.in_book(price);
            self.same("effective price", paid, of(level, "px_effective_1e9"));
            self.impact(of(level, "px_recorded_1e9"), paid, of(level, "tick_1e9"));
        }
    }

    /// Recorded price plus own impact, rounded against the account by less than one tick.
    fn impact(&mut self, recorded: i128, effective: i128, tick: i128) {
        let shift = self.int("bounds.impact_shift");
        let moved = if self.text("kind") == "prediction" {
            let price = Price(i64::try_from(recorded).unwrap_or(0));
            let moved = shift_in_log_odds(price, i64::try_from(shift).unwrap_or(0));
            moved.map_or(recorded, |price| i128::from(price.0))
        } else {
            (recorded + shift).max(tick)
        };
        let moved = if shift == 0 { recorded } else { moved };
        let against = if self.buys_in_book() { effective - moved } else { moved - effective };
        self.holds(
            "own impact is rounded against the account, by less than a tick",
            (0..tick).contains(&against) || (shift != 0 && effective == recorded),
        );
        if self.text("bounds.impact_sides") != "two_sided" {
            let (first, second) = (self.in_book(recorded), self.in_book(effective));
            let fair = self.no_better(first, second);
            self.holds("own impact never betters a price", fair);
        }
    }

    fn bounds(&mut self) {
        let price = self.int("px_1e9");
        let cap = self.int("bounds.cap_px_1e9");
        let inside = self.no_better(price, cap);
        self.holds("the price lies inside its cap", inside);
        if let Some(limit) = self.at("bounds.limit_1e9").int() {
            let inside = self.no_better(price, limit);
            self.holds("the price lies inside its limit", inside);
        }
    }

    fn queue(&mut self) {
        let [entry, before, after, prints, cancels] =
            ["v_entry", "v_before", "v_after", "prints_ahead", "cancels_credited_ahead"]
                .map(|name| self.int(&format!("queue.{name}_1e8")));
        self.same("size ahead at entry", before + prints + cancels, entry);
        let (low, high) = (self.int("queue.v_low_1e8"), self.int("queue.v_high_1e8"));
        let read = (low, high) != (-1, -1);
        self.holds("the readings are in their order", !read || (low <= after && after <= high));
        let surplus = self.int("queue.surplus_1e8");
        self.holds("the surplus is not negative", surplus >= 0);
        if self.text("cause") == "QUEUE" {
            self.holds("a print reaches who is first", after == 0);
        }
    }

    fn tape(&mut self) {
        let (quantity, price) = (self.int("qty_1e8"), self.int("px_1e9"));
        let (own, buys) = (self.in_book(price), self.buys_in_book());
        let tape = self.at("tape").rows().to_vec();
        let Some(event) = tape.first() else {
            return self.wrong.push("no event of the tape is cited".to_owned());
        };
        let of = |name: &str| event.get(name).and_then(Value::int).unwrap_or(-1);
        let matched = quantity + self.clipped();
        self.same("used of the event", matched, of("used_1e8"));
        let budget = of("budget_before_1e8");
        self.holds("no more than was left of the event", matched <= budget);
        self.holds("no more than the event had", budget <= of("size_1e8"));
        let before = self.int("queue.v_before_1e8");
        let seen = of("px_1e9");
        let through = if buys { seen < own } else { seen > own };
        let fits = match self.text("cause") {
            "QUEUE" => seen == own && budget + before <= of("size_1e8"),
            "THROUGH" => through,
            "CROSSING" | "RESYNC_CROSS" => through || seen == own,
            _ => false,
        };
        self.holds("the event is evidence for the cause", fits);
    }

    fn fee(&mut self) {
        let sums = FeeState {
            exact: self.int("fee.before.exact_1e17"),
            booked: Money(self.int("fee.before.booked_1e9")),
            due: self.int("fee.before.due_1e9"),
            due_rest: self.int("fee.before.due_rest_1e25"),
            paid: Money(self.int("fee.before.paid_1e9")),
            accumulator: Money(self.int("fee.before.accumulator_1e9")),
            carried: self.int("fee.before.carried_1e34"),
        };
        let Some(rule) = self.rule() else {
            return self.wrong.push("the fee rule is not known".to_owned());
        };
        let side = if self.text("side") == "buy" { Side::Buy } else { Side::Sell };
        let price = Price(i64::try_from(self.int("px_1e9")).unwrap_or(-1));
        let quantity = Quantity(i64::try_from(self.int("qty_1e8")).unwrap_or(-1));
        let is_maker = self.text("liquidity") == "Maker";
        let how = Charging { is_maker, joined: self.flag("fee.joined") };
        let mut after = sums;
        let Ok(leg) = after.charge(&rule, side, price, quantity, how) else {
            return self.wrong.push("the fee cannot be rebuilt".to_owned());
        };
        let found = self.int("fee.fee_1e9");
        self.same("fee", leg.fee.0, found);
        let found = self.int("fee.accumulator_after_1e9");
        self.same("fee accumulator", leg.accumulator.0, found);
        let found = self.int("cash.notional_1e9");
        self.same("notional", leg.notional.0, found);
        let found = self.int("cash.charged_after_1e9");
        self.same("charged", after.booked.0, found);
        let parts = self.int("fee.trade_fee_1e9") + self.int("fee.rounding_fee_1e9")
            - self.int("fee.rebate_1e9");
        self.same("parts of the fee", leg.fee.0, parts);
    }

    fn rule(&mut self) -> Option<FeeSchedule> {
        let rate_1e8 = i64::try_from(self.int("fee.rate_1e8")).ok()?;
        let model = match self.text("fee.model") {
            "bps" => FeeModel::Bps { maker_rate_1e8: rate_1e8, taker_rate_1e8: rate_1e8 },
            "kalshi" => FeeModel::Kalshi {
                maker_rate_1e8: rate_1e8,
                taker_rate_1e8: rate_1e8,
                trade_fee_step: Money(self.int("fee.trade_fee_step_1e9")),
                balance_step: Money(self.int("fee.balance_step_1e9")),
            },
            "polymarket" => FeeModel::Polymarket {
                taker_rate_1e8: rate_1e8,
                rebate_rate_1e8: 0,
                rounding: FeeRounding::parse(self.text("fee.rounding"))?,
            },
            _ => return None,
        };
        let effective_from = Date { year: 0, month: 0, day: 0 };
        Some(FeeSchedule { model, rule_id: "", effective_from, fee_default: false })
    }

    fn cash(&mut self) {
        let [before, after, released] =
            ["reserved_before_1e9", "reserved_after_1e9", "released_1e9"]
                .map(|name| self.int(&format!("cash.{name}")));
        let spent = match (self.text("kind"), self.text("side")) {
            ("perp", _) => 0,
            (_, "buy") => self.int("cash.notional_1e9") + self.int("fee.fee_1e9"),
            _ => 10 * self.int("qty_1e8"),
        };
        self.same("reserved before", spent + released + after, before);
        if self.text("kind") != "perp" {
            self.holds("a fill frees, it never needs more", released >= 0);
        }
    }
}
