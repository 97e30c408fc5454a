//! Rules about a graph as a whole, which no single field can break: the only copy of them.

use std::collections::BTreeMap;

use crate::graph::{
    Action, Activation, EdgeSpec, GraphSpec, Join, NodeSize, NodeSpec, OrderType, Pacing, Reserve,
    START, Sizing, Trigger, Word,
};
use crate::order::{Policy, TimeInForce};
use crate::reject::Refusal;

/// Nodes after expansion.
pub(super) const MOST_NODES: usize = 1_000;

type Checked = Result<(), Refusal>;

fn refuse(field: impl std::fmt::Display, text: impl Into<String>) -> Checked {
    Err(Refusal::invalid(field.to_string(), text.into()))
}

/// Ids, ends, activation, cycles, sizing and pacing; the first rule that is broken is named.
pub(super) fn check_shape(graph: &GraphSpec) -> Checked {
    let names = check_nodes(&graph.nodes)?;
    check_edges(graph, &names)?;
    let mut incoming: Vec<Vec<&EdgeSpec>> = vec![Vec::new(); graph.nodes.len()];
    for edge in graph.edges.iter().filter(|edge| edge.action == Action::Activate) {
        if let Some(to) = names.get(&*edge.to).and_then(|at| incoming.get_mut(*at)) {
            to.push(edge);
        }
    }
    for (at, (node, edges)) in graph.nodes.iter().zip(&incoming).enumerate() {
        check_activation(at, node, edges)?;
    }
    check_cycles(&graph.nodes, &incoming)?;
    let starts = incoming.iter().any(Vec::is_empty)
        || graph.edges.iter().any(|edge| edge.action == Action::Activate && *edge.from == *START);
    if starts {
        return check_size(graph);
    }
    refuse("nodes", format!("at least one node must be a root, or follow {START}"))
}

fn check_nodes(nodes: &[NodeSpec]) -> Result<BTreeMap<&str, usize>, Refusal> {
    let mut names = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        if let Some(earlier) = names.insert(&*node.id, at) {
            let text = format!("nodes[{earlier}] and nodes[{at}] have the same node_id");
            refuse(format!("nodes[{at}].node_id"), text)?;
        }
        if let Some((field, text)) = clash(node) {
            refuse(format!("nodes[{at}].{field}"), text)?;
        }
    }
    Ok(names)
}

/// Keys of one node that do not go together: the field, and why.
fn clash(node: &NodeSpec) -> Option<(&'static str, &'static str)> {
    let keys = &node.execution;
    let has_limit = node.limit().is_some();
    let takes = matches!(keys.tif, Some(TimeInForce::Ioc | TimeInForce::Fok));
    let pegged = matches!(node.order_type, OrderType::Peg(_));
    let paced = keys.pacing.is_some();
    let rests = match &keys.pacing {
        Some(Pacing::Iceberg { .. }) => true,
        Some(Pacing::Uniform(uniform)) => uniform.passive_ms.is_some(),
        _ => false,
    };
    let rules = [
        (
            node.order_type == OrderType::Market && keys.tif == Some(TimeInForce::PostOnly),
            "execution.tif",
            "a market order cannot be post_only",
        ),
        (pegged && takes, "execution.tif", "a pegged order rests: it cannot be ioc or fok"),
        (
            pegged && keys.policy == Policy::AggressiveChase,
            "execution.policy",
            "a pegged order has a price of its own and chases none",
        ),
        (pegged && paced, "execution.pacing", "a pegged order cannot be paced"),
        (
            keys.reserve == Reserve::AtSubmit
                && !(has_limit && matches!(node.size, NodeSize::Fixed(_)) && !paced),
            "execution.reserve",
            "at_submit needs a fixed quantity and a limit price: they say what to reserve",
        ),
        (
            matches!(keys.pacing, Some(Pacing::Iceberg { .. })) && !has_limit,
            "execution.pacing.iceberg",
            "an iceberg needs a limit price",
        ),
        (
            rests && keys.policy == Policy::AggressiveChase,
            "execution.policy",
            "pieces of it rest: they cannot chase",
        ),
        (
            matches!(keys.pacing, Some(Pacing::Chase { .. }))
                && matches!(keys.tif, Some(TimeInForce::Fok | TimeInForce::PostOnly)),
            "execution.tif",
            "a chase takes what it can get: it cannot be fok or post_only",
        ),
        (
            rests && has_limit && takes,
            "execution.tif",
            "pieces of it rest: they cannot be ioc or fok",
        ),
    ];
    rules.into_iter().find(|(broken, ..)| *broken).map(|(_, field, text)| (field, text))
}

