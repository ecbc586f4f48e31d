//! The methods of arrays.

use pyrope_macros::pymethods;
use pyrope_object::args::ArgName;
use pyrope_object::bind::BytesLike;
use pyrope_object::{Bytes, FromArg, List, PyResult, Ref, Str, Tuple, Value, Vm};
use pyrope_types::containers::sequence::{generic_alias, slice_bound};

use super::Array;
use super::items::{encode, is_text};

/// Appends the raw items of a bytes-like object.
pub(super) fn extend_from_buffer(array: &Array, value: &Value, vm: &Vm) -> PyResult<()> {
    let bytes = {
        let view = BytesLike::from_arg(value, &ArgName { function: "frombytes", argument: "argument".into() }, vm)?;
        view.to_cow().into_owned()
    };
    if bytes.len() % array.item_size() != 0 {
        return Err(vm.value_error("bytes length not a multiple of item size"));
    }
    array.extend_bytes(&bytes, vm)
}

impl Array {
    /// Appends the items of an array of the same kind, or of an iterable.
    pub(super) fn extend_with(&self, other: &Value, vm: &Vm) -> PyResult<()> {
        match other.downcast::<Array>() {
            Some(array) if array.code == self.code => {
                let bytes = array.data.get();
                self.extend_bytes(&bytes, vm)
            }
            Some(_) => Err(vm.type_error("can only extend with array of same kind")),
            None => vm.for_each(other, |item| self.push(&item, vm)),
        }
    }

    /// The characters, for arrays of characters.
    pub(super) fn text(&self, vm: &Vm) -> PyResult<Ref<Str>> {
        let points: Vec<u32> =
            self.data.with(|data| data.chunks_exact(4).map(|c| u32::from_ne_bytes([c[0], c[1], c[2], c[3]])).collect());
        if let Some(&bad) = points.iter().find(|&&point| point > 0x10_FFFF) {
            return Err(vm.value_error(format!("character U+{bad:x} is not in range [U+0000; U+10ffff]")));
        }
        vm.str_from_code_points(&points)
    }

    /// The items as a list.
    pub(super) fn to_list(&self, vm: &Vm) -> PyResult {
        let mut items = Vec::with_capacity(self.len());
        let mut index = 0;
        while let Some(item) = self.get(index, vm)? {
            items.push(item);
            index += 1;
        }
        Ok(vm.new_list(items).into_value())
    }

    fn missing(&self, what: &str, vm: &Vm) -> pyrope_object::Raised {
        vm.value_error(format!("array.{what}(x): x not in array"))
    }
}

#[pymethods]
impl Array {
    /// the typecode character used to create the array
    #[getter]
    fn typecode(&self, vm: &Vm) -> Ref<Str> {
        vm.latin1_char(self.code)
    }

    /// the size, in bytes, of one array item
    #[getter]
    fn itemsize(&self) -> usize {
        self.item_size()
    }

    /// Append new value v to the end of the array.
    #[method("append($self, v, /)")]
    fn append(&self, v: &Value, vm: &Vm) -> PyResult<()> {
        self.push(v, vm)
    }

    /// Return number of occurrences of v in the array.
    #[method("count($self, v, /)")]
    fn count(&self, v: &Value, vm: &Vm) -> PyResult<usize> {
        let (mut count, mut index) = (0, 0);
        while let Some(at) = self.position(v, index, usize::MAX, vm)? {
            count += 1;
            index = at + 1;
        }
        Ok(count)
    }

    /// Append items to the end of the array.
    #[method("extend($self, bb, /)")]
    fn extend(&self, bb: &Value, vm: &Vm) -> PyResult<()> {
        self.extend_with(bb, vm)
    }

    /// Return index of first occurrence of v in the array.
    ///
    /// Raise ValueError if the value is not present.
    #[method("index($self, v, start=0, stop=sys.maxsize, /)")]
    fn index(&self, v: &Value, start: Option<&Value>, stop: Option<&Value>, vm: &Vm) -> PyResult<usize> {
        let (start, stop) = (slice_bound(start, 0, vm)?, slice_bound(stop, isize::MAX, vm)?);
        let length = self.len();
        let bound = |at: isize| if at < 0 { at.saturating_add(length as isize).max(0) as usize } else { at as usize };
        self.position(v, bound(start), bound(stop), vm)?.ok_or_else(|| self.missing("index", vm))
    }

