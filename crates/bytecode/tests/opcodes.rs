//! The instruction table against what CPython 3.14's `_opcode` module says, one line an instruction in
//! `data/opcodes.txt`: number, name, general form, flags, caches, stack effects for five operands (largest, jumping, not
//! jumping).

use pyrope_bytecode::{Comparison, Opcode};

const OPERANDS: [u32; 5] = [1, 2, 3, 7, 257];

fn flags(opcode: Opcode) -> String {
    let letters = [
        (opcode.has_arg(), 'A'),
        (opcode.has_const(), 'C'),
        (opcode.has_name(), 'N'),
        (opcode.has_jump(), 'J'),
        (opcode.has_free(), 'F'),
        (opcode.has_local(), 'L'),
        (opcode.has_exc(), 'E'),
    ];
    let set: String = letters.iter().filter(|(set, _)| *set).map(|(_, letter)| letter).collect();
    if set.is_empty() { "-".into() } else { set }
}

fn effects(opcode: Opcode, jump: Option<bool>) -> String {
    let effect = |&operand: &u32| {
        let operand = if opcode.has_arg() { operand } else { 0 };
        opcode.checked_stack_effect(operand, jump).map_or("x".into(), |effect| effect.to_string())
    };
    OPERANDS.iter().map(effect).collect::<Vec<_>>().join(",")
}

#[test]
fn table_is_cpythons() {
    let expected: Vec<&str> = include_str!("data/opcodes.txt").lines().collect();
    assert_eq!(expected.len(), Opcode::ALL.len());
    for (line, &opcode) in expected.iter().zip(Opcode::ALL) {
        let general = if opcode.is_specialized() { opcode.general().name() } else { "-" };
        let caches = if opcode.is_specialized() || opcode.is_instrumented() { 0 } else { opcode.caches() };
        let ours = format!(
            "{} {opcode} {general} {} {caches} {} {} {}",
            opcode.number(),
            flags(opcode),
            effects(opcode, None),
            effects(opcode, Some(true)),
            effects(opcode, Some(false))
        );
        assert_eq!(&ours, line);
    }
}

#[test]
fn numbers_and_names_lead_back() {
    for &opcode in Opcode::ALL {
        assert_eq!(Opcode::from_u16(opcode.number()), Some(opcode));
        assert_eq!(Opcode::from_name(opcode.name()), Some(opcode));
    }
    assert_eq!(Opcode::from_u16(121), None);
    assert_eq!(Opcode::from_u16(u16::MAX), None);
}

#[test]
fn comparisons_carry_their_masks() {
    let operands: Vec<u32> = Comparison::ALL.iter().map(|comparison| comparison.operand()).collect();
    assert_eq!(operands, [2, 42, 72, 103, 132, 172]);
    assert_eq!(
        Comparison::from_operand(Comparison::NotEqual.operand() | Comparison::TO_BOOL),
        Some(Comparison::NotEqual)
    );
}
