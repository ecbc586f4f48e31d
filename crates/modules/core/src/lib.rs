//! Native modules of the language's core: itertools, functools, collections, operator, weakref, thread and the like.

mod bisect;
mod collections;
mod functools;
mod heapq;
mod itertools;
mod operator;
mod queue;
mod support;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &bisect::MODULE,
    &collections::MODULE,
    &functools::MODULE,
    &heapq::MODULE,
    &itertools::MODULE,
    &operator::MODULE,
    &queue::MODULE,
];
