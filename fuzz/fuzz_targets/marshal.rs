//! `marshal.loads` of any bytes, in one interpreter for all runs. What comes out can be written again, and code can be
//! asked for its lines and translated for the machine, which refuses what is not well-formed. It is not run.
#![no_main]

use std::cell::OnceCell;

use libfuzzer_sys::fuzz_target;
use pyrope::{Interpreter, Settings};
use pyrope_object::{PyResult, Value, Vm};
use pyrope_vm::code::CodeObject;

thread_local! {
    static PYTHON: OnceCell<Interpreter> = const { OnceCell::new() };
}

fn read_and_write(data: &[u8], vm: &Vm) -> PyResult<()> {
    let marshal = vm.import("marshal")?;
    let bytes = vm.new_bytes(data)?.into_value();
    let value = vm.call(&vm.get_attr_str(&marshal, "loads")?, &[bytes])?;
    examine(&value, vm);
    vm.call(&vm.get_attr_str(&marshal, "dumps")?, &[value]).map(drop)
}

fn examine(value: &Value, vm: &Vm) {
    let Some(code) = value.downcast::<CodeObject>() else { return };
    drop(code.translate(vm).map_err(|raised| vm.ignore(raised)));
    for table in ["co_lines", "co_positions", "co_branches"] {
        let rows = vm.get_attr_str(value, table).and_then(|method| vm.call(&method, &[])).and_then(|it| vm.collect(&it));
        drop(rows.map_err(|raised| vm.ignore(raised)));
    }
    let constants = code.load(vm).map(|objects| objects.consts.clone());
    if let Ok(constants) = constants.map_err(|raised| vm.ignore(raised)) {
        constants.as_slice().iter().for_each(|constant| examine(constant, vm));
    }
}

fuzz_target!(|data: &[u8]| {
    PYTHON.with(|python| {
        let python = python.get_or_init(|| {
            let settings = Settings { import_site: false, ..Settings::default() };
            Interpreter::start(settings).unwrap_or_else(|status| panic!("the interpreter did not start: {status}"))
        });
        let vm = python.vm();
        drop(read_and_write(data, vm).map_err(|raised| vm.ignore(raised)));
    });
});
