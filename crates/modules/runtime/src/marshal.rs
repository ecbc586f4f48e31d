//! `marshal`

mod build;
mod write;

use pyrope_object::{ModuleDef, PyResult, Ref, Value, Vm};
use pyrope_types::model::module::module_dict;
use pyrope_vm::CodeObject;

pub static MODULE: ModuleDef = ModuleDef {
    name: "marshal",
    doc: "This module contains functions that can read and write Python values in\na binary format. The format is specific \
          to Python, but independent of\nmachine architecture issues.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(|module: &Value, vm: &Vm| {
        module_dict(module, vm)?.set_str("version", vm.int(i64::from(pyrope_bytecode::marshal::VERSION)), vm)
    }),
};

/// The bytes of a code object.
pub(crate) fn dump_code(code: &Ref<CodeObject>, vm: &Vm) -> PyResult<Vec<u8>> {
    write::dump(code.as_value(), i64::from(pyrope_bytecode::marshal::VERSION), true, vm)
}

/// The code object that they stand for.
pub(crate) fn load_code(bytes: &[u8], vm: &Vm) -> PyResult<Ref<CodeObject>> {
    let loaded = build::load(bytes, true, vm)?;
    loaded.cast::<CodeObject>().ok_or_else(|| vm.type_error("not a code object"))
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::{build, write};
    use pyrope_object::bind::BytesLike;
    use pyrope_object::{PyResult, Value, Vm};

    /// Write the value on the open file.
    #[pyfunction("dump(value, file, version=5, /, *, allow_code=True)")]
    fn dump(value: &Value, file: &Value, version: i64, allow_code: bool, vm: &Vm) -> PyResult {
        vm.audit("marshal.dumps", || [value.clone(), vm.int(version)])?;
        let data = write::dump(value, version, allow_code, vm)?;
        let data = vm.new_bytes(&data)?.into_value();
        vm.call_method(file, "write", &[data])
    }

    /// Read one value from the open file and return it.
    #[pyfunction("load(file, /, *, allow_code=True)")]
    fn load(file: &Value, allow_code: bool, vm: &Vm) -> PyResult {
        vm.audit("marshal.load", || [])?;
        let start = vm.call_method(file, "read", &[vm.int(0)])?;
        if start.downcast::<pyrope_object::Bytes>().is_none() {
            return Err(vm.type_error(format!("file.read() returned not bytes but {}", vm.type_name(&start))));
        }
        build::load_file(file, allow_code, vm)
    }

    /// Return the bytes object that would be written to a file by dump(value, file).
    #[pyfunction("dumps(value, version=5, /, *, allow_code=True)")]
    fn dumps(value: &Value, version: i64, allow_code: bool, vm: &Vm) -> PyResult {
        vm.audit("marshal.dumps", || [value.clone(), vm.int(version)])?;
        let data = write::dump(value, version, allow_code, vm)?;
        Ok(vm.new_bytes(&data)?.into_value())
    }

    /// Convert the bytes-like object to a value.
    #[pyfunction("loads(bytes, /, *, allow_code=True)")]
    fn loads(bytes: BytesLike<'_>, allow_code: bool, vm: &Vm) -> PyResult {
        let data = bytes.with(<[u8]>::to_vec);
        if vm.interp().audited.get() {
            let shown = vm.new_bytes(&data)?.into_value();
            vm.audit("marshal.loads", || [shown])?;
        }
        build::load(&data, allow_code, vm)
    }
}
