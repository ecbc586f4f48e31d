//! `_hashlib`: digests by name, keyed digests, and keys from passwords.

mod algorithms;
mod hash;
mod hmac;

use std::cell::OnceCell;

use pyrope_macros::pyfunctions;
use pyrope_object::bind::BytesLike;
use pyrope_object::{BuiltinType as B, Dict, ModuleDef, Object, PyResult, Raised, Ref, Str, Value, Vm};
use pyrope_types::model::builtin_function::BuiltinFunction;
use pyrope_types::model::module::module_dict;

use crate::state::{GIL_MINSIZE, started};
use algorithms::{ALGORITHMS, Algorithm, find};
use hmac::Keyed;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_hashlib",
    doc: "OpenSSL interface for hashlib module",
    functions: &[functions::FUNCTIONS, constructors::FUNCTIONS],
    types: &[<hash::Hash as Object>::def, <hash::HashXof as Object>::def, <hmac::Hmac as Object>::def],
    exec: Some(exec),
};

#[derive(Default)]
struct State {
    unsupported: OnceCell<Value>,
    /// Constructor to name of the digest.
    constructors: OnceCell<Ref<Dict>>,
}

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    let names: Vec<Value> = ALGORITHMS.iter().map(|a| vm.intern(a.name).into_value()).collect();
    let names = vm.call(&vm.builtin(B::FrozenSet).to_value(), &[vm.new_list(names).into_value()])?;
    dict.set_str("openssl_md_meth_names", names, vm)?;
    dict.set_str("UnsupportedDigestmodError", unsupported_class(vm)?, vm)?;
    dict.set_str("_GIL_MINSIZE", vm.int(GIL_MINSIZE), vm)?;
    let constructors = vm.new_dict();
    for algorithm in ALGORITHMS {
        if let Some(function) = dict.get_str(&format!("openssl_{}", algorithm.name), vm)? {
            constructors.set(function, vm.intern(algorithm.name).into_value(), vm)?;
        }
    }
    let proxy = vm.call(&vm.builtin(B::MappingProxy).to_value(), &[constructors.to_value()])?;
    let _ = vm.state::<State>().constructors.set(constructors);
    dict.set_str("_constructors", proxy, vm)
}

/// `UnsupportedDigestmodError`
fn unsupported_class(vm: &Vm) -> PyResult {
    let state = vm.state::<State>();
    if let Some(class) = state.unsupported.get() {
        return Ok(class.clone());
    }
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.new_str("_hashlib").into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::ValueError).to_value()]).into_value();
    let arguments = [vm.new_str("UnsupportedDigestmodError").into_value(), bases, namespace.into_value()];
    let class = vm.call(&vm.builtin(B::Type).to_value(), &arguments)?;
    Ok(state.unsupported.get_or_init(|| class).clone())
}

#[cold]
fn unsupported(message: &str, vm: &Vm) -> Raised {
    match unsupported_class(vm) {
        Ok(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
        Err(raised) => raised,
    }
}

fn named(name: &str, vm: &Vm) -> PyResult<&'static Algorithm> {
    find(name).ok_or_else(|| unsupported("[digital envelope routines] unsupported", vm))
}

/// The digest that a `digestmod` argument means: a name or one of this module's constructors.
fn of_digestmod(digestmod: &Value, vm: &Vm) -> PyResult<&'static Algorithm> {
    let algorithm = if let Some(name) = digestmod.downcast::<Str>() {
        named(&name.to_string_lossy(), vm)?
    } else {
        let known = match vm.state::<State>().constructors.get() {
            Some(constructors) if digestmod.downcast::<BuiltinFunction>().is_some() => {
                constructors.get(digestmod, vm)?
            }
            _ => None,
        };
        match known.as_ref().and_then(|name| name.downcast::<Str>()) {
            Some(name) => named(&name.to_string_lossy(), vm)?,
            None => {
                let shown = vm.repr_text(digestmod)?;
                return Err(unsupported(&format!("Unsupported digestmod {shown}"), vm));
            }
        }
    };
    if algorithm.digest_size == 0 { Err(vm.value_error("no reason supplied")) } else { Ok(algorithm) }
}

fn begin(algorithm: &'static Algorithm, data: Option<&Value>, string: Option<&Value>, vm: &Vm) -> PyResult {
    Ok(hash::make(algorithm, started((algorithm.start)(), data, string, vm)?, vm))
}

/// PBKDF2 (RFC 8018) with a keyed digest.
fn pbkdf2(keyed: &Keyed, salt: &[u8], iterations: u32, key: &mut [u8], size: usize, vm: &Vm) -> PyResult<()> {
    for (index, block) in (1u32..).zip(key.chunks_mut(size.max(1))) {
        let mut first = keyed.clone();
        first.update(salt);
        first.update(&index.to_be_bytes());
        let mut last = first.digest();
        let mut sum = last.clone();
        for round in 1..iterations {
            let mut next = keyed.clone();
            next.update(&last);
            last = next.digest();
            sum.iter_mut().zip(&last).for_each(|(sum, byte)| *sum ^= byte);
            if round % 4096 == 0 {
                vm.check_breaker()?;
            }
        }
        block.copy_from_slice(&sum[..block.len()]);
    }
    Ok(())
}

