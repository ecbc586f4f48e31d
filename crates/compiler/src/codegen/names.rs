//! Loading, storing and deleting names.

use std::borrow::Cow;
use std::rc::Rc;

use pyrope_bytecode::{Location, Opcode};
use pyrope_parser::ast::ExprContext;

use super::Compiler;
use crate::error::{CompileError, Result};
use crate::symtable::{BlockType, Scope};

/// Where a name lives.
enum Place {
    Fast,
    /// With the operand of the `*_DEREF` instructions.
    Deref(u32),
    Global,
    Name,
}

impl Compiler<'_> {
    pub(super) fn mangled<'n>(&self, name: &'n str) -> Cow<'n, str> {
        self.table.maybe_mangle(self.unit.private.as_deref(), self.unit.scope, name)
    }

    pub(super) fn load(&mut self, location: Location, name: &str) -> Result<()> {
        self.name(location, name, ExprContext::Load)
    }

    pub(super) fn store(&mut self, location: Location, name: &str) -> Result<()> {
        self.name(location, name, ExprContext::Store)
    }

    pub(super) fn delete(&mut self, location: Location, name: &str) -> Result<()> {
        self.name(location, name, ExprContext::Del)
    }

    pub(super) fn name(&mut self, location: Location, name: &str, ctx: ExprContext) -> Result<()> {
        let mangled = self.mangled(name);
        let (name, scope) = match self.entry().symbols.get_key_value(&*mangled) {
            Some((name, &flags)) => (name.clone(), Scope::of(flags)),
            None => (mangled.into(), Scope::Unknown),
        };
        match self.place(&name, scope)? {
            Place::Fast => self.fast(location, &name, ctx),
            Place::Deref(index) => self.deref(location, index, ctx)?,
            Place::Global => {
                let index = self.unit.meta.names.add(&name);
                self.global(location, index, scope, ctx)?;
            }
            Place::Name => {
                let index = self.unit.meta.names.add(&name);
                self.by_name(location, index, ctx);
            }
        }
        Ok(())
    }

    fn place(&self, name: &str, scope: Scope) -> Result<Place> {
        let function_like = self.entry().is_function_like();
        Ok(match scope {
            Scope::Free => Place::Deref(self.free_index(name)?),
            Scope::Cell => Place::Deref(self.cell_index(name)?),
            Scope::Local if function_like || self.unit.fast_hidden.get(name) == Some(&true) => Place::Fast,
            Scope::GlobalImplicit if function_like => Place::Global,
            Scope::GlobalExplicit => Place::Global,
            Scope::Local | Scope::GlobalImplicit | Scope::Unknown => Place::Name,
        })
    }

    pub(super) fn cell_index(&self, name: &str) -> Result<u32> {
        let index = self.unit.meta.cellvars.get(name);
        index.ok_or_else(|| CompileError::System(format!("no cell for {name} in {}", self.unit.meta.qualname)))
    }

    pub(super) fn free_index(&self, name: &str) -> Result<u32> {
        let index = self.unit.meta.freevars.get(name);
        let index =
            index.ok_or_else(|| CompileError::System(format!("{name} is not free in {}", self.unit.meta.qualname)))?;
        Ok(index + self.unit.meta.cellvars.len() as u32)
    }

    /// The scope of a name, where classes have the cells they make implicitly.
    pub(super) fn reference_scope(&self, name: &str) -> Scope {
        let implicit = matches!(name, "__class__" | "__classdict__" | "__conditional_annotations__");
        if implicit && self.entry().block == BlockType::Class { Scope::Cell } else { self.entry().scope(name) }
    }

    fn fast(&mut self, location: Location, name: &Rc<str>, ctx: ExprContext) {
        let opcode = match ctx {
            ExprContext::Load => Opcode::LoadFast,
            ExprContext::Store => Opcode::StoreFast,
            ExprContext::Del => Opcode::DeleteFast,
        };
        let index = self.unit.meta.varnames.add(name);
        self.emit(location, opcode, index);
    }

    fn in_class_proper(&self) -> bool {
        self.entry().block == BlockType::Class && self.unit.in_inlined_comprehension == 0
    }

    fn deref(&mut self, location: Location, index: u32, ctx: ExprContext) -> Result<()> {
        let opcode = match ctx {
            ExprContext::Store => Opcode::StoreDeref,
            ExprContext::Del => Opcode::DeleteDeref,
            ExprContext::Load if self.in_class_proper() => {
                self.plain(location, Opcode::LoadLocals);
                Opcode::LoadFromDictOrDeref
            }
            ExprContext::Load if self.entry().can_see_class_scope => {
                self.load_classdict(location)?;
                Opcode::LoadFromDictOrDeref
            }
            ExprContext::Load => Opcode::LoadDeref,
        };
        self.emit(location, opcode, index);
        Ok(())
    }

    fn load_classdict(&mut self, location: Location) -> Result<()> {
        // Free even in a class that binds the name itself.
        self.unit.meta.freevars.add("__classdict__");
        let index = self.free_index("__classdict__")?;
        self.emit(location, Opcode::LoadDeref, index);
        Ok(())
    }

    fn global(&mut self, location: Location, index: u32, scope: Scope, ctx: ExprContext) -> Result<()> {
        match ctx {
            ExprContext::Load if self.entry().can_see_class_scope && scope == Scope::GlobalImplicit => {
                self.load_classdict(location)?;
                self.emit(location, Opcode::LoadFromDictOrGlobals, index);
            }
            ExprContext::Load => self.emit(location, Opcode::LoadGlobal, index << 1),
            ExprContext::Store => self.emit(location, Opcode::StoreGlobal, index),
            ExprContext::Del => self.emit(location, Opcode::DeleteGlobal, index),
        }
        Ok(())
    }

    fn by_name(&mut self, location: Location, index: u32, ctx: ExprContext) {
        match ctx {
            ExprContext::Load if self.entry().block == BlockType::Class && !self.in_class_proper() => {
                self.emit(location, Opcode::LoadGlobal, index << 1);
            }
            ExprContext::Load => self.emit(location, Opcode::LoadName, index),
            ExprContext::Store => self.emit(location, Opcode::StoreName, index),
            ExprContext::Del => self.emit(location, Opcode::DeleteName, index),
        }
    }
}
