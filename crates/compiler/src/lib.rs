//! AST to scopes, instructions, flow graph and code.
