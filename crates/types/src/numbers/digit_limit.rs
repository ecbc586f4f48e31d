//! `sys.set_int_max_str_digits`: how many digits conversions between int and decimal text may have.

use std::cell::Cell;

use pyrope_object::Vm;

/// CPython's limit unless it is set.
pub const DEFAULT: usize = 4300;

struct Limit(Cell<usize>);

impl Default for Limit {
    fn default() -> Self {
        Limit(Cell::new(DEFAULT))
    }
}

/// The limit of this interpreter; 0 for none.
pub fn max_str_digits(vm: &Vm) -> usize {
    vm.state::<Limit>().0.get()
}

/// Sets the limit; the caller has checked it.
pub fn set_max_str_digits(digits: usize, vm: &Vm) {
    vm.state::<Limit>().0.set(digits);
}
