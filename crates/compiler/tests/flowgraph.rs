//! The flow graph's passes on hand-written instructions: `data/flowgraph.txt` tells what CPython 3.14 makes of them
//! (`_testinternalcapi.optimize_cfg`); then assembly.

use std::collections::HashMap;
use std::rc::Rc;

use pyrope_bytecode::{Code, CodeFlags, Constant, ExceptionEntries, FastKind, Instructions, Location, Opcode};
use pyrope_compiler::assemble::{AssembleError, AssembleOptions, CodeUnit, ConstTable, NameTable, assemble};
use pyrope_compiler::flowgraph::{Cfg, optimize_cfg};
use pyrope_compiler::instructions::{InstructionSequence, Label};

/// Reads instructions, one a line: labels end in `:`, `@` gives a new line number.
fn sequence<'a>(lines: impl Iterator<Item = &'a str>) -> InstructionSequence {
    let mut sequence = InstructionSequence::new();
    let mut labels: HashMap<String, Label> = HashMap::new();
    let mut line = 1;
    for text in lines {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        if let Some(label) = words[0].strip_suffix(':') {
            let label = *labels.entry(label.to_owned()).or_insert_with(|| sequence.new_label());
            sequence.use_label(label);
            continue;
        }
        if let Some(number) = words.last().and_then(|word| word.strip_prefix('@')) {
            line = number.parse().unwrap();
            words.pop();
        }
        let location = if line < 0 { Location::NONE } else { Location::new(line, line, 0, 0) };
        let opcode = Opcode::from_name(words[0]).unwrap_or_else(|| panic!("{text}"));
        match words.get(1) {
            Some(label) if opcode.has_target() => {
                let label = *labels.entry((*label).to_owned()).or_insert_with(|| sequence.new_label());
                sequence.add_jump(opcode, label, location);
            }
            operand => sequence.add(opcode, operand.map_or(0, |operand| operand.parse().unwrap()), location),
        }
    }
    sequence
}

fn constant(text: &str) -> Constant {
    match text {
        "None" => Constant::None,
        text => match text.strip_prefix('\'') {
            Some(text) => Constant::Str { value: Rc::new(text.trim_end_matches('\'').into()), interned: false },
            None => Constant::Int(text.parse().unwrap()),
        },
    }
}

fn repr(constant: &Constant) -> String {
    let joined = |items: &[Constant]| items.iter().map(repr).collect::<Vec<_>>().join(", ");
    match constant {
        Constant::None => "None".into(),
        Constant::Bool(true) => "True".into(),
        Constant::Bool(false) => "False".into(),
        Constant::Int(value) => value.to_string(),
        Constant::Str { value, .. } => format!("'{}'", value.to_string_lossy()),
        Constant::Tuple(items) => format!("({})", joined(items)),
        Constant::FrozenSet(items) => format!("frozenset({})", joined(items)),
        other => panic!("{other:?}"),
    }
}

fn printed(cfg: &Cfg) -> Vec<String> {
    let mut line = 1;
    let mut printed = Vec::new();
    for instruction in cfg.to_flat().unwrap() {
        let mut text = instruction.opcode.name().to_owned();
        if instruction.opcode.has_arg() {
            text += &format!(" {}", instruction.oparg);
        }
        if instruction.location.line != line {
            line = instruction.location.line;
            text += &format!(" @{line}");
        }
        printed.push(text);
    }
    printed
}

#[test]
fn passes_give_cpythons_instructions() {
    for case in include_str!("data/flowgraph.txt").split("\n\n").filter(|case| !case.trim().is_empty()) {
        let (given, expected) = case.split_once("\ngives ").unwrap();
        let mut given = given.lines();
        let name = given.next().unwrap();
        let nlocals = given.next().unwrap().strip_prefix("locals ").unwrap().parse().unwrap();
        let consts = given.next().unwrap().strip_prefix("consts ").unwrap();
        let mut consts = ConstTable::from(consts.split("; ").map(constant).collect::<Vec<_>>());
        let cfg = optimize_cfg(sequence(given), &mut consts, nlocals).unwrap();

        let mut expected = expected.lines().map(str::trim);
        let expected_consts = expected.next().unwrap();
        assert_eq!(printed(&cfg), expected.collect::<Vec<_>>(), "{name}\n{cfg}");
        assert_eq!(consts.consts().iter().map(repr).collect::<Vec<_>>().join("; "), expected_consts, "{name}");
    }
}

fn unit() -> CodeUnit {
    CodeUnit {
        name: "f".into(),
        qualname: "q.f".into(),
        consts: ConstTable::from(vec![Constant::None]),
        names: (0..4).map(|number| format!("n{number}")).collect(),
        firstlineno: 1,
        ..CodeUnit::default()
    }
}

fn assembled(unit: CodeUnit, flags: u32, text: &str) -> Result<Rc<Code>, AssembleError> {
    let options = AssembleOptions { filename: Rc::new("file.py".into()), flags };
    assemble(unit, sequence(text.lines().filter(|line| !line.trim().is_empty())), &options)
}

fn listed(code: &Code) -> Vec<(Opcode, u32)> {
    Instructions::new(&code.code).map(|instruction| (instruction.opcode, instruction.oparg)).collect()
}

