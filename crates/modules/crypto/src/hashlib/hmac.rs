//! `HMAC`: keyed digests (RFC 2104).

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::layout::Bytes;
use pyrope_object::{Guarded, Header, PyResult, Ref, Slots, Value, Vm};

use super::algorithms::Algorithm;
use crate::state::{State, hashable, hex};

/// A keyed digest under way: both passes, begun with the key.
#[derive(Clone)]
pub(super) struct Keyed {
    inner: State,
    outer: State,
}

impl Keyed {
    pub(super) fn new(algorithm: &Algorithm, key: &[u8]) -> Keyed {
        let mut block = if key.len() > algorithm.block_size {
            let mut state = (algorithm.start)();
            state.update(key);
            state.digest(Vec::new())
        } else {
            key.to_vec()
        };
        block.resize(algorithm.block_size, 0);
        let begun = |pad: u8| {
            let mut state = (algorithm.start)();
            state.update(&block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>());
            state
        };
        Keyed { inner: begun(0x36), outer: begun(0x5C) }
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    pub(super) fn digest(&self) -> Vec<u8> {
        let mut outer = self.outer.clone();
        outer.update(&self.inner.digest(Vec::new()));
        outer.digest(Vec::new())
    }
}

/// The object used to calculate HMAC of a message.
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
/// name -- the name, including the hash algorithm used by this object
/// digest_size -- number of bytes in digest() output
#[pyclass(
    name = "HMAC", module = "_hashlib", flags(BASETYPE, DISALLOW_INSTANTIATION), methods(Hmac::METHODS),
    getset(Hmac::GETSETS), slots = SLOTS
)]
pub struct Hmac {
    header: Header,
    algorithm: &'static Algorithm,
    state: Guarded<Keyed>,
}

const SLOTS: Slots = Slots { repr: Some(hmac_repr), ..Slots::EMPTY };

fn hmac_repr(slf: &Value, vm: &Vm) -> PyResult {
    let name = slf.downcast::<Hmac>().map_or("", |this| this.algorithm.name);
    Ok(vm.try_str(&format!("<{name} HMAC object @ {:#x}>", slf.id()))?.into_value())
}

pub(super) fn make(algorithm: &'static Algorithm, state: Keyed, vm: &Vm) -> Ref<Hmac> {
    Ref::new(vm, Hmac { header: Header::blank(), algorithm, state: Guarded::new(state) })
}

#[pymethods]
impl Hmac {
    /// Return a copy ("clone") of the HMAC object.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> Ref<Hmac> {
        make(self.algorithm, self.state.with(Clone::clone), vm)
    }

    /// Update the HMAC object with msg.
    #[method("update($self, /, msg)")]
    fn update(&self, msg: &Value, vm: &Vm) -> PyResult<()> {
        let data = hashable(msg, vm)?.to_cow().into_owned();
        self.state.with_mut(|state| state.update(&data));
        Ok(())
    }

    /// Return the digest of the bytes passed to the update() method so far.
    #[method("digest($self, /)")]
    fn digest(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        vm.new_bytes(&self.state.with(Keyed::digest))
    }

    /// Return hexadecimal digest of the bytes passed to the update() method so far.
    ///
    /// This may be used to exchange the value safely in email or other non-binary
    /// environments.
    #[method("hexdigest($self, /)")]
    fn hexdigest(&self) -> String {
        hex(&self.state.with(Keyed::digest))
    }

    #[getter]
    fn digest_size(&self) -> usize {
        self.algorithm.digest_size
    }

    #[getter]
    fn block_size(&self) -> usize {
        self.algorithm.block_size
    }

    #[getter]
    fn name(&self) -> String {
        format!("hmac-{}", self.algorithm.name)
    }
}
