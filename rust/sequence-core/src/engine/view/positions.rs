//! Position rows and their totals.

use super::quotes::value_of;
use super::{Value, total_text};
use crate::engine::Engine;
use crate::engine::portfolio::worth::{self, Marked, Sum};
use crate::ids::{AccountId, AssetId, AssetKind, MarketId, RowIx, VenueId};
use crate::number::{Money, Quantity};
use crate::position::{Lifecycle, Position};

/// The sums below the rows.
#[derive(Debug, Clone, Copy)]
struct Totals {
    cash: Sum,
    crypto: Sum,
    events: Sum,
    perp_notional: Sum,
    perp_pnl: Sum,
    locked_cash: Sum,
    unrealized: Sum,
    realized: Sum,
    fees: Sum,
}

/// What an account is worth, in USD at 1e-9; `None` where a part of it has no value in USD.
#[derive(Debug, Clone, Copy)]
pub struct Worth {
    /// Net asset value.
    pub nav: Sum,
    cash: Sum,
    realized: Sum,
    unrealized: Sum,
    fees: Sum,
    locked_cash: Sum,
}

impl Worth {
    /// From what a store kept: net asset value, cash, realised and unrealised profit, fees and locked
    /// cash.
    pub(crate) const fn of(sums: [Option<i128>; 6]) -> Self {
        let [nav, cash, realized, unrealized, fees, locked_cash] = sums;
        Self { nav, cash, realized, unrealized, fees, locked_cash }
    }

    /// The sums by their names on the wire.
    pub(crate) fn fields(&self) -> [(&'static str, Value); 8] {
        [
            ("nav_usd_1e9", Value::option(self.nav)),
            ("nav_usd", total_text(self.nav)),
            ("cash_usd_1e9", Value::option(self.cash)),
            ("cash_usd", total_text(self.cash)),
            ("realized_pnl_usd_1e9", Value::option(self.realized)),
            ("unrealized_pnl_usd_1e9", Value::option(self.unrealized)),
            ("fees_usd_1e9", Value::option(self.fees)),
            ("locked_cash_usd_1e9", Value::option(self.locked_cash)),
        ]
    }
}

/// One row with everything that is derived from it.
struct Row<'a> {
    account: AccountId,
    venue: VenueId,
    kind: AssetKind,
    symbol: &'a str,
    pegged: bool,
    position: &'a Position,
    quantity: Quantity,
    available: Quantity,
    /// Where open orders lock a perpetual's row.
    closing: Option<MarketId>,
    mark: Marked,
    margin: Money,
    margin_asset: Option<&'a str>,
}

impl Engine {
    /// Positions and totals. `None` filters nothing.
    pub fn positions_view(
        &self,
        account: AccountId,
        venues: Option<&[VenueId]>,
        kinds: Option<&[AssetKind]>,
        include_closed: bool,
    ) -> Value {
        let mut keys: Vec<(VenueId, AssetKind, &str, AssetId, RowIx)> = self
            .portfolio
            .rows_of(account)
            .iter()
            .map(|((venue, asset), row)| {
                let known = self.registry.asset_row(*asset);
                (*venue, known.kind, self.portfolio.row_symbol(&self.registry, *row), *asset, *row)
            })
            .filter(|(venue, kind, ..)| {
                venues.is_none_or(|list| list.contains(venue))
                    && kinds.is_none_or(|list| list.contains(kind))
            })
            .collect();
        keys.sort_unstable();
        let mut totals = Totals::NOTHING;
        let mut rows = Vec::with_capacity(keys.len());
        for (venue, _, _, asset, id) in keys {
            let row = self.position_row(account, venue, asset, id);
            totals.add(&row);
            if include_closed || !row.position.lifecycle().is_terminal() {
                rows.push(self.position_view(&row));
            }
        }
        Value::Map(vec![
            ("positions", Value::List(rows)),
            ("totals", totals.view()),
            ("as_of_ns", self.agenda.now_ns().into()),
        ])
    }

    /// Net asset value in USD.
    pub(super) fn net_value(&self, account: AccountId) -> Option<Money> {
        self.totals_of(account).nav().map(Money)
    }

