//! Arithmetic.

use dashu_int::IBig;

use crate::bind::full_type_name;
use crate::builtin::BuiltinType as B;
use crate::error::PyResult;
use crate::slots::{BinaryFn, Slots, UnaryFn};
use crate::value::Value;
use crate::vm::Vm;

/// Which slot a binary operator uses.
pub type BinarySlot = fn(&Slots) -> Option<BinaryFn>;

/// Tries an operator's slots in CPython's order: a proper subtype on the right goes first. `NotImplemented` if none works.
pub fn binary_operation(a: &Value, b: &Value, slot: BinarySlot, vm: &Vm) -> PyResult {
    vm.check_stack("")?;
    let (a_type, b_type) = (a.ty(vm), b.ty(vm));
    let left = slot(a_type.slots());
    let right = if a_type.is(b_type) {
        None
    } else {
        slot(b_type.slots()).filter(|r| left.is_none_or(|l| !std::ptr::fn_addr_eq(l, *r)))
    };
    if let Some(left) = left {
        if let Some(right) = right
            && b_type.is_subtype(a_type)
        {
            let result = right(a, b, vm)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
            return left(a, b, vm);
        }
        let result = left(a, b, vm)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
    }
    match right {
        Some(right) => right(a, b, vm),
        None => Ok(Value::not_implemented()),
    }
}

macro_rules! operators {
    ($($name:ident $inplace:ident $inplace_slot:ident $slot:ident $symbol:literal;)*) => {
        impl Vm {
            $(
                #[doc = concat!("`a ", $symbol, " b`")]
                pub fn $name(&self, a: &Value, b: &Value) -> PyResult {
                    self.binary(a, b, |s| s.$slot, $symbol)
                }

                #[doc = concat!("`a ", $symbol, "= b`")]
                pub fn $inplace(&self, a: &Value, b: &Value) -> PyResult {
                    self.binary_inplace(a, b, |s| s.$inplace_slot, |s| s.$slot, $symbol)
                }
            )*
        }
    };
}

operators! {
    add inplace_add inplace_add add "+";
    subtract inplace_subtract inplace_subtract subtract "-";
    multiply inplace_multiply inplace_multiply multiply "*";
    remainder inplace_remainder inplace_remainder remainder "%";
    floor_divide inplace_floor_divide inplace_floor_divide floor_divide "//";
    true_divide inplace_true_divide inplace_true_divide true_divide "/";
    matrix_multiply inplace_matrix_multiply inplace_matrix_multiply matrix_multiply "@";
    lshift inplace_lshift inplace_lshift lshift "<<";
    rshift inplace_rshift inplace_rshift rshift ">>";
    bit_and inplace_bit_and inplace_and and "&";
    bit_xor inplace_bit_xor inplace_xor xor "^";
    bit_or inplace_bit_or inplace_or or "|";
}

impl Vm {
    fn binary(&self, a: &Value, b: &Value, slot: BinarySlot, symbol: &str) -> PyResult {
        let result = binary_operation(a, b, slot, self)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
        if let Some(result) = self.sequence_operation(a, b, symbol, false)? {
            return Ok(result);
        }
        Err(self.unsupported_operands(a, b, symbol))
    }

