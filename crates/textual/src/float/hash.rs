//! Hashes of numbers: reduction modulo the Mersenne prime 2^61 - 1 (Language Reference, "Hashing of numeric types").

/// The exponent of the modulus.
const BITS: u32 = 61;
/// The modulus.
const MODULUS: u64 = (1 << BITS) - 1;
/// What an infinity hashes to.
const INFINITY: i64 = 314_159;
/// What the imaginary part is multiplied with.
const IMAGINARY: u64 = 1_000_003;

/// `hash(x)`; `None` for a NaN, which hashes by identity.
pub fn hash_f64(x: f64) -> Option<i64> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { INFINITY } else { -INFINITY });
    }
    let (mantissa, exponent) = super::decompose(x.abs());
    Some(signed(rotate(mantissa % MODULUS, exponent), x < 0.0))
}

/// `hash(re + im*1j)`; the identity hash to use for a NaN is given.
pub fn hash_complex(re: f64, im: f64, identity: i64) -> i64 {
    let re = hash_f64(re).unwrap_or(identity) as u64;
    let im = hash_f64(im).unwrap_or(identity) as u64;
    let combined = re.wrapping_add(IMAGINARY.wrapping_mul(im)) as i64;
    if combined == -1 { -2 } else { combined }
}

/// `hash(n)` of an integer: its sign and the 64-bit limbs of its magnitude, least significant first.
pub fn hash_limbs(negative: bool, limbs: &[u64]) -> i64 {
    let folded = limbs.iter().rev().fold(0u64, |hash, &limb| {
        // 2^64 is 8 modulo the modulus.
        ((u128::from(hash) * 8 + u128::from(limb)) % u128::from(MODULUS)) as u64
    });
    signed(folded, negative)
}

/// Multiplies by 2^exponent modulo the modulus: a rotation.
fn rotate(value: u64, exponent: i32) -> u64 {
    let shift = exponent.rem_euclid(BITS as i32) as u32;
    if shift == 0 {
        return value;
    }
    ((value << shift) & MODULUS) | (value >> (BITS - shift))
}

fn signed(value: u64, negative: bool) -> i64 {
    let value = if negative { -(value as i64) } else { value as i64 };
    if value == -1 { -2 } else { value }
}
