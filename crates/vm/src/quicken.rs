//! Translation of CPython's bytecode to the machine's: fixed width, operands merged, jumps resolved, caches apart.
//!
//! Code is checked on the way: operand indices, stack depths and jump targets of anything that Python code can put
//! together (`code.replace`) are in range, or the code is not run.
#![allow(unsafe_code, reason = "instructions and caches rewrite themselves in place")]

mod fuse;
mod verify;

use std::cell::Cell;

use pyrope_bytecode::{BinaryOperator, CodeInstruction, ExceptionEntries, Instructions, Opcode, Operand};
use pyrope_object::{PyResult, Value, Vm};

use crate::code::CodeObject;
use crate::inline_cache::Cache;
use crate::monitor;
use crate::ops::Op;

/// One instruction: 8 bytes.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct Instr {
    pub op: Op,
    /// A first small operand.
    pub a: u16,
    /// The operand, a jump distance in instructions from the next one, or a cache index.
    pub arg: u32,
}

const _: () = assert!(size_of::<Instr>() == 8);

impl Instr {
    /// The instruction that a word is.
    ///
    /// # Safety
    /// The word was read from translated code.
    #[inline(always)]
    pub unsafe fn from_word(word: u64) -> Instr {
        // SAFETY: the caller's promise.
        unsafe { std::mem::transmute(word) }
    }

    /// The low half of the operand.
    #[inline(always)]
    pub fn b(self) -> usize {
        (self.arg & 0xFFFF) as usize
    }

    /// The high half of the operand.
    #[inline(always)]
    pub fn c(self) -> usize {
        (self.arg >> 16) as usize
    }

    /// The operand as an index.
    #[inline(always)]
    pub fn index(self) -> usize {
        self.arg as usize
    }

    /// The operand as a distance.
    #[inline(always)]
    pub fn jump(self) -> isize {
        self.arg as i32 as isize
    }
}

/// A handler's range, in instruction indices.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    pub depth: u32,
    pub lasti: bool,
}

/// Translated code.
pub struct Quick {
    instrs: Box<[Cell<Instr>]>,
    caches: Box<[Cache]>,
    /// Byte offset of each instruction in `co_code`.
    offsets: Box<[u32]>,
    handlers: Box<[Handler]>,
    /// Words of `co_consts`' items, which the code object keeps, then of small integers.
    constants: Box<[u64]>,
    /// The operand as CPython has it, for instructions whose `arg` holds something else.
    pub opargs: Box<[u32]>,
    /// The line of each instruction, where somebody traces; else empty.
    lines: Box<[i32]>,
    /// The locals that unpacking instructions bind.
    stores: Box<[u16]>,
}

impl Quick {
    /// The first instruction.
    #[inline(always)]
    pub fn start(&self) -> *const Instr {
        self.instrs.as_ptr().cast()
    }

    /// The instruction at an index.
    pub fn at(&self, index: usize) -> *const Instr {
        self.start().wrapping_add(index)
    }

    /// Byte offset of an instruction.
    pub fn offset_of(&self, index: usize) -> u32 {
        self.offsets.get(index).copied().unwrap_or(0)
    }

    /// Index of the instruction that begins at or covers a byte offset.
    pub fn index_of_offset(&self, offset: u32) -> usize {
        self.offsets.partition_point(|&o| o <= offset).saturating_sub(1)
    }

    /// Index of the first instruction at or behind a byte offset.
    pub fn first_at(&self, offset: u32) -> usize {
        self.offsets.partition_point(|&o| o < offset)
    }

    /// The line of an instruction, -1 if there is none. (Only known to the translation that reports.)
    pub fn line_of(&self, index: usize) -> i32 {
        self.lines.get(index).copied().unwrap_or(-1)
    }

    /// The line of the instruction at a byte offset.
    pub fn line_at_offset(&self, offset: u32) -> i32 {
        self.line_of(self.first_at(offset))
    }

    /// Operand of an instruction as CPython has it.
    #[inline(always)]
    pub fn oparg(&self, index: usize) -> u32 {
        self.opargs.get(index).copied().unwrap_or(0)
    }

    /// The instruction itself.
    pub fn op_at(&self, index: usize) -> Option<Instr> {
        self.instrs.get(index).map(Cell::get)
    }

