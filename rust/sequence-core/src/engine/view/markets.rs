//! Symbols, listings and fees.

use super::Value;
use crate::engine::Engine;
use crate::ids::{InstrumentKind, MarketId, SymbolId, VenueId};
use crate::listing::unknown_symbol;
use crate::market::MarketStatus;
use crate::number::Price;
use crate::registry::Registry;
use crate::reject::Refusal;
use crate::sim::fees::FeeModel;
use crate::venue::{Grid, PriceGrid, TermsOrigin};

impl Engine {
    /// The canonical text of a symbol in any form.
    pub fn canonical_symbol(&self, text: &str) -> Option<String> {
        let found = self.facts().resolve_text(text)?;
        Some(self.registry.symbol(found.symbol).canonical(found.outcome).as_ref().to_owned())
    }

    /// Symbol rows, ordered by symbol; filtered by venue and kind.
    pub fn symbols_view(&self, venue: Option<VenueId>, kind: Option<InstrumentKind>) -> Value {
        let mut rows: Vec<_> = self
            .registry
            .symbols()
            .filter(|(id, row)| {
                kind.is_none_or(|wanted| row.kind == wanted)
                    && venue.is_none_or(|wanted| self.registry.market_at(*id, wanted).is_some())
            })
            .collect();
        rows.sort_by(|(_, a), (_, b)| a.text.cmp(&b.text));
        Value::List(rows.into_iter().map(|(id, _)| self.symbol_view(id)).collect())
    }

    /// One symbol row by any of its names.
    pub fn symbol_by_text(&self, text: &str) -> Result<Value, Refusal> {
        let found = self.resolved(text)?;
        Ok(self.symbol_view(found.symbol))
    }

    fn symbol_view(&self, id: SymbolId) -> Value {
        let row = self.registry.symbol(id);
        let venues = row.markets.iter().map(|market| self.listing_view(*market)).collect();
        let pair = |code: &std::sync::Arc<str>| {
            if code.is_empty() { Value::Null } else { code.clone().into() }
        };
        Value::Map(vec![
            ("symbol", row.text.clone().into()),
            ("instrument_type", row.kind.as_str().into()),
            ("base", pair(&row.base)),
            ("quote", pair(&row.quote)),
            ("status", self.trading_status(id).into()),
            ("market", self.event_market_view(id)),
            ("venues", Value::List(venues)),
        ])
    }

    fn trading_status(&self, id: SymbolId) -> &'static str {
        let statuses: Vec<MarketStatus> =
            self.books_of(id).map(|(_, market)| market.status(self.agenda.now_ns())).collect();
        let all =
            |test: fn(&MarketStatus) -> bool| !statuses.is_empty() && statuses.iter().all(test);
        if all(|status| *status == MarketStatus::Resolved) {
            "resolved"
        } else if all(|status| status.is_over()) {
            "closed"
        } else if all(|status| *status == MarketStatus::Halted) {
            "halted"
        } else {
            "trading"
        }
    }

    fn event_market_view(&self, id: SymbolId) -> Value {
        let row = self.registry.symbol(id);
        if row.kind != InstrumentKind::Prediction {
            return Value::Null;
        }
        let token = |at: usize| {
            Value::option(row.tokens.as_ref().and_then(|tokens| tokens.get(at)).cloned())
        };
        let grid = row
            .markets
            .first()
            .map_or("linear_cent", |market| self.registry.market(*market).grid.prices.as_str());
        Value::Map(vec![
            ("market_slug", row.text.clone().into()),
            ("outcomes", Value::List(vec!["YES".into(), "NO".into()])),
            ("yes_token_id", token(0)),
            ("no_token_id", token(1)),
            ("category", row.category.clone().into()),
            ("close_ns", Value::Null),
            ("grid", grid.into()),
        ])
    }

    fn listing_view(&self, id: MarketId) -> Value {
        listing_row(&self.registry, id, self.price_near(id))
    }

    /// A price of the market's symbol, where one is known.
    fn price_near(&self, id: MarketId) -> Option<Price> {
        let mark = self.facts().mark_of_symbol(self.registry.market(id).symbol, None);
        mark.map(|mark| mark.price)
    }

    /// Maker and taker fees of a ticker; every listing venue, or the venues asked for.
    pub fn fees_view(&self, ticker: &str, venues: Option<&[VenueId]>) -> Result<Value, Refusal> {
        let found = self
            .facts()
            .resolve_text(ticker)
            .ok_or_else(|| Refusal::not_found(unknown_symbol(&self.registry, ticker)))?;
        let listed: Vec<VenueId> = self.books_of(found.symbol).map(|(venue, _)| venue).collect();
        let asked = venues.map_or(listed, <[VenueId]>::to_vec);
        let rows = asked.into_iter().map(|venue| self.fee_row(found.symbol, venue)).collect();
        Ok(Value::Map(vec![("ticker", ticker.to_owned().into()), ("fees", Value::List(rows))]))
    }

    fn fee_row(&self, symbol: SymbolId, venue: VenueId) -> Value {
        let market = self.registry.market_at(symbol, venue);
        let schedule = market.map(|id| self.registry.market(id).fees);
        let shown = schedule.map(|schedule| schedule.reported());
        let bps = |rate: i64| super::bps_number(i128::from(rate));
        Value::Map(vec![
            ("venue", venue.as_str().into()),
            ("maker_bps", shown.map_or(Value::Null, |fees| bps(fees.maker_rate_1e8))),
            ("taker_bps", shown.map_or(Value::Null, |fees| bps(fees.taker_rate_1e8))),
            ("maker_rate_1e8", Value::option(shown.map(|fees| fees.maker_rate_1e8))),
            ("taker_rate_1e8", Value::option(shown.map(|fees| fees.taker_rate_1e8))),
            ("model", Value::option(shown.map(|fees| fees.model))),
            (
                "effective_date",
                Value::option(schedule.map(|schedule| schedule.effective_from.to_string())),
            ),
        ])
    }
}

