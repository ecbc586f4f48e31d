//! The value word: one 64-bit word that is an integer, a float, a singleton or a counted pointer.
//!
//! | low bits | meaning |
//! |---|---|
//! | `000` | pointer to a heap object ([`Header`]) |
//! | `x10` | a 62-bit integer in the upper bits |
//! | `001`, `100`, `101` | a float: `rotl(bits, 4) + 1` |
//! | `x11` | a singleton: None, True, False, Ellipsis, NotImplemented |
//!
//! Floats whose exponent does not fit the rotation (very large, very small but not zero, infinities, NaNs) are boxed.
//! The word zero is never a value, so `Option<Value>` is one word too.

use std::mem::ManuallyDrop;
use std::num::NonZeroU64;
use std::ptr::NonNull;

use crate::header::Header;
use crate::reference::{Object, Ref};
use crate::ty::Type;
use crate::vm::Vm;

/// A Python value. Owns its reference: clone increments, drop decrements; `&Value` borrows.
#[repr(transparent)]
pub struct Value(NonZeroU64);

const _: () = assert!(size_of::<Value>() == 8 && size_of::<Option<Value>>() == 8);

const TAG_INT: u64 = 0b10;
const SPECIAL: u64 = 0b011;

const fn special(n: u64) -> u64 {
    n << 3 | SPECIAL
}

/// The words of the singletons.
pub mod words {
    use super::special;
    pub const NONE: u64 = special(0);
    pub const FALSE: u64 = special(1);
    pub const TRUE: u64 = special(2);
    pub const ELLIPSIS: u64 = special(3);
    pub const NOT_IMPLEMENTED: u64 = special(4);
}

/// The smallest integer that needs no box.
pub const SMALL_INT_MIN: i64 = -(1 << 61);
/// The largest integer that needs no box.
pub const SMALL_INT_MAX: i64 = (1 << 61) - 1;

impl Value {
    #[inline(always)]
    const fn word(word: u64) -> Value {
        match NonZeroU64::new(word) {
            Some(word) => Value(word),
            None => panic!("the zero word is no value"),
        }
    }

    /// The raw word, without ownership.
    #[inline(always)]
    pub const fn bits(&self) -> u64 {
        self.0.get()
    }

    /// Takes the word out without decrementing.
    #[inline(always)]
    pub fn into_bits(self) -> u64 {
        let bits = self.bits();
        std::mem::forget(self);
        bits
    }

    /// Makes a value of a word.
    ///
    /// # Safety
    /// `bits` must be a word that [`Value::into_bits`] gave (and is not used again), or an immediate's.
    #[inline(always)]
    pub unsafe fn from_bits(bits: u64) -> Value {
        // SAFETY: no value has the zero word, as the caller guarantees.
        Value(unsafe { NonZeroU64::new_unchecked(bits) })
    }

    /// `None`.
    #[inline(always)]
    pub const fn none() -> Value {
        Value::word(words::NONE)
    }

    /// `True` or `False`.
    #[inline(always)]
    pub const fn bool(truth: bool) -> Value {
        Value::word(if truth { words::TRUE } else { words::FALSE })
    }

    /// `Ellipsis`.
    pub const fn ellipsis() -> Value {
        Value::word(words::ELLIPSIS)
    }

    /// `NotImplemented`.
    #[inline(always)]
    pub const fn not_implemented() -> Value {
        Value::word(words::NOT_IMPLEMENTED)
    }

    /// The integer, if it fits 62 bits.
    #[inline(always)]
    pub const fn small_int(n: i64) -> Option<Value> {
        let shifted = n << 2;
        if shifted >> 2 == n { Some(Value::word(shifted as u64 | TAG_INT)) } else { None }
    }

    /// The float, if its exponent fits the rotation.
    #[inline(always)]
    pub const fn small_float(x: f64) -> Option<Value> {
        let word = x.to_bits().rotate_left(4).wrapping_add(1);
        if is_float_tag(word) { Some(Value::word(word)) } else { None }
    }

    /// True for `None`.
    #[inline(always)]
    pub fn is_none(&self) -> bool {
        self.bits() == words::NONE
    }

    /// True for `NotImplemented`.
    #[inline(always)]
    pub fn is_not_implemented(&self) -> bool {
        self.bits() == words::NOT_IMPLEMENTED
    }

    /// `Some` for `True` and `False` themselves.
    #[inline(always)]
    pub fn as_bool(&self) -> Option<bool> {
        match self.bits() {
            words::TRUE => Some(true),
            words::FALSE => Some(false),
            _ => None,
        }
    }

    /// True for a pointer to a heap object.
    #[inline(always)]
    pub const fn is_pointer(&self) -> bool {
        self.bits() & 7 == 0
    }

    /// True for an unboxed integer.
    #[inline(always)]
    pub const fn is_small_int(&self) -> bool {
        self.bits() & 3 == TAG_INT
    }

    /// The unboxed integer (an `int` exactly, never a `bool`).
    #[inline(always)]
    pub const fn as_small_int(&self) -> Option<i64> {
        if self.is_small_int() { Some(self.bits() as i64 >> 2) } else { None }
    }

    /// True for an unboxed float.
    #[inline(always)]
    pub const fn is_small_float(&self) -> bool {
        is_float_tag(self.bits())
    }

    /// The unboxed float.
    #[inline(always)]
    pub const fn as_small_float(&self) -> Option<f64> {
        if self.is_small_float() { Some(f64::from_bits(self.bits().wrapping_sub(1).rotate_right(4))) } else { None }
    }