    /// The innermost handler that covers an instruction.
    pub fn handler_of(&self, index: usize) -> Option<Handler> {
        let index = index as u32;
        let after = self.handlers.partition_point(|h| h.start <= index);
        self.handlers[..after].iter().rev().take(1).find(|h| index < h.end).copied()
    }

    /// A constant; the index was checked.
    #[inline(always)]
    pub fn constant(&self, index: usize) -> &Value {
        debug_assert!(index < self.constants.len());
        // SAFETY: translation checks constant indices; the words are of values that the code object keeps.
        unsafe { &*self.constants.as_ptr().add(index).cast::<Value>() }
    }

    /// A cache; the index was made by translation.
    #[inline(always)]
    pub fn cache(&self, index: usize) -> &Cache {
        debug_assert!(index < self.caches.len());
        // SAFETY: translation made the index.
        unsafe { self.caches.get_unchecked(index) }
    }

    /// The locals that an unpacking instruction binds.
    #[inline(always)]
    pub fn stores(&self, start: usize, count: usize) -> &[u16] {
        debug_assert!(start + count <= self.stores.len());
        // SAFETY: translation made the range.
        unsafe { self.stores.get_unchecked(start..start + count) }
    }

    /// Rewrites an instruction.
    pub fn patch(&self, index: usize, op: Op) {
        if let Some(cell) = self.instrs.get(index) {
            cell.set(Instr { op, ..cell.get() });
        }
    }
}

/// The translation of a code object, made on first use. SystemError if the code is not well-formed.
#[inline(always)]
pub fn quick_of(code: &CodeObject, vm: &Vm) -> PyResult<*const Quick> {
    let quick = code.quick.get();
    if quick.is_null() { translate(code, vm) } else { Ok(quick) }
}

/// Frees a translation.
pub(crate) fn release(quick: *const Quick) {
    if !quick.is_null() {
        // SAFETY: made by `translate` and owned by the one code object that dies now.
        drop(unsafe { Box::from_raw(quick.cast_mut()) });
    }
}

#[cold]
fn translate(code: &CodeObject, vm: &Vm) -> PyResult<*const Quick> {
    let quick = vm.interp().unwatched(|| {
        code.load(vm)?;
        let Some(quick) = Translator::new(code).and_then(Translator::finish) else {
            return Err(refusal(code, vm));
        };
        Ok(Box::into_raw(Box::new(quick)))
    })?;
    code.quick.set(quick);
    Ok(quick)
}

/// What is wrong with code that cannot be run.
#[cold]
fn refusal(code: &CodeObject, vm: &Vm) -> pyrope_object::Raised {
    let known = Instructions::new(code.bytecode()).last().map_or(0, |last| last.end);
    match code.bytecode().get(known) {
        Some(byte) if Opcode::from_byte(*byte).is_none() => vm.system_error(format!("unknown opcode {byte}")),
        _ => vm.system_error("malformed code"),
    }
}

/// The translation that reports what it does: nothing is fused, and a `Trace` stands before each instruction.
pub(crate) fn translate_traced(code: &CodeObject, vm: &Vm) -> PyResult<Quick> {
    code.load(vm)?;
    match Translator::new(code).and_then(Translator::finish_traced) {
        Some(quick) => Ok(quick),
        None => Err(refusal(code, vm)),
    }
}

/// Where in `co_code` what each instruction of the plain translation stands for begins.
pub(crate) fn starts<'c>(code: &'c CodeObject, vm: &Vm) -> PyResult<&'c [u32]> {
    let monitor = code.monitor();
    if let Some(known) = monitor.starts.get() {
        return Ok(known);
    }
    code.load(vm)?;
    match Translator::new(code).and_then(Translator::starts) {
        Some(starts) => Ok(monitor.starts.get_or_init(|| starts)),
        None => Err(refusal(code, vm)),
    }
}

struct Translator<'c> {
    code: &'c CodeObject,
    source: Vec<CodeInstruction>,
    /// Index into `source` by code unit; `u32::MAX` inside instructions.
    by_unit: Vec<u32>,
    /// Someone may come here other than from the instruction before.
    entered: Vec<bool>,
    instrs: Vec<Instr>,
    offsets: Vec<u32>,
    opargs: Vec<u32>,
    caches: Vec<Cache>,
    /// First emitted instruction for each of `source`.
    emitted: Vec<u32>,
    /// Emitted jumps and where they go in `source`.
    jumps: Vec<(usize, usize)>,
    constants: Vec<u64>,
    stores: Vec<u16>,
}

