//! Values that are computed when asked: bounds, constraints, defaults, aliases.

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::bind::check_positional;
use pyrope_object::layout::Tuple;
use pyrope_object::{Guarded, Header, PyResult, Ref, Slots, Value, Vm};

use super::type_repr;
use crate::containers::sequence::receiver;

/// A value, or the function that computes it.
#[derive(Traverse)]
pub struct Lazy {
    value: Guarded<Option<Value>>,
    evaluate: Guarded<Option<Value>>,
}

impl Lazy {
    /// A value that is there, or none.
    pub fn known(value: Option<Value>) -> Lazy {
        Lazy { value: Guarded::new(value), evaluate: Guarded::new(None) }
    }

    /// A value that a function computes.
    pub fn computed(evaluate: Value) -> Lazy {
        Lazy { value: Guarded::new(None), evaluate: Guarded::new(Some(evaluate)) }
    }

    /// Replaces it by what a function computes.
    pub fn compute_by(&self, evaluate: Value) {
        self.value.set(None);
        self.evaluate.set(Some(evaluate));
    }

    /// The value, computed on first use; `None` if there is none.
    pub fn get(&self, vm: &Vm) -> PyResult<Option<Value>> {
        if let Some(known) = self.value.get() {
            return Ok(Some(known));
        }
        let Some(evaluate) = self.evaluate.get() else { return Ok(None) };
        let value = vm.call(&evaluate, &[vm.int(1)])?;
        self.value.set(Some(value.clone()));
        Ok(Some(value))
    }

    /// The function that computes the value, made for values that were given; None if there is no value.
    pub fn evaluator(&self, vm: &Vm) -> Value {
        if let Some(evaluate) = self.evaluate.get() {
            return evaluate;
        }
        match self.value.get() {
            Some(value) => Ref::new(vm, ConstEvaluator { header: Header::blank(), value }).into_value(),
            None => Value::none(),
        }
    }
}

/// An evaluate function of a value that is known.
#[pyclass(name = "_ConstEvaluator", module = "_typing", flags(GC, DISALLOW_INSTANTIATION), slots = SLOTS, doc = "")]
#[derive(Traverse)]
pub struct ConstEvaluator {
    header: Header,
    value: Value,
}

/// `annotationlib.Format.STRING`
const FORMAT_STRING: i64 = 4;

const SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let text = vm.repr_text(&receiver!(ConstEvaluator, slf, vm).value)?;
        Ok(vm.try_str(&format!("<constevaluator {text}>"))?.into_value())
    }),
    call: Some(|slf, args, vm| {
        let this = receiver!(ConstEvaluator, slf, vm);
        if args.keyword_count() > 0 {
            return Err(vm.type_error("constevaluator.__call__ takes no keyword arguments"));
        }
        let values = check_positional("constevaluator.__call__", args, 1, 1, vm)?;
        if vm.index_i64(&values[0])? != Some(FORMAT_STRING) {
            return Ok(this.value.clone());
        }
        let text = match this.value.downcast::<Tuple>() {
            // Constraints are shown item by item.
            Some(tuple) => {
                let parts = tuple.as_slice().iter().map(|item| type_repr(item, vm)).collect::<PyResult<Vec<_>>>()?;
                let comma = if parts.len() == 1 { "," } else { "" };
                format!("({}{comma})", parts.join(", "))
            }
            None => type_repr(&this.value, vm)?,
        };
        Ok(vm.try_str(&text)?.into_value())
    }),
    ..Slots::EMPTY
};
