//! What the changes of a transaction move in the tally tree.

use std::collections::HashMap;

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::tally::{self, LEVELS};
use frontdesk_domain::session::Status;

/// A node of a location: its key, the level, the number.
pub(crate) type NodeKey = (i64, u8, i64);

/// The changes of a transaction, gathered so that each node is written once.
#[derive(Debug)]
pub(crate) struct TallyMoves {
    lowest_level: u8,
    nodes: HashMap<NodeKey, HashMap<i64, [i64; 3]>>,
}

/// How much each part of a node changes.
pub(crate) type PartMoves = Vec<(i64, [i64; 3])>;

impl TallyMoves {
    /// Nothing moved, in a tree that is kept from `lowest_level` on.
    pub(crate) fn above(lowest_level: u8) -> Self {
        Self { lowest_level, nodes: HashMap::new() }
    }

    /// A session of `location` that stood at `before` (if it is not new) stands at `after` now.
    pub(crate) fn moved(&mut self, location: i64, before: Option<(Status, Timestamp)>, after: (Status, Timestamp)) {
        let (to, from) = (tally::leaf(after.1), before.map(|(status, at)| (status, tally::leaf(at))));
        for level in self.lowest_level..LEVELS {
            // From here up both leaves lie in the same part.
            let shared = from.is_some_and(|(_, from)| tally::part(from, level) == tally::part(to, level));
            match from {
                Some((status, _)) if shared && status == after.0 => return,
                Some((status, from)) => self.add(location, level, from, status, -1),
                None => {}
            }
            self.add(location, level, to, after.0, 1);
        }
    }

    /// Whether every node stays as it is.
    pub(crate) fn are_none(&self) -> bool {
        self.nodes().is_empty()
    }

    fn add(&mut self, location: i64, level: u8, leaf: i64, status: Status, change: i64) {
        let node = self.nodes.entry((location, level, tally::node(leaf, level))).or_default();
        node.entry(tally::part(leaf, level)).or_default()[usize::from(status.number())] += change;
    }

    /// The nodes that change, in the order of their keys.
    pub(crate) fn nodes(&self) -> Vec<(NodeKey, PartMoves)> {
        let changed = |(part, change): (&i64, &[i64; 3])| (*change != [0; 3]).then_some((*part, *change));
        let mut nodes: Vec<(NodeKey, PartMoves)> = self
            .nodes
            .iter()
            .map(|(key, parts)| (*key, parts.iter().filter_map(changed).collect()))
            .filter(|(_, parts): &(NodeKey, PartMoves)| !parts.is_empty())
            .collect();
        nodes.sort_unstable_by_key(|(key, _)| *key);
        nodes
    }
}
