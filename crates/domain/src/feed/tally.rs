//! Counting without counting: the tally tree, by which `total_count` and a deep page cost about the same in a window of
//! a day and of ten years.
//!
//! Time is cut into leaves of 2^28 microseconds (four and a half minutes). The engine keeps, per location, how many
//! sessions of each status have their `updated_at` in each leaf: in nodes of 64 parts, whose parts are leaves, then nodes of
//! 64 of the level below, and so on, five levels up to more time than there is. A change that stays in its leaf moves
//! nothing; one that leaves it moves a part of a node of each level up to the one that holds both. A count reads the
//! nodes on the way to the two ends of its window; what the ends cut through is counted row by row.

use crate::Timestamp;
use crate::session::Status;

/// Levels of nodes; the parts of level 0 are leaves.
pub const LEVELS: u8 = 5;
/// Parts of a node.
pub const PARTS: i64 = 1 << PARTS_BITS;

const PARTS_BITS: u32 = 6;
/// A leaf holds 2^28 microseconds.
const LEAF_BITS: u32 = 28;

/// Sessions by status, in the order of their numbers.
pub type Counts = [u64; 3];

/// The number of the leaf in which `at` lies.
pub const fn leaf(at: Timestamp) -> i64 {
    at.as_micros() >> LEAF_BITS
}

/// The first instant of a leaf.
pub const fn leaf_start(leaf: i64) -> Timestamp {
    Timestamp::from_micros(leaf << LEAF_BITS)
}

/// The last instant of a leaf.
pub const fn leaf_end(leaf: i64) -> Timestamp {
    Timestamp::from_micros((leaf << LEAF_BITS) + ((1 << LEAF_BITS) - 1))
}

/// The number of the part of a node of `level` in which `leaf` lies, counted through all nodes of the level.
pub const fn part(leaf: i64, level: u8) -> i64 {
    leaf >> (PARTS_BITS * level as u32)
}

/// The node of `level` in which `leaf` lies.
pub const fn node(leaf: i64, level: u8) -> i64 {
    part(leaf, level) >> PARTS_BITS
}

/// A node: how many sessions lie in each of its parts. Most parts of most nodes have none.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Node(Vec<(u8, Counts)>);

/// Why a node cannot be what it is said to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NodeError {
    /// Bytes that [`Node::encode`] never writes.
    #[error("a tally node has bytes in it that nobody wrote")]
    Malformed,
    /// Fewer sessions than none.
    #[error("a tally node counts fewer sessions than none")]
    Negative,
}

impl Node {
    /// Adds to one of its parts, counted through all nodes of the level ([`part`]).
    ///
    /// # Errors
    /// When that leaves fewer sessions than none; the node must not be kept then.
    pub fn add(&mut self, part: i64, change: [i64; 3]) -> Result<(), NodeError> {
        let index = index(part);
        let place = self.0.partition_point(|(known, _)| *known < index);
        if self.0.get(place).is_none_or(|(known, _)| *known != index) {
            self.0.insert(place, (index, [0; 3]));
        }
        let counts = &mut self.0[place].1;
        for (count, change) in counts.iter_mut().zip(change) {
            *count = count.checked_add_signed(change).ok_or(NodeError::Negative)?;
        }
        if *counts == [0; 3] {
            self.0.remove(place);
        }
        Ok(())
    }

    /// Whether it counts nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All sessions in it, by status.
    pub fn total(&self) -> Counts {
        let mut total = [0; 3];
        for (_, counts) in &self.0 {
            for (sum, count) in total.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        total
    }

    /// The bytes on the disk: for each part that has sessions its index, then the three counts as LEB128.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 * self.0.len());
        for (index, counts) in &self.0 {
            bytes.push(*index);
            for count in counts {
                let mut rest = *count;
                while rest > 0x7f {
                    bytes.push(rest as u8 | 0x80);
                    rest >>= 7;
                }
                bytes.push(rest as u8);
            }
        }
        bytes
    }

    /// Reads what [`Node::encode`] wrote.
    ///
    /// # Errors
    /// When something else did.
    pub fn decode(bytes: &[u8]) -> Result<Self, NodeError> {
        let mut parts: Vec<(u8, Counts)> = Vec::with_capacity(bytes.len() / 4);
        let mut rest = bytes.iter();
        while let Some(&index) = rest.next() {
            let in_order = parts.last().is_none_or(|(last, _)| *last < index);
            let mut counts = [0; 3];
            for count in &mut counts {
                *count = leb128(&mut rest).ok_or(NodeError::Malformed)?;
            }
            if i64::from(index) >= PARTS || !in_order || counts == [0; 3] {
                return Err(NodeError::Malformed);
            }
            parts.push((index, counts));
        }
        Ok(Self(parts))
    }
}

fn leb128<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *bytes.next()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The index within its node of a part that is counted through all nodes of a level.
const fn index(part: i64) -> u8 {
    (part & (PARTS - 1)) as u8
}

