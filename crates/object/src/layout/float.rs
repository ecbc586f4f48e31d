//! `float` that does not fit the value word, or is of a subclass.

use crate::header::Header;
use crate::value::Value;

/// The layout of a boxed `float`.
#[repr(C)]
pub struct Float {
    pub(crate) header: Header,
    pub value: f64,
}

impl Value {
    /// The number, if this is a `float` or an instance of a subclass.
    #[inline]
    pub fn as_float(&self) -> Option<f64> {
        match self.as_small_float() {
            Some(x) => Some(x),
            None => self.downcast::<Float>().map(|float| float.value),
        }
    }
}
