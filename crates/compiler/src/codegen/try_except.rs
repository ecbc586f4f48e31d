//! `try` with `except`, `except*` and `finally`.

use pyrope_bytecode::{Intrinsic2, Location, Opcode};
use pyrope_parser::ast::{ExceptHandler, Try};

use super::unit::{BlockDatum, BlockKind};
use super::{Compiler, loc};
use crate::error::Result;
use crate::instructions::Label;

const NONE: Location = Location::NONE;

impl<'a> Compiler<'a> {
    pub(super) fn try_statement(&mut self, location: Location, node: &'a Try, star: bool) -> Result<()> {
        if !node.finalbody.is_empty() {
            self.try_finally(location, node, star)
        } else {
            self.try_handlers(location, node, star)
        }
    }

    fn try_handlers(&mut self, location: Location, node: &'a Try, star: bool) -> Result<()> {
        if star { self.try_except_star(location, node) } else { self.try_except(location, node) }
    }

    fn try_finally(&mut self, location: Location, node: &'a Try, star: bool) -> Result<()> {
        let body = self.new_label();
        let end = self.new_label();
        let exit = self.new_label();
        let cleanup = self.new_label();
        self.jump(location, Opcode::SetupFinally, end);
        self.use_label(body);
        let datum = BlockDatum::Finally(&node.finalbody);
        self.push_block(location, BlockKind::FinallyTry, Some(body), Some(end), datum)?;
        if node.handlers.is_empty() {
            self.statements(&node.body)?;
        } else {
            self.try_handlers(location, node, star)?;
        }
        self.plain(NONE, Opcode::PopBlock);
        self.pop_block();
        self.statements(&node.finalbody)?;
        self.jump(NONE, Opcode::JumpNoInterrupt, exit);
        // After an exception.
        self.use_label(end);
        self.jump(NONE, Opcode::SetupCleanup, cleanup);
        self.plain(NONE, Opcode::PushExcInfo);
        self.push_block(NONE, BlockKind::FinallyEnd, Some(end), None, BlockDatum::None)?;
        self.statements(&node.finalbody)?;
        self.pop_block();
        self.emit(NONE, Opcode::Reraise, 0);
        self.use_label(cleanup);
        self.pop_except_and_reraise(NONE);
        self.use_label(exit);
        Ok(())
    }

    fn try_except(&mut self, location: Location, node: &'a Try) -> Result<()> {
        let body = self.new_label();
        let except = self.new_label();
        let end = self.new_label();
        let cleanup = self.new_label();
        self.jump(location, Opcode::SetupFinally, except);
        self.use_label(body);
        self.push_block(location, BlockKind::TryExcept, Some(body), None, BlockDatum::None)?;
        self.statements(&node.body)?;
        self.pop_block();
        self.plain(NONE, Opcode::PopBlock);
        self.statements(&node.orelse)?;
        self.jump(NONE, Opcode::JumpNoInterrupt, end);
        self.use_label(except);
        self.jump(NONE, Opcode::SetupCleanup, cleanup);
        self.plain(NONE, Opcode::PushExcInfo);
        self.push_block(location, BlockKind::ExceptionHandler, None, None, BlockDatum::None)?;
        for (index, handler) in node.handlers.iter().enumerate() {
            if handler.type_.is_none() && index + 1 < node.handlers.len() {
                return self.error(handler.range, "default 'except:' must be last");
            }
            self.handler(handler, end)?;
        }
        self.pop_block();
        self.emit(NONE, Opcode::Reraise, 0);
        self.use_label(cleanup);
        self.pop_except_and_reraise(NONE);
        self.use_label(end);
        Ok(())
    }

    fn handler(&mut self, handler: &'a ExceptHandler, end: Label) -> Result<()> {
        let location = loc(handler.range);
        let next = self.new_label();
        if let Some(kind) = &handler.type_ {
            self.expression(kind)?;
            self.plain(location, Opcode::CheckExcMatch);
            self.jump(location, Opcode::PopJumpIfFalse, next);
        }
        let Some(name) = &handler.name else {
            let body = self.new_label();
            self.plain(location, Opcode::PopTop);
            self.use_label(body);
            self.push_block(location, BlockKind::HandlerCleanup, Some(body), None, BlockDatum::None)?;
            self.statements(&handler.body)?;
            self.pop_block();
            self.plain(NONE, Opcode::PopBlock);
            self.plain(NONE, Opcode::PopExcept);
            self.jump(NONE, Opcode::JumpNoInterrupt, end);
            self.use_label(next);
            return Ok(());
        };
        // The body in a `try`, and `finally: name = None; del name`.
        let failed = self.new_label();
        let body = self.new_label();
        self.store(location, name)?;
        self.jump(location, Opcode::SetupCleanup, failed);
        self.use_label(body);
        self.push_block(location, BlockKind::HandlerCleanup, Some(body), None, BlockDatum::Name(name))?;
        self.statements(&handler.body)?;
        self.pop_block();
        self.plain(NONE, Opcode::PopBlock);
        self.plain(NONE, Opcode::PopBlock);
        self.plain(NONE, Opcode::PopExcept);
        self.unbind(NONE, name)?;
        self.jump(NONE, Opcode::JumpNoInterrupt, end);
        self.use_label(failed);
        self.unbind(NONE, name)?;
        self.emit(NONE, Opcode::Reraise, 1);
        self.use_label(next);
        Ok(())
    }

