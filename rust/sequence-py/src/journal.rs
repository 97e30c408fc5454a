//! `Journal`: the engine's rows for a store, taken as they change and put back after a restart.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString, PyTuple};
use sequence_core::engine::record::{Cell, RestoreError, Row, TABLES};
use sequence_core::engine::view::{FillFilter, GraphFilter, OrderFilter, Value};
use sequence_core::engine::{Changes, ShapeRows, TableRows};
use sequence_core::event::{FIRST_HASH, fold};
use sequence_core::graph::GraphStatus;
use sequence_core::ids::{AccountId, FillIx, GraphIx, OrderId};
use sequence_core::reject::Refusal;

use crate::convert::to_python;
use crate::engine::Engine;
use crate::error::refused;
use crate::parse;

/// What a take gives: rows by table, positions that are gone, and where a left way began.
type Taken<'py> = (Bound<'py, PyDict>, Bound<'py, PyList>, Option<(u32, u32, u32)>);
/// Rows of tables, as Python gives them.
type Tables = Vec<(String, Vec<Vec<Argument>>)>;
/// Rows of one table.
type Rows = Vec<Vec<Argument>>;
/// What of a list is in memory: how many from the edge on, the first of them, older ones; the commit
/// number of the edge, and every older row that is in memory.
type Found = (usize, Vec<u32>, Vec<u32>, u64, Vec<u32>);

/// What a store keeps of an engine: which rows changed, and how they come back.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Journal {
    engine: Py<Engine>,
}

/// One value of a stored row.
#[derive(Debug)]
pub(crate) struct Argument(Cell);

impl<'a, 'py> FromPyObject<'a, 'py> for Argument {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if value.is_none() {
            return Ok(Self(Cell::Null));
        }
        if let Ok(text) = value.cast::<PyString>() {
            return Ok(Self(Cell::Text(text.to_str()?.to_owned())));
        }
        value.cast::<PyInt>()?.extract().map(|number| Self(Cell::Int(number)))
    }
}

fn rows(rows: Rows) -> Vec<Row> {
    rows.into_iter().map(|row| row.into_iter().map(|cell| cell.0).collect()).collect()
}

fn cell<'py>(py: Python<'py>, cell: &Cell) -> PyResult<Bound<'py, PyAny>> {
    Ok(match cell {
        Cell::Null => py.None().into_bound(py),
        Cell::Int(number) => number.into_pyobject(py)?.into_any(),
        Cell::Name(text) => PyString::intern(py, text).into_any(),
        Cell::Text(text) => PyString::new(py, text).into_any(),
    })
}

fn tuples<'py>(py: Python<'py>, rows: &[Row]) -> PyResult<Bound<'py, PyList>> {
    let tuples: Vec<_> = rows
        .iter()
        .map(|row| {
            let cells: Vec<_> = row.iter().map(|value| cell(py, value)).collect::<PyResult<_>>()?;
            PyTuple::new(py, cells)
        })
        .collect::<PyResult<_>>()?;
    PyList::new(py, tuples)
}

fn by_table<'py>(
    py: Python<'py>,
    rows: &[(&'static str, Vec<Row>)],
) -> PyResult<Bound<'py, PyDict>> {
    let tables = PyDict::new(py);
    for (table, rows) in rows {
        tables.set_item(PyString::intern(py, table), tuples(py, rows)?)?;
    }
    Ok(tables)
}

