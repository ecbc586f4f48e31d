//! `int` that does not fit the value word, or is of a subclass.

use std::borrow::Cow;

use dashu_int::IBig;

use crate::header::Header;
use crate::value::{Value, words};

/// The layout of a boxed `int`.
#[repr(C)]
pub struct Int {
    pub(crate) header: Header,
    pub value: IBig,
}

/// The magnitude of an `int`, wherever it is kept.
#[derive(Clone, Copy)]
pub enum IntView<'a> {
    Small(i64),
    /// Does not fit 64 bits.
    Big(&'a IBig),
}

impl IntView<'_> {
    /// As a big integer.
    pub fn to_big(&self) -> Cow<'_, IBig> {
        match *self {
            IntView::Small(n) => Cow::Owned(IBig::from(n)),
            IntView::Big(n) => Cow::Borrowed(n),
        }
    }

    /// As a machine integer, if it fits.
    pub fn to_i64(&self) -> Option<i64> {
        match *self {
            IntView::Small(n) => Some(n),
            IntView::Big(_) => None,
        }
    }

    /// True below zero.
    pub fn is_negative(&self) -> bool {
        match *self {
            IntView::Small(n) => n < 0,
            IntView::Big(n) => n < &IBig::ZERO,
        }
    }
}

impl Value {
    /// The number, if this is an `int`, a `bool`, or an instance of a subclass.
    #[inline]
    pub fn as_int(&self) -> Option<IntView<'_>> {
        if let Some(n) = self.as_small_int() {
            return Some(IntView::Small(n));
        }
        match self.bits() {
            words::TRUE => Some(IntView::Small(1)),
            words::FALSE => Some(IntView::Small(0)),
            _ => self.downcast::<Int>().map(|int| match i64::try_from(&int.value) {
                Ok(n) => IntView::Small(n),
                Err(_) => IntView::Big(&int.value),
            }),
        }
    }

    /// The number, if this is an `int` (or `bool`, or a subclass) that fits 64 bits.
    #[inline]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_int().and_then(|n| n.to_i64())
    }
}
