//! What the macros put into the tables.
#![deny(unsafe_code)]

use pyrope_macros::{Traverse, pyclass, pyfunctions, pymethods};
use pyrope_object::bind::OrNone;
use pyrope_object::{
    Args, Binding, Guarded, Header, Kwargs, List, MethodDef, NativeFn, Object, PyResult, Ref, Slots, TypeFlags, Value,
    Vm,
};

const SLOTS: Slots = Slots::EMPTY;

/// A base.
#[pyclass]
pub struct Base {
    header: Header,
}

/// A sample.
///
/// With a second paragraph.
#[pyclass(
    name = "sample",
    module = "samples",
    base = Base,
    signature = "(iterable=(), /)",
    flags(BASETYPE, WEAKREF),
    methods(Sample::METHODS, Sample::METHODS_EXTRA),
    getset(Sample::GETSETS),
    slots = SLOTS,
    unhashable
)]
#[derive(Traverse)]
pub struct Sample {
    header: Header,
    items: Guarded<Vec<Value>>,
    #[traverse(skip)]
    limit: usize,
}

#[derive(Traverse)]
pub enum Choice {
    One(Value, #[traverse(skip)] u8),
    Many {
        values: Vec<Value>,
        #[traverse(skip)]
        count: u8,
    },
    Nothing,
}

#[pymethods]
impl Sample {
    /// Append object.
    #[method("append($self, object, /)")]
    fn append(&self, object: Value) {
        self.items.with_mut(|items| items.push(object));
    }

    #[method("clear($self, /)")]
    fn clear_items(&self, vm: &Vm) -> PyResult<()> {
        let _ = (vm, &self.header);
        drop(self.items.take());
        Ok(())
    }

    #[method("index($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(&self, vm: &Vm, value: &Value, start: isize, stop: isize) -> PyResult<usize> {
        let _ = (vm, value);
        Ok((stop - start) as usize)
    }

    #[classmethod("fromkeys($type, iterable, value=None, /)")]
    fn fromkeys(cls: &Value, iterable: &Value, value: Option<&Value>) -> PyResult {
        let _ = (cls, iterable);
        Ok(value.cloned().unwrap_or(Value::none()))
    }

    #[staticmethod("maketrans(x, y=<unrepresentable>, z=<unrepresentable>, /)")]
    fn maketrans(x: &Value, _y: Option<&Value>, _z: Option<&Value>) -> Value {
        x.clone()
    }

    #[method("encode($self, /, encoding='utf-8', errors='strict')")]
    fn encode(_slf: &Value, encoding: &str, errors: Option<&str>) -> usize {
        encoding.len() + errors.map_or(0, str::len)
    }

    #[method("many($self, /, encoding=None, *, errors='a', flag=False, text='x', value=None, **kwargs)")]
    fn many(
        this: &Ref<Self>,
        encoding: OrNone<&str>,
        errors: &str,
        flag: bool,
        text: String,
        value: Value,
        kwargs: Kwargs<'_>,
    ) -> Option<f64> {
        let _ = (this, encoding, errors, flag, text, value, kwargs);
        None
    }

    #[method("raw")]
    fn raw(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        let _ = (args, vm);
        Ok(Value::none())
    }

    /// How many there can be.
    #[getter]
    #[member]
    fn limit(&self) -> usize {
        self.limit
    }

    #[setter("limit")]
    fn set_limit(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let _ = (value, vm);
        Ok(())
    }

    #[getter("type")]
    fn kind(slf: &Value, _vm: &Vm) -> PyResult {
        Ok(slf.clone())
    }
}

#[pymethods(EXTRA)]
impl Sample {
    #[method("join($self, *args, sep=' ', end='\\n')")]
    fn join(&self, args: &[Value], sep: &str, end: Option<&str>) -> usize {
        args.len() + sep.len() + end.map_or(0, str::len)
    }
}

/// A list.
#[pyclass(name = "list", layout = pyrope_object::layout::LIST_LAYOUT, flags(GC), builtin = List, methods(ListType::METHODS))]
pub struct ListType;

#[pymethods]
impl ListType {
    #[method("copy($self, /)")]
    fn copy(this: &List, vm: &Vm) -> Ref<List> {
        vm.new_list(this.items.get())
    }
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Count.
    #[pyfunction("len(obj, /)")]
    fn len(obj: &Value, vm: &Vm) -> PyResult<usize> {
        let _ = (obj, vm);
        Ok(0)
    }

