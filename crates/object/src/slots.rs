//! The table of operations that a type has: the machine and the runtime call these, never dunder methods.

use crate::args::Args;
use crate::buffer::Buffer;
use crate::error::PyResult;
use crate::ty::Type;
use crate::value::Value;
use crate::vm::Vm;

/// Comparison operators, numbered as CPython numbers them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum CompareOp {
    Lt = 0,
    Le = 1,
    Eq = 2,
    Ne = 3,
    Gt = 4,
    Ge = 5,
}

impl CompareOp {
    /// The operator with its operands exchanged.
    pub fn swapped(self) -> CompareOp {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Eq => CompareOp::Eq,
            CompareOp::Ne => CompareOp::Ne,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
        }
    }

    /// The symbol, as in messages.
    pub fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }

    /// The operator with this number, `0..=5`.
    #[inline(always)]
    pub fn from_index(index: usize) -> Option<CompareOp> {
        use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
        [Lt, Le, Eq, Ne, Gt, Ge].get(index).copied()
    }

    /// What the operator says of an ordering.
    #[inline(always)]
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            CompareOp::Lt => ordering.is_lt(),
            CompareOp::Le => ordering.is_le(),
            CompareOp::Eq => ordering.is_eq(),
            CompareOp::Ne => ordering.is_ne(),
            CompareOp::Gt => ordering.is_gt(),
            CompareOp::Ge => ordering.is_ge(),
        }
    }
}

