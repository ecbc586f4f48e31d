//! `with` and `async with`.

use pyrope_bytecode::{Location, Opcode, SpecialMethod};
use pyrope_parser::ast::{Stmt, WithItem};

use super::unit::{BlockDatum, BlockKind};
use super::{Compiler, loc};
use crate::error::Result;
use crate::instructions::Label;

const NONE: Location = Location::NONE;

impl<'a> Compiler<'a> {
    pub(super) fn with_statement(&mut self, items: &'a [WithItem], body: &'a [Stmt]) -> Result<()> {
        let Some((item, rest)) = items.split_first() else { return self.statements(body) };
        self.guard.check()?;
        let block = self.new_label();
        let failed = self.new_label();
        let exit = self.new_label();
        let cleanup = self.new_label();
        self.expression(&item.context_expr)?;
        let location = loc(item.context_expr.range);
        self.load_enter_and_exit(location, SpecialMethod::Enter, SpecialMethod::Exit);
        self.jump(location, Opcode::SetupWith, failed);
        self.use_label(block);
        self.push_block(location, BlockKind::With, Some(block), Some(failed), BlockDatum::None)?;
        self.bind_with_value(location, item)?;
        self.with_statement(rest, body)?;
        self.plain(NONE, Opcode::PopBlock);
        self.pop_block();
        self.call_exit_with_nones(location);
        self.plain(location, Opcode::PopTop);
        self.jump(location, Opcode::Jump, exit);
        self.use_label(failed);
        self.jump(location, Opcode::SetupCleanup, cleanup);
        self.plain(location, Opcode::PushExcInfo);
        self.plain(location, Opcode::WithExceptStart);
        self.finish_with(cleanup);
        self.use_label(exit);
        Ok(())
    }

    pub(super) fn async_with(&mut self, items: &'a [WithItem], body: &'a [Stmt]) -> Result<()> {
        let Some((item, rest)) = items.split_first() else { return self.statements(body) };
        self.guard.check()?;
        let block = self.new_label();
        let failed = self.new_label();
        let exit = self.new_label();
        let cleanup = self.new_label();
        self.expression(&item.context_expr)?;
        let location = loc(item.context_expr.range);
        self.load_enter_and_exit(location, SpecialMethod::AsyncEnter, SpecialMethod::AsyncExit);
        self.await_top(location, 1);
        self.jump(location, Opcode::SetupWith, failed);
        self.use_label(block);
        self.push_block(location, BlockKind::AsyncWith, Some(block), Some(failed), BlockDatum::None)?;
        self.bind_with_value(location, item)?;
        self.async_with(rest, body)?;
        self.pop_block();
        self.plain(location, Opcode::PopBlock);
        self.call_exit_with_nones(location);
        self.await_top(location, 2);
        self.plain(location, Opcode::PopTop);
        self.jump(location, Opcode::Jump, exit);
        self.use_label(failed);
        self.jump(location, Opcode::SetupCleanup, cleanup);
        self.plain(location, Opcode::PushExcInfo);
        self.plain(location, Opcode::WithExceptStart);
        self.await_top(location, 2);
        self.finish_with(cleanup);
        self.use_label(exit);
        Ok(())
    }

    /// Turns the manager on the stack into its exit method and what its enter method returns.
    fn load_enter_and_exit(&mut self, location: Location, enter: SpecialMethod, exit: SpecialMethod) {
        self.emit(location, Opcode::Copy, 1);
        self.emit(location, Opcode::LoadSpecial, exit.number());
        self.emit(location, Opcode::Swap, 2);
        self.emit(location, Opcode::Swap, 3);
        self.emit(location, Opcode::LoadSpecial, enter.number());
        self.emit(location, Opcode::Call, 0);
    }

    fn bind_with_value(&mut self, location: Location, item: &'a WithItem) -> Result<()> {
        match &item.optional_vars {
            Some(target) => self.expression(target),
            None => {
                self.plain(location, Opcode::PopTop);
                Ok(())
            }
        }
    }

    /// Awaits the value on top; `source` tells `GET_AWAITABLE` what made it.
    fn await_top(&mut self, location: Location, source: u32) {
        self.emit(location, Opcode::GetAwaitable, source);
        self.load_none(location);
        self.yield_from(location, true);
    }

    fn finish_with(&mut self, cleanup: Label) {
        let suppress = self.new_label();
        self.plain(NONE, Opcode::ToBool);
        self.jump(NONE, Opcode::PopJumpIfTrue, suppress);
        self.emit(NONE, Opcode::Reraise, 2);
        self.use_label(suppress);
        self.plain(NONE, Opcode::PopTop);
        self.plain(NONE, Opcode::PopBlock);
        self.plain(NONE, Opcode::PopExcept);
        for _ in 0..3 {
            self.plain(NONE, Opcode::PopTop);
        }
        let exit = self.new_label();
        self.jump(NONE, Opcode::JumpNoInterrupt, exit);
        self.use_label(cleanup);
        self.pop_except_and_reraise(NONE);
        self.use_label(exit);
    }
}
