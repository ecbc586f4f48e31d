//! The order of an `OrderedDict`'s keys: a list of its own beside the dict, so that moving a key to either end is cheap.
//!
//! Keys are found through their positions in the dict's table. What changes the dict past the `OrderedDict` (the methods
//! of `dict` called on it) does not change the list; looking such a key up is then a KeyError, as in CPython.

use pyrope_object::{Traverse, TraverseMut, Value};

/// Stands for no node.
const NONE: u32 = u32::MAX;

/// A place in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeId(u32);

impl NodeId {
    fn some(id: u32) -> Option<NodeId> {
        (id != NONE).then_some(NodeId(id))
    }
}

/// A key in its place.
#[derive(Clone)]
pub struct Node {
    pub key: Value,
    pub hash: i64,
    before: u32,
    after: u32,
}

/// The list of keys.
#[derive(Default)]
pub struct Order {
    /// Freed places are `None` and listed in `free`.
    nodes: Vec<Option<Node>>,
    free: Vec<u32>,
    /// First and last node, if there are any.
    ends: Option<(u32, u32)>,
    /// The node of the key at each position of the dict's table, or `NONE`.
    by_position: Vec<u32>,
    /// The dict's count of moves for which `by_position` holds.
    pub moves: u32,
}

impl Order {
    /// Number of keys.
    pub fn len(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    pub fn first(&self) -> Option<NodeId> {
        self.ends.map(|(first, _)| NodeId(first))
    }

    pub fn last(&self) -> Option<NodeId> {
        self.ends.map(|(_, last)| NodeId(last))
    }

    /// The first or last node.
    pub fn end(&self, last: bool) -> Option<NodeId> {
        if last { self.last() } else { self.first() }
    }

    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)?.as_ref()
    }

    /// The node after this one, or before it.
    pub fn neighbour(&self, id: NodeId, before: bool) -> Option<NodeId> {
        let node = self.get(id)?;
        NodeId::some(if before { node.before } else { node.after })
    }

    /// The node of the key at a position of the dict.
    pub fn at_position(&self, position: usize) -> Option<NodeId> {
        NodeId::some(*self.by_position.get(position)?)
    }

    /// All nodes in order.
    pub fn nodes(&self) -> Vec<(NodeId, Node)> {
        let ids = std::iter::successors(self.first(), |id| self.neighbour(*id, false));
        ids.filter_map(|id| Some((id, self.get(id)?.clone()))).collect()
    }

    /// Forgets which positions the nodes' keys have.
    pub fn forget_positions(&mut self, moves: u32) {
        self.by_position.clear();
        self.moves = moves;
    }

    /// Notes where a node's key lies.
    pub fn set_position(&mut self, position: usize, id: NodeId) {
        if self.by_position.len() <= position {
            self.by_position.resize(position + 1, NONE);
        }
        self.by_position[position] = id.0;
    }

    /// Makes room for one more key, which the dict may put at any position below `positions`; false without memory.
    pub fn reserve(&mut self, positions: usize) -> bool {
        let more = positions.saturating_sub(self.by_position.len());
        self.nodes.try_reserve(1).is_ok() && self.by_position.try_reserve(more).is_ok()
    }

    /// Adds a key at the end.
    pub fn push(&mut self, key: Value, hash: i64, position: usize) {
        let node = Some(Node { key, hash, before: NONE, after: NONE });
        let id = match self.free.pop() {
            Some(id) => {
                self.nodes[id as usize] = node;
                id
            }
            None => {
                self.nodes.push(node);
                (self.nodes.len() - 1) as u32
            }
        };
        self.link(id, true);
        self.set_position(position, NodeId(id));
    }

    /// Takes a node out; its key lies at this position.
    pub fn remove(&mut self, id: NodeId, position: usize) -> Option<Node> {
        self.unlink(id.0);
        let node = self.nodes[id.0 as usize].take();
        self.free.push(id.0);
        if let Some(place) = self.by_position.get_mut(position) {
            *place = NONE;
        }
        node
    }

    /// Moves a node to the end, or to the beginning.
    pub fn move_to(&mut self, id: NodeId, last: bool) {
        self.unlink(id.0);
        self.link(id.0, last);
    }

    fn link(&mut self, id: u32, last: bool) {
        let Some((first, end)) = self.ends else {
            self.ends = Some((id, id));
            return;
        };
        if last {
            self.change(end, |node| node.after = id);
            self.change(id, |node| (node.before, node.after) = (end, NONE));
            self.ends = Some((first, id));
        } else {
            self.change(first, |node| node.before = id);
            self.change(id, |node| (node.before, node.after) = (NONE, first));
            self.ends = Some((id, end));
        }
    }

    fn unlink(&mut self, id: u32) {
        let (Some((first, last)), Some(Some(node))) = (self.ends, self.nodes.get(id as usize)) else { return };
        let (before, after) = (node.before, node.after);
        self.change(before, |node| node.after = after);
        self.change(after, |node| node.before = before);
        self.change(id, |node| (node.before, node.after) = (NONE, NONE));
        let first = if first == id { after } else { first };
        let last = if last == id { before } else { last };
        self.ends = (first != NONE).then_some((first, last));
    }

    fn change(&mut self, id: u32, change: impl FnOnce(&mut Node)) {
        if let Some(Some(node)) = self.nodes.get_mut(id as usize) {
            change(node);
        }
    }

    /// Bytes held outside the object.
    pub fn storage_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Option<Node>>() + (self.by_position.capacity() + self.free.capacity()) * 4
    }
}

impl Traverse for Order {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.nodes.iter().flatten().for_each(|node| node.key.traverse(visit));
    }
}

impl TraverseMut for Order {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.extend(std::mem::take(self).nodes.into_iter().flatten().map(|node| node.key));
    }
}
