//! Adding instructions.

use std::borrow::Cow;

use pyrope_bytecode::{BinaryOperator, CommonConstant, Comparison, Constant, Intrinsic1, Intrinsic2, Location, Opcode};
use pyrope_parser::ast::{CmpOp, Operator};

use super::Compiler;
use crate::instructions::Label;
use crate::names::Name;

impl Compiler<'_> {
    pub(super) fn emit(&mut self, location: Location, opcode: Opcode, oparg: u32) {
        self.unit.sequence.add(opcode, oparg, location);
    }

    pub(super) fn emit_count(&mut self, location: Location, opcode: Opcode, count: usize) {
        self.emit(location, opcode, count as u32);
    }

    pub(super) fn plain(&mut self, location: Location, opcode: Opcode) {
        self.unit.sequence.add_plain(opcode, location);
    }

    pub(super) fn jump(&mut self, location: Location, opcode: Opcode, target: Label) {
        self.unit.sequence.add_jump(opcode, target, location);
    }

    pub(super) fn new_label(&mut self) -> Label {
        self.unit.sequence.new_label()
    }

    pub(super) fn use_label(&mut self, label: Label) {
        self.unit.sequence.use_label(label);
    }

    pub(super) fn load_const(&mut self, location: Location, constant: Constant) {
        let index = self.unit.meta.consts.add(constant);
        self.emit(location, Opcode::LoadConst, index);
    }

    pub(super) fn load_none(&mut self, location: Location) {
        self.load_const(location, Constant::None);
    }

    /// An instruction on a name of `co_names`, which is not mangled.
    pub(super) fn raw_name(&mut self, location: Location, opcode: Opcode, name: &(impl Name + ?Sized)) {
        let index = self.unit.meta.names.add(name);
        self.emit(location, opcode, index);
    }

    /// An instruction on a name of `co_names`, mangled; `shift` and `flags` make room for flags.
    pub(super) fn flagged_name(
        &mut self,
        location: Location,
        opcode: Opcode,
        name: &(impl Name + ?Sized),
        shift: u32,
        flags: u32,
    ) {
        let index = match self.mangled(name.text()) {
            Cow::Borrowed(_) => self.unit.meta.names.add(name),
            Cow::Owned(mangled) => self.unit.meta.names.add(&*mangled),
        };
        self.emit(location, opcode, index << shift | flags);
    }

    pub(super) fn load_attr(&mut self, location: Location, name: &(impl Name + ?Sized)) {
        self.flagged_name(location, Opcode::LoadAttr, name, 1, 0);
    }

    pub(super) fn load_method(&mut self, location: Location, name: &(impl Name + ?Sized)) {
        self.flagged_name(location, Opcode::LoadAttr, name, 1, 1);
    }

    pub(super) fn intrinsic_1(&mut self, location: Location, function: Intrinsic1) {
        self.emit(location, Opcode::CallIntrinsic1, function.number());
    }

    pub(super) fn intrinsic_2(&mut self, location: Location, function: Intrinsic2) {
        self.emit(location, Opcode::CallIntrinsic2, function.number());
    }

    pub(super) fn common_constant(&mut self, location: Location, constant: CommonConstant) {
        self.emit(location, Opcode::LoadCommonConstant, constant.number());
    }

    pub(super) fn subscript_op(&mut self, location: Location) {
        self.emit(location, Opcode::BinaryOp, BinaryOperator::Subscr.number());
    }

    pub(super) fn binary_op(&mut self, location: Location, operator: Operator, inplace: bool) {
        let number = match operator {
            Operator::Add => BinaryOperator::Add,
            Operator::Sub => BinaryOperator::Subtract,
            Operator::Mult => BinaryOperator::Multiply,
            Operator::MatMult => BinaryOperator::MatrixMultiply,
            Operator::Div => BinaryOperator::TrueDivide,
            Operator::Mod => BinaryOperator::Remainder,
            Operator::Pow => BinaryOperator::Power,
            Operator::LShift => BinaryOperator::Lshift,
            Operator::RShift => BinaryOperator::Rshift,
            Operator::BitOr => BinaryOperator::Or,
            Operator::BitXor => BinaryOperator::Xor,
            Operator::BitAnd => BinaryOperator::And,
            Operator::FloorDiv => BinaryOperator::FloorDivide,
        };
        let number = if inplace { number.inplace() } else { number };
        self.emit(location, Opcode::BinaryOp, number.number());
    }

    pub(super) fn compare_op(&mut self, location: Location, operator: CmpOp) {
        let comparison = match operator {
            CmpOp::Eq => Comparison::Equal,
            CmpOp::NotEq => Comparison::NotEqual,
            CmpOp::Lt => Comparison::Less,
            CmpOp::LtE => Comparison::LessEqual,
            CmpOp::Gt => Comparison::Greater,
            CmpOp::GtE => Comparison::GreaterEqual,
            CmpOp::Is => return self.emit(location, Opcode::IsOp, 0),
            CmpOp::IsNot => return self.emit(location, Opcode::IsOp, 1),
            CmpOp::In => return self.emit(location, Opcode::ContainsOp, 0),
            CmpOp::NotIn => return self.emit(location, Opcode::ContainsOp, 1),
        };
        self.emit(location, Opcode::CompareOp, comparison.operand());
    }
}
