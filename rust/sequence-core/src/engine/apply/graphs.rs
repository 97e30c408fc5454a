//! Graphs at work: their tasks in one order, and what they want of other parts.

use crate::command::{AmendEdge, AmendNode, SubmitGraph};
use crate::engine::agenda::Due;
use crate::engine::graph::run::{Run, Want};
use crate::engine::graph::{Begun, Entry, Task, Work};
use crate::engine::{Engine, Reply};
use crate::ids::{AccountId, GraphIx};
use crate::reject::Refusal;

impl Engine {
    /// Admits a graph that is more than one plain order, and records it; its first orders are next.
    pub(in crate::engine) fn submit_graph(
        &mut self,
        account: AccountId,
        ask: &SubmitGraph<'_>,
    ) -> Result<Reply, Refusal> {
        let (graph, run) = match (Entry { engine: self, account, ask }).admit()? {
            Begun::Before(graph) => return Ok(Reply::Submitted { graph, replayed: true }),
            Begun::Now(graph, run) => (*graph, run),
        };
        if ask.graph_id.is_none() {
            // The id that it was admitted with.
            self.journal.make_id(self.agenda.now_ns());
        }
        let ix = self.desk.add_graph(account, graph);
        self.graphs.put(ix, run);
        self.graphs.ask(ix, Task::Begin);
        Ok(Reply::Submitted { graph: ix, replayed: false })
    }

    /// Keeps what the first answer of a graph says: a replay gives it again.
    pub(in crate::engine) fn keep_answer(&mut self, graph: GraphIx) {
        if self.desk.graph(graph).order.is_some() {
            return;
        }
        let answer = self.submit_view(graph, false).json().into();
        if let Some(mut run) = self.graphs.take(graph) {
            run.first_answer = answer;
            self.graphs.put(graph, run);
        }
    }

    /// Changes what a waiting node will send.
    pub(in crate::engine) fn amend_waiting(
        &mut self,
        ix: GraphIx,
        at: usize,
        ask: &AmendNode<'_>,
    ) -> Result<Reply, Refusal> {
        let Some(mut run) = self.graphs.take(ix) else {
            return Err(Refusal::not_found("no such graph"));
        };
        let changed = Work::on(self, ix, &mut run).amend_waiting(at, ask);
        self.graphs.put(ix, run);
        changed.map(|()| Reply::NodeAmended { graph: ix, node: at, native: true })
    }

    /// Changes what an edge waits for.
    pub(in crate::engine) fn amend_edge(
        &mut self,
        account: AccountId,
        ask: &AmendEdge<'_>,
    ) -> Result<Reply, Refusal> {
        let (graph, _) = self.find_order(account, ask.id)?;
        self.desk.check_switch(account, ask.by)?;
        let edge = self.graphs.amend_edge(graph, ask, self.agenda.now_ns())?;
        Ok(Reply::EdgeAmended { graph, edge })
    }

    /// Carries on with graphs until nothing is left to do: facts, then cancels, then activations
    /// in body order, then what is due, then limits.
    pub(in crate::engine) fn react(&mut self) {
        loop {
            let news = self.post.news.pop_front();
            let news =
                news.map(|news| (self.desk.order(news.order()).spec.graph, Task::News(news)));
            let Some((ix, task)) = news.or_else(|| self.graphs.next_task()) else { return };
            let Some(mut run) = self.graphs.take(ix) else { continue };
            Work::on(self, ix, &mut run).perform(task);
            while let Some(want) = run.wants.pop_front() {
                self.carry_want(ix, &mut run, want);
                if run.wants.is_empty() {
                    Work::on(self, ix, &mut run).follow();
                }
            }
            if let Some(wake_ns) = run.wants_wake_ns.take() {
                self.agenda.add(wake_ns, Due::Graph(ix));
            }
            self.graphs.put(ix, run);
        }
    }

    /// Has one thing done that a graph wants, and what it sent carried to venues.
    fn carry_want(&mut self, ix: GraphIx, run: &mut Run, want: Want) {
        if let Want::Show(topic, row) = &want {
            return self.publish(run.account, *topic, row);
        }
        let begins = matches!(want, Want::Roots(_));
        let Some(sent) = self.errand(ix, run).carry_out(want) else { return };
        if begins {
            self.graphs.ask(ix, Task::Began);
        }
        self.carry();
        if let Some(id) = sent.amended {
            self.bench().note_amending(id);
        }
        for id in sent.placed {
            self.bench().finish_if_done(id);
        }
    }

    /// Graphs go on after a restart: what fell due meanwhile is done now, in the order of its times.
    pub(in crate::engine) fn resume_runs(&mut self) {
        for ix in self.graphs.open_runs() {
            let Some(mut run) = self.graphs.take(ix) else { continue };
            let wake_ns = Work::on(self, ix, &mut run).go_on();
            self.agenda.add(wake_ns, Due::Graph(ix));
            self.graphs.load(ix, run);
        }
    }
}
