//! `_blake2`: BLAKE2b and BLAKE2s with keys, salts and tree parameters.

use pyrope_object::args::{ArgName, FromArg};
use pyrope_object::bind::{BytesLike, Signature, bind};
use pyrope_object::{Args, ModuleDef, Object, PyResult, Ref, Slots, Value, Vm};
use pyrope_types::model::module::module_dict;

use crate::state::{GIL_MINSIZE, State, digest_type, started};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_blake2",
    doc: "_blake2b provides BLAKE2b for hashlib\n",
    functions: &[],
    types: &[<Blake2b as Object>::def, <Blake2s as Object>::def],
    exec: Some(exec),
};

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    dict.set_str("_GIL_MINSIZE", vm.int(GIL_MINSIZE), vm)?;
    for (prefix, limits) in [("BLAKE2B_", &B_LIMITS), ("BLAKE2S_", &S_LIMITS)] {
        for (name, number) in limits.names() {
            dict.set_str(&format!("{prefix}{name}"), vm.int(number), vm)?;
        }
    }
    Ok(())
}

/// What distinguishes the two functions' parameters.
struct Limits {
    /// As messages write it.
    title: &'static str,
    /// Bytes of salt, and of personalisation.
    salt: usize,
    /// Bytes of the longest digest, key and inner digest.
    digest: usize,
    /// The largest node offset.
    offset: u64,
}

static B_LIMITS: Limits = Limits { title: "Blake2b", salt: 16, digest: 64, offset: u64::MAX };
static S_LIMITS: Limits = Limits { title: "Blake2s", salt: 8, digest: 32, offset: (1 << 48) - 1 };

impl Limits {
    fn names(&self) -> [(&'static str, i64); 4] {
        let (salt, digest) = (self.salt as i64, self.digest as i64);
        [("SALT_SIZE", salt), ("PERSON_SIZE", salt), ("MAX_KEY_SIZE", digest), ("MAX_DIGEST_SIZE", digest)]
    }
}

/// The parameter block.
struct Parameters {
    digest_size: usize,
    key: Vec<u8>,
    salt: Vec<u8>,
    person: Vec<u8>,
    fanout: u8,
    depth: u8,
    leaf_size: u32,
    node_offset: u64,
    node_depth: u8,
    inner_size: usize,
    last_node: bool,
}

const NAMES: &[&str] = &[
    "data",
    "digest_size",
    "key",
    "salt",
    "person",
    "fanout",
    "depth",
    "leaf_size",
    "node_offset",
    "node_depth",
    "inner_size",
    "last_node",
    "usedforsecurity",
    "string",
];

const fn signature(function: &'static str) -> Signature {
    Signature { function, names: NAMES, posonly: 0, minpos: 0, maxpos: 1, minkw: 0, varargs: false, kwargs: false }
}

/// Reads converted arguments by their names.
struct Reader<'a, 'v> {
    slots: [Option<&'a Value>; NAMES.len()],
    function: &'static str,
    vm: &'v Vm,
}

impl<'a> Reader<'a, '_> {
    fn value(&self, name: &str) -> Option<&'a Value> {
        NAMES.iter().position(|n| *n == name).and_then(|index| self.slots[index])
    }

    fn convert<T: FromArg<'a>>(&self, name: &str) -> PyResult<Option<T>> {
        let what = ArgName { function: self.function, argument: format!("argument '{name}'").into() };
        self.value(name).map(|value| T::from_arg(value, &what, self.vm)).transpose()
    }

    fn int(&self, name: &str, default: i32) -> PyResult<i32> {
        Ok(self.convert::<i32>(name)?.unwrap_or(default))
    }

    fn bytes(&self, name: &str) -> PyResult<Vec<u8>> {
        Ok(self.convert::<BytesLike<'a>>(name)?.map(|bytes| bytes.to_cow().into_owned()).unwrap_or_default())
    }

    fn unsigned(&self, name: &str, kind: &str) -> PyResult<u64> {
        let Some(value) = self.value(name) else { return Ok(0) };
        let big = self.vm.index_big(value)?;
        if big < 0.into() {
            return Err(self.vm.value_error("Cannot convert negative int"));
        }
        u64::try_from(&big).map_err(|_| self.vm.overflow_error(format!("Python int too large for C unsigned {kind}")))
    }

    fn byte(&self, name: &str, default: u8, least: u8) -> PyResult<u8> {
        let number = self.int(name, i32::from(default))?;
        match u8::try_from(number) {
            Ok(number) if number >= least => Ok(number),
            _ => Err(self.vm.value_error(format!("{name} must be between {least} and 255"))),
        }
    }

    fn parameters(&self, limits: &Limits) -> PyResult<Parameters> {
        let vm = self.vm;
        let too_long = |name: &str, most: usize| vm.value_error(format!("maximum {name} length is {most} bytes"));
        let digest_size = self.int("digest_size", limits.digest as i32)?;
        let (key, salt, person) = (self.bytes("key")?, self.bytes("salt")?, self.bytes("person")?);
        let digest_size = match usize::try_from(digest_size) {
            Ok(size) if (1..=limits.digest).contains(&size) => size,
            _ => {
                return Err(vm.value_error(format!(
                    "digest_size for {} must be between 1 and {} bytes, here it is {digest_size}",
                    limits.title, limits.digest
                )));
            }
        };
        for (name, bytes) in [("salt", &salt), ("person", &person)] {
            if bytes.len() > limits.salt {
                return Err(too_long(name, limits.salt));
            }
        }
        let fanout = self.byte("fanout", 1, 0)?;
        let depth = self.byte("depth", 1, 1)?;
        let leaf_size = u32::try_from(self.unsigned("leaf_size", "long")?)
            .map_err(|_| vm.overflow_error("leaf_size is too large"))?;
        let node_offset = self.unsigned("node_offset", "long long")?;
        if node_offset > limits.offset {
            return Err(vm.overflow_error("node_offset is too large"));
        }
        let node_depth = self.byte("node_depth", 0, 0)?;
        let inner_size = match usize::try_from(self.int("inner_size", 0)?) {
            Ok(size) if size <= limits.digest => size,
            _ => return Err(vm.value_error(format!("inner_size must be between 0 and is {}", limits.digest))),
        };
        if key.len() > limits.digest {
            return Err(too_long("key", limits.digest));
        }
        let last_node = self.convert::<bool>("last_node")?.unwrap_or(false);
        self.convert::<bool>("usedforsecurity")?;
        Ok(Parameters {
            digest_size,
            key,
            salt,
            person,
            fanout,
            depth,
            leaf_size,
            node_offset,
            node_depth,
            inner_size,
            last_node,
        })
    }
}

