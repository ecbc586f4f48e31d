//! Evaluation of operators on constants. `None`: it raises, or the result would be too large to keep.

use crate::collections::HashSet;
use std::rc::Rc;

use dashu_int::IBig;
use pyrope_bytecode::{BinaryOperator, Constant, Opcode};
use pyrope_text::Wtf8Buf;

use super::constants::is_true;
use super::numeric::{self, Number};
use crate::assemble::constant_key;

const MAX_COLLECTION_SIZE: usize = 256;
const MAX_STR_SIZE: usize = 4096;
const MAX_TOTAL_ITEMS: i64 = 1024;

/// `-x`, `~x`, `not x`; any other opcode stands for `+x`.
pub(super) fn unary(opcode: Opcode, operand: &Constant) -> Option<Constant> {
    if opcode == Opcode::UnaryNot {
        return Some(Constant::Bool(!is_true(operand)));
    }
    // Inverting a bool warns, which must happen when it runs.
    if opcode == Opcode::UnaryInvert && matches!(operand, Constant::Bool(_)) {
        return None;
    }
    Some(match (opcode, Number::of(operand)?) {
        (Opcode::UnaryNegative, Number::Int(value)) => Constant::Int(-value),
        (Opcode::UnaryNegative, Number::Float(value)) => Constant::Float(-value),
        (Opcode::UnaryNegative, Number::Complex(value)) => Constant::Complex { real: -value.re, imag: -value.im },
        (Opcode::UnaryInvert, Number::Int(value)) => Constant::Int(-value - IBig::ONE),
        (Opcode::UnaryInvert, _) => return None,
        (_, Number::Int(value)) => Constant::Int(value),
        (_, Number::Float(value)) => Constant::Float(value),
        (_, Number::Complex(value)) => Constant::Complex { real: value.re, imag: value.im },
    })
}

/// `left operator right`.
pub(super) fn binary(operator: BinaryOperator, left: &Constant, right: &Constant) -> Option<Constant> {
    use BinaryOperator::*;
    if let (Constant::Bool(a), Constant::Bool(b)) = (left, right) {
        match operator {
            And => return Some(Constant::Bool(a & b)),
            Or => return Some(Constant::Bool(a | b)),
            Xor => return Some(Constant::Bool(a ^ b)),
            _ => {}
        }
    }
    if let (Some(left), Some(right)) = (Number::of(left), Number::of(right)) {
        return numeric::binary(operator, left, right);
    }
    match (operator, left, right) {
        (Subscr, _, _) => subscript(left, right),
        (Multiply, Constant::Bool(_) | Constant::Int(_), _) => repeat(right, left),
        (Multiply, _, Constant::Bool(_) | Constant::Int(_)) => repeat(left, right),
        (Add, Constant::Str { value: a, .. }, Constant::Str { value: b, .. }) => {
            let mut joined = (**a).clone();
            joined.push_wtf8(b);
            Some(string(joined))
        }
        (Add, Constant::Bytes(a), Constant::Bytes(b)) => Some(Constant::Bytes([&a[..], &b[..]].concat().into())),
        (Add, Constant::Tuple(a), Constant::Tuple(b)) => Some(Constant::Tuple([&a[..], &b[..]].concat().into())),
        _ => None,
    }
}

fn string(value: Wtf8Buf) -> Constant {
    Constant::Str { value: Rc::new(value), interned: false }
}

/// Does the collection have more items than `limit`, nested ones counted? Then the result is negative.
fn remaining(constant: &Constant, limit: i64) -> i64 {
    let Constant::Tuple(items) = constant else { return limit };
    let mut limit = limit - items.len() as i64;
    for item in items.iter() {
        if limit < 0 {
            break;
        }
        limit = remaining(item, limit);
    }
    limit
}

fn repeat(sequence: &Constant, count: &Constant) -> Option<Constant> {
    let Some(Number::Int(count)) = Number::of(count) else { return None };
    let fits = i64::try_from(&count).is_ok();
    let count = usize::try_from(&count).ok();
    // An empty sequence may be repeated any number of times; others never negatively.
    let times = |size: usize, limit: usize| match count {
        _ if size == 0 => fits.then_some(0),
        Some(count) if count <= limit / size => Some(count),
        _ => None,
    };
    match sequence {
        Constant::Tuple(items) => {
            let times = times(items.len(), MAX_COLLECTION_SIZE)?;
            if times > 0 && remaining(sequence, MAX_TOTAL_ITEMS / times as i64) < 0 {
                return None;
            }
            let length = items.len() * times;
            Some(Constant::Tuple(items.iter().cycle().take(length).cloned().collect()))
        }
        Constant::Str { value, .. } => {
            let times = times(value.code_points().count(), MAX_STR_SIZE)?;
            let mut repeated = Wtf8Buf::new();
            (0..times).for_each(|_| repeated.push_wtf8(value));
            Some(string(repeated))
        }
        Constant::Bytes(value) => Some(Constant::Bytes(value.repeat(times(value.len(), MAX_STR_SIZE)?).into())),
        _ => None,
    }
}