    /// The header of a heap object.
    #[inline(always)]
    pub fn header(&self) -> Option<&Header> {
        if self.is_pointer() {
            // SAFETY: a pointer word points to a live object while the value lives.
            Some(unsafe { &*(self.bits() as *const Header) })
        } else {
            None
        }
    }

    /// `a is b`.
    #[inline(always)]
    pub fn is(&self, other: &Value) -> bool {
        self.bits() == other.bits()
    }

    /// The exact type.
    #[inline(always)]
    pub fn ty<'a>(&'a self, vm: &'a Vm) -> &'a Type {
        match self.header() {
            Some(header) => header.ty(),
            None => self.immediate_type(vm),
        }
    }

    fn immediate_type<'a>(&self, vm: &'a Vm) -> &'a Type {
        use crate::builtin::BuiltinType as B;
        let kind = if self.is_small_int() {
            B::Int
        } else if self.is_small_float() {
            B::Float
        } else {
            match self.bits() {
                words::NONE => B::NoneType,
                words::TRUE | words::FALSE => B::Bool,
                words::ELLIPSIS => B::Ellipsis,
                _ => B::NotImplementedType,
            }
        };
        vm.builtin(kind)
    }

    /// Shape number of a heap object; 0 for immediates.
    #[inline(always)]
    pub fn shape(&self) -> u32 {
        self.header().map_or(0, |header| header.shape.get())
    }

    /// A borrowed view as `T`, if the value is an instance of `T` or of a subclass.
    #[inline]
    pub fn downcast<T: Object>(&self) -> Option<&T> {
        let header = self.header()?;
        if header.ty().derives_layout(T::def()) {
            // SAFETY: the type's layout begins with `T`'s.
            Some(unsafe { &*(header as *const Header).cast::<T>() })
        } else {
            None
        }
    }

    /// A borrowed view as `T`, if the value's type is exactly `T`'s own.
    #[inline(always)]
    pub fn downcast_exact<T: Object>(&self) -> Option<&T> {
        let header = self.header()?;
        let exact = match T::SHAPE {
            crate::shape::NO_SHAPE => header.ty().is_exactly(T::def()),
            shape => header.shape.get() == shape,
        };
        if exact {
            // SAFETY: the type is the one that `T` lays out.
            Some(unsafe { &*(header as *const Header).cast::<T>() })
        } else {
            None
        }
    }

    /// An owned typed reference, if the value is an instance of `T` or of a subclass.
    pub fn cast<T: Object>(&self) -> Option<Ref<T>> {
        self.downcast::<T>().map(Ref::from_borrowed)
    }

    /// The number that `id()` gives: the word itself, unique among live values.
    pub fn id(&self) -> u64 {
        self.bits()
    }

    /// The object's reference count as `sys.getrefcount` counts it; immediates are immortal.
    #[inline]
    pub fn refcount(&self) -> u32 {
        self.header().map_or(u32::MAX, |header| header.refcount.get())
    }
}

#[inline(always)]
const fn is_float_tag(word: u64) -> bool {
    // One bit per tag: 001, 100 and 101.
    (0b0011_0010 >> (word & 7)) & 1 != 0
}

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        if let Some(header) = self.header() {
            header.increment();
        }
        Value(self.0)
    }
}

impl Drop for Value {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(header) = self.header()
            && header.decrement()
        {
            // SAFETY: the count fell to zero, so this was the last reference.
            unsafe { crate::lifetime::destroy(NonNull::from(header)) };
        }
    }
}

/// The last reference to an object that is to be ended. It counts until then: a collection that the end of another
/// object starts must not take this one for garbage.
#[must_use = "the object leaks if it is not ended"]
pub struct Doomed(NonNull<Header>);

impl Doomed {
    /// Ends the object; may run Python code.
    pub fn end(self) {
        // SAFETY: the reference that `Value::release` was given.
        drop(unsafe { Value::from_bits(self.0.as_ptr() as u64) });
    }
}

impl Value {
    /// Gives the reference up as dropping does, but leaves it to the caller to end the object if it was the last one.
    #[inline(always)]
    pub fn release(self) -> Option<Doomed> {
        let this = ManuallyDrop::new(self);
        match this.header() {
            Some(header) if header.refcount.get() == 1 => Some(Doomed(NonNull::from(header))),
            Some(header) => {
                header.decrement();
                None
            }
            None => None,
        }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::bool(truth)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(n) = self.as_small_int() {
            return write!(f, "{n}");
        }
        if let Some(x) = self.as_small_float() {
            return write!(f, "{x:?}");
        }
        match self.header() {
            Some(header) => write!(f, "<{} at {:#x}>", header.ty().name(), self.bits()),
            None => write!(f, "<singleton {}>", self.bits() >> 3),
        }
    }
}

/// A value borrowed from somewhere that keeps it alive, held as a word: no count is touched.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Borrowed<'a>(u64, std::marker::PhantomData<&'a Value>);

impl<'a> Borrowed<'a> {
    /// Borrows.
    pub fn new(value: &'a Value) -> Self {
        Borrowed(value.bits(), std::marker::PhantomData)
    }

    /// The value, not counted.
    pub fn value(&self) -> ManuallyDrop<Value> {
        // SAFETY: never dropped, and the lender keeps the object alive.
        ManuallyDrop::new(unsafe { Value::from_bits(self.0) })
    }
}