    /// Below the exception being split lie the original group and a list of what the handlers raise.
    fn try_except_star(&mut self, location: Location, node: &'a Try) -> Result<()> {
        let body = self.new_label();
        let except = self.new_label();
        let orelse = self.new_label();
        let end = self.new_label();
        let cleanup = self.new_label();
        let reraise_star = self.new_label();
        self.jump(location, Opcode::SetupFinally, except);
        self.use_label(body);
        self.push_block(location, BlockKind::TryExcept, Some(body), None, BlockDatum::None)?;
        self.statements(&node.body)?;
        self.pop_block();
        self.plain(NONE, Opcode::PopBlock);
        self.jump(NONE, Opcode::JumpNoInterrupt, orelse);
        self.use_label(except);
        self.jump(NONE, Opcode::SetupCleanup, cleanup);
        self.plain(NONE, Opcode::PushExcInfo);
        self.push_block(location, BlockKind::ExceptionGroupHandler, None, None, BlockDatum::None)?;
        for (index, handler) in node.handlers.iter().enumerate() {
            if index == 0 {
                let location = loc(handler.range);
                self.emit(location, Opcode::BuildList, 0);
                self.emit(location, Opcode::Copy, 2);
            }
            self.star_handler(handler)?;
            if index + 1 == node.handlers.len() {
                // What no handler took, which may be None.
                self.emit(NONE, Opcode::ListAppend, 1);
                self.jump(NONE, Opcode::JumpNoInterrupt, reraise_star);
            }
        }
        self.pop_block();
        self.reraise_group(reraise_star, end);
        self.use_label(cleanup);
        self.pop_except_and_reraise(NONE);
        self.use_label(orelse);
        self.statements(&node.orelse)?;
        self.use_label(end);
        Ok(())
    }

    fn star_handler(&mut self, handler: &'a ExceptHandler) -> Result<()> {
        let location = loc(handler.range);
        let next = self.new_label();
        let with_error = self.new_label();
        let no_match = self.new_label();
        if let Some(kind) = &handler.type_ {
            self.expression(kind)?;
            self.plain(location, Opcode::CheckEgMatch);
            self.emit(location, Opcode::Copy, 1);
            self.jump(location, Opcode::PopJumpIfNone, no_match);
        }
        let failed = self.new_label();
        let body = self.new_label();
        match &handler.name {
            Some(name) => self.store(location, name)?,
            None => self.plain(location, Opcode::PopTop),
        }
        self.jump(location, Opcode::SetupCleanup, failed);
        self.use_label(body);
        let datum = handler.name.as_ref().map_or(BlockDatum::None, BlockDatum::Name);
        self.push_block(location, BlockKind::HandlerCleanup, Some(body), None, datum)?;
        self.statements(&handler.body)?;
        self.pop_block();
        self.plain(NONE, Opcode::PopBlock);
        if let Some(name) = &handler.name {
            self.unbind(NONE, name)?;
        }
        self.jump(NONE, Opcode::JumpNoInterrupt, next);
        self.use_label(failed);
        if let Some(name) = &handler.name {
            self.unbind(NONE, name)?;
        }
        self.emit(NONE, Opcode::ListAppend, 3);
        self.plain(NONE, Opcode::PopTop);
        self.jump(NONE, Opcode::JumpNoInterrupt, with_error);
        self.use_label(next);
        self.plain(NONE, Opcode::Nop);
        self.jump(NONE, Opcode::JumpNoInterrupt, with_error);
        self.use_label(no_match);
        self.plain(location, Opcode::PopTop);
        self.use_label(with_error);
        Ok(())
    }

    fn reraise_group(&mut self, reraise_star: Label, end: Label) {
        let reraise = self.new_label();
        self.use_label(reraise_star);
        self.intrinsic_2(NONE, Intrinsic2::PrepReraiseStar);
        self.emit(NONE, Opcode::Copy, 1);
        self.jump(NONE, Opcode::PopJumpIfNotNone, reraise);
        self.plain(NONE, Opcode::PopTop);
        self.plain(NONE, Opcode::PopBlock);
        self.plain(NONE, Opcode::PopExcept);
        self.jump(NONE, Opcode::JumpNoInterrupt, end);
        self.use_label(reraise);
        self.plain(NONE, Opcode::PopBlock);
        self.emit(NONE, Opcode::Swap, 2);
        self.plain(NONE, Opcode::PopExcept);
        self.emit(NONE, Opcode::Reraise, 0);
    }
}