fn room(length: usize, vm: &Vm) -> PyResult<Vec<u8>> {
    let mut room = Vec::new();
    if room.try_reserve_exact(length).is_err() {
        return Err(vm.memory_error());
    }
    room.resize(length, 0);
    Ok(room)
}

/// OpenSSL's default bound of memory for scrypt.
const SCRYPT_MEMORY: u128 = 32 * 1024 * 1024;

#[pyfunctions]
mod functions {
    use super::*;

    /// Return a new hash object using the named algorithm.
    ///
    /// An optional string argument may be provided and will be
    /// automatically hashed.
    ///
    /// The MD5 and SHA1 algorithms are always supported.
    #[pyfunction("new($module, /, name, data=b'', *, usedforsecurity=True, string=None)")]
    fn new(name: &Value, data: Option<&Value>, _usedforsecurity: bool, string: Option<&Value>, vm: &Vm) -> PyResult {
        let Some(name) = name.downcast::<Str>() else {
            let kind = pyrope_object::bind::argument_type_name(name, vm);
            return Err(vm.type_error(format!("new() argument 'name' must be str, not {kind}")));
        };
        begin(named(&name.to_string_lossy(), vm)?, data, string, vm)
    }

    /// Determine the OpenSSL FIPS mode of operation.
    #[pyfunction("get_fips_mode($module, /)")]
    fn get_fips_mode() -> i64 {
        0
    }

    /// Password based key derivation function 2 (PKCS #5 v2.0) with HMAC as pseudorandom function.
    #[pyfunction("pbkdf2_hmac($module, /, hash_name, password, salt, iterations,\n            dklen=None)")]
    fn pbkdf2_hmac(
        hash_name: std::borrow::Cow<'_, str>,
        password: BytesLike<'_>,
        salt: BytesLike<'_>,
        iterations: i64,
        dklen: Option<&Value>,
        vm: &Vm,
    ) -> PyResult {
        let algorithm = named(&hash_name, vm)?;
        if iterations < 1 {
            return Err(vm.value_error("iteration value must be greater than 0."));
        }
        let Some(iterations) = i32::try_from(iterations).ok().and_then(|n| u32::try_from(n).ok()) else {
            return Err(vm.overflow_error("iteration value is too great."));
        };
        let length = match dklen.filter(|length| !length.is_none()) {
            None => algorithm.digest_size as i64,
            Some(length) => vm.index_i64(length)?.unwrap_or(i64::MAX),
        };
        if length < 1 {
            return Err(vm.value_error("key length must be greater than 0."));
        }
        if length > i64::from(i32::MAX) {
            return Err(vm.overflow_error("key length is too great."));
        }
        let mut key = room(length as usize, vm)?;
        let keyed = Keyed::new(algorithm, &password.to_cow());
        pbkdf2(&keyed, &salt.to_cow(), iterations, &mut key, algorithm.digest_size, vm)?;
        Ok(vm.new_bytes(&key)?.into_value())
    }

    /// scrypt password-based key derivation function.
    #[pyfunction("scrypt($module, /, password, *, salt, n, r, p, maxmem=0, dklen=64)")]
    fn scrypt(
        password: BytesLike<'_>,
        salt: BytesLike<'_>,
        n: u64,
        r: u64,
        p: u64,
        maxmem: i64,
        dklen: i64,
        vm: &Vm,
    ) -> PyResult {
        const MOST: i64 = i32::MAX as i64;
        if n < 2 || !n.is_power_of_two() {
            return Err(vm.value_error("n must be a power of 2."));
        }
        if !(0..=MOST).contains(&maxmem) {
            return Err(vm.value_error(format!("maxmem must be positive and smaller than {MOST}")));
        }
        if !(1..=MOST).contains(&dklen) {
            return Err(vm.value_error(format!("dklen must be greater than 0 and smaller than {MOST}")));
        }
        let small = |x: u64| u32::try_from(x).ok().filter(|&x| x > 0);
        let params = match (small(r), small(p)) {
            (Some(r), Some(p)) => scrypt::Params::new(n.trailing_zeros() as u8, r, p, 64).ok(),
            _ => None,
        };
        let Some(params) = params else {
            return Err(vm.value_error("Invalid parameter combination for n, r, p, maxmem."));
        };
        let needed = 128 * u128::from(r) * (u128::from(n) + u128::from(p) + 2);
        if needed > if maxmem == 0 { SCRYPT_MEMORY } else { maxmem as u128 } {
            return Err(vm.value_error("[digital envelope routines] memory limit exceeded"));
        }
        let mut key = room(dklen as usize, vm)?;
        match scrypt::scrypt(&password.to_cow(), &salt.to_cow(), &params, &mut key) {
            Ok(()) => Ok(vm.new_bytes(&key)?.into_value()),
            Err(_) => Err(vm.value_error("Invalid parameter combination for n, r, p, maxmem.")),
        }
    }

