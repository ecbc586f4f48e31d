//! The native modules that the binary carries.

use pyrope_library as library;
use pyrope_modules_runtime::imp::{FrozenModule, ImportState};
use pyrope_object::Vm;

/// Tells the import system where modules come from.
pub(crate) fn register(vm: &Vm) {
    let state = vm.state::<ImportState>();
    let tables = [
        pyrope_modules_core::MODULES,
        pyrope_modules_crypto::MODULES,
        pyrope_modules_data::MODULES,
        pyrope_modules_decimal::MODULES,
        pyrope_modules_net::MODULES,
        pyrope_modules_os::MODULES,
        pyrope_modules_runtime::MODULES,
        pyrope_modules_text::MODULES,
    ];
    let mut natives = state.natives.borrow_mut();
    for def in tables.into_iter().flatten() {
        natives.insert(def.name, def);
    }
    drop(natives);
    state.find_frozen.set(Some(find_frozen));
    state.frozen_names.set(Some(library::top_level_names));
}

fn find_frozen(name: &str) -> Option<FrozenModule> {
    let (file, is_package) = library::find_frozen(name)?;
    Some(FrozenModule { code: file.code(), is_package, path: file.path })
}
