//! Native modules of digests and compression: `_hashlib`, `_md5`, `_sha1`, `_sha2`, `_sha3`, `_blake2`, `zlib`, `_bz2`, `_lzma`, `_zstd`.

pub mod blake2;
pub mod bz2;
pub mod digests;
mod feed;
pub mod hashlib;
pub mod lzma;
pub mod sha3;
mod state;
pub mod zlib;
pub mod zstd;

use pyrope_object::{ModuleDef, Value};

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &digests::MD5,
    &digests::SHA1,
    &digests::SHA2,
    &sha3::MODULE,
    &blake2::MODULE,
    &hashlib::MODULE,
    &zlib::MODULE,
    &bz2::MODULE,
    &lzma::MODULE,
    &zstd::MODULE,
];

/// An argument, unless it is absent or None.
fn given(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_none())
}