fn check_edges(graph: &GraphSpec, names: &BTreeMap<&str, usize>) -> Checked {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, edge) in graph.edges.iter().enumerate() {
        if let Some(earlier) = first.insert(&edge.id, at) {
            let text = format!("edges[{earlier}] and edges[{at}] have the same edge_id");
            refuse(format!("edges[{at}].edge_id"), text)?;
        }
        if *edge.from != *START && !names.contains_key(&*edge.from) {
            refuse(format!("edges[{at}].from_node"), format!("no node '{}'", edge.from))?;
        }
        let Some(to) = names.get(&*edge.to).and_then(|to| graph.nodes.get(*to)) else {
            return refuse(format!("edges[{at}].to_node"), format!("no node '{}'", edge.to));
        };
        if edge.from == edge.to {
            refuse(format!("edges[{at}].to_node"), "leads to its own source")?;
        }
        if let Some((field, text)) = misfit(edge, to) {
            refuse(format!("edges[{at}].{field}"), text)?;
        }
    }
    Ok(())
}

/// Keys of one edge that do not go together: the field, and why.
pub(super) fn misfit(edge: &EdgeSpec, to: &NodeSpec) -> Option<(&'static str, String)> {
    let starts = *edge.from == *START;
    let sizing = edge.sizing();
    let by_fill = matches!(sizing, Sizing::FromFill(_) | Sizing::FromFillNotional(_));
    let of_source = matches!(sizing, Sizing::FromFilled(_) | Sizing::Remaining(_));
    let fills = matches!(edge.trigger, Trigger::On(Word::Fill | Word::FirstFill));
    let never = match edge.trigger {
        Trigger::On(word) => {
            let comes = matches!(word, Word::Accepted | Word::FullFill | Word::Done);
            (starts && !comes).then_some(word)
        }
        _ => None,
    };
    if let Some(word) = never {
        let text = format!("{START} is accepted and filled at once: {} never comes", word.as_str());
        return Some(("trigger", text));
    }
    if edge.trigger == Trigger::On(Word::FillRatio) && edge.condition.fill_ratio_gte.is_none() {
        return Some(("condition", "on_fill_ratio needs condition.fill_ratio_gte".to_owned()));
    }
    if edge.action == Action::Cancel {
        return None;
    }
    if starts && (by_fill || of_source) {
        let text = format!("{START} fills nothing: give a fixed size, a USD size or target");
        return Some(("sizing", text));
    }
    if by_fill && !fills {
        let text = match edge.sizing {
            None => "no fill fires it: give a size of from_filled, remaining, fixed or notional",
            Some(_) => "a size from a fill needs the trigger on_fill or on_first_fill",
        };
        return Some(("sizing", text.to_owned()));
    }
    if edge.action == Action::Reduce {
        if sizing == Sizing::Target {
            let text =
                "a reduction needs a size: from_fill, from_filled, remaining, fixed, notional";
            return Some(("sizing", text.to_owned()));
        }
        return None;
    }
    if edge.repeats() && to.execution.pacing.is_some() {
        let text = "a paced node starts once: it cannot follow every fill";
        return Some(("trigger", text.to_owned()));
    }
    if edge.repeats() && to.join == Join::All {
        let text = "join all needs edges that fire once: on_fill fires on every fill";
        return Some(("trigger", text.to_owned()));
    }
    None
}

fn check_activation(at: usize, node: &NodeSpec, incoming: &[&EdgeSpec]) -> Checked {
    let field = format!("nodes[{at}].activation");
    match (node.activation, incoming) {
        (Some(Activation::Root), [first, ..]) => {
            let text = format!("a root is activated by no edge, but {} leads here", first.id);
            refuse(field, text)
        }
        (Some(Activation::Wait), []) => {
            refuse(field, "a waiting node needs an edge that activates it")
        }
        (_, incoming) => {
            let unsized_edge = incoming.iter().any(|edge| edge.sizing() == Sizing::Target);
            if node.size == NodeSize::FromEdge && (incoming.is_empty() || unsized_edge) {
                let text = "every edge that activates this node must give it a quantity (sizing)";
                return refuse(format!("nodes[{at}].quantity.from_edge"), text);
            }
            if node.execution.reserve == Reserve::AtSubmit
                && incoming.iter().any(|edge| edge.sizing() != Sizing::Target)
            {
                let text =
                    "at_submit reserves the node's own quantity: its edges may give no other";
                return refuse(format!("nodes[{at}].execution.reserve"), text);
            }
            Ok(())
        }
    }
}

