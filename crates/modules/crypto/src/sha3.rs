//! `_sha3`: the SHA-3 digests and the SHAKE functions of any length.

use pyrope_object::bind::{Signature, bind};
use pyrope_object::layout::Bytes;
use pyrope_object::{Args, Guarded, Header, ModuleDef, Object, PyResult, Ref, Slots, Type, Value, Vm};
use pyrope_types::model::module::module_dict;

use crate::state::{GIL_MINSIZE, State, digest_type, hashable, hex, started};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_sha3",
    doc: "",
    functions: &[],
    types: &[
        <Sha3Of224 as Object>::def,
        <Sha3Of256 as Object>::def,
        <Sha3Of384 as Object>::def,
        <Sha3Of512 as Object>::def,
        <Shake128 as Object>::def,
        <Shake256 as Object>::def,
    ],
    exec: Some(|module, vm| {
        let dict = module_dict(module, vm)?;
        dict.set_str("implementation", vm.intern("RustCrypto").into_value(), vm)?;
        dict.set_str("_GIL_MINSIZE", vm.int(GIL_MINSIZE), vm)
    }),
};

const fn signature(function: &'static str) -> Signature {
    Signature {
        function,
        names: &["data", "usedforsecurity", "string"],
        posonly: 0,
        minpos: 0,
        maxpos: 1,
        minkw: 0,
        varargs: false,
        kwargs: false,
    }
}

/// The state that a constructor's arguments ask for.
fn constructed(signature: &'static Signature, fresh: State, args: Args<'_>, vm: &Vm) -> PyResult<State> {
    let mut slots = [None; 3];
    bind(signature, args, &mut slots, vm)?;
    if let Some(flag) = slots[1] {
        vm.is_true(flag)?;
    }
    started(fresh, slots[0], slots[2], vm)
}

macro_rules! sha3_type {
    ($ty:ident, $slots:ident, $extra:ident, $name:tt, $digest:ty, $size:expr, $block:expr, $doc:tt) => {
        digest_type!(
            $ty,
            "_sha3",
            $name,
            $name,
            |_| $size,
            $block,
            "update($self, data, /)",
            doc = $doc,
            getset($ty::GETSETS, $ty::GETSETS_EXTRA),
            slots = $slots
        );

        const $slots: Slots = Slots {
            new: Some(|_, args, vm| {
                static SIGNATURE: Signature = signature($name);
                Ok($ty::make(constructed(&SIGNATURE, State::fixed::<$digest>(), args, vm)?, vm).into_value())
            }),
            ..Slots::EMPTY
        };

        #[pyrope_macros::pymethods(EXTRA)]
        impl $ty {
            #[getter]
            fn _capacity_bits(&self) -> i64 {
                1600 - 8 * $block
            }

            #[getter]
            fn _rate_bits(&self) -> i64 {
                8 * $block
            }

            #[getter]
            fn _suffix(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
                vm.new_bytes(b"\x06")
            }
        }
    };
}

sha3_type!(
    Sha3Of224,
    SLOTS_224,
    EXTRA_224,
    "sha3_224",
    sha3::Sha3_224,
    28,
    144,
    "sha3_224([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 28 bytes."
);
sha3_type!(
    Sha3Of256,
    SLOTS_256,
    EXTRA_256,
    "sha3_256",
    sha3::Sha3_256,
    32,
    136,
    "sha3_256([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 32 bytes."
);
sha3_type!(
    Sha3Of384,
    SLOTS_384,
    EXTRA_384,
    "sha3_384",
    sha3::Sha3_384,
    48,
    104,
    "sha3_384([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 48 bytes."
);
sha3_type!(
    Sha3Of512,
    SLOTS_512,
    EXTRA_512,
    "sha3_512",
    sha3::Sha3_512,
    64,
    72,
    "sha3_512([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 64 bytes."
);

/// The longest output that CPython gives.
const LONGEST: u64 = 1 << 29;

/// Room for an output whose length Python code chose.
fn room(length: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    let big = vm.index_big(length)?;
    if big < 0.into() {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    let Ok(length) = u64::try_from(&big) else {
        return Err(vm.overflow_error("Python int too large for C unsigned long"));
    };
    if length >= LONGEST {
        return Err(vm.value_error("length is too large"));
    }
    let mut room = Vec::new();
    room.try_reserve_exact(length as usize).map_err(|_| vm.memory_error())?;
    room.resize(length as usize, 0);
    Ok(room)
}

#[rustfmt::skip] // It moves the attribute further right at every run.
macro_rules! shake_type {
    ($ty:ident, $slots:ident, $name:tt, $block:expr, $doc:tt) => {
        #[pyrope_macros::pyclass(name = $name, module = "_sha3", doc = $doc, methods($ty::METHODS), getset($ty::GETSETS), slots = $slots)]
        pub struct $ty {
            header: Header,
            state: Guarded<State>,
        }

        const $slots: Slots = Slots {
            new: Some(|_: &Type, args, vm| {
                static SIGNATURE: Signature = signature($name);
                let fresh = State::$ty(sha3::$ty::default());
                Ok($ty::make(constructed(&SIGNATURE, fresh, args, vm)?, vm).into_value())
            }),
            ..Slots::EMPTY
        };

        impl $ty {
            fn make(state: State, vm: &Vm) -> Ref<$ty> {
                Ref::new(vm, $ty { header: Header::blank(), state: Guarded::new(state) })
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
            #[method("digest($self, /, length)")]
            fn digest(&self, length: &Value, vm: &Vm) -> PyResult<Ref<Bytes>> {
                let room = room(length, vm)?;
                vm.new_bytes(&self.state.with(|state| state.digest(room)))
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[method("hexdigest($self, /, length)")]
            fn hexdigest(&self, length: &Value, vm: &Vm) -> PyResult<String> {
                let room = room(length, vm)?;
                Ok(hex(&self.state.with(|state| state.digest(room))))
            }

            /// Update this hash object's state with the provided bytes-like object.
            #[method("update($self, data, /)")]
            fn update(&self, data: &Value, vm: &Vm) -> PyResult<()> {
                let data = hashable(data, vm)?.to_cow().into_owned();
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
                0
            }

            #[getter]
            fn _capacity_bits(&self) -> i64 {
                1600 - 8 * $block
            }

            #[getter]
            fn _rate_bits(&self) -> i64 {
                8 * $block
            }

            #[getter]
            fn _suffix(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
                vm.new_bytes(b"\x1f")
            }
        }
    };
}

shake_type!(
    Shake128,
    SHAKE_128_SLOTS,
    "shake_128",
    168,
    "shake_128([data], *, usedforsecurity=True) -> SHAKE object\n\nReturn a new SHAKE hash object."
);
shake_type!(
    Shake256,
    SHAKE_256_SLOTS,
    "shake_256",
    136,
    "shake_256([data], *, usedforsecurity=True) -> SHAKE object\n\nReturn a new SHAKE hash object."
);