    /// Single-shot HMAC.
    #[pyfunction("hmac_digest($module, /, key, msg, digest)")]
    fn hmac_digest(key: BytesLike<'_>, msg: BytesLike<'_>, digest: &Value, vm: &Vm) -> PyResult {
        let algorithm = of_digestmod(digest, vm)?;
        let mut keyed = Keyed::new(algorithm, &key.to_cow());
        keyed.update(&msg.to_cow());
        Ok(vm.new_bytes(&keyed.digest())?.into_value())
    }

    /// Return a new hmac object.
    #[pyfunction("hmac_new($module, /, key, msg=b'', digestmod=None)")]
    fn hmac_new(key: BytesLike<'_>, msg: Option<&Value>, digestmod: Option<&Value>, vm: &Vm) -> PyResult {
        let Some(digestmod) = digestmod.filter(|digestmod| !digestmod.is_none()) else {
            return Err(vm.type_error("Missing required parameter 'digestmod'."));
        };
        let algorithm = of_digestmod(digestmod, vm)?;
        let mut keyed = Keyed::new(algorithm, &key.to_cow());
        if let Some(msg) = msg.filter(|msg| !msg.is_none()) {
            keyed.update(&crate::state::hashable(msg, vm)?.to_cow());
        }
        Ok(hmac::make(algorithm, keyed, vm).into_value())
    }

    /// Return 'a == b'.
    ///
    /// This function uses an approach designed to prevent
    /// timing analysis, making it appropriate for cryptography.
    ///
    /// a and b must both be of the same type: either str (ASCII only),
    /// or any bytes-like object.
    ///
    /// Note: If a and b are of different lengths, or if an error occurs,
    /// a timing attack could theoretically reveal information about the
    /// types and lengths of a and b--but not their values.
    #[pyfunction("compare_digest($module, a, b, /)")]
    fn compare_digest(a: &Value, b: &Value, vm: &Vm) -> PyResult {
        let function = vm.get_attr_str(&vm.import("_operator")?, "_compare_digest")?;
        vm.call(&function, &[a.clone(), b.clone()])
    }
}

macro_rules! constructors {
    ($($function:ident $name:literal $doc:literal;)*) => {
        #[pyfunctions]
        mod constructors {
            use super::*;

            $(#[doc = $doc]
            #[pyfunction($name)]
            fn $function(
                data: Option<&Value>,
                _usedforsecurity: bool,
                string: Option<&Value>,
                vm: &Vm,
            ) -> PyResult {
                let name = stringify!($function).trim_start_matches("openssl_");
                begin(named(name, vm)?, data, string, vm)
            })*
        }
    };
}

constructors! {
    openssl_md5 "openssl_md5($module, /, data=b'', *, usedforsecurity=True, string=None)"
        "Returns a md5 hash object; optionally initialized with a string";
    openssl_sha1 "openssl_sha1($module, /, data=b'', *, usedforsecurity=True, string=None)"
        "Returns a sha1 hash object; optionally initialized with a string";
    openssl_sha224 "openssl_sha224($module, /, data=b'', *, usedforsecurity=True,\n               string=None)"
        "Returns a sha224 hash object; optionally initialized with a string";
    openssl_sha256 "openssl_sha256($module, /, data=b'', *, usedforsecurity=True,\n               string=None)"
        "Returns a sha256 hash object; optionally initialized with a string";
    openssl_sha384 "openssl_sha384($module, /, data=b'', *, usedforsecurity=True,\n               string=None)"
        "Returns a sha384 hash object; optionally initialized with a string";
    openssl_sha512 "openssl_sha512($module, /, data=b'', *, usedforsecurity=True,\n               string=None)"
        "Returns a sha512 hash object; optionally initialized with a string";
    openssl_sha3_224 "openssl_sha3_224($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)"
        "Returns a sha3-224 hash object; optionally initialized with a string";
    openssl_sha3_256 "openssl_sha3_256($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)"
        "Returns a sha3-256 hash object; optionally initialized with a string";
    openssl_sha3_384 "openssl_sha3_384($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)"
        "Returns a sha3-384 hash object; optionally initialized with a string";
    openssl_sha3_512 "openssl_sha3_512($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)"
        "Returns a sha3-512 hash object; optionally initialized with a string";
    openssl_shake_128 "openssl_shake_128($module, /, data=b'', *, usedforsecurity=True,\n                  string=None)"
        "Returns a shake-128 variable hash object; optionally initialized with a string";
    openssl_shake_256 "openssl_shake_256($module, /, data=b'', *, usedforsecurity=True,\n                  string=None)"
        "Returns a shake-256 variable hash object; optionally initialized with a string";
}
