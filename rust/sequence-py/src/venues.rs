//! `Engine`: live accounts. What real venues are asked comes out, what they tell goes in; nothing
//! here reaches a venue.

use pyo3::prelude::*;
use pyo3::types::PyList;
use sequence_core::command::{Command, TextTold};
use sequence_core::engine::view::Value;
use sequence_core::engine::{Engine as CoreEngine, LiveAsk, LiveRequest};
use sequence_core::event::VenueWord;
use sequence_core::ids::AccountId;
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::reject::{Refusal, RejectReason};

use crate::convert::to_python;
use crate::engine::{Answer, Engine};
use crate::error::bad_choice;
use crate::parse;

/// The keyword arguments of `report`, as Python gives them.
struct ReportArguments<'a> {
    venue_order: Option<&'a str>,
    reason: Option<&'a str>,
    text: &'a str,
    trade: Option<&'a str>,
    price_1e9: Option<i64>,
    qty_1e8: Option<i64>,
    fee_1e9: i128,
    fee_asset: Option<&'a str>,
    is_maker: bool,
}

impl<'a> ReportArguments<'a> {
    fn told(&self, word: &str) -> Answer<TextTold<'a>> {
        let word = VenueWord::parse(word).ok_or_else(|| {
            let known: Vec<_> = VenueWord::ALL.iter().map(|word| word.as_str()).collect();
            bad_choice("word", word, &known)
        })?;
        let qty = || given("qty_1e8", self.qty_1e8).map(Quantity);
        Ok(match word {
            VenueWord::Ack => {
                TextTold::Ack { venue_order: given("venue_order", self.venue_order)? }
            }
            VenueWord::Reject => {
                let reason = given("reason", self.reason)?;
                let reason = RejectReason::parse(reason).ok_or_else(|| {
                    let known: Vec<_> = RejectReason::ALL.iter().map(|r| r.as_str()).collect();
                    bad_choice("reason", reason, &known)
                })?;
                TextTold::Reject { reason, text: self.text }
            }
            VenueWord::Fill => TextTold::Fill {
                trade: given("trade", self.trade)?,
                price: given("price_1e9", self.price_1e9).map(Price)?,
                quantity: qty()?,
                fee: Money(self.fee_1e9),
                fee_asset: given("fee_asset", self.fee_asset)?,
                is_maker: self.is_maker,
            },
            VenueWord::Reversed => TextTold::Reversed { trade: given("trade", self.trade)? },
            VenueWord::Done => TextTold::Done {
                reason: parse::done_reason(given("reason", self.reason)?)?,
                filled: qty()?,
            },
            VenueWord::Amended => {
                TextTold::Amended { qty: qty()?, price: self.price_1e9.map(Price) }
            }
            VenueWord::AmendRefused => TextTold::AmendRefused,
            VenueWord::Unknown => TextTold::Unknown,
        })
    }
}

/// An argument that this kind of report has.
fn given<T>(name: &'static str, value: Option<T>) -> Answer<T> {
    value.ok_or_else(|| Refusal::invalid(name, "is missing in this report"))
}

#[pymethods]
impl Engine {
    /// Handle of a client's live account, made on first use: real venues fill its orders.
    fn live_account(&self, py: Python<'_>, client: &str) -> PyResult<u32> {
        self.run(py, |session| session.engine.live_account(client).map(|account| account.0))
    }

    /// Who fills the orders of an account: "sandbox" or "live".
    fn account_mode(&self, account: u32) -> &'static str {
        self.lock().engine.account_row(AccountId(account)).mode.as_str()
    }

    /// What real venues are to be asked since the last call, in the order made.
    fn take_requests<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows: Vec<Value> = {
            let engine = &mut self.lock().engine;
            let asked = engine.take_requests();
            asked.iter().map(|request| request_row(engine, request)).collect()
        };
        let rows: Vec<_> = rows.iter().map(|row| to_python(py, row)).collect::<PyResult<_>>()?;
        PyList::new(py, rows)
    }

    /// A venue told something of an order of a live account; `word` says what, the keywords the rest.
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of a report")]
    #[pyo3(signature = (venue, client_order_id, word, venue_ns, now_ns, *, venue_order=None,
        reason=None, text="", trade=None, price_1e9=None, qty_1e8=None, fee_1e9=0, fee_asset=None,
        is_maker=false))]
    fn report(
        &self,
        py: Python<'_>,
        venue: &str,
        client_order_id: &str,
        word: &str,
        venue_ns: i64,
        now_ns: i64,
        venue_order: Option<&str>,
        reason: Option<&str>,
        text: &str,
        trade: Option<&str>,
        price_1e9: Option<i64>,
        qty_1e8: Option<i64>,
        fee_1e9: i128,
        fee_asset: Option<&str>,
        is_maker: bool,
    ) -> PyResult<()> {
        let arguments = ReportArguments {
            venue_order,
            reason,
            text,
            trade,
            price_1e9,
            qty_1e8,
            fee_1e9,
            fee_asset,
            is_maker,
        };
        self.run(py, |session| {
            let (venue, told) = (parse::venue(venue)?, arguments.told(word)?);
            let command = Command::Report { venue, client_order_id, venue_ns, told };
            session.engine.apply(command, now_ns).map(|_| ())
        })
    }
}

/// A request as a row. A cancel names its order and nothing else.
fn request_row(engine: &CoreEngine, request: &LiveRequest) -> Value {
    let LiveRequest { seq, account, market, client_order_id, ask } = request;
    let terms = engine.registry().market(*market);
    let outcome = match ask {
        LiveAsk::New { outcome, .. } => *outcome,
        LiveAsk::Cancel | LiveAsk::Amend { .. } => None,
    };
    let symbol = engine.registry().symbol(terms.symbol).canonical(outcome).clone();
    let mut row: Vec<(&'static str, Value)> = vec![
        ("seq", (*seq).into()),
        ("account", i64::from(account.0).into()),
        ("venue", terms.venue.as_str().into()),
        ("symbol", symbol.into()),
        ("client_order_id", client_order_id.to_string().into()),
    ];
    row.extend(match *ask {
        LiveAsk::New { side, qty, bound, is_market, tif, .. } => vec![
            ("ask", "new".into()),
            ("side", side.as_str().into()),
            ("order_type", if is_market { "market" } else { "limit" }.into()),
            ("tif", tif.as_str().into()),
            ("qty_1e8", qty.into()),
            ("price_1e9", bound.into()),
        ],
        LiveAsk::Cancel => vec![("ask", "cancel".into())],
        LiveAsk::Amend { qty, bound } => {
            vec![("ask", "amend".into()), ("qty_1e8", qty.into()), ("price_1e9", bound.into())]
        }
    });
    Value::Map(row)
}
