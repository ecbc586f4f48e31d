//! Decoding of code units.

use crate::{Opcode, Operand};

/// A decoded instruction. Offsets are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeInstruction {
    /// Where it starts, its `EXTENDED_ARG`s not counted.
    pub offset: usize,
    /// Where it starts with them.
    pub start: usize,
    pub opcode: Opcode,
    /// The operand with its extensions.
    pub oparg: u32,
    /// Where the next one starts, behind the caches.
    pub end: usize,
}

impl CodeInstruction {
    /// Where a jump goes.
    pub fn jump_target(&self) -> Option<usize> {
        let distance = self.oparg as usize * 2;
        match self.opcode.general() {
            opcode if opcode.operand() != Operand::Jump => None,
            Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt | Opcode::EndAsyncFor => {
                self.end.checked_sub(distance)
            }
            _ => self.end.checked_add(distance),
        }
    }
}

/// The instructions of code, `EXTENDED_ARG`s merged into what they extend and caches skipped. Ends at a byte that is no
/// instruction.
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    code: &'a [u8],
    at: usize,
}

impl<'a> Instructions<'a> {
    /// Decodes code units.
    pub fn new(code: &'a [u8]) -> Self {
        Instructions { code, at: 0 }
    }
}

impl Iterator for Instructions<'_> {
    type Item = CodeInstruction;

    fn next(&mut self) -> Option<CodeInstruction> {
        let start = self.at;
        let mut oparg = 0u32;
        loop {
            let offset = self.at;
            let (opcode, low) = (Opcode::from_byte(*self.code.get(offset)?)?, *self.code.get(offset + 1)?);
            self.at += 2;
            oparg = oparg << 8 | u32::from(low);
            if opcode != Opcode::ExtendedArg {
                self.at += 2 * opcode.caches();
                return Some(CodeInstruction { offset, start, opcode, oparg, end: self.at });
            }
        }
    }
}
