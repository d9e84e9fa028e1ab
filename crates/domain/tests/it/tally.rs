//! The tally tree against plain counting.

use std::collections::HashMap;
use std::convert::Infallible;

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::tally::{
    Edge, LEVELS, Leaves, Node, NodeError, Rank, count, leaf, leaf_end, leaf_start, node, part,
};
use frontdesk_domain::session::Status;
use proptest::prelude::*;

/// A tree in memory, its nodes as they lie on the disk.
#[derive(Default)]
struct Tree(HashMap<(u8, i64), Vec<u8>>);

impl Tree {
    fn of(sessions: &[(i64, Status)]) -> Self {
        let mut tree = Self::default();
        for (leaf, status) in sessions {
            tree.add(*leaf, *status, 1);
        }
        tree
    }

    fn add(&mut self, leaf: i64, status: Status, change: i64) {
        for level in 0..LEVELS {
            let mut node = self.read(level, node(leaf, level));
            let mut changes = [0; 3];
            changes[usize::from(status.number())] = change;
            node.add(part(leaf, level), changes).expect("a session is taken away only where one was added");
            let number = frontdesk_domain::feed::tally::node(leaf, level);
            if node.is_empty() {
                self.0.remove(&(level, number));
            } else {
                self.0.insert((level, number), node.encode());
            }
        }
    }

    fn read(&self, level: u8, number: i64) -> Node {
        self.0.get(&(level, number)).map_or_else(Node::default, |bytes| Node::decode(bytes).expect("our own bytes"))
    }
}

/// A tree that is read: how often, and with its edges counted whole.
struct Read<'t> {
    tree: &'t Tree,
    status: Option<Status>,
    reads: usize,
}

impl frontdesk_domain::feed::tally::Tree for Read<'_> {
    type Error = Infallible;

    fn node(&mut self, level: u8, number: i64) -> Result<Node, Infallible> {
        self.reads += 1;
        Ok(self.tree.read(level, number))
    }

    fn edge(&mut self, _: Edge, counts: &[u64; 3]) -> Result<u64, Infallible> {
        Ok(self.status.map_or_else(|| counts.iter().sum(), |status| counts[usize::from(status.number())]))
    }
}

/// Leaves near each other and far apart, with many on round numbers.
fn any_leaf() -> impl Strategy<Value = i64> {
    prop_oneof![
        0..200_i64,
        6_000_000..6_010_000_i64,
        (-(1_i64 << 35)..1 << 35, 0..34_u32).prop_map(|(leaf, round)| leaf >> round << round),
    ]
}

fn session() -> impl Strategy<Value = (i64, Status)> {
    (any_leaf(), prop::sample::select(Status::ALL))
}

proptest! {
    #![proptest_config(crate::cases(2000))]

    #[test]
    fn counting_by_the_tree_is_counting_one_by_one(
        mut sessions in prop::collection::vec(session(), 0..120), one in any_leaf(), other in any_leaf(),
        status in prop::option::of(prop::sample::select(Status::ALL)), rank in prop::option::of(0..130_u64), open: bool,
    ) {
        prop_assume!(one != other);
        let (first, last) = (one.min(other), one.max(other));
        if open {
            sessions.retain(|(leaf, _)| *leaf <= last);
        }
        sessions.sort_by_key(|(leaf, _)| *leaf);
        let mut read = Read { tree: &Tree::of(&sessions), status, reads: 0 };
        let wanted = |of: &Status| status.is_none_or(|status| status == *of);
        let inside = |leaf: i64| (first..=last).contains(&leaf);
        let inside: Vec<i64> = sessions.iter().filter(|(leaf, of)| inside(*leaf) && wanted(of)).map(|(leaf, _)| *leaf).collect();
        let counted = count(&mut read, Leaves { first, last, open }, status, rank);
        let counted = counted.expect("memory can be read");
        prop_assert_eq!(counted.total, inside.len() as u64);
        let expected = rank.and_then(|rank| {
            let leaf = *inside.get(rank as usize)?;
            let rank = rank - inside.partition_point(|other| *other < leaf) as u64;
            Some(match leaf {
                _ if leaf == first => Rank::InFirst(rank),
                _ if leaf == last && !open => Rank::InLast(rank),
                _ => Rank::In { leaf, rank },
            })
        });
        prop_assert_eq!(counted.rank, expected);
        prop_assert!(read.reads <= 64 + 2 * 4 + 4, "{} nodes were read", read.reads);
    }

    #[test]
    fn what_is_taken_away_leaves_no_trace(sessions in prop::collection::vec(session(), 0..40)) {
        let mut tree = Tree::of(&sessions);
        for (leaf, status) in sessions {
            tree.add(leaf, status, -1);
        }
        prop_assert!(tree.0.is_empty());
    }

    #[test]
    fn bytes_are_a_node_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(node) = Node::decode(&bytes) {
            prop_assert_eq!(Node::decode(&node.encode()), Ok(node));
        }
    }

    #[test]
    fn leaves_and_nodes_nest(micros in any::<i64>(), level in 0..LEVELS - 1) {
        let at = Timestamp::from_micros(micros);
        let number = leaf(at);
        prop_assert!((leaf_start(number)..=leaf_end(number)).contains(&at));
        prop_assert_eq!((leaf(leaf_start(number)), leaf(leaf_end(number))), (number, number));
        prop_assert_eq!(node(number, level) >> 6, node(number, level + 1));
    }
}

#[test]
fn a_window_of_two_years_reads_a_handful_of_nodes() {
    let (start, end) =
        (leaf(Timestamp::from_micros(1_730_419_200_000_000)), leaf(Timestamp::from_micros(1_793_491_200_000_000)));
    let tree = Tree::of(&(start..end).step_by(7).map(|leaf| (leaf, Status::Abandoned)).collect::<Vec<_>>());
    let count = |open| {
        let mut read = Read { tree: &tree, status: None, reads: 0 };
        let counted = count(&mut read, Leaves { first: start, last: end, open }, None, Some(9_999));
        assert_eq!(counted.map(|counted| counted.rank), Ok(Some(Rank::In { leaf: start + 7 * 9_999, rank: 0 })));
        read.reads
    };
    assert!(count(false) <= 10 && count(true) <= 7);
}

#[test]
fn a_node_never_counts_fewer_than_none() {
    let mut node = Node::default();
    assert_eq!(node.add(0, [0, -1, 0]), Err(NodeError::Negative));
    assert_eq!(Node::decode(&[0]), Err(NodeError::Malformed));
    assert_eq!(Node::decode(&[64, 1, 0, 0]), Err(NodeError::Malformed));
    assert_eq!(Node::decode(&[1, 1, 0, 0, 1, 1, 0, 0]), Err(NodeError::Malformed));
}
