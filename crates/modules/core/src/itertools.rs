//! `itertools`

mod chaining;
mod combining;
mod counting;
mod filtering;
mod grouping;
mod tee;

use pyrope_object::{ModuleDef, Object};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "itertools",
    doc: "Tools for making and combining iterators.",
    functions: &[tee::functions::FUNCTIONS],
    types: &[
        <counting::Accumulate as Object>::def,
        <grouping::Batched as Object>::def,
        <chaining::Chain as Object>::def,
        <combining::Combinations as Object>::def,
        <filtering::Compress as Object>::def,
        <counting::Count as Object>::def,
        <combining::CombinationsWithReplacement as Object>::def,
        <counting::Cycle as Object>::def,
        <filtering::DropWhile as Object>::def,
        <filtering::FilterFalse as Object>::def,
        <grouping::GroupBy as Object>::def,
        <grouping::Grouper as Object>::def,
        <filtering::ISlice as Object>::def,
        <grouping::Pairwise as Object>::def,
        <combining::Permutations as Object>::def,
        <combining::Product as Object>::def,
        <counting::Repeat as Object>::def,
        <filtering::StarMap as Object>::def,
        <filtering::TakeWhile as Object>::def,
        <tee::Tee as Object>::def,
        <tee::TeeData as Object>::def,
        <chaining::ZipLongest as Object>::def,
    ],
    exec: None,
};
