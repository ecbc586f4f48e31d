//! `HASH` and `HASHXOF`: a digest under way.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::layout::Bytes;
use pyrope_object::{Guarded, Header, Object, PyResult, Ref, Slots, Value, Vm};

use super::algorithms::Algorithm;
use crate::state::{State, hashable, hex};

/// A hash is an object used to calculate a checksum of a string of information.
///
/// Methods:
///
/// update() -- updates the current digest with an additional string
/// digest() -- return the current digest value
/// hexdigest() -- return the current digest as a string of hexadecimal digits
/// copy() -- return a copy of the current hash object
///
/// Attributes:
///
/// name -- the hash algorithm being used by this object
/// digest_size -- number of bytes in this hashes output
#[pyclass(
    name = "HASH", module = "_hashlib", signature = "(name, string=b'')", flags(BASETYPE, DISALLOW_INSTANTIATION),
    methods(Hash::METHODS), getset(Hash::GETSETS), slots = SLOTS
)]
pub struct Hash {
    header: Header,
    algorithm: &'static Algorithm,
    state: Guarded<State>,
}

const SLOTS: Slots = Slots { repr: Some(hash_repr), ..Slots::EMPTY };

fn hash_repr(slf: &Value, vm: &Vm) -> PyResult {
    let name = slf.downcast::<Hash>().map_or("", |this| this.algorithm.name);
    let class = pyrope_object::bind::full_type_name(slf, vm);
    Ok(vm.try_str(&format!("<{name} {class} object @ {:#x}>", slf.id()))?.into_value())
}

/// A hash is an object used to calculate a checksum of a string of information; here of any length.
#[pyclass(
    name = "HASHXOF", module = "_hashlib", signature = "(name, string=b'')", base = Hash,
    flags(DISALLOW_INSTANTIATION), methods(HashXof::METHODS), getset(HashXof::GETSETS)
)]
pub struct HashXof {
    header: Hash,
}

/// A hash object of an algorithm.
pub(super) fn make(algorithm: &'static Algorithm, state: State, vm: &Vm) -> Value {
    let hash = Hash { header: Header::blank(), algorithm, state: Guarded::new(state) };
    if algorithm.digest_size == 0 {
        Ref::new(vm, HashXof { header: hash }).into_value()
    } else {
        Ref::new(vm, hash).into_value()
    }
}

/// Room for a digest of a length that the caller chose.
fn room(length: isize, vm: &Vm) -> PyResult<Vec<u8>> {
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.value_error("length must be non-negative"));
    };
    let mut room = Vec::new();
    if room.try_reserve_exact(length).is_err() {
        return Err(vm.memory_error());
    }
    room.resize(length, 0);
    Ok(room)
}

#[pymethods]
impl Hash {
    /// Return a copy of the hash object.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> Value {
        make(self.algorithm, self.state.with(Clone::clone), vm)
    }

    /// Return the digest value as a bytes object.
    #[method("digest($self, /)")]
    fn digest(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        vm.new_bytes(&self.state.with(|state| state.digest(Vec::new())))
    }

    /// Return the digest value as a string of hexadecimal digits.
    #[method("hexdigest($self, /)")]
    fn hexdigest(&self) -> String {
        hex(&self.state.with(|state| state.digest(Vec::new())))
    }

    /// Update this hash object's state with the provided string.
    #[method("update($self, obj, /)")]
    fn update(&self, obj: &Value, vm: &Vm) -> PyResult<()> {
        let data = hashable(obj, vm)?.to_cow().into_owned();
        self.state.with_mut(|state| state.update(&data));
        Ok(())
    }

    #[getter]
    fn digest_size(&self) -> usize {
        self.algorithm.digest_size
    }

    #[getter]
    fn block_size(&self) -> usize {
        self.algorithm.block_size
    }

    /// algorithm name.
    #[getter]
    fn name(&self) -> &'static str {
        self.algorithm.name
    }
}

#[pymethods]
impl HashXof {
    /// Return the digest value as a bytes object.
    #[method("digest($self, /, length)")]
    fn digest(&self, length: isize, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let room = room(length, vm)?;
        vm.new_bytes(&self.header.state.with(|state| state.digest(room)))
    }

    /// Return the digest value as a string of hexadecimal digits.
    #[method("hexdigest($self, /, length)")]
    fn hexdigest(&self, length: isize, vm: &Vm) -> PyResult<String> {
        let room = room(length, vm)?;
        Ok(hex(&self.header.state.with(|state| state.digest(room))))
    }

    #[getter]
    fn digest_size(&self) -> usize {
        debug_assert!(self.header.algorithm.digest_size == 0 && Hash::def().base.is_none());
        0
    }
}
