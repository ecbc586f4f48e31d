//! Classes.

use pyrope_bytecode::{Constant, Intrinsic1, Location, Opcode};
use pyrope_parser::ast::{Expr, Identifier, Keyword, Stmt, TypeParam};

use super::functions::first_line;
use super::unit::{Counts, ScopeType};
use super::{Compiler, loc, name_const};
use crate::error::Result;
use crate::symtable::BlockKey;

/// The parts of a `class` statement.
#[derive(Clone, Copy)]
pub(super) struct Class<'a> {
    pub name: &'a Identifier,
    pub bases: &'a [Expr],
    pub keywords: &'a [Keyword],
    pub body: &'a [Stmt],
    pub decorators: &'a [Expr],
    pub type_params: &'a [TypeParam],
}

impl<'a> Compiler<'a> {
    pub(super) fn class(&mut self, statement: &'a Stmt, class: Class<'a>) -> Result<()> {
        self.decorators(class.decorators)?;
        let firstlineno = first_line(statement, class.decorators);
        let location = loc(statement.range);
        let generic = !class.type_params.is_empty();
        if generic {
            let scope = format!("<generic parameters of {}>", class.name);
            let key = BlockKey::type_params(statement);
            let private = Some(class.name);
            self.enter_scope(&scope, ScopeType::Annotations, key, firstlineno, private, Counts::default())?;
            self.type_params(class.type_params)?;
            self.store(location, ".type_params")?;
        }
        self.class_body(statement, &class, firstlineno)?;
        if generic {
            self.load(location, ".type_params")?;
            self.intrinsic_1(location, Intrinsic1::SubscriptGeneric);
            self.store(location, ".generic_base")?;
            self.call_helper(location, 2, class.bases, Some(".generic_base"), class.keywords)?;
            let code = self.exit_scope(false)?;
            self.make_closure(location, code, 0)?;
            self.plain(location, Opcode::PushNull);
            self.emit(location, Opcode::Call, 0);
        } else {
            self.call_helper(location, 2, class.bases, None, class.keywords)?;
        }
        self.apply_decorators(class.decorators);
        self.store(location, class.name)
    }

    /// Pushes `__build_class__`, the function that runs the body, and the name.
    fn class_body(&mut self, statement: &'a Stmt, class: &Class<'a>, firstlineno: i32) -> Result<()> {
        let key = BlockKey::statement(statement);
        self.enter_scope(class.name, ScopeType::Class, key, firstlineno, Some(class.name), Counts::default())?;
        let start = Location { line: firstlineno, end_line: firstlineno, col: 0, end_col: 0 };
        self.class_preamble(start, firstlineno, !class.type_params.is_empty())?;
        self.body(start, class.body, false)?;
        self.class_epilogue()?;
        let code = self.exit_scope(true)?;
        let location = loc(statement.range);
        self.plain(location, Opcode::LoadBuildClass);
        self.plain(location, Opcode::PushNull);
        self.make_closure(location, code, 0)?;
        self.load_const(location, name_const(class.name));
        Ok(())
    }

    fn class_preamble(&mut self, start: Location, firstlineno: i32, generic: bool) -> Result<()> {
        self.load(start, "__name__")?;
        self.store(start, "__module__")?;
        let qualname = self.unit.meta.qualname.clone();
        self.load_const(start, name_const(&qualname));
        self.store(start, "__qualname__")?;
        self.load_const(start, Constant::Int(firstlineno.into()));
        self.store(start, "__firstlineno__")?;
        if generic {
            self.load(start, ".type_params")?;
            self.store(start, "__type_params__")?;
        }
        if self.entry().needs_classdict {
            self.plain(start, Opcode::LoadLocals);
            let cell = self.cell_index("__classdict__")?;
            self.emit(start, Opcode::StoreDeref, cell);
        }
        if self.entry().has_conditional_annotations {
            self.emit(start, Opcode::BuildSet, 0);
            let cell = self.cell_index("__conditional_annotations__")?;
            self.emit(start, Opcode::StoreDeref, cell);
        }
        Ok(())
    }

    fn class_epilogue(&mut self) -> Result<()> {
        let attributes = std::mem::take(&mut self.unit.static_attributes);
        let attributes = attributes.iter().map(|name| name_const(name)).collect();
        self.load_const(Location::NONE, Constant::Tuple(attributes));
        self.store(Location::NONE, "__static_attributes__")?;
        if self.entry().needs_classdict {
            let cell = self.cell_index("__classdict__")?;
            self.emit(Location::NONE, Opcode::LoadClosure, cell);
            self.store(Location::NONE, "__classdictcell__")?;
        }
        if self.entry().needs_class_closure {
            let cell = self.cell_index("__class__")?;
            self.emit(Location::NONE, Opcode::LoadClosure, cell);
            self.emit(Location::NONE, Opcode::Copy, 1);
            self.store(Location::NONE, "__classcell__")?;
        } else {
            self.load_none(Location::NONE);
        }
        self.plain(Location::NONE, Opcode::ReturnValue);
        Ok(())
    }

    /// Notes an attribute that a method assigns.
    pub(super) fn note_static_attribute(&mut self, name: &Identifier) {
        let class = self.outer.iter_mut().rev().find(|unit| unit.scope_type == ScopeType::Class);
        if let Some(class) = class {
            class.static_attributes.insert(name.clone());
        }
    }
}