const NOWHERE: u32 = u32::MAX;

impl<'c> Translator<'c> {
    fn new(code: &'c CodeObject) -> Option<Self> {
        let bytes = code.bytecode();
        let source: Vec<_> = Instructions::new(bytes).collect();
        if source.last()?.end < bytes.len() || u32::try_from(bytes.len()).is_err() {
            return None;
        }
        let mut by_unit = vec![NOWHERE; bytes.len() / 2 + 1];
        for (index, instruction) in source.iter().enumerate() {
            for offset in (instruction.start..=instruction.offset).step_by(2) {
                *by_unit.get_mut(offset / 2)? = index as u32;
            }
        }
        let count = source.len();
        Some(Translator {
            code,
            source,
            by_unit,
            entered: vec![false; count + 1],
            instrs: Vec::with_capacity(count + 1),
            offsets: Vec::with_capacity(count + 1),
            opargs: Vec::with_capacity(count + 1),
            caches: Vec::new(),
            emitted: Vec::with_capacity(count + 1),
            jumps: Vec::new(),
            constants: code.loaded().consts.as_slice().iter().map(Value::bits).collect(),
            stores: Vec::new(),
        })
    }

    /// Index into `source` of the instruction at a byte offset.
    fn index_at(&self, offset: usize) -> Option<usize> {
        self.by_unit.get(offset / 2).copied().filter(|&index| index != NOWHERE).map(|index| index as usize)
    }

    fn finish(mut self) -> Option<Quick> {
        self.mark_entries()?;
        let entries: Vec<_> = ExceptionEntries::new(self.code.exceptiontable()).collect();
        if !self.code.is_of_library() {
            verify::check(&self, &entries)?;
        }
        let mut index = 0;
        while index < self.source.len() {
            index += self.emit_at(index)?;
        }
        self.into_quick(&entries, &[])
    }

    fn finish_traced(mut self) -> Option<Quick> {
        self.mark_entries()?;
        let entries: Vec<_> = ExceptionEntries::new(self.code.exceptiontable()).collect();
        verify::check(&self, &entries)?;
        let source_lines = monitor::lines(self.code, &self.source);
        let marks = monitor::marks(self.code, &self.source);
        let mut lines = Vec::new();
        for (index, (marks, operand)) in marks.into_iter().enumerate() {
            self.emitted.push(self.instrs.len() as u32);
            let (offset, oparg) = (self.source[index].offset as u32, self.source[index].oparg);
            self.emit(Op::Trace, marks, operand, offset, oparg);
            self.emit_plain(index)?;
            if marks & monitor::Marks::CALL != 0 {
                self.emit(Op::TraceReturn, 0, 0, offset, oparg);
            } else if marks & monitor::Marks::LOOP != 0 {
                self.emit(Op::TraceReturn, monitor::Marks::LOOP, operand, offset, oparg);
            }
            lines.resize(self.instrs.len(), source_lines[index]);
        }
        self.into_quick(&entries, &lines)
    }

    fn starts(mut self) -> Option<Box<[u32]>> {
        self.mark_entries()?;
        let mut starts = Vec::new();
        let mut index = 0;
        while index < self.source.len() {
            let start = self.source[index].start as u32;
            index += self.emit_at(index)?;
            starts.resize(self.instrs.len(), start);
        }
        Some(starts.into())
    }

    fn into_quick(mut self, entries: &[pyrope_bytecode::ExceptionEntry], lines: &[i32]) -> Option<Quick> {
        let end = self.source.last()?.end as u32;
        self.emit(Op::InvalidCode, 0, 0, end, 0);
        self.emitted.push(self.instrs.len() as u32 - 1);
        self.resolve_jumps()?;
        let handlers = self.handlers(entries)?;
        Some(Quick {
            instrs: self.instrs.into_iter().map(Cell::new).collect(),
            caches: self.caches.into(),
            offsets: self.offsets.into(),
            handlers: handlers.into(),
            constants: self.constants.into(),
            opargs: self.opargs.into(),
            lines: lines.into(),
            stores: self.stores.into(),
        })
    }