#[test]
fn long_jumps_arrive() {
    for distance in [10, 84, 85, 86, 300, 9000, 30_000] {
        let body = "LOAD_NAME 0\nPOP_TOP\n".repeat(distance);
        let text = format!("a:\nLOAD_NAME 0\nPOP_JUMP_IF_FALSE b\n{body}JUMP a\nb:\nLOAD_CONST 0\nRETURN_VALUE");
        let code = assembled(unit(), 0, &text).unwrap();
        let starts: Vec<usize> = Instructions::new(&code.code).map(|instruction| instruction.start).collect();
        let targets: Vec<usize> = Instructions::new(&code.code).filter_map(|i| i.jump_target()).collect();
        assert_eq!(targets, [starts[starts.len() - 2], 0], "{distance}");
    }
}

#[test]
fn cells_and_prefix() {
    let table = |names: &[&str]| names.iter().collect::<NameTable>();
    let unit = CodeUnit {
        varnames: table(&["a", "b"]),
        cellvars: table(&["c", "b"]),
        freevars: table(&["d"]),
        argcount: 2,
        param_count: 2,
        ..unit()
    };
    let text =
        "RESUME 0\nLOAD_DEREF 1\nPOP_TOP\nLOAD_DEREF 0\nPOP_TOP\nLOAD_DEREF 2\nPOP_TOP\nLOAD_CONST 0\nRETURN_VALUE";
    let code = assembled(unit, CodeFlags::GENERATOR, text).unwrap();
    let names: Vec<&str> = code.localsplusnames.iter().map(|name| &**name).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    let argument = FastKind::ARG_POSITIONAL | FastKind::ARG_KEYWORD | FastKind::LOCAL;
    assert_eq!(&*code.localspluskinds, [argument, argument | FastKind::CELL, FastKind::CELL, FastKind::FREE]);
    use Opcode::*;
    let expected = [
        (CopyFreeVars, 1),
        (MakeCell, 1),
        (MakeCell, 2),
        (ReturnGenerator, 0),
        (PopTop, 0),
        (Resume, 0),
        (LoadDeref, 1),
        (PopTop, 0),
        (LoadDeref, 2),
        (PopTop, 0),
        (LoadDeref, 3),
        (PopTop, 0),
        (LoadConst, 0),
        (ReturnValue, 0),
    ];
    assert_eq!(listed(&code), expected);
}

#[test]
fn handlers_reach_the_exception_table() {
    let text = "
        SETUP_FINALLY h @1
        LOAD_NAME 0 @2
        POP_TOP
        POP_BLOCK
        LOAD_CONST 0
        RETURN_VALUE
        h:
        SETUP_CLEANUP c @3
        PUSH_EXC_INFO
        POP_TOP
        POP_EXCEPT
        LOAD_CONST 0
        RETURN_VALUE
        c:
        COPY 3 @-1
        POP_EXCEPT
        RERAISE 1";
    let code = assembled(unit(), 0, text).unwrap();
    let entries: Vec<(usize, usize, usize, u32, bool)> = ExceptionEntries::new(&code.exceptiontable)
        .map(|entry| (entry.start, entry.end, entry.target, entry.depth, entry.lasti))
        .collect();
    assert_eq!(entries, [(2, 6, 10, 0, false), (10, 20, 20, 1, true)]);
    assert_eq!(code.stacksize, 4);
}

#[test]
fn nonsense_is_an_error() {
    for text in
        ["POP_TOP\nLOAD_CONST 0\nRETURN_VALUE", "LOAD_CONST 7\nRETURN_VALUE", "LOAD_NAME 0\nPOP_BLOCK\nRETURN_VALUE"]
    {
        assert!(assembled(unit(), 0, text).is_err(), "{text}");
    }
    let uneven = "LOAD_NAME 0\nPOP_JUMP_IF_FALSE a\nLOAD_NAME 0\na:\nLOAD_CONST 0\nRETURN_VALUE";
    let message = "Invalid CFG, inconsistent stackdepth".to_owned();
    assert_eq!(assembled(unit(), 0, uneven), Err(AssembleError::Value(message)));
}

#[test]
fn constants_merge_by_type_and_value() {
    let mut table = ConstTable::default();
    let int = |value: i64| Constant::Int(value.into());
    let distinct = [
        int(1),
        Constant::Bool(true),
        Constant::Float(1.0),
        Constant::Float(0.0),
        Constant::Float(-0.0),
        Constant::Tuple([int(1)].into()),
        Constant::Tuple([Constant::Bool(true)].into()),
        Constant::Complex { real: 0.0, imag: -0.0 },
        Constant::Bytes(b"a".as_slice().into()),
        Constant::FrozenSet([int(1), int(2)].into()),
    ];
    for (index, constant) in distinct.iter().enumerate() {
        assert_eq!(table.add(constant.clone()), index as u32);
    }
    for (index, constant) in distinct.iter().enumerate() {
        assert_eq!(table.add(constant.clone()), index as u32);
    }
    assert_eq!(table.add(Constant::FrozenSet([int(2), int(1)].into())), 9);
    let nan = Constant::Float(f64::NAN);
    assert_ne!(table.add(nan.clone()), table.add(nan));
}
