//! The instructions, by family. Each is a small function that the loop inlines: it works on the registers and says how
//! to go on. What is slow stands in functions of its own that do not see the registers.

pub mod arithmetic;
pub mod attribute_kinds;
pub mod attributes;
pub mod calls;
pub mod comparison;
pub mod containers;
pub mod control;
pub mod exceptions;
pub mod generators;
pub mod locals;
pub mod names;
pub mod patterns;
pub mod stack_ops;
pub mod strings;
pub mod subscript;
pub mod super_attr;
pub mod trace;