    /// Finds the instructions that jumps, handlers and handler ranges begin at.
    fn mark_entries(&mut self) -> Option<()> {
        for index in 0..self.source.len() {
            if let Some(target) = self.target_of(index)? {
                *self.entered.get_mut(target)? = true;
            }
        }
        for entry in ExceptionEntries::new(self.code.exceptiontable()) {
            for offset in [entry.start, entry.target] {
                let index = self.index_at(offset)?;
                self.entered[index] = true;
            }
            if let Some(index) = self.index_at(entry.end) {
                self.entered[index] = true;
            }
        }
        Some(())
    }

    /// Where an instruction jumps in `source`. Loops end behind their END_FOR.
    fn target_of(&self, index: usize) -> Option<Option<usize>> {
        let instruction = &self.source[index];
        if instruction.opcode.general().operand() != Operand::Jump {
            return Some(None);
        }
        match instruction.opcode.general() {
            Opcode::EndAsyncFor => Some(None),
            Opcode::ForIter => {
                let end_for = self.index_at(instruction.jump_target()?)?;
                (self.source.get(end_for)?.opcode.general() == Opcode::EndFor).then_some(Some(end_for + 1))
            }
            _ => self.index_at(instruction.jump_target()?).map(Some),
        }
    }

    fn emit(&mut self, op: Op, a: u16, arg: u32, offset: u32, oparg: u32) {
        self.instrs.push(Instr { op, a, arg });
        self.offsets.push(offset);
        self.opargs.push(oparg);
    }

    /// The index of a small integer among the constants.
    fn small_int_constant(&mut self, n: u32) -> Option<u16> {
        let word = Value::small_int(n.into())?.bits();
        let index = self.constants.iter().position(|&w| w == word).unwrap_or_else(|| {
            self.constants.push(word);
            self.constants.len() - 1
        });
        u16::try_from(index).ok()
    }

    fn new_cache(&mut self, name: u32) -> u32 {
        self.new_attribute_cache(name, false)
    }

    fn new_attribute_cache(&mut self, name: u32, method: bool) -> u32 {
        self.caches.push(Cache::new(name, method));
        self.caches.len() as u32 - 1
    }

    /// Emits the instruction at `index` of `source`, or one for it and its successors; gives how many it covers.
    fn emit_at(&mut self, index: usize) -> Option<usize> {
        if let Some(covered) = self.fuse(index) {
            for _ in 0..covered {
                self.emitted.push(self.instrs.len() as u32 - 1);
            }
            return Some(covered);
        }
        self.emitted.push(self.instrs.len() as u32);
        self.emit_plain(index)?;
        Some(1)
    }

    fn emit_plain(&mut self, index: usize) -> Option<()> {
        let instruction = self.source[index];
        let (arg, offset) = (instruction.oparg, instruction.offset as u32);
        if let Some(target) = self.target_of(index)? {
            let op = plain_op(instruction.opcode.general())?;
            self.jumps.push((self.instrs.len(), target));
            self.emit(op, 0, 0, offset, arg);
            return Some(());
        }
        let (op, a, arg) = match instruction.opcode.general() {
            // Marks for tracing and monitoring.
            Opcode::Nop | Opcode::NotTaken | Opcode::Cache => (Op::Nop, 0, 0),
            Opcode::LoadFastLoadFast | Opcode::LoadFastBorrowLoadFastBorrow => {
                (Op::LoadFastLoadFast, (arg >> 4) as u16, arg & 15)
            }
            Opcode::StoreFastLoadFast => (Op::StoreFastLoadFast, (arg >> 4) as u16, arg & 15),
            Opcode::StoreFastStoreFast => (Op::StoreFastStoreFast, (arg >> 4) as u16, arg & 15),
            Opcode::LoadGlobal => (Op::LoadGlobal, (arg & 1) as u16, self.new_cache(arg >> 1)),
            Opcode::LoadName => (Op::LoadName, 0, self.new_cache(arg)),
            Opcode::LoadAttr => (Op::LoadAttr, 0, self.new_attribute_cache(arg >> 1, arg & 1 != 0)),
            Opcode::Call => (Op::Call, u16::try_from(arg).ok()?, self.new_cache(0)),
            Opcode::StoreAttr => (Op::StoreAttr, 0, self.new_cache(arg)),
            Opcode::LoadSuperAttr => (Op::LoadSuperAttr, (arg & 3) as u16, self.new_cache(arg >> 2)),
            Opcode::BinaryOp => match BinaryOperator::from_number(arg)? {
                BinaryOperator::Add | BinaryOperator::InplaceAdd => (Op::BinaryAdd, 0, 0),
                BinaryOperator::Subtract | BinaryOperator::InplaceSubtract => (Op::BinarySubtract, 0, 0),
                BinaryOperator::Multiply | BinaryOperator::InplaceMultiply => (Op::BinaryMultiply, 0, 0),
                BinaryOperator::Subscr => (Op::BinarySubscr, 0, 0),
                operator => (Op::BinaryOther, 0, operator.number() << 16),
            },
            opcode => (plain_op(opcode)?, 0, arg),
        };
        self.emit(op, a, arg, offset, instruction.oparg);
        Some(())
    }

