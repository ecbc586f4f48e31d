//! Maps and sets by a fast hash function, seeded at random.

use foldhash::fast::RandomState;

pub(crate) use foldhash::{HashMap, HashSet};

pub(crate) type IndexMap<K, V> = indexmap::IndexMap<K, V, RandomState>;
pub(crate) type IndexSet<T> = indexmap::IndexSet<T, RandomState>;