/// Terms of a symbol at a venue; the tick is that at the price, where one is known.
pub(crate) fn listing_row(registry: &Registry, id: MarketId, near: Option<Price>) -> Value {
    let terms = registry.market(id);
    let margin = (terms.kind == InstrumentKind::Perp).then_some(terms.initial_margin_1e8);
    Value::Map(vec![
        ("venue", terms.venue.as_str().into()),
        ("venue_symbol", registry.venue_symbol(id).clone().into()),
        ("settle_asset", registry.asset_row(terms.settle).code.clone().into()),
        ("tick_1e9", terms.grid.shown_tick(near).into()),
        ("lot_1e8", terms.grid.lot.into()),
        ("min_qty_1e8", terms.grid.min_qty.into()),
        ("min_notional_usd_1e9", terms.grid.min_notional.into()),
        ("source", terms.grid.origins.grid.as_str().into()),
        ("grid", grid_view(&terms.grid)),
        ("post_only", terms.post_only.into()),
        ("initial_margin_1e8", Value::option(margin)),
        ("fee_schedule", fee_schedule_view(&terms.fees.model)),
    ])
}

/// The parts of a grid that are not numbers of the listing, and who said each part.
fn grid_view(grid: &Grid) -> Value {
    let PriceGrid::Figures { figures, decimals } = grid.prices else {
        return grid_map(grid, None);
    };
    grid_map(grid, Some((figures, decimals)))
}

fn grid_map(grid: &Grid, figures: Option<(u8, u8)>) -> Value {
    let (of, from) = (&grid.origins, |origin: TermsOrigin| Value::from(origin.as_str()));
    let bands =
        grid.prices.bands().into_iter().map(|(from, tick)| {
            Value::Map(vec![("from_1e9", from.into()), ("tick_1e9", tick.into())])
        });
    Value::Map(vec![
        ("prices", grid.prices.as_str().into()),
        ("bands", Value::List(bands.collect())),
        ("significant_figures", Value::option(figures.map(|(figures, _)| i64::from(figures)))),
        ("price_decimals", Value::option(figures.map(|(_, decimals)| i64::from(decimals)))),
        ("low_1e9", grid.low.into()),
        ("high_1e9", grid.high.into()),
        (
            "sources",
            Value::Map(vec![
                ("tick", from(of.grid)),
                ("range", from(of.range)),
                ("lot", from(of.lot)),
                ("min_qty", from(of.min_qty)),
                ("min_notional", from(of.min_notional)),
            ]),
        ),
    ])
}

/// The schedule a market publishes itself, where it has one.
fn fee_schedule_view(model: &FeeModel) -> Value {
    match *model {
        FeeModel::Polymarket { taker_rate_1e8, rebate_rate_1e8, .. } => Value::Map(vec![
            ("exponent", 1i64.into()),
            ("rate_1e8", taker_rate_1e8.into()),
            ("taker_only", true.into()),
            ("rebate_rate_1e8", rebate_rate_1e8.into()),
        ]),
        FeeModel::Bps { .. } | FeeModel::Kalshi { .. } => Value::Null,
    }
}
