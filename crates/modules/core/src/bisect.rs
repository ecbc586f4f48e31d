//! `_bisect`: places in sorted sequences.

use pyrope_macros::pyfunctions;
use pyrope_object::{CompareOp, List, ModuleDef, PyResult, Value, Vm};

use crate::support::{given, ssize};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_bisect",
    doc: "Places in sorted sequences, found by bisection.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

/// On which side of equal items the place is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Where to look, and how.
struct Search<'a> {
    sequence: &'a Value,
    low: isize,
    high: Option<&'a Value>,
    key: Option<Value>,
}

impl Search<'_> {
    fn high(&self, vm: &Vm) -> PyResult<Option<isize>> {
        let Some(high) = self.high.filter(|high| !high.is_none()) else { return Ok(None) };
        if high.as_int().is_none() && high.ty(vm).slots().index.is_none() {
            return Err(vm.type_error(format!("argument should be integer or None, not '{}'", vm.type_name(high))));
        }
        ssize(high, vm).map(Some)
    }

    /// The place of an item.
    fn find(&self, item: &Value, side: Side, vm: &Vm) -> PyResult<isize> {
        let high = self.high(vm)?;
        if self.low < 0 {
            return Err(vm.value_error("lo must be non-negative"));
        }
        let mut low = self.low;
        let mut high = match high {
            Some(high) if high != -1 => high,
            _ => vm.len(self.sequence)? as isize,
        };
        while low < high {
            let middle = ((low as usize + high as usize) / 2) as isize;
            let mut candidate = match self.sequence.ty(vm).slots().sq_item {
                Some(get) => get(self.sequence, middle, vm)?,
                None => vm.get_item(self.sequence, &vm.int(middle as i64))?,
            };
            if let Some(key) = &self.key {
                candidate = vm.call(key, &[candidate])?;
            }
            let before = match side {
                Side::Right => vm.compare_bool(item, &candidate, CompareOp::Lt)?,
                Side::Left => !vm.compare_bool(&candidate, item, CompareOp::Lt)?,
            };
            if before { high = middle } else { low = middle + 1 }
        }
        Ok(low)
    }

    fn insert(&self, item: &Value, side: Side, vm: &Vm) -> PyResult<()> {
        let place = match &self.key {
            Some(key) => self.find(&vm.call(key, std::slice::from_ref(item))?, side, vm)?,
            None => self.find(item, side, vm)?,
        };
        if let Some(list) = self.sequence.downcast_exact::<List>() {
            let item = item.clone();
            list.items.with_mut(|items| items.insert((place as usize).min(items.len()), item));
            return Ok(());
        }
        vm.call_method(self.sequence, "insert", &[vm.int(place as i64), item.clone()]).map(drop)
    }
}

/// The functions of the module.
#[pyfunctions]
pub mod functions {
    use super::*;

    /// Where to insert an item into a sorted sequence: after its equals.
    #[pyfunction("bisect_right(a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_right(
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
        vm: &Vm,
    ) -> PyResult<isize> {
        Search { sequence: a, low: lo, high: hi, key: given(key) }.find(x, Side::Right, vm)
    }

    /// Insert an item into a sorted sequence, after its equals.
    #[pyfunction("insort_right(a, x, lo=0, hi=None, *, key=None)")]
    fn insort_right(a: &Value, x: &Value, lo: isize, hi: Option<&Value>, key: Option<&Value>, vm: &Vm) -> PyResult<()> {
        Search { sequence: a, low: lo, high: hi, key: given(key) }.insert(x, Side::Right, vm)
    }

    /// Where to insert an item into a sorted sequence: before its equals.
    #[pyfunction("bisect_left(a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_left(
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
        vm: &Vm,
    ) -> PyResult<isize> {
        Search { sequence: a, low: lo, high: hi, key: given(key) }.find(x, Side::Left, vm)
    }

    /// Insert an item into a sorted sequence, before its equals.
    #[pyfunction("insort_left(a, x, lo=0, hi=None, *, key=None)")]
    fn insort_left(a: &Value, x: &Value, lo: isize, hi: Option<&Value>, key: Option<&Value>, vm: &Vm) -> PyResult<()> {
        Search { sequence: a, low: lo, high: hi, key: given(key) }.insert(x, Side::Left, vm)
    }
}