    /// Insert a new item v into the array before position i.
    #[method("insert($self, i, v, /)")]
    fn insert(&self, i: isize, v: &Value, vm: &Vm) -> PyResult<()> {
        let word = encode(self.code, v, vm)?;
        self.check_resizable(vm)?;
        let (size, length) = (self.item_size(), self.len());
        let at = if i < 0 { i.saturating_add(length as isize).max(0) as usize } else { (i as usize).min(length) };
        self.data.with_mut(|data| drop(data.splice(at * size..at * size, word[..size].iter().copied())));
        Ok(())
    }

    /// Return the i-th element and delete it from the array.
    ///
    /// i defaults to -1.
    #[method("pop($self, i=-1, /)")]
    fn pop(&self, i: isize, vm: &Vm) -> PyResult {
        let length = self.len();
        if length == 0 {
            return Err(vm.index_error("pop from empty array"));
        }
        let index = if i < 0 { i.saturating_add(length as isize) } else { i };
        if index < 0 || index as usize >= length {
            return Err(vm.index_error("pop index out of range"));
        }
        let item = self.get(index as usize, vm)?.unwrap_or(Value::none());
        self.remove_range(index as usize, 1, vm)?;
        Ok(item)
    }

    /// Remove the first occurrence of v in the array.
    #[method("remove($self, v, /)")]
    fn remove(&self, v: &Value, vm: &Vm) -> PyResult<()> {
        match self.position(v, 0, usize::MAX, vm)? {
            Some(index) => self.remove_range(index, 1, vm),
            None => Err(self.missing("remove", vm)),
        }
    }

    /// Reverse the order of the items in the array.
    #[method("reverse($self, /)")]
    fn reverse(&self) {
        let size = self.item_size();
        self.data.with_mut(|data| {
            data.reverse();
            data.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        });
    }

    /// Remove all items from the array.
    #[method("clear($self, /)")]
    fn clear_items(&self, vm: &Vm) -> PyResult<()> {
        self.remove_range(0, self.len(), vm)
    }

    /// Return a copy of the array.
    #[method("__copy__($self, /)")]
    fn copy(&self, vm: &Vm) -> Value {
        self.with_data(self.data.get(), vm)
    }

    /// Return a copy of the array.
    #[method("__deepcopy__($self, unused, /)")]
    fn deepcopy(&self, _unused: &Value, vm: &Vm) -> Value {
        self.with_data(self.data.get(), vm)
    }

    /// Size of the array in memory, in bytes.
    #[method("__sizeof__($self, /)")]
    fn sizeof(&self) -> usize {
        size_of::<Array>() + self.data.with(Vec::capacity)
    }

    /// Arrays are generic over the type of their elements
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }
}

#[pymethods(BYTES)]
impl Array {
    /// Return a tuple (address, length) giving the current memory address and the length in items of the buffer used to hold array's contents.
    ///
    /// The length should be multiplied by the itemsize attribute to
    /// calculate the buffer length in bytes.
    #[method("buffer_info($self, /)")]
    fn buffer_info(&self, vm: &Vm) -> Ref<Tuple> {
        let address = self.data.with(|data| data.as_ptr() as usize);
        vm.tuple_of([vm.int_from_usize(address), vm.int_from_usize(self.len())])
    }

    /// Byteswap all items of the array.
    ///
    /// If the items in the array are not 1, 2, 4, or 8 bytes in size,
    /// RuntimeError is raised.
    #[method("byteswap($self, /)")]
    fn byteswap(&self) {
        let size = self.item_size();
        self.data.with_mut(|data| data.chunks_exact_mut(size).for_each(<[u8]>::reverse));
    }

    /// Convert the array to an array of machine values and return the bytes representation.
    #[method("tobytes($self, /)")]
    fn tobytes(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        vm.new_bytes(&self.data.get())
    }