fn broken(error: &RestoreError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

#[pymethods]
impl Journal {
    /// The journal of an engine; nothing is noted before `listen` or `restore`.
    #[new]
    const fn new(engine: Py<Engine>) -> Self {
        Self { engine }
    }

    /// Starts to note changes of a new engine, which must have no live account.
    fn listen(&self, py: Python<'_>) -> PyResult<()> {
        self.engine.get().run(py, |session| session.engine.keep_changes())
    }

    /// True when a take would give something.
    fn changed(&self) -> bool {
        self.engine.get().lock().engine.has_changes()
    }

    /// Has the next take give the marks as they are: for the last one.
    fn keep_marks(&self) {
        self.engine.get().lock().engine.keep_marks();
    }

    /// Rows that changed since the last take, by table, ids of position rows that are gone, and
    /// where a way begins that was left for a copy (order, graph, fill) if one was; `None` when
    /// nothing changed.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<Taken<'py>>> {
        let engine = self.engine.get();
        let Changes { rows, deleted_positions, left } =
            py.detach(|| engine.lock().engine.take_changes());
        if rows.is_empty() {
            return Ok(None);
        }
        let left = left.map(|left| (left.order.0, left.graph.0, left.fill.0));
        Ok(Some((by_table(py, &rows)?, PyList::new(py, deleted_positions)?, left)))
    }

    /// Every row in memory, by table; of events there are none.
    fn all_rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let engine = self.engine.get();
        let rows = py.detach(|| engine.lock().engine.all_rows());
        by_table(py, &rows.map_err(|refusal| refused(py, &refusal))?)
    }

    /// Rebuilds a new engine from stored rows and starts to note changes.
    fn restore(&self, tables: Tables, now_ns: i64) -> PyResult<()> {
        let tables: Vec<TableRows> =
            tables.into_iter().map(|(table, list)| (table, rows(list))).collect();
        let restored = self.engine.get().lock().engine.restore(&tables, now_ns);
        restored.map_err(|error| broken(&error))
    }

    /// Loads ended orders of before a restart, so that they can be read and replayed.
    /// `shapes` are rows of graphs of several orders, of their nodes and of their edges.
    #[pyo3(signature = (orders, legs, graphs, fills, shapes=None))]
    fn recall(
        &self,
        orders: Rows,
        legs: Rows,
        graphs: Rows,
        fills: Rows,
        shapes: Option<(Rows, Rows, Rows)>,
    ) -> PyResult<()> {
        let [orders, legs, graphs, fills] = [orders, legs, graphs, fills].map(rows);
        let (runs, nodes, edges) = shapes.unwrap_or_default();
        let [runs, nodes, edges] = [runs, nodes, edges].map(rows);
        let shapes = ShapeRows { runs: &runs, nodes: &nodes, edges: &edges };
        let mut session = self.engine.get().lock();
        let recalled = session.engine.recall(&orders, &legs, &graphs, &fills, shapes);
        recalled.map_err(|error| broken(&error))
    }

    /// Whether an order is in memory.
    fn holds_order(&self, order_no: u32) -> bool {
        self.engine.get().lock().engine.holds_order(OrderId(order_no))
    }

    /// Whether a graph is in memory.
    fn holds_graph(&self, graph_no: u32) -> bool {
        self.engine.get().lock().engine.holds_graph(GraphIx(graph_no))
    }

    /// Whether a fill is in memory, with its order.
    fn holds_fill(&self, fill_no: u32) -> bool {
        self.engine.get().lock().engine.holds_fill(FillIx(fill_no))
    }

    /// Everything up to a commit number is stored: ended orders of it may leave memory.
    fn stored(&self, seq: u64) {
        self.engine.get().lock().engine.stored(seq);
    }

    /// Graphs that pass a filter, from the first one on that has none after it which only a store
    /// has, or `every` one in memory: how many, the first `most` numbers, newest first, and the
    /// number of that first one.
    #[expect(clippy::too_many_arguments, reason = "the filters of the list")]
    #[pyo3(signature = (account, most, *, every, statuses=None, open_only=false, before_seq=None))]
    fn graph_numbers(
        &self,
        py: Python<'_>,
        account: u32,
        most: usize,
        every: bool,
        statuses: Option<Vec<String>>,
        open_only: bool,
        before_seq: Option<u64>,
    ) -> PyResult<(usize, Vec<u32>, u32)> {
        let statuses = parse::graph_statuses(statuses).map_err(|error| refused(py, &error))?;
        let session = self.engine.get().lock();
        let edge = session.engine.edge(AccountId(account)).graph;
        let since = if every { GraphIx(0) } else { edge };
        let filter = GraphFilter { statuses: statuses.as_deref(), open_only, before_seq, since };
        let found = session.engine.matching_graphs(AccountId(account), filter);
        let (total, numbers) = first_of(found.map(|id| id.0), most);
        Ok((total, numbers, edge.0))
    }

    /// Status of a graph of one order that ended, from what a store keeps of it.
    #[staticmethod]
    fn graph_status(
        py: Python<'_>,
        status: &str,
        filled: bool,
        done: Option<&str>,
    ) -> PyResult<&'static str> {
        let known = || {
            let done = done.map(parse::done_reason).transpose()?;
            Ok(GraphStatus::of_ended(parse::order_status(status)?, filled, done).as_str())
        };
        known().map_err(|error: Refusal| refused(py, &error))
    }

    /// Rows of a list of graphs by number; those in memory.
    fn graphs<'py>(&self, py: Python<'py>, numbers: Vec<u32>) -> PyResult<Bound<'py, PyAny>> {
        let view = {
            let engine = &self.engine.get().lock().engine;
            let held = numbers.iter().map(|no| GraphIx(*no)).filter(|id| engine.holds_graph(*id));
            Value::List(held.map(|id| engine.graph_list_row(id)).collect())
        };
        to_python(py, &view)
    }

    /// The canonical text of a symbol in any form.
    fn canonical_symbol(&self, symbol: &str) -> Option<String> {
        self.engine.get().lock().engine.canonical_symbol(symbol)
    }

    /// Orders in memory that pass a filter, newest first: see [`Found`]; `most` of the newer ones.
    #[expect(clippy::too_many_arguments, reason = "the filters of the list")]
    #[pyo3(signature = (account, most, *, symbol=None, node_order_id=None, graph_id=None, venue=None,
        side=None, statuses=None, open_only=false, before_seq=None))]
    fn order_numbers(
        &self,
        py: Python<'_>,
        account: u32,
        most: usize,
        symbol: Option<&str>,
        node_order_id: Option<&str>,
        graph_id: Option<&str>,
        venue: Option<&str>,
        side: Option<&str>,
        statuses: Option<Vec<String>>,
        open_only: bool,
        before_seq: Option<u64>,
    ) -> PyResult<Found> {
        let numbers = || {
            let statuses = parse::order_statuses(statuses)?;
            let filter = OrderFilter {
                symbol,
                node_order_id,
                graph_id,
                venue: venue.map(parse::venue).transpose()?,
                side: side.map(parse::side).transpose()?,
                statuses: statuses.as_deref(),
                open_only,
                before_seq,
            };
            let session = self.engine.get().lock();
            let edge = session.engine.edge(AccountId(account));
            let found = session.engine.matching_orders(AccountId(account), &filter);
            let older = edge.orders.iter().map(|id| id.0).collect();
            Ok(parted(found.map(|id| id.0), most, (edge.seq, older)))
        };
        numbers().map_err(|refusal| refused(py, &refusal))
    }

    /// The same for fills.
    #[expect(clippy::too_many_arguments, reason = "the filters of the list")]
    #[pyo3(signature = (account, most, *, symbol=None, node_order_id=None, graph_id=None, venue=None,
        since_ns=None, until_ns=None, before_seq=None))]
    fn fill_numbers(
        &self,
        py: Python<'_>,
        account: u32,
        most: usize,
        symbol: Option<&str>,
        node_order_id: Option<&str>,
        graph_id: Option<&str>,
        venue: Option<&str>,
        since_ns: Option<i64>,
        until_ns: Option<i64>,
        before_seq: Option<u64>,
    ) -> PyResult<Found> {
        let venue = venue.map(parse::venue).transpose().map_err(|error| refused(py, &error))?;
        let filter =
            FillFilter { symbol, node_order_id, graph_id, venue, since_ns, until_ns, before_seq };
        let session = self.engine.get().lock();
        let edge = session.engine.edge(AccountId(account));
        let found = session.engine.matching_fills(AccountId(account), &filter);
        let older = edge.fills.iter().map(|id| id.0).collect();
        Ok(parted(found.map(|id| id.0), most, (edge.seq, older)))
    }

    /// Order rows by number; each must be in memory.
    fn orders<'py>(&self, py: Python<'py>, numbers: Vec<u32>) -> PyResult<Bound<'py, PyAny>> {
        let view = {
            let engine = &self.engine.get().lock().engine;
            let held = numbers.iter().map(|no| OrderId(*no)).filter(|id| engine.holds_order(*id));
            Value::List(held.map(|id| engine.order_view(id)).collect())
        };
        to_python(py, &view)
    }

    /// Fill rows by number; each must be in memory, with its order.
    fn fills<'py>(&self, py: Python<'py>, numbers: Vec<u32>) -> PyResult<Bound<'py, PyAny>> {
        let view = {
            let engine = &self.engine.get().lock().engine;
            let held = numbers.iter().map(|no| FillIx(*no)).filter(|id| engine.holds_fill(*id));
            Value::List(held.map(|id| engine.fill_view(id)).collect())
        };
        to_python(py, &view)
    }

    /// The hash of a log after more stored events, each `(seq, account_no, ts_ns, five words)`.
    #[staticmethod]
    fn fold_events(before: Option<i64>, events: Vec<(i64, u32, i64, [i64; 5])>) -> i64 {
        let start = before.map_or(FIRST_HASH, i64::cast_unsigned);
        let after = events.into_iter().fold(start, |hash, (seq, account, ts_ns, words)| {
            let head = (seq.cast_unsigned(), ts_ns, AccountId(account));
            fold(hash, head, words.map(i64::cast_unsigned))
        });
        after.cast_signed()
    }

    /// Tables with their columns, in the order of the values of a row.
    #[staticmethod]
    fn tables() -> Vec<(&'static str, Vec<&'static str>)> {
        TABLES.iter().map(|(table, columns)| (*table, columns.to_vec())).collect()
    }
}

/// Rows from the edge on, and those of `older` ones that were found.
fn parted(found: impl Iterator<Item = u32>, most: usize, (seq, older): (u64, Vec<u32>)) -> Found {
    let mut old = Vec::new();
    let newer = found.filter(|no| {
        let is_old = older.binary_search(no).is_ok();
        if is_old {
            old.push(*no);
        }
        !is_old
    });
    let (total, first) = first_of(newer, most);
    (total, first, old, seq, older)
}

fn first_of(found: impl Iterator<Item = u32>, most: usize) -> (usize, Vec<u32>) {
    let (mut total, mut first) = (0, Vec::new());
    for number in found {
        total += 1;
        if first.len() < most {
            first.push(number);
        }
    }
    (total, first)
}
