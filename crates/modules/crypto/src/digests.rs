//! `_md5`, `_sha1` and `_sha2`.

use pyrope_object::{ModuleDef, PyResult, Ref, Value, Vm};
use pyrope_types::model::module::module_dict;

use crate::state::{GIL_MINSIZE, State, digest_type, started};

fn exec(module: &Value, vm: &Vm, types: &[(&str, &Value)]) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    for &(name, class) in types {
        dict.set_str(name, class.clone(), vm)?;
    }
    dict.set_str("_GIL_MINSIZE", vm.int(GIL_MINSIZE), vm)
}

macro_rules! digest_module {
    ($static:ident, $module:tt, $functions:ident, $(($ty:ident, $exported:literal)),*) => {
        pub static $static: ModuleDef = ModuleDef {
            name: $module,
            doc: "",
            functions: &[$functions::FUNCTIONS],
            types: &[],
            exec: Some(|module, vm| exec(module, vm, &[$(($exported, &vm.type_of::<$ty>().to_value())),*])),
        };
    };
}

digest_module!(MD5, "_md5", md5_functions, (Md5Type, "MD5Type"));
digest_module!(SHA1, "_sha1", sha1_functions, (Sha1Type, "SHA1Type"));
digest_module!(
    SHA2,
    "_sha2",
    sha2_functions,
    (Sha224Type, "SHA224Type"),
    (Sha256Type, "SHA256Type"),
    (Sha384Type, "SHA384Type"),
    (Sha512Type, "SHA512Type")
);

digest_type!(
    Md5Type,
    "_md5",
    "md5",
    "md5",
    |_| 16,
    64,
    "update($self, obj, /)",
    getset(Md5Type::GETSETS),
    flags(DISALLOW_INSTANTIATION)
);
digest_type!(
    Sha1Type,
    "_sha1",
    "sha1",
    "sha1",
    |_| 20,
    64,
    "update($self, obj, /)",
    getset(Sha1Type::GETSETS),
    flags(DISALLOW_INSTANTIATION)
);
digest_type!(
    Sha224Type,
    "_sha2",
    "SHA224Type",
    "sha224",
    |_| 28,
    64,
    "update($self, obj, /)",
    getset(Sha224Type::GETSETS),
    flags(DISALLOW_INSTANTIATION)
);
digest_type!(
    Sha256Type,
    "_sha2",
    "SHA256Type",
    "sha256",
    |_| 32,
    64,
    "update($self, obj, /)",
    getset(Sha256Type::GETSETS),
    flags(DISALLOW_INSTANTIATION)
);
digest_type!(
    Sha384Type,
    "_sha2",
    "SHA384Type",
    "sha384",
    |_| 48,
    128,
    "update($self, obj, /)",
    getset(Sha384Type::GETSETS),
    flags(DISALLOW_INSTANTIATION)
);
digest_type!(
    Sha512Type,
    "_sha2",
    "SHA512Type",
    "sha512",
    |_| 64,
    128,
    "update($self, obj, /)",
    getset(Sha512Type::GETSETS),
    flags(DISALLOW_INSTANTIATION)
);

macro_rules! constructors {
    ($module:ident, $($(#[$doc:meta])* $function:ident $signature:tt $ty:ident $digest:ty;)*) => {
        #[pyrope_macros::pyfunctions]
        mod $module {
            use super::*;

            $($(#[$doc])*
            #[pyfunction($signature)]
            fn $function(
                data: Option<&Value>,
                _usedforsecurity: bool,
                string: Option<&Value>,
                vm: &Vm,
            ) -> PyResult<Ref<$ty>> {
                Ok($ty::make(started(State::fixed::<$digest>(), data, string, vm)?, vm))
            })*
        }
    };
}

constructors! { md5_functions,
    /// Return a new MD5 hash object; optionally initialized with a string.
    md5 "md5($module, /, data=b'', *, usedforsecurity=True, string=None)" Md5Type md5::Md5;
}

constructors! { sha1_functions,
    /// Return a new SHA1 hash object; optionally initialized with a string.
    sha1 "sha1($module, /, data=b'', *, usedforsecurity=True, string=None)" Sha1Type sha1::Sha1;
}

constructors! { sha2_functions,
    /// Return a new SHA-256 hash object; optionally initialized with a string.
    sha256 "sha256($module, /, data=b'', *, usedforsecurity=True, string=None)" Sha256Type sha2::Sha256;
    /// Return a new SHA-224 hash object; optionally initialized with a string.
    sha224 "sha224($module, /, data=b'', *, usedforsecurity=True, string=None)" Sha224Type sha2::Sha224;
    /// Return a new SHA-512 hash object; optionally initialized with a string.
    sha512 "sha512($module, /, data=b'', *, usedforsecurity=True, string=None)" Sha512Type sha2::Sha512;
    /// Return a new SHA-384 hash object; optionally initialized with a string.
    sha384 "sha384($module, /, data=b'', *, usedforsecurity=True, string=None)" Sha384Type sha2::Sha384;
}