    fn resolve_jumps(&mut self) -> Option<()> {
        for (at, target) in std::mem::take(&mut self.jumps) {
            let target = *self.emitted.get(target)? as i64;
            let distance = target - (at as i64 + 1);
            let instr = self.instrs.get_mut(at)?;
            if fuse::has_short_jump(instr.op) {
                instr.arg |= (i16::try_from(distance).ok()? as u16 as u32) << 16;
            } else {
                instr.arg = i32::try_from(distance).ok()? as u32;
            }
        }
        Some(())
    }

    fn handlers(&self, entries: &[pyrope_bytecode::ExceptionEntry]) -> Option<Vec<Handler>> {
        let mut handlers = Vec::with_capacity(entries.len());
        for entry in entries {
            let emitted = |offset: usize| -> Option<u32> {
                let index =
                    if offset >= self.code.bytecode().len() { self.source.len() } else { self.index_at(offset)? };
                self.emitted.get(index).copied()
            };
            handlers.push(Handler {
                start: emitted(entry.start)?,
                end: emitted(entry.end)?,
                target: emitted(entry.target)?,
                depth: entry.depth,
                lasti: entry.lasti,
            });
        }
        handlers.sort_by_key(|h| h.start);
        Some(handlers)
    }
}

/// The plain form of an instruction whose operand stays as it is.
fn plain_op(opcode: Opcode) -> Option<Op> {
    macro_rules! same {
        ($($name:ident)*) => {
            match opcode {
                $(Opcode::$name => Op::$name,)*
                Opcode::LoadFastBorrow => Op::LoadFast,
                _ => return None,
            }
        };
    }
    Some(same! {
        LoadFast LoadFastCheck LoadFastAndClear StoreFast DeleteFast LoadDeref StoreDeref DeleteDeref MakeCell
        CopyFreeVars LoadConst LoadSmallInt LoadCommonConstant StoreName StoreGlobal DeleteName DeleteGlobal LoadLocals
        LoadFromDictOrGlobals LoadFromDictOrDeref SetupAnnotations LoadBuildClass ImportName ImportFrom PopTop PopIter
        EndFor EndSend PushNull Copy Swap UnaryNegative UnaryInvert UnaryNot ToBool IsOp ContainsOp CompareOp BinarySlice
        StoreSlice StoreSubscr DeleteSubscr DeleteAttr LoadSpecial BuildTuple BuildList BuildSet BuildMap BuildSlice
        BuildString ListAppend ListExtend SetAdd SetUpdate MapAdd DictUpdate DictMerge UnpackSequence UnpackEx
        FormatSimple FormatWithSpec ConvertValue BuildTemplate BuildInterpolation JumpForward JumpBackward
        JumpBackwardNoInterrupt PopJumpIfFalse PopJumpIfTrue PopJumpIfNone PopJumpIfNotNone GetIter ForIter Resume
        ReturnValue CallKw CallFunctionEx MakeFunction SetFunctionAttribute CallIntrinsic1 CallIntrinsic2
        PushExcInfo PopExcept CheckExcMatch CheckEgMatch RaiseVarargs Reraise WithExceptStart CleanupThrow EndAsyncFor
        ExitInitCheck ReturnGenerator YieldValue Send GetAwaitable GetAiter GetAnext GetYieldFromIter GetLen MatchClass
        MatchKeys MatchMapping MatchSequence
    })
}
