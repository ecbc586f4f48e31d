//! `int`, `bool`, `float`, `complex`.
//!
//! | module | what |
//! |---|---|
//! | `int` | the type; `int::arithmetic` has the inline fast paths on `i64` |
//! | `bool` | the two truth values |
//! | `float` | the type; `float::arithmetic` has the operations on `f64` |
//! | `complex` | the type and its arithmetic |
//! | `text` | what number types share: text of any script to ASCII, format specifications |

pub mod bool;
pub mod complex;
pub mod float;
pub mod int;
pub(crate) mod text;

pub use complex::Complex;
pub use float::arithmetic::{
    compare_floats, compare_int_float, float_divmod, float_floor_div, float_mod, float_pow, int_to_f64, view_to_f64,
};
pub use float::int_from_f64;
pub use int::arithmetic::{
    int_add, int_and, int_compare, int_floor_div, int_invert, int_lshift, int_mod, int_mul, int_neg, int_or, int_pow,
    int_rshift, int_sub, int_true_div, int_xor, round_scaled,
};
pub use int::construct::{parse_int, to_int};
pub use int::decimal_text;

use std::cell::Cell;

use pyrope_object::Vm;

use crate::TypeEntry;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] =
    &[int::IntType::def, bool::BoolType::def, float::FloatType::def, <Complex as pyrope_object::Object>::def];

/// `sys.get_int_max_str_digits()`, kept per interpreter.
struct MaxStrDigits(Cell<usize>);

impl Default for MaxStrDigits {
    fn default() -> Self {
        MaxStrDigits(Cell::new(4300))
    }
}

/// The greatest number of decimal digits that `int` converts from or to text; 0 for no limit.
pub fn max_str_digits(vm: &Vm) -> usize {
    vm.state::<MaxStrDigits>().0.get()
}

/// Sets what [`max_str_digits`] gives.
pub fn set_max_str_digits(digits: usize, vm: &Vm) {
    vm.state::<MaxStrDigits>().0.set(digits);
}
