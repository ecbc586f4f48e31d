//! Positions in a text stream: an opaque number from which the decoder's state can be rebuilt.

use dashu_int::IBig;
use pyrope_object::{PyResult, Value, Vm};

/// Where to seek in the bytes, what state to give the decoder, and what to decode and skip from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cookie {
    pub start: i64,
    pub flags: u32,
    pub bytes_to_feed: u32,
    pub chars_to_skip: u32,
    pub need_eof: bool,
}

impl Cookie {
    /// As one number.
    pub fn pack(self, vm: &Vm) -> Value {
        let high = u128::from(self.chars_to_skip) | u128::from(self.need_eof) << 32;
        let low = u128::from(self.start as u64) | u128::from(self.flags) << 64 | u128::from(self.bytes_to_feed) << 96;
        if high == 0 && low <= i64::MAX as u128 {
            return vm.int(low as i64);
        }
        vm.int_from_big((IBig::from(high) << 128) + IBig::from(low))
    }

    /// From a number that [`Cookie::pack`] made (which is not negative).
    pub fn unpack(value: &Value, vm: &Vm) -> PyResult<Cookie> {
        if let Some(start) = value.as_i64() {
            return Ok(Cookie { start, ..Cookie::default() });
        }
        let number = vm.index_big(value)?;
        let low = (&number) & IBig::from(u128::MAX);
        let high = number >> 128usize;
        let (Ok(low), Ok(high)) = (u128::try_from(&low), u64::try_from(&high)) else {
            return Err(vm.overflow_error("int too big to convert"));
        };
        Ok(Cookie {
            start: low as u64 as i64,
            flags: (low >> 64) as u32,
            bytes_to_feed: (low >> 96) as u32,
            chars_to_skip: high as u32,
            need_eof: high >> 32 & 1 != 0,
        })
    }
}