macro_rules! fresh {
    ($crate_name:ident, $p:expr) => {{
        let p = $p;
        let mut params = $crate_name::Params::new();
        params
            .hash_length(p.digest_size)
            .key(&p.key)
            .salt(&p.salt)
            .personal(&p.person)
            .fanout(p.fanout)
            .max_depth(p.depth)
            .max_leaf_length(p.leaf_size)
            .node_offset(p.node_offset)
            .node_depth(p.node_depth)
            .inner_hash_length(p.inner_size)
            .last_node(p.last_node);
        Box::new(params.to_state())
    }};
}

fn construct(
    signature: &'static Signature,
    limits: &Limits,
    fresh: fn(&Parameters) -> State,
    args: Args<'_>,
    vm: &Vm,
) -> PyResult<State> {
    let mut slots = [None; NAMES.len()];
    bind(signature, args, &mut slots, vm)?;
    let reader = Reader { slots, function: signature.function, vm };
    let parameters = reader.parameters(limits)?;
    started(fresh(&parameters), reader.value("data"), reader.value("string"), vm)
}

fn add_limits(class: &pyrope_object::Type, limits: &Limits, vm: &Vm) -> PyResult<()> {
    for (name, number) in limits.names() {
        class.dict(vm).set_str(name, vm.int(number), vm)?;
    }
    Ok(())
}

digest_type!(
    Blake2b,
    "_blake2",
    "blake2b",
    "blake2b",
    |this| this.state.with(|s| match s {
        State::Blake2b(s) => s.finalize().as_bytes().len() as i64,
        _ => 64,
    }),
    128,
    "update($self, data, /)",
    doc = "Return a new BLAKE2b hash object.",
    signature = "(data=b'', *, digest_size=_blake2.blake2b.MAX_DIGEST_SIZE,\n        key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,\n        node_offset=0, node_depth=0, inner_size=0, last_node=False,\n        usedforsecurity=True, string=None)",
    getset(Blake2b::GETSETS),
    slots = B_SLOTS,
    init = add_b_limits
);

const B_SLOTS: Slots = Slots {
    new: Some(|_, args, vm| {
        static SIGNATURE: Signature = signature("blake2b");
        let state = construct(&SIGNATURE, &B_LIMITS, |p| State::Blake2b(fresh!(blake2b_simd, p)), args, vm)?;
        Ok(Blake2b::make(state, vm).into_value())
    }),
    ..Slots::EMPTY
};

digest_type!(
    Blake2s,
    "_blake2",
    "blake2s",
    "blake2s",
    |this| this.state.with(|s| match s {
        State::Blake2s(s) => s.finalize().as_bytes().len() as i64,
        _ => 32,
    }),
    64,
    "update($self, data, /)",
    doc = "Return a new BLAKE2s hash object.",
    signature = "(data=b'', *, digest_size=_blake2.blake2s.MAX_DIGEST_SIZE,\n        key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,\n        node_offset=0, node_depth=0, inner_size=0, last_node=False,\n        usedforsecurity=True, string=None)",
    getset(Blake2s::GETSETS),
    slots = S_SLOTS,
    init = add_s_limits
);

const S_SLOTS: Slots = Slots {
    new: Some(|_, args, vm| {
        static SIGNATURE: Signature = signature("blake2s");
        let state = construct(&SIGNATURE, &S_LIMITS, |p| State::Blake2s(fresh!(blake2s_simd, p)), args, vm)?;
        Ok(Blake2s::make(state, vm).into_value())
    }),
    ..Slots::EMPTY
};

fn add_b_limits(class: &pyrope_object::Type, vm: &Vm) -> PyResult<()> {
    add_limits(class, &B_LIMITS, vm)
}

fn add_s_limits(class: &pyrope_object::Type, vm: &Vm) -> PyResult<()> {
    add_limits(class, &S_LIMITS, vm)
}
