//! The digests that `_hashlib` knows by name.

use crate::state::State;

/// A digest: how it begins and what it says of itself.
pub(super) struct Algorithm {
    pub(super) name: &'static str,
    pub(super) start: fn() -> State,
    /// Bytes of the digest; 0 where the caller chooses.
    pub(super) digest_size: usize,
    pub(super) block_size: usize,
}

macro_rules! algorithms {
    ($($name:literal $start:expr, $digest_size:literal $block_size:literal;)*) => {
        pub(super) static ALGORITHMS: &[Algorithm] = &[$(Algorithm {
            name: $name, start: $start, digest_size: $digest_size, block_size: $block_size,
        },)*];
    };
}

algorithms! {
    "md5" State::fixed::<md5::Md5>, 16 64;
    "sha1" State::fixed::<sha1::Sha1>, 20 64;
    "sha224" State::fixed::<sha2::Sha224>, 28 64;
    "sha256" State::fixed::<sha2::Sha256>, 32 64;
    "sha384" State::fixed::<sha2::Sha384>, 48 128;
    "sha512" State::fixed::<sha2::Sha512>, 64 128;
    "sha512_224" State::fixed::<sha2::Sha512_224>, 28 128;
    "sha512_256" State::fixed::<sha2::Sha512_256>, 32 128;
    "sha3_224" State::fixed::<sha3::Sha3_224>, 28 144;
    "sha3_256" State::fixed::<sha3::Sha3_256>, 32 136;
    "sha3_384" State::fixed::<sha3::Sha3_384>, 48 104;
    "sha3_512" State::fixed::<sha3::Sha3_512>, 64 72;
    "shake_128" || State::Shake128(sha3::Shake128::default()), 0 168;
    "shake_256" || State::Shake256(sha3::Shake256::default()), 0 136;
    "blake2b" || State::Blake2b(Box::new(blake2b_simd::State::new())), 64 128;
    "blake2s" || State::Blake2s(Box::new(blake2s_simd::State::new())), 32 64;
    "ripemd160" State::fixed::<ripemd::Ripemd160>, 20 64;
    "sm3" State::fixed::<sm3::Sm3>, 32 64;
}

/// The digest of a name, in any case and as other libraries spell it.
pub(super) fn find(name: &str) -> Option<&'static Algorithm> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let name = match name.as_str() {
        "sha_1" => "sha1",
        "sha2_224" | "sha_224" => "sha224",
        "sha2_256" | "sha_256" => "sha256",
        "sha2_384" | "sha_384" => "sha384",
        "sha2_512" | "sha_512" => "sha512",
        "shake128" => "shake_128",
        "shake256" => "shake_256",
        "blake2b512" => "blake2b",
        "blake2s256" => "blake2s",
        "ripemd" | "rmd160" => "ripemd160",
        other => other,
    };
    ALGORITHMS.iter().find(|algorithm| algorithm.name == name)
}
