//! AST to scopes, instructions, flow graph and code.

pub mod assemble;
pub mod flowgraph;
pub mod instructions;
