//! `_opcode`: what `dis` asks of the instruction set.

use pyrope_bytecode::{BinaryOperator, Intrinsic1, Intrinsic2, Opcode, SpecialMethod};
use pyrope_object::{ModuleDef, PyResult, Value, Vm};
use pyrope_types::model::module::module_dict;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_opcode",
    doc: "Opcode support module.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        let dict = module_dict(module, vm)?;
        dict.set_str("ENABLE_SPECIALIZATION", vm.int(1), vm)?;
        dict.set_str("ENABLE_SPECIALIZATION_FT", vm.int(1), vm)
    }),
};

fn opcode(number: i64) -> Option<Opcode> {
    u16::try_from(number).ok().and_then(Opcode::from_u16)
}

fn names<'a>(names: impl Iterator<Item = &'a str>, vm: &Vm) -> Value {
    vm.new_list(names.map(|name| vm.intern(name).into_value()).collect()).into_value()
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;
    use pyrope_object::bind::OrNone;

    /// Compute the stack effect of the opcode.
    #[pyfunction("stack_effect(opcode, oparg=None, /, *, jump=None)")]
    fn stack_effect(opcode: i32, oparg: OrNone<&Value>, jump: OrNone<&Value>, vm: &Vm) -> PyResult<i64> {
        let jump = match jump.into_option() {
            None => None,
            Some(value) => match value.as_bool() {
                Some(jump) => Some(jump),
                None => return Err(vm.value_error("stack_effect: jump must be False, True or None")),
            },
        };
        let oparg = match oparg.into_option() {
            None => 0,
            Some(value) => vm.index_i64(value)?.unwrap_or(i64::MAX),
        };
        let effect = super::opcode(i64::from(opcode)).and_then(|op| op.checked_stack_effect(oparg as u32, jump));
        effect.ok_or_else(|| vm.value_error("invalid opcode or oparg"))
    }

    /// Return True if opcode is valid, False otherwise.
    #[pyfunction("is_valid(opcode)")]
    fn is_valid(opcode: i32) -> bool {
        super::opcode(i64::from(opcode)).is_some()
    }

    /// Return True if the opcode uses its oparg, False otherwise.
    #[pyfunction("has_arg(opcode)")]
    fn has_arg(opcode: i32) -> bool {
        super::opcode(i64::from(opcode)).is_some_and(Opcode::has_arg)
    }

    /// Return True if the opcode accesses a constant, False otherwise.
    #[pyfunction("has_const(opcode)")]
    fn has_const(opcode: i32) -> bool {
        super::opcode(i64::from(opcode)).is_some_and(Opcode::has_const)
    }

    /// Return True if the opcode accesses an attribute by name, False otherwise.
    #[pyfunction("has_name(opcode)")]
    fn has_name(opcode: i32) -> bool {
        super::opcode(i64::from(opcode)).is_some_and(Opcode::has_name)
    }

    /// Return True if the opcode has a jump target, False otherwise.
    #[pyfunction("has_jump(opcode)")]
    fn has_jump(opcode: i32) -> bool {
        super::opcode(i64::from(opcode)).is_some_and(Opcode::has_jump)
    }

    /// Return True if the opcode accesses a free variable, False otherwise.
    ///
    /// Note that 'free' in this context refers to names in the current scope
    /// that are referenced by inner scopes or names in the outer scopes that
    /// are referenced from this scope. It does not include references to
    /// global or builtin scopes.
    #[pyfunction("has_free(opcode)")]
    fn has_free(opcode: i32) -> bool {
        super::opcode(i64::from(opcode)).is_some_and(Opcode::has_free)
    }

    /// Return True if the opcode accesses a local variable, False otherwise.
    #[pyfunction("has_local(opcode)")]
    fn has_local(opcode: i32) -> bool {
        super::opcode(i64::from(opcode)).is_some_and(Opcode::has_local)
    }

    /// Return True if the opcode sets an exception handler, False otherwise.
    #[pyfunction("has_exc(opcode)")]
    fn has_exc(opcode: i32) -> bool {
        super::opcode(i64::from(opcode)).is_some_and(Opcode::has_exc)
    }

    /// Return the specialization stats
    #[pyfunction("get_specialization_stats()")]
    fn get_specialization_stats() -> Value {
        Value::none()
    }

    /// Return array of symbols of binary ops.
    ///
    /// Indexed by the BINARY_OP oparg value.
    #[pyfunction("get_nb_ops()")]
    fn get_nb_ops(vm: &Vm) -> Value {
        let pairs = BinaryOperator::ALL.iter().map(|op| {
            vm.tuple_of([vm.intern(op.name()).into_value(), vm.intern(op.symbol()).into_value()]).into_value()
        });
        vm.new_list(pairs.collect()).into_value()
    }

    /// Return a list of names of the unary intrinsics.
    #[pyfunction("get_intrinsic1_descs()")]
    fn get_intrinsic1_descs(vm: &Vm) -> Value {
        names(Intrinsic1::ALL.iter().map(|i| i.name()), vm)
    }

    /// Return a list of names of the binary intrinsics.
    #[pyfunction("get_intrinsic2_descs()")]
    fn get_intrinsic2_descs(vm: &Vm) -> Value {
        names(Intrinsic2::ALL.iter().map(|i| i.name()), vm)
    }

    /// Return a list of special method names.
    #[pyfunction("get_special_method_names()")]
    fn get_special_method_names(vm: &Vm) -> Value {
        names(SpecialMethod::ALL.iter().map(|i| i.name()), vm)
    }

    /// Return the executor object at offset in code if exists, None otherwise.
    #[pyfunction("get_executor(code, offset)")]
    fn get_executor(code: &Value, offset: i32, vm: &Vm) -> PyResult {
        let _ = (code, offset);
        Err(vm.runtime_error("Executors are not available in this build"))
    }
}