/// `f(self)`
pub type UnaryFn = fn(&Value, &Vm) -> PyResult;
/// `f(left, right)`; may give `NotImplemented`. Called for either operand's type, as CPython's number slots.
pub type BinaryFn = fn(&Value, &Value, &Vm) -> PyResult;
/// `pow(base, exponent, modulus)`; `None` for no modulus.
pub type TernaryFn = fn(&Value, &Value, &Value, &Vm) -> PyResult;
/// `f(self) -> bool`
pub type InquiryFn = fn(&Value, &Vm) -> PyResult<bool>;
/// `len(self)`
pub type LenFn = fn(&Value, &Vm) -> PyResult<usize>;
/// `hash(self)`
pub type HashFn = fn(&Value, &Vm) -> PyResult<i64>;
/// `self(*args, **kwargs)`
pub type CallFn = fn(&Value, Args<'_>, &Vm) -> PyResult;
/// `getattr(self, name)`; `name` is a `str`.
pub type GetattrFn = fn(&Value, &Value, &Vm) -> PyResult;
/// `setattr(self, name, value)`, or `delattr` with no value.
pub type SetattrFn = fn(&Value, &Value, Option<&Value>, &Vm) -> PyResult<()>;
/// `f(self, other, op)`; may give `NotImplemented`.
pub type CompareFn = fn(&Value, &Value, CompareOp, &Vm) -> PyResult;
/// `next(self)`; `None` at the end (no StopIteration is set).
pub type NextFn = fn(&Value, &Vm) -> PyResult<Option<Value>>;
/// `descriptor.__get__(instance, owner)`
pub type DescrGetFn = fn(&Value, Option<&Value>, Option<&Value>, &Vm) -> PyResult;
/// `descriptor.__set__(instance, value)`, or `__delete__` with no value.
pub type DescrSetFn = fn(&Value, &Value, Option<&Value>, &Vm) -> PyResult<()>;
/// `__init__`
pub type InitFn = fn(&Value, Args<'_>, &Vm) -> PyResult<()>;
/// `__new__(cls, ...)`
pub type NewFn = fn(&Type, Args<'_>, &Vm) -> PyResult;
/// `self[index]` with an index already made non-negative where the sequence has a length.
pub type ItemFn = fn(&Value, isize, &Vm) -> PyResult;
/// `self[index] = value`, or `del self[index]` with no value.
pub type SetItemFn = fn(&Value, isize, Option<&Value>, &Vm) -> PyResult<()>;
/// `self[key] = value`, or `del self[key]` with no value.
pub type SetSubscriptFn = fn(&Value, &Value, Option<&Value>, &Vm) -> PyResult<()>;
/// `item in self`
pub type ContainsFn = fn(&Value, &Value, &Vm) -> PyResult<bool>;
/// `self * n` as a sequence.
pub type RepeatFn = fn(&Value, isize, &Vm) -> PyResult;
/// `__del__` or a native finalizer; errors are reported as unraisable by the caller's rules.
pub type FinalizeFn = fn(&Value, &Vm);
/// The buffer protocol: `flags` are CPython's `PyBUF_*`.
pub type BufferFn = fn(&Value, u32, &Vm) -> PyResult<Buffer>;
/// Generator-like `send`: see [`Sent`].
pub type SendFn = fn(&Value, &Value, &Vm) -> PyResult<Sent>;

/// What resuming a generator-like object gave.
pub enum Sent {
    /// It yielded.
    Yielded(Value),
    /// It returned: the value that StopIteration would carry.
    Returned(Value),
}

macro_rules! slots {
    ($($(#[$meta:meta])* $name:ident: $ty:ty,)*) => {
        /// The slots of a type; absent ones are inherited when the type is made ready.
        #[derive(Clone, Copy)]
        pub struct Slots { $($(#[$meta])* pub $name: Option<$ty>,)* }

        impl Slots {
            /// No slots at all.
            pub const EMPTY: Slots = Slots { $($name: None,)* };

            /// Fills each absent slot from `base`.
            /// Rich comparison and hash go together, as in CPython: they are inherited only if both are absent.
            pub fn inherit(&mut self, base: &Slots) {
                let (compare, hash) = (self.richcompare, self.hash);
                $(if self.$name.is_none() { self.$name = base.$name; })*
                if compare.is_some() != hash.is_some() {
                    self.richcompare = compare.or(base.richcompare);
                    self.hash = hash;
                }
            }
        }
    };
}

slots! {
    repr: UnaryFn,
    str: UnaryFn,
    hash: HashFn,
    call: CallFn,
    getattr: GetattrFn,
    setattr: SetattrFn,
    richcompare: CompareFn,
    iter: UnaryFn,
    next: NextFn,
    descr_get: DescrGetFn,
    descr_set: DescrSetFn,
    init: InitFn,
    new: NewFn,
    finalize: FinalizeFn,

    add: BinaryFn,
    subtract: BinaryFn,
    multiply: BinaryFn,
    remainder: BinaryFn,
    divmod: BinaryFn,
    power: TernaryFn,
    negative: UnaryFn,
    positive: UnaryFn,
    absolute: UnaryFn,
    bool: InquiryFn,
    invert: UnaryFn,
    lshift: BinaryFn,
    rshift: BinaryFn,
    and: BinaryFn,
    xor: BinaryFn,
    or: BinaryFn,
    int: UnaryFn,
    float: UnaryFn,
    index: UnaryFn,
    floor_divide: BinaryFn,
    true_divide: BinaryFn,
    matrix_multiply: BinaryFn,
    inplace_add: BinaryFn,
    inplace_subtract: BinaryFn,
    inplace_multiply: BinaryFn,
    inplace_remainder: BinaryFn,
    inplace_power: TernaryFn,
    inplace_lshift: BinaryFn,
    inplace_rshift: BinaryFn,
    inplace_and: BinaryFn,
    inplace_xor: BinaryFn,
    inplace_or: BinaryFn,
    inplace_floor_divide: BinaryFn,
    inplace_true_divide: BinaryFn,
    inplace_matrix_multiply: BinaryFn,

    sq_length: LenFn,
    sq_concat: BinaryFn,
    sq_repeat: RepeatFn,
    sq_item: ItemFn,
    sq_ass_item: SetItemFn,
    sq_contains: ContainsFn,
    sq_inplace_concat: BinaryFn,
    sq_inplace_repeat: RepeatFn,

    mp_length: LenFn,
    mp_subscript: BinaryFn,
    mp_ass_subscript: SetSubscriptFn,

    am_await: UnaryFn,
    am_aiter: UnaryFn,
    am_anext: UnaryFn,
    am_send: SendFn,

    buffer: BufferFn,
}
