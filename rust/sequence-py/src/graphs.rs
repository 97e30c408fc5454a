//! `Engine`: graphs of orders that follow each other.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use sequence_core::command::{AmendEdge, Command, SubmitGraph};
use sequence_core::engine::Reply;
use sequence_core::engine::view::{GraphFilter, Value};
use sequence_core::graph::{Condition, GraphSpec, Trigger};
use sequence_core::ids::AccountId;
use sequence_core::reject::Refusal;

use crate::control::graph_risk;
use crate::convert::to_python;
use crate::engine::Engine;
use crate::error::refused;
use crate::parse;

#[pymethods]
impl Engine {
    /// Submits a graph; `spec` is JSON with its nodes and edges. Returns the answer and whether it
    /// is the first one again, as the JSON text that it was.
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of a graph")]
    #[pyo3(signature = (account, now_ns, spec, *, graph_id=None, metadata="{}", wallet=None, risk=None,
        by="sandbox"))]
    fn submit_graph<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        now_ns: i64,
        spec: &str,
        graph_id: Option<&str>,
        metadata: &str,
        wallet: Option<&str>,
        risk: Option<Bound<'py, PyDict>>,
        by: &str,
    ) -> PyResult<(Bound<'py, PyAny>, bool)> {
        let risk = graph_risk(risk.as_ref())?.map_err(|refusal| refused(py, &refusal))?;
        let (view, replayed) = self.run(py, |session| {
            let spec = GraphSpec::parse(spec)?;
            let by = parse::mode(by)?;
            let graph = SubmitGraph { spec: &spec, graph_id, metadata, wallet, risk, by };
            let command = Command::SubmitGraph { account: AccountId(account), graph };
            match session.engine.apply(command, now_ns)? {
                Reply::Submitted { graph, replayed } => {
                    Ok((session.engine.submit_view(graph, replayed), replayed))
                }
                other => Err(Refusal::conflict(format!("unexpected reply {other:?}"))),
            }
        })?;
        Ok((to_python(py, &view)?, replayed))
    }

    /// Changes what an edge waits for; `trigger` and `condition` are JSON.
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of an amend")]
    #[pyo3(signature = (account, graph_id, edge_id, now_ns, *, trigger=None, condition=None,
        expected_version=None, by="sandbox"))]
    fn amend_edge<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        graph_id: &str,
        edge_id: &str,
        now_ns: i64,
        trigger: Option<&str>,
        condition: Option<&str>,
        expected_version: Option<u32>,
        by: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let change = AmendEdge {
                id: graph_id,
                edge_id,
                trigger: trigger.map(Trigger::parse).transpose()?,
                condition: condition.map(Condition::parse).transpose()?,
                expected_version,
                by: parse::mode(by)?,
            };
            let command = Command::AmendEdge { account: AccountId(account), change };
            match session.engine.apply(command, now_ns)? {
                Reply::EdgeAmended { graph, edge } => {
                    Ok(session.engine.edge_amend_view(graph, edge))
                }
                _ => Ok(Value::Null),
            }
        })
    }

    /// A page of graphs, newest first, each without its nodes, edges and limits.
    #[expect(clippy::too_many_arguments, reason = "the filters of the list")]
    #[pyo3(signature = (account, *, limit=50, offset=0, statuses=None, open_only=false,
        before_seq=None))]
    fn graphs<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        limit: usize,
        offset: usize,
        statuses: Option<Vec<String>>,
        open_only: bool,
        before_seq: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let statuses = parse::graph_statuses(statuses)?;
            let statuses = statuses.as_deref();
            let filter = GraphFilter { statuses, open_only, before_seq, ..GraphFilter::default() };
            Ok(session.engine.graphs_view(AccountId(account), filter, limit, offset))
        })
    }
}