/// Takes nodes away that only follow nodes taken away before; what cannot be taken is a cycle.
fn check_cycles(nodes: &[NodeSpec], incoming: &[Vec<&EdgeSpec>]) -> Checked {
    let mut sources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (node, edges) in nodes.iter().zip(incoming) {
        let from = edges.iter().map(|edge| &*edge.from).filter(|from| *from != START);
        sources.insert(&node.id, from.collect());
    }
    loop {
        let free = |from: &Vec<&str>| from.iter().all(|name| !sources.contains_key(name));
        let freed: Vec<&str> =
            sources.iter().filter(|(_, from)| free(from)).map(|(name, _)| *name).collect();
        if freed.is_empty() {
            break;
        }
        for name in freed {
            sources.remove(name);
        }
    }
    // Every node left has a source that is left: walking back must come to one seen before.
    let Some(mut name) = nodes.iter().map(|node| &*node.id).find(|id| sources.contains_key(id))
    else {
        return Ok(());
    };
    let mut path = vec![name];
    loop {
        let back = sources.get(name).into_iter().flatten();
        let Some(next) = back.copied().find(|name| sources.contains_key(name)) else {
            return refuse("edges", "activating edges form a cycle");
        };
        if let Some(start) = path.iter().position(|seen| *seen == next) {
            let mut cycle: Vec<&str> = path.split_off(start);
            cycle.push(next);
            cycle.reverse();
            return refuse(
                "edges",
                format!("activating edges form a cycle: {}", cycle.join(" -> ")),
            );
        }
        path.push(next);
        name = next;
    }
}

/// How many nodes there are once pacing is expanded.
fn check_size(graph: &GraphSpec) -> Checked {
    let slices = |node: &NodeSpec| match &node.execution.pacing {
        Some(Pacing::Uniform(uniform)) => usize::try_from(uniform.num_slices).unwrap_or(usize::MAX),
        Some(Pacing::Profile { weights, .. }) => weights.len(),
        _ => 0,
    };
    let total = graph.nodes.iter().map(|node| slices(node).saturating_add(1));
    let total = total.fold(0usize, usize::saturating_add);
    if total > MOST_NODES {
        return refuse("nodes", format!("{total} nodes with their slices, at most {MOST_NODES}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), (String, String)> {
        let graph = GraphSpec::parse(text).unwrap();
        check_shape(&graph).map_err(|error| (error.field.into(), error.message.into()))
    }

    fn node(id: &str) -> String {
        format!(
            "{{\"node_id\":\"{id}\",\"instrument\":{{\"symbol\":\"ETH-USD\"}},\"side\":\"buy\",\
             \"quantity\":{{\"fixed\":{{\"qty_1e8\":1}}}}}}"
        )
    }

    fn graph(nodes: &[&str], edges: &[(&str, &str, &str)]) -> String {
        let nodes: Vec<String> = nodes.iter().map(|id| node(id)).collect();
        let edges: Vec<String> = edges
            .iter()
            .map(|(from, to, more)| {
                format!("{{\"from_node\":\"{from}\",\"to_node\":\"{to}\",{more}}}")
            })
            .collect();
        format!("{{\"nodes\":[{}],\"edges\":[{}]}}", nodes.join(","), edges.join(","))
    }

    const DONE: &str = "\"trigger\":\"on_done\"";

    #[test]
    fn a_cycle_is_named_and_a_cancelling_edge_makes_none() {
        let text = graph(&["a", "b", "c"], &[("a", "b", DONE), ("b", "c", DONE), ("c", "b", DONE)]);
        let (field, message) = check(&text).unwrap_err();
        assert_eq!(field, "edges");
        assert!(message.ends_with("b -> c -> b") || message.ends_with("c -> b -> c"), "{message}");
        let back = "\"trigger\":\"on_done\",\"action\":\"cancel\"";
        assert_eq!(check(&graph(&["a", "b"], &[("a", "b", DONE), ("b", "a", back)])), Ok(()));
    }

    #[test]
    fn a_start_needs_no_root() {
        let edge = "\"trigger\":{\"on_price\":{\"lte_1e9\":5}}";
        assert_eq!(check(&graph(&["a"], &[("@start", "a", edge)])), Ok(()));
        let never = check(&graph(&["a"], &[("@start", "a", "\"trigger\":\"on_cancel\"")]));
        assert_eq!(never.unwrap_err().0, "edges[0].trigger");
        let to_start = check(&graph(&["a"], &[("a", "@start", DONE)]));
        assert_eq!(to_start.unwrap_err().0, "edges[0].to_node");
    }
}
