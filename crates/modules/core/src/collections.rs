//! `_collections`

mod default_dict;
mod deque;
mod order;
mod ordered_dict;
mod ordered_views;
mod tuple_getter;

use pyrope_macros::pyfunctions;
use pyrope_object::{BuiltinType as B, Dict, ModuleDef, Object, PyResult, Value, Vm};
use pyrope_types::containers::dict::hash_key;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_collections",
    doc: "Containers beyond the builtin ones.",
    functions: &[functions::FUNCTIONS],
    types: &[
        <deque::Deque as Object>::def,
        <default_dict::DefaultDict as Object>::def,
        <ordered_dict::OrderedDict as Object>::def,
        <deque::DequeIterator as Object>::def,
        <deque::DequeReverseIterator as Object>::def,
        <tuple_getter::TupleGetter as Object>::def,
    ],
    exec: None,
};

/// True if a dict's class gets and sets items as `dict` does.
fn is_plain(mapping: &Value, vm: &Vm) -> bool {
    let (ty, base) = (mapping.ty(vm), vm.builtin(B::Dict));
    let same = |name: &str| {
        let name = vm.intern(name);
        match (ty.lookup(&name, vm), base.lookup(&name, vm)) {
            (Some(a), Some(b)) => a.is(&b),
            _ => false,
        }
    };
    ty.is(base) || (same("get") && same("__setitem__"))
}

/// The functions of the module.
#[pyfunctions]
pub mod functions {
    use super::*;

    /// Count the items of an iterable in a mapping.
    #[pyfunction("_count_elements(mapping, iterable, /)")]
    fn count_elements(mapping: &Value, iterable: &Value, vm: &Vm) -> PyResult<()> {
        let (zero, one) = (vm.int(0), vm.int(1));
        if let Some(dict) = mapping.downcast::<Dict>()
            && is_plain(mapping, vm)
        {
            return vm.for_each(iterable, |item| {
                let hash = hash_key(&item, vm)?;
                let count = match dict.get_hashed(&item, hash, vm)? {
                    None => one.clone(),
                    Some(count) => match count.as_small_int() {
                        Some(n) => vm.int(n + 1),
                        None => vm.add(&count, &one)?,
                    },
                };
                dict.insert_hashed(item, hash, count, vm).map(drop)
            });
        }
        let iterator = vm.iter(iterable)?;
        let get = vm.get_attr_str(mapping, "get")?;
        while let Some(item) = vm.next(&iterator)? {
            let count = vm.call(&get, &[item.clone(), zero.clone()])?;
            vm.set_item(mapping, &item, Some(&vm.add(&count, &one)?))?;
        }
        Ok(())
    }
}
