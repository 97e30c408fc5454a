//! `Engine`: accounts, their balances and positions.

use pyo3::prelude::*;
use sequence_core::command::{Command, PositionRow};
use sequence_core::engine::Reply;
use sequence_core::engine::view::Value;
use sequence_core::ids::AccountId;
use sequence_core::number::{Price, Quantity};

use crate::parse;

use crate::engine::{Answer, Engine};

/// (venue, kind, symbol, quantity, entry price) of a position write.
type RowArgument = (String, String, String, i64, Option<i64>);

#[pymethods]
impl Engine {
    /// Handle of a client's sandbox account, made on first use and not seeded.
    fn account(&self, client: &str) -> u32 {
        self.lock().engine.account(client).0
    }

    /// Number of the account's epoch; 0 = never seeded.
    fn epoch(&self, account: u32) -> u32 {
        self.lock().engine.account_row(AccountId(account)).epoch
    }

    /// The epoch of the last reset; those after it began with copies that were returned to.
    fn first_epoch(&self, account: u32) -> u32 {
        self.lock().engine.account_row(AccountId(account)).first_epoch()
    }

    /// Starts over with `initial_balance_1e8` of each seeded cash asset.
    fn reset<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        initial_balance_1e8: i64,
        now_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let initial = Quantity(initial_balance_1e8);
            let command = Command::Reset { account: AccountId(account), initial };
            let reply = session.engine.apply(command, now_ns)?;
            session.begin_equity(AccountId(account));
            match reply {
                Reply::Rows { written, deleted } => Ok(Value::Map(vec![
                    ("venues_seeded", written.into()),
                    ("deleted", deleted.into()),
                ])),
                _ => Ok(Value::Null),
            }
        })
    }

    /// What an account was worth after `since_ns`, oldest first, and the extremes of its epoch.
    fn equity<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        since_ns: i64,
        limit: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| Ok(session.equity_view(AccountId(account), since_ns, limit)))
    }

    /// Takes back what an account was worth from a store: (time, epoch, sums), oldest first, and the
    /// highest value and deepest fall of the last epoch.
    fn put_back_equity(
        &self,
        account: u32,
        kept: Vec<(i64, u32, [Option<i128>; 6])>,
        extremes: (Option<i128>, i128),
    ) {
        self.lock().put_back_equity(AccountId(account), &kept, extremes);
    }

    /// Prices around the fills of an account, newest first, of before a commit number.
    #[pyo3(signature = (account, limit, before_seq=None))]
    fn marks<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        limit: usize,
        before_seq: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| Ok(session.marks_view(AccountId(account), limit, before_seq)))
    }

    /// Writes position rows, all or none; returns (written, deleted).
    fn set_positions(
        &self,
        py: Python<'_>,
        account: u32,
        rows: Vec<RowArgument>,
        replace: bool,
        now_ns: i64,
    ) -> PyResult<(u32, u32)> {
        self.run(py, |session| {
            let rows = rows
                .iter()
                .map(|(venue, kind, symbol, quantity, entry)| {
                    Ok(PositionRow {
                        venue: parse::venue(venue)?,
                        kind: parse::asset_kind(kind)?,
                        symbol,
                        quantity: Quantity(*quantity),
                        entry: entry.map(Price),
                    })
                })
                .collect::<Answer<Vec<_>>>()?;
            let account = AccountId(account);
            let command = Command::SetPositions { account, rows: &rows, replace };
            let reply = session.engine.apply(command, now_ns)?;
            session.begin_equity(account);
            match reply {
                Reply::Rows { written, deleted } => Ok((written, deleted)),
                _ => Ok((0, 0)),
            }
        })
    }

    /// Positions and totals.
    #[pyo3(signature = (account, *, venues=None, kinds=None, include_closed=false))]
    fn positions<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        venues: Option<Vec<String>>,
        kinds: Option<Vec<String>>,
        include_closed: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let venues = parse::venues(venues)?;
            let kinds = kinds
                .map(|list| list.iter().map(|kind| parse::asset_kind(kind)).collect())
                .transpose()?;
            let kinds: Option<Vec<_>> = kinds;
            Ok(session.engine.positions_view(
                AccountId(account),
                venues.as_deref(),
                kinds.as_deref(),
                include_closed,
            ))
        })
    }
}
