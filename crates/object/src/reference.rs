//! Owned typed references to heap objects.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::header::Header;
use crate::typedef::TypeDef;
use crate::value::Value;

/// A Rust struct that is the layout of a Python type.
///
/// # Safety
/// The struct is `repr(C)` and its first field is a [`Header`]; `def()` always gives the same static, whose `layout`
/// describes this struct. `SHAPE` is what it says. `#[pyclass]` upholds all of it.
pub unsafe trait Object: Sized + 'static {
    /// The shape that all instances of exactly this type have and no others; 0 if there is no such shape.
    const SHAPE: u32 = crate::shape::NO_SHAPE;

    /// The type's static description.
    fn def() -> &'static TypeDef;
}

/// An owned reference to an object of layout `T`.
#[repr(transparent)]
pub struct Ref<T: Object>(NonNull<T>, PhantomData<T>);

impl<T: Object> Ref<T> {
    /// A further reference to a borrowed object.
    #[inline]
    pub fn from_borrowed(object: &T) -> Ref<T> {
        // SAFETY: every `T` begins with a header.
        unsafe { &*(object as *const T).cast::<Header>() }.increment();
        Ref(NonNull::from(object), PhantomData)
    }

    /// Takes over the one reference of a fresh object.
    ///
    /// # Safety
    /// `pointer` is an initialised object with a count that this reference now owns.
    pub unsafe fn from_raw(pointer: NonNull<T>) -> Ref<T> {
        Ref(pointer, PhantomData)
    }

    /// The untyped value; no count changes.
    #[inline]
    pub fn into_value(self) -> Value {
        let this = ManuallyDrop::new(self);
        // SAFETY: the pointer word carries the reference over.
        unsafe { Value::from_bits(this.0.as_ptr() as u64) }
    }

    /// The untyped value, counted anew.
    pub fn to_value(&self) -> Value {
        self.clone().into_value()
    }

    /// The same object seen as a value, not counted.
    #[inline]
    pub fn as_value(&self) -> &Value {
        // SAFETY: `Ref` and `Value` are both one word, and a pointer word is the pointer.
        unsafe { &*(self as *const Ref<T>).cast::<Value>() }
    }

    /// True if both are the same object.
    pub fn is(&self, other: &Ref<T>) -> bool {
        self.0 == other.0
    }
}

/// A further counted value for an object that is borrowed as its layout.
#[inline]
pub fn value_of<T: Object>(object: &T) -> Value {
    Ref::from_borrowed(object).into_value()
}

impl<T: Object> Clone for Ref<T> {
    #[inline]
    fn clone(&self) -> Self {
        Ref::from_borrowed(self)
    }
}

impl<T: Object> Drop for Ref<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: gives the owned reference to a value, which drops it.
        drop(unsafe { Value::from_bits(self.0.as_ptr() as u64) });
    }
}

impl<T: Object> Deref for Ref<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the reference keeps the object alive.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Object> From<Ref<T>> for Value {
    #[inline]
    fn from(reference: Ref<T>) -> Value {
        reference.into_value()
    }
}