fn subscript(container: &Constant, key: &Constant) -> Option<Constant> {
    match container {
        Constant::Tuple(items) => match select(key, items.len())? {
            Selection::One(index) => items.get(index).cloned(),
            Selection::Many(places) => Some(Constant::Tuple(places.iter().map(|&i| items[i].clone()).collect())),
        },
        Constant::Bytes(value) => match select(key, value.len())? {
            Selection::One(index) => value.get(index).map(|&byte| Constant::Int(IBig::from(byte))),
            Selection::Many(places) => Some(Constant::Bytes(places.iter().map(|&i| value[i]).collect())),
        },
        Constant::Str { value, .. } => {
            let points: Vec<u32> = value.code_points().collect();
            let places = match select(key, points.len())? {
                Selection::One(index) => vec![index],
                Selection::Many(places) => places,
            };
            let mut selected = Wtf8Buf::new();
            places.iter().for_each(|&index| selected.push_code_point(points[index]));
            Some(string(selected))
        }
        _ => None,
    }
}

enum Selection {
    One(usize),
    Many(Vec<usize>),
}

/// The items of a sequence of `length` that an index or slice selects.
fn select(key: &Constant, length: usize) -> Option<Selection> {
    if let Constant::Slice(parts) = key {
        return slice_indices(parts, length).map(Selection::Many);
    }
    let Some(Number::Int(index)) = Number::of(key) else { return None };
    let index = i64::try_from(&index).ok()?;
    let index = if index < 0 { index.checked_add(length as i64)? } else { index };
    usize::try_from(index).ok().filter(|&index| index < length).map(Selection::One)
}

fn slice_indices(parts: &[Constant; 3], length: usize) -> Option<Vec<usize>> {
    let length = length as i64;
    let clamped = |part: &Constant| match part {
        Constant::None => Some(None),
        part => match Number::of(part)? {
            Number::Int(value) => {
                let limit = if value < IBig::ZERO { i64::MIN / 4 } else { i64::MAX / 4 };
                Some(Some(i64::try_from(&value).unwrap_or(limit).clamp(i64::MIN / 4, i64::MAX / 4)))
            }
            _ => None,
        },
    };
    let step = clamped(&parts[2])?.unwrap_or(1);
    if step == 0 {
        return None;
    }
    let (low, high) = if step < 0 { (-1, length - 1) } else { (0, length) };
    let bound = |value: i64| (if value < 0 { value + length } else { value }).clamp(low, high);
    let start = clamped(&parts[0])?.map_or(if step < 0 { high } else { low }, bound);
    let stop = clamped(&parts[1])?.map_or(if step < 0 { low } else { high }, bound);
    let mut places = Vec::new();
    let mut at = start;
    while if step < 0 { at > stop } else { at < stop } {
        places.push(at as usize);
        at += step;
    }
    Some(places)
}

/// The items without those that equal an earlier one, as in a set. Each NaN is an object of its own.
pub(super) fn distinct(items: Vec<Constant>) -> Rc<[Constant]> {
    let mut seen = HashSet::default();
    items.into_iter().filter(|item| item.has_nan() || seen.insert(equality_key(item))).collect()
}

/// Constants have the same key if Python's `==` holds between them.
fn equality_key(constant: &Constant) -> Vec<u8> {
    let mut key = Vec::new();
    match constant {
        Constant::Bool(value) => constant_key(&Constant::Int(IBig::from(u8::from(*value))), &mut key),
        Constant::Float(value) => float_key(*value, &mut key),
        Constant::Complex { real, imag: 0.0 } => float_key(*real, &mut key),
        Constant::Complex { real, imag } => {
            key.push(b'c');
            [real, imag].iter().for_each(|part| float_key(**part, &mut key));
        }
        Constant::Tuple(items) | Constant::FrozenSet(items) => {
            let mut keys: Vec<Vec<u8>> = items.iter().map(equality_key).collect();
            let is_set = matches!(constant, Constant::FrozenSet(_));
            if is_set {
                keys.sort();
            }
            key.push(if is_set { b'z' } else { b't' });
            key.extend_from_slice(&keys.len().to_le_bytes());
            for item in keys {
                key.extend_from_slice(&item.len().to_le_bytes());
                key.extend_from_slice(&item);
            }
        }
        other => constant_key(other, &mut key),
    }
    key
}

/// The key of a float is that of the `int` it equals, if there is one.
fn float_key(value: f64, key: &mut Vec<u8>) {
    match IBig::try_from(value) {
        Ok(int) if value == value.trunc() => constant_key(&Constant::Int(int), key),
        _ => constant_key(&Constant::Float(value), key),
    }
}