/// A window as the tree sees it: two leaves that it cuts through, and the leaves between them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaves {
    /// The leaf in which the window starts.
    pub first: i64,
    /// The leaf in which it ends; another one than the first, and later.
    pub last: i64,
    /// Whether nothing in the tree lies after the window, so that its last leaf is counted like those between.
    pub open: bool,
}

/// One of the two leaves that a window cuts through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// The one in which it starts.
    First,
    /// The one in which it ends.
    Last,
}

/// What a tree is made of, wherever it is kept.
pub trait Tree {
    /// Why it could not be read.
    type Error;

    /// The node of a level by its number; one that is not there counts nothing.
    ///
    /// # Errors
    /// When it cannot be read.
    fn node(&mut self, level: u8, number: i64) -> Result<Node, Self::Error>;

    /// How many sessions of an edge the window holds, of those statuses that it asks for. Only called for a leaf that has
    /// sessions: as many as `counts` says.
    ///
    /// # Errors
    /// When they cannot be counted.
    fn edge(&mut self, edge: Edge, counts: &Counts) -> Result<u64, Self::Error>;
}

/// What a count finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// Sessions in the window.
    pub total: u64,
    /// Where the session of the wanted rank lies; none when there are not that many.
    pub rank: Option<Rank>,
}

/// Where a session lies: so many sessions after the beginning of one of these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rank {
    /// The window.
    InFirst(u64),
    /// A leaf between.
    In {
        /// The leaf.
        leaf: i64,
        /// Sessions of the leaf that come before it.
        rank: u64,
    },
    /// The last leaf.
    InLast(u64),
}

/// Counts the sessions in `leaves`, of one status or of all, and finds the one of `rank` (from 0), when asked for.
///
/// # Errors
/// Those of the tree.
pub fn count<T: Tree>(
    tree: &mut T,
    leaves: Leaves,
    status: Option<Status>,
    rank: Option<u64>,
) -> Result<Counted, T::Error> {
    let mut count = Count { tree, leaves, status, wanted: rank, total: 0, found: None };
    let Leaves { first, last, .. } = leaves;
    // The lowest level at which one node holds both ends; at the top there may be several.
    let level = (0..LEVELS - 1).find(|&level| node(first, level) == node(last, level)).unwrap_or(LEVELS - 1);
    for number in node(first, level)..=node(last, level) {
        count.node(level, number)?;
    }
    let rank = count.found.map(|found| count.descend(found)).transpose()?;
    Ok(Counted { total: count.total, rank })
}

/// Where the wanted session was found, as far as is known.
#[derive(Clone, Copy)]
enum Found {
    Edge(Edge, u64),
    Part { level: u8, part: i64, rank: u64 },
}

struct Count<'t, T> {
    tree: &'t mut T,
    leaves: Leaves,
    status: Option<Status>,
    wanted: Option<u64>,
    total: u64,
    found: Option<Found>,
}

impl<T: Tree> Count<'_, T> {
    fn of_status(&self, counts: &Counts) -> u64 {
        self.status.map_or_else(|| counts.iter().sum(), |status| counts[usize::from(status.number())])
    }

    /// Counts what of a node lies in the window: whole parts at once, those at its ends by their own nodes.
    fn node(&mut self, level: u8, number: i64) -> Result<(), T::Error> {
        let Leaves { first, last, open } = self.leaves;
        let (first, last) = (part(first, level), part(last, level));
        let node = self.tree.node(level, number)?;
        for (index, counts) in &node.0 {
            let part = (number << PARTS_BITS) + i64::from(*index);
            let edge = match part {
                _ if part == first => Some(Edge::First),
                _ if part == last && !open => Some(Edge::Last),
                _ if part < first || part > last => continue,
                _ => None,
            };
            match edge {
                None => self.add(self.of_status(counts), |rank| Found::Part { level, part, rank }),
                Some(_) if level > 0 => self.node(level - 1, part)?,
                Some(edge) => {
                    let sessions = self.tree.edge(edge, counts)?;
                    self.add(sessions, |rank| Found::Edge(edge, rank));
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, sessions: u64, found: impl FnOnce(u64) -> Found) {
        let before = self.total;
        self.total += sessions;
        if self.found.is_none()
            && let Some(rank) = self.wanted.filter(|rank| *rank < self.total)
        {
            self.found = Some(found(rank - before));
        }
    }

    /// From a part of a node down to the leaf.
    fn descend(&mut self, found: Found) -> Result<Rank, T::Error> {
        let (mut level, mut part, mut rank) = match found {
            Found::Edge(Edge::First, rank) => return Ok(Rank::InFirst(rank)),
            Found::Edge(Edge::Last, rank) => return Ok(Rank::InLast(rank)),
            Found::Part { level, part, rank } => (level, part, rank),
        };
        while level > 0 {
            level -= 1;
            let node = self.tree.node(level, part)?;
            let first = part << PARTS_BITS;
            part = first;
            for (index, counts) in &node.0 {
                part = first + i64::from(*index);
                let here = self.of_status(counts);
                if rank < here {
                    break;
                }
                // In a sound record the last part is never passed: it holds what the node above says there is.
                rank -= here;
            }
        }
        Ok(Rank::In { leaf: part, rank })
    }
}
