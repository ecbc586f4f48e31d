//! Open blocks, and leaving them early.

use pyrope_bytecode::{Location, Opcode, ResumeAt};
use pyrope_parser::ast::Range;

use super::Compiler;
use super::unit::{Block, BlockDatum, BlockKind};
use crate::error::{CompileError, Result};
use crate::instructions::Label;

/// `CO_MAXBLOCKS`.
const MAX_BLOCKS: usize = 21;

impl<'a> Compiler<'a> {
    pub(super) fn push_block(
        &mut self,
        location: Location,
        kind: BlockKind,
        start: Option<Label>,
        exit: Option<Label>,
        datum: BlockDatum<'a>,
    ) -> Result<()> {
        if self.unit.blocks.len() >= MAX_BLOCKS {
            return Err(CompileError::syntax(range(location), "too many statically nested blocks"));
        }
        if kind == BlockKind::FinallyEnd {
            self.warnings_off += 1;
        }
        self.unit.blocks.push(Block { kind, start, exit, location, datum });
        Ok(())
    }

    pub(super) fn pop_block(&mut self) {
        if let Some(block) = self.unit.blocks.pop()
            && block.kind == BlockKind::FinallyEnd
        {
            self.warnings_off -= 1;
        }
    }

    /// Leaves all blocks, or those up to the innermost loop, whose position is returned. `location` becomes that of
    /// what follows.
    pub(super) fn unwind_blocks(
        &mut self,
        location: &mut Location,
        preserve: bool,
        to_loop: bool,
    ) -> Result<Option<usize>> {
        let Some(top) = self.unit.blocks.last() else { return Ok(None) };
        if top.kind == BlockKind::ExceptionGroupHandler {
            let message = "'break', 'continue' and 'return' cannot appear in an except* block";
            return Err(CompileError::syntax(range(*location), message));
        }
        let is_loop = matches!(top.kind, BlockKind::WhileLoop | BlockKind::ForLoop | BlockKind::AsyncForLoop);
        if to_loop && is_loop {
            return Ok(Some(self.unit.blocks.len() - 1));
        }
        // What the block runs when it is left sees the blocks around it only.
        let block = top.clone();
        self.pop_block();
        self.unwind_block(location, &block, preserve)?;
        let found = self.unwind_blocks(location, preserve, to_loop)?;
        self.push_block(block.location, block.kind, block.start, block.exit, block.datum)?;
        Ok(found)
    }

    /// Undoes what the block has on the operand stack; with `preserve` the value on top survives.
    pub(super) fn unwind_block(&mut self, location: &mut Location, block: &Block<'a>, preserve: bool) -> Result<()> {
        match block.kind {
            BlockKind::WhileLoop
            | BlockKind::ExceptionHandler
            | BlockKind::ExceptionGroupHandler
            | BlockKind::AsyncComprehension
            | BlockKind::StopIteration => {}
            BlockKind::ForLoop | BlockKind::AsyncForLoop | BlockKind::PopValue => {
                self.keep_top(*location, preserve, 2);
                self.plain(*location, Opcode::PopTop);
            }
            BlockKind::TryExcept => self.plain(*location, Opcode::PopBlock),
            BlockKind::FinallyTry => self.run_finally(location, block, preserve)?,
            BlockKind::FinallyEnd => {
                self.keep_top(*location, preserve, 2);
                self.plain(*location, Opcode::PopTop);
                self.keep_top(*location, preserve, 2);
                self.plain(*location, Opcode::PopBlock);
                self.plain(*location, Opcode::PopExcept);
            }
            BlockKind::With | BlockKind::AsyncWith => self.exit_with(location, block, preserve),
            BlockKind::HandlerCleanup => self.leave_handler(*location, block, preserve)?,
        }
        Ok(())
    }

    fn keep_top(&mut self, location: Location, preserve: bool, depth: u32) {
        if preserve {
            self.emit(location, Opcode::Swap, depth);
        }
    }

    fn run_finally(&mut self, location: &mut Location, block: &Block<'a>, preserve: bool) -> Result<()> {
        self.plain(*location, Opcode::PopBlock);
        if preserve {
            self.push_block(*location, BlockKind::PopValue, None, None, BlockDatum::None)?;
        }
        if let BlockDatum::Finally(body) = block.datum {
            self.statements(body)?;
        }
        if preserve {
            self.pop_block();
        }
        // The block runs after the statement that leaves, so what follows has no place of its own.
        *location = Location::NONE;
        Ok(())
    }

    fn exit_with(&mut self, location: &mut Location, block: &Block<'a>, preserve: bool) {
        let place = block.location;
        self.plain(place, Opcode::PopBlock);
        self.keep_top(place, preserve, 3);
        self.keep_top(place, preserve, 2);
        self.call_exit_with_nones(place);
        if block.kind == BlockKind::AsyncWith {
            self.emit(place, Opcode::GetAwaitable, 2);
            self.load_none(place);
            self.yield_from(place, true);
        }
        self.plain(place, Opcode::PopTop);
        *location = Location::NONE;
    }

    fn leave_handler(&mut self, location: Location, block: &Block<'a>, preserve: bool) -> Result<()> {
        let name = match block.datum {
            BlockDatum::Name(name) => Some(name),
            _ => None,
        };
        if name.is_some() {
            self.plain(location, Opcode::PopBlock);
        }
        self.keep_top(location, preserve, 2);
        self.plain(location, Opcode::PopBlock);
        self.plain(location, Opcode::PopExcept);
        if let Some(name) = name {
            self.unbind(location, name)?;
        }
        Ok(())
    }

    /// `name = None; del name`
    pub(super) fn unbind(&mut self, location: Location, name: &str) -> Result<()> {
        self.load_none(location);
        self.store(location, name)?;
        self.delete(location, name)
    }

    pub(super) fn call_exit_with_nones(&mut self, location: Location) {
        for _ in 0..3 {
            self.load_none(location);
        }
        self.emit(location, Opcode::Call, 3);
    }

    /// The loop of `yield from` and `await`: sends to the iterator on the stack until it is done.
    pub(super) fn yield_from(&mut self, location: Location, is_await: bool) {
        let send = self.new_label();
        let fail = self.new_label();
        let exit = self.new_label();
        self.use_label(send);
        self.jump(location, Opcode::Send, exit);
        // A handler for the StopIteration of a `close` or `throw`.
        self.jump(location, Opcode::SetupFinally, fail);
        self.emit(location, Opcode::YieldValue, 1);
        self.plain(Location::NONE, Opcode::PopBlock);
        let resume = if is_await { ResumeAt::AfterAwait } else { ResumeAt::AfterYieldFrom };
        self.emit(location, Opcode::Resume, resume.number());
        self.jump(location, Opcode::JumpNoInterrupt, send);
        self.use_label(fail);
        self.plain(location, Opcode::CleanupThrow);
        self.use_label(exit);
        self.plain(location, Opcode::EndSend);
    }

    pub(super) fn pop_except_and_reraise(&mut self, location: Location) {
        self.emit(location, Opcode::Copy, 3);
        self.plain(location, Opcode::PopExcept);
        self.emit(location, Opcode::Reraise, 1);
    }
}

/// For errors: an instruction's place as a node's.
fn range(location: Location) -> Range {
    let column = |number: i32| number as u32;
    Range {
        line: column(location.line),
        col: column(location.col),
        end_line: column(location.end_line),
        end_col: column(location.end_col),
    }
}
