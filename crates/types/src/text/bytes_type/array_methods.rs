//! The methods that only `bytearray` has.

use pyrope_macros::pymethods;
use pyrope_object::bind::full_type_name;
use pyrope_object::{BuiltinType as B, PyResult, Raised, Str, Value, Vm};

use super::construct::{BAD_BYTE, from_iterable, octet};
use super::{ByteArray, hex, octets, with_octets};
use crate::containers::sequence::from_end;
use crate::text::MemoryView;
use crate::text::builder::TextBuilder;

/// `__reduce__`, and `__reduce_ex__` by protocol: newer ones carry `bytes`, older ones text.
fn reduce(slf: &Value, protocol: i64, vm: &Vm) -> PyResult {
    let data = with_octets(slf, <[u8]>::to_vec);
    let arguments = if protocol < 3 {
        let mut args = Vec::new();
        if !data.is_empty() {
            let mut text = TextBuilder::with_capacity(data.len());
            data.iter().for_each(|&octet| text.push(octet.into()));
            args = vec![text.finish(vm)?.into_value(), vm.new_str("latin-1").into_value()];
        }
        args
    } else if data.is_empty() {
        Vec::new()
    } else {
        vec![vm.new_bytes(&data)?.into_value()]
    };
    let state = vm.call_method(slf, "__getstate__", &[])?;
    Ok(vm.tuple_of([slf.ty(vm).to_value(), vm.new_tuple(arguments).into_value(), state]).into_value())
}

fn not_found(vm: &Vm) -> Raised {
    vm.value_error("value not found in bytearray")
}

#[pymethods]
impl ByteArray {
    /// Append a number to the end.
    #[method("append($self, item, /)")]
    fn append(&self, item: &Value, vm: &Vm) -> PyResult<()> {
        let octet = octet(item, BAD_BYTE, vm)?;
        self.extend(&[octet], vm)
    }

    /// Append all numbers of an iterable, or the octets of a buffer.
    #[method("extend($self, iterable_of_ints, /)")]
    fn extend_by(&self, iterable_of_ints: &Value, vm: &Vm) -> PyResult<()> {
        let source = iterable_of_ints;
        if source.ty(vm).slots().buffer.is_some() {
            // Where the end is now: lending the buffer may resize this object.
            let end = self.len();
            let new = octets(source, vm)?;
            return self.replace_range(end, end, &new, vm);
        }
        if source.downcast::<Str>().is_some() {
            return Err(vm.type_error(format!("expected iterable of integers; got: '{}'", vm.type_name(source))));
        }
        let slots = source.ty(vm).slots();
        if slots.iter.is_none() && slots.sq_item.is_none() {
            return Err(vm.type_error(format!("can't extend bytearray with {}", full_type_name(source, vm))));
        }
        self.extend(&from_iterable(source, "bytearray", Some(32), vm)?, vm)
    }

    /// Release the buffer object that exposes the underlying memory of the object.
    #[method("__release_buffer__($self, buffer, /)")]
    fn release_buffer(slf: &Value, buffer: &Value, vm: &Vm) -> PyResult<()> {
        let Some(view) = buffer.downcast::<MemoryView>() else {
            return Err(vm.type_error("expected a memoryview object"));
        };
        if view.is_released() {
            return Err(vm.value_error("memoryview's buffer has already been released"));
        }
        let exporter = vm.get_attr_str(buffer, "obj")?;
        if exporter.is_none() {
            return Ok(());
        }
        if !exporter.is(slf) {
            return Err(vm.value_error("memoryview's buffer is not this object"));
        }
        vm.call_method(buffer, "release", &[]).map(drop)
    }

    /// Insert a number before an index.
    #[method("insert($self, index, item, /)")]
    fn insert(&self, index: isize, item: &Value, vm: &Vm) -> PyResult<()> {
        let octet = octet(item, BAD_BYTE, vm)?;
        self.check_resizable(vm)?;
        let at = from_end(index, self.len()).min(self.len());
        self.replace_range(at, at, &[octet], vm)
    }

    /// Remove and return the number at an index, by default the last.
    #[method("pop($self, index=-1, /)")]
    fn pop(&self, index: isize, vm: &Vm) -> PyResult<u8> {
        let len = self.len();
        if len == 0 {
            return Err(vm.index_error("pop from empty bytearray"));
        }
        let index = if index < 0 { index.saturating_add(len as isize) } else { index };
        let Some(at) = usize::try_from(index).ok().filter(|&at| at < len) else {
            return Err(vm.index_error("pop index out of range"));
        };
        self.check_resizable(vm)?;
        Ok(self.data.with_mut(|data| data.remove(at)))
    }

    /// Remove the first occurrence of a number.
    #[method("remove($self, value, /)")]
    fn remove(&self, value: &Value, vm: &Vm) -> PyResult<()> {
        let octet = octet(value, BAD_BYTE, vm)?;
        let Some(at) = self.data.with(|data| data.iter().position(|&c| c == octet)) else {
            return Err(not_found(vm));
        };
        self.replace_range(at, at + 1, &[], vm)
    }

    /// Reverse the order in place.
    #[method("reverse($self, /)")]
    fn reverse(&self) {
        self.data.with_mut(|data| data.reverse());
    }

    /// Remove everything.
    #[method("clear($self, /)")]
    fn clear(&self, vm: &Vm) -> PyResult<()> {
        self.check_resizable(vm)?;
        self.data.set(Vec::new());
        Ok(())
    }

    /// A copy.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> PyResult {
        Ok(ByteArray::new(vm.builtin(B::ByteArray), self.data.get(), vm).into_value())
    }

    /// Make it longer, with zeros, or shorter.
    #[method("resize($self, size, /)")]
    fn resize(&self, size: isize, vm: &Vm) -> PyResult<()> {
        let Ok(new) = usize::try_from(size) else {
            return Err(vm.value_error(format!("Can only resize to positive sizes, got {size}")));
        };
        let len = self.len();
        if new != len {
            self.check_resizable(vm)?;
        }
        let done = self.data.with_mut(|data| {
            let room = new <= len || data.try_reserve(new - len).is_ok();
            if room {
                data.resize(new, 0);
            }
            room
        });
        if done { Ok(()) } else { Err(vm.memory_error()) }
    }

    /// Number of bytes set aside.
    #[method("__alloc__($self, /)")]
    fn alloc(&self) -> usize {
        self.data.with(|data| if data.capacity() == 0 { 0 } else { data.capacity() + 1 })
    }

    /// Bytes that the object takes in memory.
    #[method("__sizeof__($self, /)")]
    fn sizeof(&self) -> usize {
        56 + self.data.with(|data| if data.capacity() == 0 { 0 } else { data.capacity() + 1 })
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        reduce(slf, 2, vm)
    }

    /// State for pickling.
    #[method("__reduce_ex__($self, proto=0, /)")]
    fn reduce_ex(slf: &Value, proto: i32, vm: &Vm) -> PyResult {
        reduce(slf, proto.into(), vm)
    }

    /// The bytes that a text of hexadecimal digits stands for; space between pairs is passed over.
    #[classmethod("fromhex($type, string, /)")]
    fn fromhex(cls: &Value, string: &Value, vm: &Vm) -> PyResult {
        let data = hex::from_hex(string, vm)?;
        let exact = vm.builtin(B::ByteArray);
        let made = ByteArray::new(exact, data, vm).into_value();
        if cls.is(&exact.to_value()) { Ok(made) } else { vm.call(cls, &[made]) }
    }
}