    fn binary_inplace(&self, a: &Value, b: &Value, inplace: BinarySlot, slot: BinarySlot, symbol: &str) -> PyResult {
        if let Some(operation) = inplace(a.ty(self).slots()) {
            let result = operation(a, b, self)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        let result = binary_operation(a, b, slot, self)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
        if let Some(result) = self.sequence_operation(a, b, symbol, true)? {
            return Ok(result);
        }
        Err(self.unsupported_operands(a, b, &format!("{symbol}=")))
    }

    /// Concatenation and repetition, where the number slots gave nothing.
    fn sequence_operation(&self, a: &Value, b: &Value, symbol: &str, inplace: bool) -> PyResult<Option<Value>> {
        match symbol {
            "+" => {
                let slots = a.ty(self).slots();
                let concat = if inplace { slots.sq_inplace_concat.or(slots.sq_concat) } else { slots.sq_concat };
                concat.map(|concat| concat(a, b, self)).transpose()
            }
            "*" => {
                let slots = a.ty(self).slots();
                let repeat = if inplace { slots.sq_inplace_repeat.or(slots.sq_repeat) } else { slots.sq_repeat };
                if let Some(repeat) = repeat {
                    return repeat(a, self.repeat_count(b)?, self).map(Some);
                }
                match b.ty(self).slots().sq_repeat {
                    Some(repeat) => repeat(b, self.repeat_count(a)?, self).map(Some),
                    None => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    fn repeat_count(&self, n: &Value) -> PyResult<isize> {
        if n.as_int().is_none() && n.ty(self).slots().index.is_none() {
            return Err(
                self.type_error(format!("can't multiply sequence by non-int of type '{}'", full_type_name(n, self)))
            );
        }
        match self.index_i64(n)? {
            Some(n) => Ok(n as isize),
            None => Err(self.overflow_error("cannot fit 'int' into an index-sized integer")),
        }
    }

    /// TypeError for an operator that neither operand supports.
    pub fn unsupported_operands(&self, a: &Value, b: &Value, symbol: &str) -> crate::error::Raised {
        self.type_error(format!(
            "unsupported operand type(s) for {symbol}: '{}' and '{}'",
            full_type_name(a, self),
            full_type_name(b, self)
        ))
    }

    /// `divmod(a, b)`
    pub fn divmod(&self, a: &Value, b: &Value) -> PyResult {
        let result = binary_operation(a, b, |s| s.divmod, self)?;
        if result.is_not_implemented() { Err(self.unsupported_operands(a, b, "divmod()")) } else { Ok(result) }
    }

    /// `pow(a, b, modulus)`; `None` for `a ** b`.
    pub fn power(&self, a: &Value, b: &Value, modulus: &Value) -> PyResult {
        self.power_as(a, b, modulus, "** or pow()")
    }

    /// [`Vm::power`], called `symbol` in errors.
    fn power_as(&self, a: &Value, b: &Value, modulus: &Value, symbol: &str) -> PyResult {
        let (a_type, b_type) = (a.ty(self), b.ty(self));
        let left = a_type.slots().power;
        let right = b_type.slots().power.filter(|r| left.is_none_or(|l| !std::ptr::fn_addr_eq(l, *r)));
        let right_first = right.is_some() && b_type.is_subtype(a_type);
        let order = if right_first { [right, left] } else { [left, right] };
        let mut third = modulus.ty(self).slots().power;
        for operation in order.into_iter().flatten() {
            if third.is_some_and(|t| std::ptr::fn_addr_eq(t, operation)) {
                third = None;
            }
            let result = operation(a, b, modulus, self)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if let Some(operation) = third
            && !modulus.is_none()
        {
            let result = operation(a, b, modulus, self)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if modulus.is_none() {
            return Err(self.unsupported_operands(a, b, symbol));
        }
        Err(self.type_error(format!(
            "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
            full_type_name(a, self),
            full_type_name(b, self),
            full_type_name(modulus, self)
        )))
    }

    /// `a **= b`
    pub fn inplace_power(&self, a: &Value, b: &Value) -> PyResult {
        if let Some(operation) = a.ty(self).slots().inplace_power {
            let result = operation(a, b, &Value::none(), self)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        self.power_as(a, b, &Value::none(), "**=")
    }

    /// `-value`
    pub fn negative(&self, value: &Value) -> PyResult {
        self.unary(value, value.ty(self).slots().negative, "-")
    }

    /// `+value`
    pub fn positive(&self, value: &Value) -> PyResult {
        self.unary(value, value.ty(self).slots().positive, "+")
    }

    /// `~value`
    pub fn invert(&self, value: &Value) -> PyResult {
        self.unary(value, value.ty(self).slots().invert, "~")
    }

    /// `abs(value)`
    pub fn absolute(&self, value: &Value) -> PyResult {
        match value.ty(self).slots().absolute {
            Some(operation) => operation(value, self),
            None => Err(self.type_error(format!("bad operand type for abs(): '{}'", full_type_name(value, self)))),
        }
    }

    fn unary(&self, value: &Value, operation: Option<crate::slots::UnaryFn>, symbol: &str) -> PyResult {
        match operation {
            Some(operation) => operation(value, self),
            None => {
                Err(self.type_error(format!("bad operand type for unary {symbol}: '{}'", full_type_name(value, self))))
            }
        }
    }

    /// `operator.index(value)`: an `int` (perhaps of a subclass).
    pub fn index(&self, value: &Value) -> PyResult {
        if value.as_int().is_some() {
            return Ok(value.clone());
        }
        let Some(index) = value.ty(self).slots().index else {
            return Err(self
                .type_error(format!("'{}' object cannot be interpreted as an integer", full_type_name(value, self))));
        };
        let result = index(value, self)?;
        if result.as_int().is_none() {
            return Err(self.type_error(format!("__index__ returned non-int (type {})", full_type_name(&result, self))));
        }
        self.warn_of_subclass("__index__", &result, B::Int)?;
        Ok(result)
    }

    /// A conversion method should give exactly a number of `kind`: DeprecationWarning for one of a subclass.
    pub fn warn_of_subclass(&self, method: &str, result: &Value, kind: B) -> PyResult<()> {
        let wanted = self.builtin(kind);
        if result.ty(self).is(wanted) {
            return Ok(());
        }
        let (wanted, given) = (wanted.name(), full_type_name(result, self));
        let message = format!(
            "{method} returned non-{wanted} (type {given}).  The ability to return an instance of a strict subclass of \
             {wanted} is deprecated, and may be removed in a future version of Python."
        );
        self.warn(B::DeprecationWarning, &message, 1)
    }

    /// `operator.index(value)` as a machine integer; `None` if it does not fit.
    #[inline]
    pub fn index_i64(&self, value: &Value) -> PyResult<Option<i64>> {
        match value.as_small_int() {
            Some(n) => Ok(Some(n)),
            None => Ok(self.index(value)?.as_i64()),
        }
    }

    /// `operator.index(value)` as a big integer.
    pub fn index_big(&self, value: &Value) -> PyResult<IBig> {
        let index = self.index(value)?;
        Ok(index.as_int().map(|n| n.to_big().into_owned()).unwrap_or_default())
    }

    /// An index for sequences: IndexError `cannot fit 'T' into an index-sized integer` if it is too large.
    pub fn index_isize(&self, value: &Value) -> PyResult<isize> {
        match self.index_i64(value)? {
            Some(n) => Ok(n as isize),
            None => {
                Err(self
                    .index_error(format!("cannot fit '{}' into an index-sized integer", full_type_name(value, self))))
            }
        }
    }

    /// An index clamped to the range of `isize`, as slices take it.
    pub fn index_clamped(&self, value: &Value) -> PyResult<isize> {
        let index = self.index(value)?;
        Ok(match index.as_int() {
            Some(n) => match n.to_i64() {
                Some(n) => n as isize,
                None if n.is_negative() => isize::MIN,
                None => isize::MAX,
            },
            None => 0,
        })
    }

    /// A number as `float` takes it: a float, `__float__`, or `__index__`.
    pub fn to_f64(&self, value: &Value) -> PyResult<f64> {
        if let Some(x) = value.as_float() {
            return Ok(x);
        }
        if let Some(n) = value.as_small_int() {
            return Ok(n as f64);
        }
        let slots = value.ty(self).slots();
        if let Some(float) = slots.float {
            return self.float_by_slot(value, float);
        }
        if slots.index.is_some() {
            let index = self.index(value)?;
            return match index.ty(self).slots().float {
                Some(float) => self.to_f64(&float(&index, self)?),
                None => Err(self.type_error("must be real number, not int")),
            };
        }
        Err(self.type_error(format!("must be real number, not {}", full_type_name(value, self))))
    }

    /// What a type's `float` slot makes of a value.
    pub fn float_by_slot(&self, value: &Value, float: UnaryFn) -> PyResult<f64> {
        let result = float(value, self)?;
        let method = || format!("{}.__float__", full_type_name(value, self));
        let Some(x) = result.as_float() else {
            let given = full_type_name(&result, self);
            return Err(self.type_error(format!("{} returned non-float (type {given})", method())));
        };
        if !result.ty(self).is(self.builtin(B::Float)) {
            self.warn_of_subclass(&method(), &result, B::Float)?;
        }
        Ok(x)
    }
}
