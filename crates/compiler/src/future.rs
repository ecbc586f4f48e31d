//! `from __future__ import …`, and the flags that `compile()` takes.

use pyrope_bytecode::CodeFlags;
use pyrope_parser::ast::{Mod, Range, Stmt, StmtKind};

use crate::docstring::docstring;
use crate::error::{CompileError, Result};

/// `PyCF_*`: flags of `compile()` that are not kept in code objects.
pub struct CompileFlags;

impl CompileFlags {
    pub const SOURCE_IS_UTF8: u32 = 0x100;
    pub const DONT_IMPLY_DEDENT: u32 = 0x200;
    pub const ONLY_AST: u32 = 0x400;
    pub const IGNORE_COOKIE: u32 = 0x800;
    pub const TYPE_COMMENTS: u32 = 0x1000;
    pub const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;
    pub const ALLOW_INCOMPLETE_INPUT: u32 = 0x4000;
    pub const OPTIMIZED_AST: u32 = 0x8000 | Self::ONLY_AST;
    /// The future features that a code object passes on.
    pub const FUTURE_MASK: u32 = CodeFlags::FUTURE_DIVISION
        | CodeFlags::FUTURE_ABSOLUTE_IMPORT
        | CodeFlags::FUTURE_WITH_STATEMENT
        | CodeFlags::FUTURE_PRINT_FUNCTION
        | CodeFlags::FUTURE_UNICODE_LITERALS
        | CodeFlags::FUTURE_BARRY_AS_BDFL
        | CodeFlags::FUTURE_GENERATOR_STOP
        | CodeFlags::FUTURE_ANNOTATIONS;
}

/// The features in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FutureFeatures {
    /// `CO_FUTURE_*` of the source and of the caller, and the caller's [`CompileFlags`].
    pub flags: u32,
    /// The last statement that may import features.
    pub range: Option<Range>,
}

impl FutureFeatures {
    /// Reads the future statements of a module.
    pub fn from_ast(module: &Mod) -> Result<FutureFeatures> {
        let mut features = FutureFeatures::default();
        if let Mod::Module { body, .. } | Mod::Interactive { body } = module {
            features.read(body)?;
        }
        Ok(features)
    }

    fn read(&mut self, body: &[Stmt]) -> Result<()> {
        let start = usize::from(docstring(body).is_some());
        for statement in &body[start..] {
            let StmtKind::ImportFrom { module: Some(module), names, level } = &statement.node else { break };
            if &**module != "__future__" || level.unwrap_or(0) != 0 {
                break;
            }
            for name in names {
                self.flags |= feature(&name.name, name.range)?;
            }
            self.range = Some(statement.range);
        }
        Ok(())
    }

    /// PEP 563: annotations are kept as text.
    pub fn annotations(&self) -> bool {
        self.flags & CodeFlags::FUTURE_ANNOTATIONS != 0
    }

    pub(crate) fn top_level_await(&self) -> bool {
        self.flags & CompileFlags::ALLOW_TOP_LEVEL_AWAIT != 0
    }
}

fn feature(name: &str, range: Range) -> Result<u32> {
    match name {
        "nested_scopes" | "generators" | "division" | "absolute_import" | "with_statement" | "print_function"
        | "unicode_literals" | "generator_stop" => Ok(0),
        "barry_as_FLUFL" => Ok(CodeFlags::FUTURE_BARRY_AS_BDFL),
        "annotations" => Ok(CodeFlags::FUTURE_ANNOTATIONS),
        "braces" => Err(CompileError::syntax(range, "not a chance")),
        _ => Err(CompileError::syntax(range, format!("future feature {name} is not defined"))),
    }
}
