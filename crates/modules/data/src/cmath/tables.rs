//! What the functions give for infinities, NaNs and signed zeros (C99, Annex G): rows by the real part, columns by the
//! imaginary part, each in the order of [`class_of`].

use std::f64::consts::{FRAC_PI_2 as H, FRAC_PI_4 as Q, PI as P};

/// A value, or an error where there is none.
pub type Entry = Option<(f64, f64)>;
pub type Table = [[Entry; 7]; 7];

const I: f64 = f64::INFINITY;
const N: f64 = f64::NAN;
const T: f64 = 3.0 * Q;
/// A domain error.
const E: Entry = None;
/// Never looked up: both parts are finite, or a formula serves.
const U: Entry = None;

const fn v(re: f64, im: f64) -> Entry {
    Some((re, im))
}

/// Minus infinity, negative, minus zero, zero, positive, infinity, NaN.
pub fn class_of(x: f64) -> usize {
    match (x.is_nan(), x.is_infinite(), x == 0.0, x.is_sign_negative()) {
        (true, ..) => 6,
        (_, true, _, true) => 0,
        (_, true, _, false) => 5,
        (_, _, true, true) => 2,
        (_, _, true, false) => 3,
        (_, _, _, true) => 1,
        _ => 4,
    }
}

pub const ACOS: Table = [
    [v(T, I), v(P, I), v(P, I), v(P, -I), v(P, -I), v(T, -I), v(N, I)],
    [v(H, I), U, U, U, U, v(H, -I), v(N, N)],
    [v(H, I), U, U, U, U, v(H, -I), v(H, N)],
    [v(H, I), U, U, U, U, v(H, -I), v(H, N)],
    [v(H, I), U, U, U, U, v(H, -I), v(N, N)],
    [v(Q, I), v(0.0, I), v(0.0, I), v(0.0, -I), v(0.0, -I), v(Q, -I), v(N, I)],
    [v(N, I), v(N, N), v(N, N), v(N, N), v(N, N), v(N, -I), v(N, N)],
];
pub const ACOSH: Table = [
    [v(I, -T), v(I, -P), v(I, -P), v(I, P), v(I, P), v(I, T), v(I, N)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, N)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, H)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, H)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, N)],
    [v(I, -Q), v(I, -0.0), v(I, -0.0), v(I, 0.0), v(I, 0.0), v(I, Q), v(I, N)],
    [v(I, N), v(N, N), v(N, N), v(N, N), v(N, N), v(I, N), v(N, N)],
];
pub const ASINH: Table = [
    [v(-I, -Q), v(-I, -0.0), v(-I, -0.0), v(-I, 0.0), v(-I, 0.0), v(-I, Q), v(-I, N)],
    [v(-I, -H), U, U, U, U, v(-I, H), v(N, N)],
    [v(-I, -H), U, U, U, U, v(-I, H), v(N, N)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, N)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, N)],
    [v(I, -Q), v(I, -0.0), v(I, -0.0), v(I, 0.0), v(I, 0.0), v(I, Q), v(I, N)],
    [v(I, N), v(N, N), v(N, -0.0), v(N, 0.0), v(N, N), v(I, N), v(N, N)],
];
pub const ATANH: Table = [
    [v(-0.0, -H), v(-0.0, -H), v(-0.0, -H), v(-0.0, H), v(-0.0, H), v(-0.0, H), v(-0.0, N)],
    [v(-0.0, -H), U, U, U, U, v(-0.0, H), v(N, N)],
    [v(-0.0, -H), U, U, U, U, v(-0.0, H), v(-0.0, N)],
    [v(0.0, -H), U, U, U, U, v(0.0, H), v(0.0, N)],
    [v(0.0, -H), U, U, U, U, v(0.0, H), v(N, N)],
    [v(0.0, -H), v(0.0, -H), v(0.0, -H), v(0.0, H), v(0.0, H), v(0.0, H), v(0.0, N)],
    [v(0.0, -H), v(N, N), v(N, N), v(N, N), v(N, N), v(0.0, H), v(N, N)],
];
pub const COSH: Table = [
    [E, v(I, I), v(I, 0.0), v(I, -0.0), v(I, -I), E, v(I, N)],
    [E, U, U, U, U, E, v(N, N)],
    [E, U, U, U, U, E, v(N, 0.0)],
    [E, U, U, U, U, E, v(N, 0.0)],
    [E, U, U, U, U, E, v(N, N)],
    [E, v(I, -I), v(I, -0.0), v(I, 0.0), v(I, I), E, v(I, N)],
    [v(N, N), v(N, N), v(N, 0.0), v(N, 0.0), v(N, N), v(N, N), v(N, N)],
];
pub const EXP: Table = [
    [v(0.0, 0.0), v(0.0, -0.0), v(0.0, -0.0), v(0.0, 0.0), v(0.0, 0.0), v(0.0, 0.0), v(0.0, 0.0)],
    [E, U, U, U, U, E, v(N, N)],
    [E, U, U, U, U, E, v(N, N)],
    [E, U, U, U, U, E, v(N, N)],
    [E, U, U, U, U, E, v(N, N)],
    [E, v(I, -I), v(I, -0.0), v(I, 0.0), v(I, I), E, v(I, N)],
    [v(N, N), v(N, N), v(N, -0.0), v(N, 0.0), v(N, N), v(N, N), v(N, N)],
];
pub const LOG: Table = [
    [v(I, -T), v(I, -P), v(I, -P), v(I, P), v(I, P), v(I, T), v(I, N)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, N)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, N)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, N)],
    [v(I, -H), U, U, U, U, v(I, H), v(N, N)],
    [v(I, -Q), v(I, -0.0), v(I, -0.0), v(I, 0.0), v(I, 0.0), v(I, Q), v(I, N)],
    [v(I, N), v(N, N), v(N, N), v(N, N), v(N, N), v(I, N), v(N, N)],
];
pub const SINH: Table = [
    [E, v(-I, -I), v(-I, -0.0), v(-I, 0.0), v(-I, I), E, v(I, N)],
    [E, U, U, U, U, E, v(N, N)],
    [E, U, U, U, U, E, v(0.0, N)],
    [E, U, U, U, U, E, v(0.0, N)],
    [E, U, U, U, U, E, v(N, N)],
    [E, v(I, -I), v(I, -0.0), v(I, 0.0), v(I, I), E, v(I, N)],
    [v(N, N), v(N, N), v(N, -0.0), v(N, 0.0), v(N, N), v(N, N), v(N, N)],
];
pub const SQRT: Table = [
    [v(I, -I), v(0.0, -I), v(0.0, -I), v(0.0, I), v(0.0, I), v(I, I), v(N, I)],
    [v(I, -I), U, U, U, U, v(I, I), v(N, N)],
    [v(I, -I), U, U, U, U, v(I, I), v(N, N)],
    [v(I, -I), U, U, U, U, v(I, I), v(N, N)],
    [v(I, -I), U, U, U, U, v(I, I), v(N, N)],
    [v(I, -I), v(I, -0.0), v(I, -0.0), v(I, 0.0), v(I, 0.0), v(I, I), v(I, N)],
    [v(I, -I), v(N, N), v(N, N), v(N, N), v(N, N), v(I, I), v(N, N)],
];
pub const TANH: Table = [
    [v(-1.0, 0.0), v(-1.0, -0.0), v(-1.0, -0.0), v(-1.0, 0.0), v(-1.0, 0.0), v(-1.0, 0.0), v(-1.0, 0.0)],
    [E, U, U, U, U, E, v(N, N)],
    [E, U, U, U, U, E, v(-0.0, N)],
    [E, U, U, U, U, E, v(0.0, N)],
    [E, U, U, U, U, E, v(N, N)],
    [v(1.0, 0.0), v(1.0, -0.0), v(1.0, -0.0), v(1.0, 0.0), v(1.0, 0.0), v(1.0, 0.0), v(1.0, 0.0)],
    [v(N, N), v(N, N), v(N, -0.0), v(N, 0.0), v(N, N), v(N, N), v(N, N)],
];
pub const RECT: Table = [
    [E, v(-I, I), v(-I, 0.0), v(-I, -0.0), v(-I, -I), E, v(I, N)],
    [E, U, U, U, U, E, v(N, N)],
    [v(0.0, 0.0), U, U, U, U, v(0.0, 0.0), v(0.0, 0.0)],
    [v(0.0, 0.0), U, U, U, U, v(0.0, 0.0), v(0.0, 0.0)],
    [E, U, U, U, U, E, v(N, N)],
    [E, v(I, -I), v(I, -0.0), v(I, 0.0), v(I, I), E, v(I, N)],
    [v(N, N), v(N, N), v(N, 0.0), v(N, 0.0), v(N, N), v(N, N), v(N, N)],
];
