//! Numbers, contexts and conditions.

use dashu_int::UBig;

use crate::coefficient;

/// The largest precision of a context.
pub const MAX_PREC: i64 = 999_999_999_999_999_999;
/// The largest `Emax` of a context.
pub const MAX_EMAX: i64 = 999_999_999_999_999_999;
/// The least `Emin` of a context.
pub const MIN_EMIN: i64 = -999_999_999_999_999_999;
/// The least exponent of a subnormal number.
pub const MIN_ETINY: i64 = MIN_EMIN - (MAX_PREC - 1);

/// What kind of number it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Finite,
    Infinite,
    /// A NaN whose coefficient is its payload.
    Quiet,
    /// A signaling NaN.
    Signaling,
}

/// `(-1)**negative * coefficient * 10**exponent`, an infinity, or a NaN.
#[derive(Clone, Debug)]
pub struct Number {
    pub coefficient: UBig,
    /// 0 for infinities and NaNs.
    pub exponent: i64,
    pub negative: bool,
    pub class: Class,
}

impl Number {
    pub const fn new(negative: bool, coefficient: UBig, exponent: i64) -> Number {
        Number { coefficient, exponent, negative, class: Class::Finite }
    }

    pub const fn zero(negative: bool, exponent: i64) -> Number {
        Number::new(negative, UBig::ZERO, exponent)
    }

    pub const fn one() -> Number {
        Number::new(false, UBig::ONE, 0)
    }

    pub const fn infinity(negative: bool) -> Number {
        Number { coefficient: UBig::ZERO, exponent: 0, negative, class: Class::Infinite }
    }

    pub const fn nan() -> Number {
        Number { coefficient: UBig::ZERO, exponent: 0, negative: false, class: Class::Quiet }
    }

    pub fn from_i64(n: i64) -> Number {
        Number::new(n < 0, UBig::from(n.unsigned_abs()), 0)
    }

    pub fn is_finite(&self) -> bool {
        self.class == Class::Finite
    }

    pub fn is_infinite(&self) -> bool {
        self.class == Class::Infinite
    }

    pub fn is_nan(&self) -> bool {
        matches!(self.class, Class::Quiet | Class::Signaling)
    }

    pub fn is_signaling(&self) -> bool {
        self.class == Class::Signaling
    }

    pub fn is_zero(&self) -> bool {
        self.is_finite() && self.coefficient.is_zero()
    }

    /// The number of digits of the coefficient, 1 for 0.
    pub fn digits(&self) -> i64 {
        coefficient::digits(&self.coefficient).max(1)
    }

    /// The exponent of the first digit.
    pub fn adjusted(&self) -> i64 {
        self.exponent + self.digits() - 1
    }

    /// A finite number without a fractional part.
    pub fn is_integer(&self) -> bool {
        self.is_finite()
            && (self.exponent >= 0
                || self.coefficient.is_zero()
                || coefficient::has_trailing_zeros(&self.coefficient, self.exponent.unsigned_abs()))
    }

    pub fn with_sign(mut self, negative: bool) -> Number {
        self.negative = negative;
        self
    }

    pub fn copy_abs(&self) -> Number {
        self.clone().with_sign(false)
    }

    pub fn copy_negate(&self) -> Number {
        self.clone().with_sign(!self.negative)
    }

    pub fn copy_sign(&self, other: &Number) -> Number {
        self.clone().with_sign(other.negative)
    }
}

/// How a result with too many digits is rounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    Up,
    Down,
    Ceiling,
    Floor,
    HalfUp,
    HalfDown,
    HalfEven,
    /// Away from zero if the last digit would be 0 or 5, else towards zero.
    ZeroFiveUp,
}

/// What an operation needs to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    pub prec: i64,
    pub emax: i64,
    pub emin: i64,
    pub rounding: Rounding,
    pub clamp: bool,
}

impl Context {
    /// The widest context: conversions in it are exact.
    pub const MAX: Context =
        Context { prec: MAX_PREC, emax: MAX_EMAX, emin: MIN_EMIN, rounding: Rounding::HalfEven, clamp: false };

    /// The exponent of the least subnormal number.
    pub fn etiny(&self) -> i64 {
        self.emin - (self.prec - 1)
    }

    /// The largest exponent of a number with all digits.
    pub fn etop(&self) -> i64 {
        self.emax - (self.prec - 1)
    }

    pub fn rounded(&self, rounding: Rounding) -> Context {
        Context { rounding, ..*self }
    }

    /// A context for intermediate results.
    pub(crate) fn working(prec: i64) -> Context {
        Context { prec: prec.min(MAX_PREC), ..Context::MAX }
    }
}

/// Conditions, with the numbers that `libmpdec` gives them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Status(pub u32);

impl Status {
    pub const CLAMPED: Status = Status(0x1);
    pub const CONVERSION_SYNTAX: Status = Status(0x2);
    pub const DIVISION_BY_ZERO: Status = Status(0x4);
    pub const DIVISION_IMPOSSIBLE: Status = Status(0x8);
    pub const DIVISION_UNDEFINED: Status = Status(0x10);
    pub const INEXACT: Status = Status(0x40);
    pub const INVALID_CONTEXT: Status = Status(0x80);
    pub const INVALID_OPERATION: Status = Status(0x100);
    pub const MALLOC_ERROR: Status = Status(0x200);
    pub const FLOAT_OPERATION: Status = Status(0x400);
    pub const OVERFLOW: Status = Status(0x800);
    pub const ROUNDED: Status = Status(0x1000);
    pub const SUBNORMAL: Status = Status(0x2000);
    pub const UNDERFLOW: Status = Status(0x4000);
    /// Every condition that the signal InvalidOperation stands for.
    pub const ANY_INVALID: Status = Status(0x2 | 0x8 | 0x10 | 0x20 | 0x80 | 0x100 | 0x200);

    pub const fn union(self, other: Status) -> Status {
        Status(self.0 | other.0)
    }

    pub fn add(&mut self, other: Status) {
        self.0 |= other.0;
    }

    pub fn has(self, other: Status) -> bool {
        self.0 & other.0 != 0
    }

    /// Notes a condition and gives NaN.
    #[cold]
    pub(crate) fn invalid(&mut self, condition: Status) -> Number {
        self.add(condition);
        Number::nan()
    }
}