    /// Appends items from the string, interpreting it as an array of machine values, as if it had been read from a file using the fromfile() method.
    #[method("frombytes($self, buffer, /)")]
    fn frombytes(&self, buffer: &Value, vm: &Vm) -> PyResult<()> {
        extend_from_buffer(self, buffer, vm)
    }

    /// Convert array to an ordinary list with the same items.
    #[method("tolist($self, /)")]
    fn tolist(&self, vm: &Vm) -> PyResult {
        self.to_list(vm)
    }

    /// Append items to array from list.
    #[method("fromlist($self, list, /)")]
    fn fromlist(&self, list: &Value, vm: &Vm) -> PyResult<()> {
        let Some(list) = list.downcast::<List>() else { return Err(vm.type_error("arg must be list")) };
        // All or nothing.
        let (size, count) = (self.item_size(), list.len());
        let mut bytes = Vec::with_capacity(count * size);
        for index in 0..count {
            let Some(item) = list.get(index) else { break };
            bytes.extend_from_slice(&encode(self.code, &item, vm)?[..size]);
            if list.len() != count {
                return Err(vm.runtime_error("list changed size during iteration"));
            }
        }
        self.extend_bytes(&bytes, vm)
    }

    /// Extends this array with data from the unicode string ustr.
    ///
    /// The array must be a unicode type array; otherwise a ValueError is
    /// raised.  Use array.frombytes(ustr.encode(...)) to append Unicode
    /// data to an array of some other type.
    #[method("fromunicode($self, ustr, /)")]
    fn fromunicode(&self, ustr: &Str, vm: &Vm) -> PyResult<()> {
        if !is_text(self.code) {
            return Err(vm.value_error("fromunicode() may only be called on unicode type arrays ('u' or 'w')"));
        }
        let bytes: Vec<u8> = ustr.code_points().flat_map(u32::to_ne_bytes).collect();
        self.extend_bytes(&bytes, vm)
    }

    /// Extends this array with data from the unicode string ustr.
    ///
    /// Convert the array to a unicode string.  The array must be a unicode
    /// type array; otherwise a ValueError is raised.  Use
    /// array.tobytes().decode() to obtain a unicode string from an array of
    /// some other type.
    #[method("tounicode($self, /)")]
    fn tounicode(&self, vm: &Vm) -> PyResult<Ref<Str>> {
        if !is_text(self.code) {
            return Err(vm.value_error("tounicode() may only be called on unicode type arrays ('u' or 'w')"));
        }
        self.text(vm)
    }

    /// Read n objects from the file object f and append them to the end of the array.
    #[method("fromfile($self, f, n, /)")]
    fn fromfile(&self, f: &Value, n: isize, vm: &Vm) -> PyResult<()> {
        let Ok(count) = usize::try_from(n) else { return Err(vm.value_error("negative count")) };
        let Some(wanted) = count.checked_mul(self.item_size()).filter(|&n| n <= isize::MAX as usize) else {
            return Err(vm.memory_error());
        };
        let data = vm.call_method(f, "read", &[vm.int_from_usize(wanted)])?;
        let Some(bytes) = data.downcast::<Bytes>() else {
            return Err(vm.type_error("read() didn't return bytes"));
        };
        let short = bytes.as_slice().len() != wanted;
        extend_from_buffer(self, &data, vm)?;
        if short { Err(vm.eof_error("read() didn't return enough bytes")) } else { Ok(()) }
    }

    /// Write all items (as machine values) to the file object f.
    #[method("tofile($self, f, /)")]
    fn tofile(&self, f: &Value, vm: &Vm) -> PyResult<()> {
        const BLOCK: usize = 64 * 1024;
        let mut at = 0;
        loop {
            let block = self.data.with(|data| data.get(at..(at + BLOCK).min(data.len())).map(<[u8]>::to_vec));
            let Some(block) = block.filter(|block| !block.is_empty()) else { return Ok(()) };
            at += block.len();
            vm.call_method(f, "write", &[vm.new_bytes(&block)?.into_value()])?;
        }
    }
}
