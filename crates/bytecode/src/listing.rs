//! The printed form of code objects, in the manner of `dis`.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use crate::{
    BinaryOperator, Code, CodeInstruction, CommonConstant, Comparison, Constant, Conversion, ExceptionEntries,
    FunctionAttribute, Instructions, Intrinsic1, Intrinsic2, Opcode, Operand, SpecialMethod, positions,
};

/// Displays a code object and those in its constants.
pub struct Listing<'a>(pub &'a Code);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(self.0, f)?;
        for constant in self.0.consts.iter() {
            if let Constant::Code(code) = constant {
                writeln!(f, "\nDisassembly of <code object {}, line {}>:", code.qualname, code.firstlineno)?;
                write!(f, "{}", Listing(code))?;
            }
        }
        Ok(())
    }
}

/// Names of the places that jumps and the exception table name.
fn labels(code: &Code) -> BTreeMap<usize, usize> {
    let mut places: Vec<usize> = Instructions::new(&code.code).filter_map(|i| i.jump_target()).collect();
    for entry in ExceptionEntries::new(&code.exceptiontable) {
        places.extend([entry.start, entry.end, entry.target]);
    }
    places.sort_unstable();
    places.dedup();
    places.into_iter().zip(1..).collect()
}

fn list(code: &Code, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let labels = labels(code);
    let lines: Vec<i32> = positions(&code.linetable, code.firstlineno).map(|location| location.line).collect();
    let mut current = None;
    for instruction in Instructions::new(&code.code) {
        let line = lines.get(instruction.offset / 2).copied().unwrap_or(-1);
        let new_line = current.replace(line) != Some(line);
        if new_line && instruction.start > 0 {
            writeln!(f)?;
        }
        let shown = match line {
            _ if !new_line => String::new(),
            line if line < 0 => "--".into(),
            line => line.to_string(),
        };
        let label = labels.get(&instruction.start).map(|label| format!("L{label}:")).unwrap_or_default();
        let CodeInstruction { offset, opcode, oparg, .. } = instruction;
        write!(f, "{shown:>4} {label:>7} {offset:>5} ")?;
        match operand_text(code, &instruction, &labels) {
            _ if !opcode.has_arg() => writeln!(f, "{opcode}")?,
            meaning if meaning.is_empty() => writeln!(f, "{opcode:<34} {oparg}")?,
            meaning => writeln!(f, "{opcode:<34} {oparg} ({meaning})")?,
        }
    }
    exceptions(code, &labels, f)
}

fn exceptions(code: &Code, labels: &BTreeMap<usize, usize>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let label = |offset| labels.get(&offset).copied().unwrap_or(0);
    for (number, entry) in ExceptionEntries::new(&code.exceptiontable).enumerate() {
        if number == 0 {
            writeln!(f, "ExceptionTable:")?;
        }
        let lasti = if entry.lasti { " lasti" } else { "" };
        let (start, end, target) = (label(entry.start), label(entry.end), label(entry.target));
        writeln!(f, "  L{start} to L{end} -> L{target} [{}]{lasti}", entry.depth)?;
    }
    Ok(())
}

/// What an operand means, as text.
fn operand_text(code: &Code, instruction: &CodeInstruction, labels: &BTreeMap<usize, usize>) -> String {
    let CodeInstruction { opcode, oparg, .. } = *instruction;
    let local = |index: u32| code.localsplusnames.get(index as usize).map_or("?", |name| name).to_owned();
    let name = |index: u32| code.names.get(index as usize).map_or("?", |name| name).to_owned();
    let known = |text: Option<&'static str>| text.unwrap_or("?").to_owned();
    match opcode.operand() {
        Operand::Const => code.consts.get(oparg as usize).map_or_else(|| "?".into(), constant_text),
        Operand::Name => name(oparg),
        Operand::GlobalName => name(oparg >> 1) + if oparg & 1 != 0 { " + NULL" } else { "" },
        Operand::AttributeName => name(oparg >> 1) + if oparg & 1 != 0 { " + NULL|self" } else { "" },
        Operand::SuperAttributeName => name(oparg >> 2) + if oparg & 1 != 0 { " + NULL|self" } else { "" },
        Operand::Local | Operand::Deref => local(oparg),
        Operand::LocalPair => format!("{}, {}", local(oparg >> 4), local(oparg & 15)),
        Operand::Jump => match instruction.jump_target().and_then(|target| labels.get(&target)) {
            Some(label) => format!("to L{label}"),
            None => "?".into(),
        },
        Operand::BinaryOp => known(BinaryOperator::from_number(oparg).map(BinaryOperator::symbol)),
        Operand::Compare => {
            let sign = known(Comparison::from_operand(oparg).map(Comparison::name));
            if oparg & Comparison::TO_BOOL != 0 { format!("bool({sign})") } else { sign }
        }
        Operand::Invert => match (opcode.general(), oparg) {
            (Opcode::IsOp, 0) => "is".into(),
            (Opcode::IsOp, _) => "is not".into(),
            (_, 0) => "in".into(),
            _ => "not in".into(),
        },
        Operand::Intrinsic1 => known(Intrinsic1::from_number(oparg).map(Intrinsic1::name)),
        Operand::Intrinsic2 => known(Intrinsic2::from_number(oparg).map(Intrinsic2::name)),
        Operand::CommonConstant => known(CommonConstant::from_number(oparg).map(CommonConstant::name)),
        Operand::SpecialMethod => known(SpecialMethod::from_number(oparg).map(SpecialMethod::name)),
        Operand::Conversion => known(Conversion::from_number(oparg).map(Conversion::name)),
        Operand::FunctionAttribute => {
            let set = FunctionAttribute::ALL.iter().filter(|attribute| oparg & attribute.number() != 0);
            set.map(|attribute| attribute.name()).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

/// A short text for a constant; not always Python's `repr`.
fn constant_text(constant: &Constant) -> String {
    let joined = |items: &[Constant]| items.iter().map(constant_text).collect::<Vec<_>>().join(", ");
    match constant {
        Constant::None => "None".into(),
        Constant::Bool(true) => "True".into(),
        Constant::Bool(false) => "False".into(),
        Constant::Ellipsis => "Ellipsis".into(),
        Constant::Int(value) => value.to_string(),
        Constant::Float(value) => format!("{value:?}"),
        Constant::Complex { real, imag } => format!("({real:?}{imag:+?}j)"),
        Constant::Str { value, .. } => format!("{value:?}"),
        Constant::Bytes(value) => {
            let mut text = String::from("b\"");
            for byte in value.iter().flat_map(|&byte| std::ascii::escape_default(byte)) {
                text.push(char::from(byte));
            }
            text.push('"');
            text
        }
        Constant::Tuple(items) if items.len() == 1 => format!("({},)", joined(items)),
        Constant::Tuple(items) => format!("({})", joined(items)),
        Constant::FrozenSet(items) => format!("frozenset({{{}}})", joined(items)),
        Constant::Slice(parts) => format!("slice({})", joined(&parts[..])),
        Constant::Code(code) => {
            let mut text = String::new();
            let _ = write!(text, "<code object {}, line {}>", code.name, code.firstlineno);
            text
        }
    }
}
