//! Names and kinds of fast locals, constants, and the finished code object.

use std::rc::Rc;

use pyrope_bytecode::{Code, CodeFlags, Constant, FastKind};

use super::{AssembleError, AssembleOptions, CodeUnit, emit, jumps};
use crate::flowgraph::Flattened;

pub(super) fn make_code(
    unit: &CodeUnit,
    consts: Vec<Constant>,
    flattened: Flattened,
    options: &AssembleOptions,
) -> Result<Code, AssembleError> {
    let Flattened { mut instructions, stacksize, nlocalsplus } = flattened;
    jumps::resolve(&mut instructions);
    let linetable = emit::location_table(&mut instructions, unit.firstlineno);
    let (localsplusnames, localspluskinds) = localsplus(unit, options.flags);
    if localsplusnames.len() != nlocalsplus {
        return Err(AssembleError::System("fast locals do not add up".into()));
    }
    Ok(Code {
        argcount: unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        stacksize: stacksize.max(1),
        flags: options.flags,
        code: emit::code(&instructions).into(),
        consts: consts.into_iter().map(intern).collect(),
        names: unit.names.names().into(),
        localsplusnames: localsplusnames.into(),
        localspluskinds: localspluskinds.into(),
        filename: options.filename.clone(),
        name: unit.name.clone(),
        qualname: unit.qualname.clone(),
        firstlineno: unit.firstlineno,
        linetable: linetable.into(),
        exceptiontable: emit::exception_table(&instructions).into(),
    })
}

/// CPython interns constants that look like names, and has one object for each short string.
fn intern(constant: Constant) -> Constant {
    match constant {
        Constant::Str { value, interned } => {
            let interned = interned || is_interned(value.as_bytes());
            Constant::Str { value, interned }
        }
        Constant::Tuple(items) => Constant::Tuple(items.iter().cloned().map(intern).collect()),
        Constant::FrozenSet(items) => Constant::FrozenSet(items.iter().cloned().map(intern).collect()),
        other => other,
    }
}

/// Is the string of name characters only, or a single character of Latin-1?
fn is_interned(utf8: &[u8]) -> bool {
    let is_latin1_character = matches!(utf8, [0..0x80] | [0xC2 | 0xC3, _]);
    is_latin1_character || utf8.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Locals, then cells that are not among them, then free variables, each with its kind.
fn localsplus(unit: &CodeUnit, flags: u32) -> (Vec<Rc<str>>, Vec<u8>) {
    let mut kinds: Vec<u8> = argument_kinds(unit, flags);
    kinds.resize(unit.varnames.len(), 0);
    for (kind, name) in kinds.iter_mut().zip(unit.varnames.names()) {
        *kind |= FastKind::LOCAL;
        if unit.fast_hidden.contains(name) {
            *kind |= FastKind::HIDDEN;
        }
        if unit.cellvars.get(name).is_some() {
            *kind |= FastKind::CELL;
        }
    }
    let mut names = unit.varnames.names().to_vec();
    names.extend(unit.cellvars.names().iter().filter(|name| unit.varnames.get(name).is_none()).cloned());
    kinds.resize(names.len(), FastKind::CELL);
    names.extend_from_slice(unit.freevars.names());
    kinds.resize(names.len(), FastKind::FREE);
    (names, kinds)
}

fn argument_kinds(unit: &CodeUnit, flags: u32) -> Vec<u8> {
    let groups = [
        (unit.posonlyargcount, FastKind::ARG_POSITIONAL),
        (unit.argcount.saturating_sub(unit.posonlyargcount), FastKind::ARG_POSITIONAL | FastKind::ARG_KEYWORD),
        (unit.kwonlyargcount, FastKind::ARG_KEYWORD),
        (u32::from(flags & CodeFlags::VARARGS != 0), FastKind::ARG_VARIADIC | FastKind::ARG_POSITIONAL),
        (u32::from(flags & CodeFlags::VARKEYWORDS != 0), FastKind::ARG_VARIADIC | FastKind::ARG_KEYWORD),
    ];
    groups.iter().flat_map(|&(count, kind)| std::iter::repeat_n(kind, count as usize)).collect()
}
