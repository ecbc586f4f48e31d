//! The bytes of a code object: code units, location table, exception table.

use pyrope_bytecode::{ExceptionEntry, LineTableWriter, Location, Opcode, write_exception_entry};

use super::jumps::{extended_args, size};
use crate::flowgraph::{FlatInstruction, HandlerInfo};

pub(super) fn code(instructions: &[FlatInstruction]) -> Vec<u8> {
    let mut code = Vec::with_capacity(instructions.len() * 4);
    for instruction in instructions {
        let [low, rest @ ..] = instruction.oparg.to_le_bytes();
        for byte in rest[..extended_args(instruction.oparg)].iter().rev() {
            code.extend_from_slice(&[Opcode::ExtendedArg.number() as u8, *byte]);
        }
        code.extend_from_slice(&[instruction.opcode.number() as u8, low]);
        code.resize(code.len() + 2 * instruction.opcode.caches(), 0);
    }
    code
}

pub(super) fn location_table(instructions: &mut [FlatInstruction], firstlineno: i32) -> Vec<u8> {
    resolve_next_locations(instructions);
    let mut writer = LineTableWriter::with_capacity(firstlineno, 2 * instructions.len());
    let mut location = Location::NONE;
    let mut units = 0;
    for instruction in instructions.iter() {
        if instruction.location != location {
            writer.add(location, units);
            location = instruction.location;
            units = 0;
        }
        units += size(instruction.opcode, instruction.oparg);
    }
    writer.add(location, units);
    writer.finish()
}

fn resolve_next_locations(instructions: &mut [FlatInstruction]) {
    let mut next = Location::NONE;
    for instruction in instructions.iter_mut().rev() {
        if instruction.location == Location::NEXT {
            instruction.location = if instruction.opcode.is_terminator() { Location::NONE } else { next };
        }
        next = instruction.location;
    }
}

pub(super) fn exception_table(instructions: &[FlatInstruction]) -> Vec<u8> {
    if instructions.iter().all(|instruction| instruction.handler.is_none()) {
        return Vec::new();
    }
    let mut offsets = Vec::with_capacity(instructions.len() + 1);
    let mut total = 0;
    for instruction in instructions {
        offsets.push(total);
        total += 2 * size(instruction.opcode, instruction.oparg);
    }
    let mut table = Vec::new();
    let mut write = |start: usize, end: usize, handler: HandlerInfo| {
        let depth = handler.depth.saturating_sub(1 + u32::from(handler.preserve_lasti));
        let target = offsets.get(handler.target as usize).copied().unwrap_or(total);
        write_exception_entry(&mut table, &ExceptionEntry { start, end, target, depth, lasti: handler.preserve_lasti });
    };
    let mut open: Option<(usize, HandlerInfo)> = None;
    for (instruction, &offset) in instructions.iter().zip(&offsets) {
        if instruction.handler.map(|handler| handler.target) != open.map(|(_, handler)| handler.target) {
            if let Some((start, handler)) = open {
                write(start, offset, handler);
            }
            open = instruction.handler.map(|handler| (offset, handler));
        }
    }
    if let Some((start, handler)) = open {
        write(start, total, handler);
    }
    table
}