    #[pyfunction("hypot(*coordinates)")]
    fn hypot(coordinates: &[Value]) -> usize {
        coordinates.len()
    }

    #[pyfunction("globals()")]
    fn globals(module: &Value) -> Value {
        module.clone()
    }

    #[pyfunction("sum(iterable, /, start=0)")]
    fn sum(_iterable: &Value, start: i64) -> i64 {
        start
    }

    #[pyfunction("sorted(iterable, /, *, key=None, reverse=False)")]
    fn sorted(_args: Args<'_>) {}
}

fn row(def: &MethodDef) -> (&str, &str, &str, Binding, &str) {
    let entry = match def.function {
        NativeFn::NoArgs(_) => "none",
        NativeFn::One(_) => "one",
        NativeFn::Any(_) => "any",
    };
    (def.name, def.signature, entry, def.binding, def.doc)
}

#[test]
fn method_tables_hold_what_cpython_shows() {
    use Binding::{Class, Instance, Static};
    let found: Vec<_> = Sample::METHODS.iter().chain(Sample::METHODS_EXTRA).map(row).collect();
    let expected = [
        ("append", "($self, object, /)", "one", Instance, "Append object."),
        ("clear", "($self, /)", "none", Instance, ""),
        ("index", "($self, value, start=0, stop=sys.maxsize, /)", "any", Instance, ""),
        ("fromkeys", "($type, iterable, value=None, /)", "any", Class, ""),
        ("maketrans", "(x, y=<unrepresentable>, z=<unrepresentable>, /)", "any", Static, ""),
        ("encode", "($self, /, encoding='utf-8', errors='strict')", "any", Instance, ""),
        (
            "many",
            "($self, /, encoding=None, *, errors='a', flag=False, text='x', value=None, **kwargs)",
            "any",
            Instance,
            "",
        ),
        ("raw", "", "any", Instance, ""),
        ("join", "($self, *args, sep=' ', end='\\n')", "any", Instance, ""),
    ];
    assert_eq!(found, expected);
}

#[test]
fn function_tables_name_the_module() {
    let found: Vec<_> =
        functions::FUNCTIONS.iter().map(row).map(|(name, text, entry, ..)| (name, text, entry)).collect();
    let expected = [
        ("len", "($module, obj, /)", "one"),
        ("hypot", "($module, /, *coordinates)", "any"),
        ("globals", "($module, /)", "none"),
        ("sum", "($module, iterable, /, start=0)", "any"),
        ("sorted", "($module, iterable, /, *, key=None, reverse=False)", "any"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn accessors_are_paired_by_name() {
    let found: Vec<_> = Sample::GETSETS.iter().map(|def| (def.name, def.set.is_some(), def.member, def.doc)).collect();
    assert_eq!(found, [("limit", true, true, "How many there can be."), ("type", false, false, "")]);
}

#[test]
fn classes_describe_themselves() {
    let def = Sample::def();
    assert_eq!((def.name, def.module, def.signature), ("sample", "samples", "(iterable=(), /)"));
    assert_eq!(def.doc, "A sample.\n\nWith a second paragraph.");
    assert!(std::ptr::eq(def.base.unwrap()(), Base::def()));
    let flags = TypeFlags::BASETYPE.or(TypeFlags::WEAKREF).or(TypeFlags::EXTENSION).or(TypeFlags::GC);
    assert!(def.flags == flags.or(TypeFlags::IMMUTABLE).or(TypeFlags::STRUCT));
    assert!(def.layout.traverse.is_some() && def.layout.size == size_of::<Sample>() && def.unhashable);
    assert!(Base::def().layout.traverse.is_none() && Base::def().doc == "A base.");
    assert!(ListType::def().layout.size == List::def().layout.size && ListType::METHODS.len() == 1);
}

#[test]
fn traverse_visits_what_counts() {
    use pyrope_object::Traverse;
    let count = |choice: &Choice| {
        let mut visited = 0;
        choice.traverse(&mut |_| visited += 1);
        visited
    };
    // Immediates are nothing to visit: only that the code runs over each variant is seen here.
    for choice in
        [Choice::One(Value::none(), 1), Choice::Many { values: vec![Value::none()], count: 1 }, Choice::Nothing]
    {
        assert_eq!(count(&choice), 0);
    }
}
