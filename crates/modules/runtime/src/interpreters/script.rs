//! Scripts for another interpreter: text, or code without arguments, closure and result.

use pyrope_bytecode::{Instructions, Opcode};
use pyrope_object::layout::Str;
use pyrope_object::{PyResult, Ref, Value, Vm};
use pyrope_vm::{CodeObject, Function};

use crate::{builtins, marshal};

/// Is it a function or a code object?
pub fn is_code(value: &Value) -> bool {
    value.downcast::<Function>().is_some() || value.downcast::<CodeObject>().is_some()
}

/// The code of a script, marshalled.
pub fn pack(script: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    marshal::dump_code(&code_of(script, vm)?, vm)
}

fn code_of(script: &Value, vm: &Vm) -> PyResult<Ref<CodeObject>> {
    if let Some(text) = script.downcast::<Str>() {
        let Some(source) = text.to_utf8() else {
            // The codec's error says what is wrong.
            vm.call_method(script, "encode", &[])?;
            return Err(vm.value_error("the script cannot be encoded"));
        };
        let filename = vm.intern("<script>").into_value();
        return builtins::compile_program(source.as_bytes(), &filename, vm);
    }
    let code = match (script.downcast::<Function>(), script.downcast::<CodeObject>()) {
        (Some(function), _) => {
            if function.closure().is_some_and(|cells| !cells.is_empty()) {
                return Err(vm.value_error("closures not supported"));
            }
            function.code()
        }
        (_, Some(code)) => Ref::from_borrowed(code),
        _ => {
            let shown = vm.repr_text(script)?;
            return Err(vm.type_error(format!("unsupported script {shown}")));
        }
    };
    if code.parameters > 0 {
        return Err(vm.value_error("code with args not supported"));
    }
    if gives_a_value(&code, vm)? {
        return Err(vm.value_error("code that returns a value is not a script"));
    }
    Ok(code)
}

/// Does it return something other than None?
fn gives_a_value(code: &CodeObject, vm: &Vm) -> PyResult<bool> {
    let consts = code.load(vm)?.consts.clone();
    let mut before = None;
    for instruction in Instructions::new(code.bytecode()) {
        if instruction.opcode.general() == Opcode::ReturnValue {
            let gives_none = match before {
                Some((Opcode::LoadConst, index)) => consts.as_slice().get(index as usize).is_some_and(Value::is_none),
                _ => false,
            };
            if !gives_none {
                return Ok(true);
            }
        }
        before = Some((instruction.opcode.general(), instruction.oparg));
    }
    Ok(false)
}