    /// What an account is worth now.
    pub(crate) fn worth(&self, account: AccountId) -> Worth {
        let totals = self.totals_of(account);
        Worth {
            nav: totals.nav(),
            cash: totals.cash,
            realized: totals.realized,
            unrealized: totals.unrealized,
            fees: totals.fees,
            locked_cash: totals.locked_cash,
        }
    }

    fn totals_of(&self, account: AccountId) -> Totals {
        let mut totals = Totals::NOTHING;
        for ((venue, asset), id) in self.portfolio.rows_of(account).iter() {
            totals.add(&self.position_row(account, *venue, *asset, *id));
        }
        totals
    }

    fn position_row(
        &self,
        account: AccountId,
        venue: VenueId,
        asset: AssetId,
        id: RowIx,
    ) -> Row<'_> {
        let known = self.registry.asset_row(asset);
        let position = self.portfolio.position(id);
        let quantity = self.portfolio.held(account, venue, asset);
        let free = || {
            self.portfolio
                .spendable(self.facts(), account, venue, asset)
                .to_quantity_floor()
                .unwrap_or_default()
        };
        let available = if position.perp.is_some() { quantity } else { free() };
        let closing = self.facts().perp_market(venue, asset);
        let margin = self.portfolio.margin_of(id);
        let margin_asset = position.perp.and_then(|perp| perp.margin).and_then(|reservation| {
            let balance = self.portfolio.ledger().balance_of(reservation).ok()?;
            let key = self.portfolio.ledger().key(balance)?;
            Some(&*self.registry.asset_row(key.asset).code)
        });
        Row {
            account,
            venue,
            kind: known.kind,
            symbol: self.portfolio.row_symbol(&self.registry, id),
            pegged: known.pegged,
            position,
            quantity,
            available,
            closing,
            mark: self.facts().mark_for(venue, asset, position),
            margin,
            margin_asset,
        }
    }

    fn position_view(&self, row: &Row<'_>) -> Value {
        let marked_by = row.mark.symbol.map(|id| self.registry.symbol(id).text.clone());
        let position = row.position;
        let (slug, outcome, token) = event_parts(row);
        let closing = row.closing.map(|market| self.papers().closing(row.account, market));
        let locked = closing.unwrap_or_else(|| row.locked());
        let sign = row.quantity.0.signum();
        let available = closing.map_or(row.available, |locked| {
            Quantity(row.quantity.0.saturating_sub(sign.saturating_mul(locked.0)))
        });
        Value::Map(vec![
            ("id", position.id.into()),
            ("venue", row.venue.as_str().into()),
            (
                "instrument",
                Value::Map(vec![
                    ("kind", row.kind.as_str().into()),
                    ("symbol", row.symbol.to_owned().into()),
                    ("market_slug", slug),
                    ("outcome", outcome),
                    ("token_id", token),
                ]),
            ),
            ("qty_1e8", row.quantity.into()),
            ("locked_qty_1e8", locked.into()),
            ("available_qty_1e8", available.into()),
            (
                "entry_price_usd_1e9",
                Value::option(position.is_priced().then(|| position.entry_price())),
            ),
            ("current_price_usd_1e9", Value::option(row.mark.price)),
            ("current_value_usd_1e9", Value::option(row.value())),
            ("unrealized_pnl_usd_1e9", Value::option(row.unrealized())),
            ("realized_pnl_usd_1e9", Value::option(worth::realized(row.position))),
            ("fees_usd_1e9", Value::option(worth::fees(row.position))),
            ("lifecycle", lifecycle_view(position.lifecycle())),
            ("transferable", matches!(row.kind, AssetKind::Fiat | AssetKind::Crypto).into()),
            ("settled", position.settled_mark().is_some().into()),
            ("settled_mark_usd_1e9", Value::option(position.settled_mark())),
            ("is_sandbox", self.is_sandbox(row.account).into()),
            ("margin_locked_1e8", row.margin.to_quantity_floor().unwrap_or_default().into()),
            ("margin_asset", Value::option(row.margin_asset.map(str::to_owned))),
            ("mark_source", Value::option(row.mark.source)),
            ("mark_symbol", Value::option(marked_by)),
            ("mark_age_ms", row.mark.age_ms.into()),
            ("updated_unix_ns", position.updated_ns.into()),
        ])
    }
}

