//! A digest under way, whatever its kind, and what the hash modules share around it.

use digest::DynDigest;
use digest::{ExtendableOutput, Update, XofReader};
use pyrope_object::args::{ArgName, FromArg};
use pyrope_object::bind::BytesLike;
use pyrope_object::layout::Str;
use pyrope_object::{PyResult, Value, Vm};

/// Data shorter than this is hashed without releasing the lock, in CPython; modules show the number.
pub(crate) const GIL_MINSIZE: i64 = 2048;

/// The bytes taken in so far.
pub(crate) enum State {
    /// A digest of fixed size.
    Fixed(Box<dyn DynDigest>),
    Shake128(sha3::Shake128),
    Shake256(sha3::Shake256),
    Blake2b(Box<blake2b_simd::State>),
    Blake2s(Box<blake2s_simd::State>),
}

impl State {
    /// A fresh state of a digest of fixed size.
    pub(crate) fn fixed<D: DynDigest + Default + 'static>() -> State {
        State::Fixed(Box::new(D::default()))
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            State::Fixed(state) => state.update(data),
            State::Shake128(state) => state.update(data),
            State::Shake256(state) => state.update(data),
            State::Blake2b(state) => drop(state.update(data)),
            State::Blake2s(state) => drop(state.update(data)),
        }
    }

    /// The digest so far; `length` is for the kinds that have no length of their own, and has been allocated.
    pub(crate) fn digest(&self, mut room: Vec<u8>) -> Vec<u8> {
        match self {
            State::Fixed(state) => state.box_clone().finalize().into_vec(),
            State::Shake128(state) => {
                state.clone().finalize_xof().read(&mut room);
                room
            }
            State::Shake256(state) => {
                state.clone().finalize_xof().read(&mut room);
                room
            }
            State::Blake2b(state) => state.finalize().as_bytes().to_vec(),
            State::Blake2s(state) => state.finalize().as_bytes().to_vec(),
        }
    }
}

impl Clone for State {
    fn clone(&self) -> State {
        match self {
            State::Fixed(state) => State::Fixed(state.box_clone()),
            State::Shake128(state) => State::Shake128(state.clone()),
            State::Shake256(state) => State::Shake256(state.clone()),
            State::Blake2b(state) => State::Blake2b(state.clone()),
            State::Blake2s(state) => State::Blake2s(state.clone()),
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect()
}

/// What `update` and constructors accept.
pub(crate) fn hashable<'a>(data: &'a Value, vm: &Vm) -> PyResult<BytesLike<'a>> {
    if data.downcast::<Str>().is_some() {
        return Err(vm.type_error("Strings must be encoded before hashing"));
    }
    if data.ty(vm).slots().buffer.is_none() {
        return Err(vm.type_error("object supporting the buffer API required"));
    }
    BytesLike::from_arg(data, &ArgName { function: "update", argument: "argument".into() }, vm)
}

/// The constructor's data under its new or its old name.
pub(crate) fn initial<'a>(data: Option<&'a Value>, string: Option<&'a Value>, vm: &Vm) -> PyResult<Option<&'a Value>> {
    match (data, string) {
        (Some(_), Some(_)) => Err(vm.type_error(
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter \
             is slated for removal in a future version.",
        )),
        (data, string) => Ok(data.or(string)),
    }
}

/// Feeds the constructor's data to a fresh state.
pub(crate) fn started(mut state: State, data: Option<&Value>, string: Option<&Value>, vm: &Vm) -> PyResult<State> {
    if let Some(data) = initial(data, string, vm)? {
        hashable(data, vm)?.with(|bytes| state.update(bytes));
    }
    Ok(state)
}

/// Declares the type of a digest: `digest_type!(Struct, "module", "type's name", "digest's name", size, block, …)`; what
/// follows goes to `#[pyclass]`.
macro_rules! digest_type {
    ($ty:ident, $module:tt, $type_name:tt, $name:tt, $size:expr, $block:expr, $update:tt, $($rest:tt)*) => {
        #[pyrope_macros::pyclass(
            name = $type_name,
            module = $module,
            methods($ty::METHODS),
            $($rest)*
        )]
        pub struct $ty {
            header: pyrope_object::Header,
            state: pyrope_object::Guarded<$crate::state::State>,
        }

        impl $ty {
            #[allow(dead_code)]
            fn make(state: $crate::state::State, vm: &Vm) -> Ref<$ty> {
                Ref::new(vm, $ty { header: pyrope_object::Header::blank(), state: pyrope_object::Guarded::new(state) })
            }
        }

        #[pyrope_macros::pymethods]
        impl $ty {
            /// Return a copy of the hash object.
            #[method("copy($self, /)")]
            fn copy(&self, vm: &Vm) -> Ref<$ty> {
                $ty::make(self.state.with(Clone::clone), vm)
            }

            /// Return the digest value as a bytes object.
            #[method("digest($self, /)")]
            fn digest(&self, vm: &Vm) -> PyResult<Ref<pyrope_object::layout::Bytes>> {
                vm.new_bytes(&self.state.with(|state| state.digest(Vec::new())))
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[method("hexdigest($self, /)")]
            fn hexdigest(&self) -> String {
                $crate::state::hex(&self.state.with(|state| state.digest(Vec::new())))
            }

            /// Update this hash object's state with the provided string.
            #[method($update)]
            fn update(&self, data: &Value, vm: &Vm) -> PyResult<()> {
                let data = $crate::state::hashable(data, vm)?.to_cow().into_owned();
                self.state.with_mut(|state| state.update(&data));
                Ok(())
            }

            #[getter]
            fn block_size(&self) -> i64 {
                $block
            }

            #[getter]
            fn name(&self) -> &'static str {
                $name
            }

            #[getter]
            fn digest_size(&self) -> i64 {
                let size: fn(&$ty) -> i64 = $size;
                size(self)
            }
        }
    };
}
pub(crate) use digest_type;
