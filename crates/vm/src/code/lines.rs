//! What a code object tells of its source lines.

use pyrope_bytecode::{Instructions, Opcode, lines, positions};
use pyrope_object::{Value, Vm};

use super::CodeObject;

fn number_or_none(n: i32, vm: &Vm) -> Value {
    if n < 0 { Value::none() } else { vm.int(n.into()) }
}

/// `(start, end, line)` in byte offsets.
pub(super) fn line_tuples(code: &CodeObject, vm: &Vm) -> Vec<Value> {
    lines(code.linetable(), code.firstlineno)
        .map(|(start, end, line)| {
            let line = line.map_or(Value::none(), |n| vm.int(n.into()));
            vm.tuple_of([vm.int_from_usize(start), vm.int_from_usize(end), line]).into_value()
        })
        .collect()
}

/// `(line, end_line, column, end_column)` for each code unit.
pub(super) fn position_tuples(code: &CodeObject, vm: &Vm) -> Vec<Value> {
    positions(code.linetable(), code.firstlineno)
        .map(|at| {
            let parts = [at.line, at.end_line, at.col, at.end_col];
            vm.new_tuple(parts.iter().map(|&n| number_or_none(n, vm)).collect()).into_value()
        })
        .collect()
}

/// `(offset, not taken, taken)` for each conditional jump.
pub(super) fn branch_tuples(code: &CodeObject, vm: &Vm) -> Vec<Value> {
    let mut branches = Vec::new();
    for instruction in Instructions::new(code.bytecode()) {
        let loops = matches!(instruction.opcode, Opcode::ForIter | Opcode::EndAsyncFor);
        if !instruction.opcode.is_conditional_jump() && !loops {
            continue;
        }
        let Some(target) = instruction.jump_target() else { continue };
        let parts = match instruction.opcode {
            // The end of a loop is behind END_FOR.
            Opcode::ForIter => [instruction.offset, instruction.end, target + 4],
            // It leads back to where the loop waited: END_SEND and NOT_TAKEN stand there.
            Opcode::EndAsyncFor => [target, target + 4, instruction.end],
            // The fall-through side begins behind NOT_TAKEN.
            _ => [instruction.offset, instruction.end + 2, target],
        };
        branches.push(vm.new_tuple(parts.iter().map(|&n| vm.int_from_usize(n)).collect()).into_value());
    }
    branches
}

/// The old table: pairs of byte and line increments.
pub(super) fn lnotab(code: &CodeObject) -> Vec<u8> {
    let mut table = Vec::new();
    let (mut line, mut offset) = (code.firstlineno, 0usize);
    for (start, _, at) in lines(code.linetable(), code.firstlineno) {
        let Some(at) = at.filter(|&at| at != line) else { continue };
        let mut bytes = start - offset;
        let mut delta = at - line;
        while bytes > 254 {
            table.extend([254, 0]);
            bytes -= 254;
        }
        while !(-128..=127).contains(&delta) {
            let step = if delta < 0 { -128 } else { 127 };
            table.extend([bytes as u8, step as i8 as u8]);
            delta -= step;
            bytes = 0;
        }
        table.extend([bytes as u8, delta as i8 as u8]);
        (line, offset) = (at, start);
    }
    table
}