impl Row<'_> {
    fn locked(&self) -> Quantity {
        Quantity(self.quantity.0.saturating_sub(self.available.0))
    }

    /// In USD at 1e-9. What nothing is held of is worth nothing.
    fn value(&self) -> Sum {
        if self.quantity.0 == 0 {
            return Some(0);
        }
        self.mark.price.map(|price| value_of(self.quantity, price))
    }

    fn unrealized(&self) -> Sum {
        worth::unrealized(self.position, self.quantity, self.mark.price)
    }
}

/// Adds a part; a sum with a part that is not known is not known.
fn add(sum: &mut Sum, part: Sum) {
    *sum = sum.zip(part).map(|(sum, part)| sum + part);
}

impl Totals {
    const NOTHING: Self = Self {
        cash: Some(0),
        crypto: Some(0),
        events: Some(0),
        perp_notional: Some(0),
        perp_pnl: Some(0),
        locked_cash: Some(0),
        unrealized: Some(0),
        realized: Some(0),
        fees: Some(0),
    };

    fn add(&mut self, row: &Row<'_>) {
        let value = row.value();
        match row.kind {
            AssetKind::Perp => {
                add(&mut self.perp_notional, value.map(i128::abs));
                add(&mut self.perp_pnl, row.unrealized());
            }
            AssetKind::EventContract => add(&mut self.events, value),
            _ if row.pegged || row.kind == AssetKind::Fiat => {
                let locked = row.locked();
                let worth = |price| value_of(locked, price);
                let nothing = (locked.0 == 0).then_some(0);
                add(&mut self.cash, value);
                add(&mut self.locked_cash, nothing.or_else(|| row.mark.price.map(worth)));
            }
            _ => add(&mut self.crypto, value),
        }
        add(&mut self.unrealized, row.unrealized());
        add(&mut self.realized, worth::realized(row.position));
        add(&mut self.fees, worth::fees(row.position));
    }

    fn nav(&self) -> Sum {
        Some(self.cash? + self.crypto? + self.events? + self.perp_pnl?)
    }

    fn view(&self) -> Value {
        let sums = [
            ("nav_usd_1e9", "nav_usd", self.nav()),
            ("cash_usd_1e9", "cash_usd", self.cash),
            ("crypto_usd_1e9", "crypto_usd", self.crypto),
            ("event_contracts_usd_1e9", "event_contracts_usd", self.events),
            ("perp_notional_usd_1e9", "perp_notional_usd", self.perp_notional),
            ("locked_cash_usd_1e9", "locked_cash_usd", self.locked_cash),
            ("unrealized_pnl_usd_1e9", "unrealized_pnl_usd", self.unrealized),
            ("realized_pnl_usd_1e9", "realized_pnl_usd", self.realized),
            ("fees_usd_1e9", "fees_usd", self.fees),
        ];
        let pairs = sums.into_iter().flat_map(|(number, text, value)| {
            [(number, Value::option(value)), (text, total_text(value))]
        });
        Value::Map(pairs.collect())
    }
}

/// Market slug, outcome and token id of an event row.
fn event_parts(row: &Row<'_>) -> (Value, Value, Value) {
    if row.kind != AssetKind::EventContract {
        return (Value::Null, Value::Null, Value::Null);
    }
    match crate::symbol::parse_event_contract(row.symbol) {
        Err(_) => (Value::Null, Value::Null, Value::Null),
        Ok(parsed) => (
            parsed.market_slug.to_owned().into(),
            parsed.outcome.as_str().into(),
            Value::option(parsed.token_id.map(str::to_owned)),
        ),
    }
}

fn lifecycle_view(lifecycle: Lifecycle) -> Value {
    let mut keys: Vec<(&'static str, Value)> = vec![("state", lifecycle.as_str().into())];
    match lifecycle {
        Lifecycle::Active => {}
        Lifecycle::Closed { closed_at_ns } => keys.push(("closed_at_ns", closed_at_ns.into())),
        Lifecycle::Resolved { resolved_at_ns } => {
            keys.push(("resolved_at_ns", resolved_at_ns.into()));
        }
        Lifecycle::Redeemed { resolved_at_ns, redeemed_at_ns, payout } => keys.extend([
            ("resolved_at_ns", resolved_at_ns.into()),
            ("payout_usd_1e9", payout.into()),
            ("redeemed_at_ns", redeemed_at_ns.into()),
        ]),
    }
    Value::Map(keys)
}
