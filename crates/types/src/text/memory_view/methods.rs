//! The methods and attributes of `memoryview`.

use std::borrow::Cow;

use pyrope_macros::pymethods;
use pyrope_object::{CompareOp, List, PyResult, Raised, Ref, Str, Tuple, Value, Vm};

use super::{ItemFormat, MemoryView, Window, lent, subscript, unpack_item};
use crate::containers::generic_alias;
use crate::containers::sequence::from_end;
use crate::text::bytes_type::hex_text;

/// C and other orders of `tobytes`.
fn fortran_order(order: Option<&str>, this: &MemoryView, vm: &Vm) -> PyResult<bool> {
    match order {
        None | Some("C") => Ok(false),
        Some("F") => Ok(true),
        Some("A") => Ok(this.window.is_f_contiguous() && !this.window.is_c_contiguous()),
        Some(_) => Err(vm.value_error("order must be 'C', 'F' or 'A'")),
    }
}

fn order_argument(order: Option<&Value>, vm: &Vm) -> PyResult<Option<String>> {
    let Some(order) = order.filter(|order| !order.is_none()) else { return Ok(None) };
    match order.downcast::<Str>() {
        Some(text) => Ok(Some(text.to_string_lossy().into_owned())),
        None => {
            let kind = pyrope_object::bind::full_type_name(order, vm);
            Err(vm.type_error(format!("tobytes() argument 'order' must be str or None, not {kind}")))
        }
    }
}

/// C-ordered items put in Fortran order.
fn transposed(data: &[u8], window: &Window) -> Vec<u8> {
    let extents: Vec<usize> = window.shape.iter().map(|&n| n as usize).collect();
    let total: usize = extents.iter().product();
    let size = window.item_size;
    let mut out = Vec::with_capacity(data.len());
    for linear in 0..total {
        // The index of the item that stands here in Fortran order, taken apart from the first dimension on.
        let (mut rest, mut at) = (linear, 0);
        for (dimension, &extent) in extents.iter().enumerate() {
            let below: usize = extents[dimension + 1..].iter().product();
            at += rest % extent * below;
            rest /= extent;
        }
        out.extend_from_slice(&data[at * size..(at + 1) * size]);
    }
    out
}

/// Nested lists of the items from a dimension on.
fn listed(this: &MemoryView, data: &[u8], dimension: usize, vm: &Vm) -> PyResult {
    let format = ItemFormat::of_view(&this.window.format, vm)?;
    let Some(&extent) = this.window.shape.get(dimension) else { return unpack_item(format, data, vm) };
    let mut items = Vec::new();
    if extent > 0 {
        let part = data.len() / extent as usize;
        for at in 0..extent as usize {
            items.push(listed(this, &data[at * part..(at + 1) * part], dimension + 1, vm)?);
        }
    }
    Ok(vm.new_list(items).into_value())
}

/// The extents that `cast` was given.
fn shape_argument(shape: &Value, vm: &Vm) -> PyResult<Vec<Value>> {
    if let Some(list) = shape.downcast::<List>() {
        return Ok(list.to_vec());
    }
    match shape.downcast::<Tuple>() {
        Some(tuple) => Ok(tuple.as_slice().to_vec()),
        None => Err(vm.type_error("shape must be a list or a tuple")),
    }
}

fn bad_format(which: &str, vm: &Vm) -> Raised {
    vm.value_error(format!(
        "memoryview: {which} format must be a native single character format prefixed with an optional '@'"
    ))
}

/// One dimension of another format.
fn cast_flat(this: &MemoryView, format: &str, vm: &Vm) -> PyResult<Window> {
    let to = ItemFormat::parse(format).ok_or_else(|| bad_format("destination", vm))?;
    let from = ItemFormat::parse(&this.window.format).ok_or_else(|| bad_format("source", vm))?;
    if !from.is_byte() && !to.is_byte() {
        return Err(vm.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    let len = this.window.byte_len();
    if !len.is_multiple_of(to.size()) {
        return Err(vm.type_error("memoryview: length is not a multiple of itemsize"));
    }
    Ok(Window {
        offset: this.window.offset,
        item_size: to.size(),
        readonly: this.window.readonly,
        format: Cow::Owned(format.to_owned()),
        shape: vec![(len / to.size()) as isize],
        strides: vec![to.size() as isize],
    })
}

fn with_shape(mut window: Window, extents: &[Value], vm: &Vm) -> PyResult<Window> {
    let len = window.byte_len();
    let mut product = window.item_size as isize;
    let mut shape = Vec::with_capacity(extents.len());
    for extent in extents {
        let Some(number) = extent.as_int() else {
            return Err(vm.type_error("memoryview.cast(): elements of shape must be integers"));
        };
        let n = number.to_i64().ok_or_else(|| vm.overflow_error("Python int too large to convert to C ssize_t"))?;
        if n <= 0 {
            return Err(vm.value_error("memoryview.cast(): elements of shape must be integers > 0"));
        }
        product = product
            .checked_mul(n as isize)
            .ok_or_else(|| vm.value_error("memoryview.cast(): product(shape) > SSIZE_MAX"))?;
        shape.push(n as isize);
    }
    if product as usize != len {
        return Err(vm.type_error("memoryview: product(shape) * itemsize != buffer size"));
    }
    let mut strides = vec![window.item_size as isize; shape.len()];
    for dimension in (0..shape.len().saturating_sub(1)).rev() {
        strides[dimension] = strides[dimension + 1] * shape[dimension + 1];
    }
    (window.shape, window.strides) = (shape, strides);
    Ok(window)
}

fn numbers(items: &[isize], vm: &Vm) -> Ref<Tuple> {
    vm.new_tuple(items.iter().map(|&n| vm.int(n as i64)).collect())
}

#[pymethods]
impl MemoryView {
    /// Give the buffer back. Later uses of the view are errors.
    #[method("release($self, /)")]
    fn dunder_release(&self, vm: &Vm) -> PyResult<()> {
        self.release(vm)
    }

    /// The bytes of the buffer, in C order, in Fortran order, or as they lie ('A').
    #[method("tobytes($self, /, order='C')")]
    fn tobytes(&self, order: Option<&Value>, vm: &Vm) -> PyResult {
        self.source(vm)?;
        let order = order_argument(order, vm)?;
        let fortran = fortran_order(order.as_deref(), self, vm)?;
        let data = self.to_vec(vm)?;
        let data = if fortran { transposed(&data, &self.window) } else { data };
        Ok(vm.new_bytes(&data)?.into_value())
    }

    /// Hexadecimal text of the bytes, with a separator between groups if one is given.
    ///
    /// >>> view = memoryview(b'\xff\x80\x00')
    /// >>> view.hex()
    /// 'ff8000'
    /// >>> view.hex('-')
    /// 'ff-80-00'
    /// >>> view.hex('-', 2)
    /// 'ff-8000'
    /// >>> view.hex('-', -2)
    /// 'ff80-00'
    #[method("hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hex(&self, sep: Option<&Value>, bytes_per_sep: i32, vm: &Vm) -> PyResult<Ref<Str>> {
        let data = self.to_vec(vm)?;
        self.pinned(|| hex_text(&data, sep, bytes_per_sep as isize, vm))
    }

    /// The items as a list, nested for several dimensions.
    #[method("tolist($self, /)")]
    fn tolist(&self, vm: &Vm) -> PyResult {
        listed(self, &self.to_vec(vm)?, 0, vm)
    }

    /// A view of the same bytes with another format or shape.
    #[method("cast($self, /, format, shape=<unrepresentable>)")]
    fn cast(&self, format: Cow<'_, str>, shape: Option<&Value>, vm: &Vm) -> PyResult {
        self.source(vm)?;
        if !self.window.is_c_contiguous() {
            return Err(vm.type_error("memoryview: casts are restricted to C-contiguous views"));
        }
        if (shape.is_some() || self.window.shape.len() != 1) && self.window.shape.contains(&0) {
            return Err(vm.type_error("memoryview: cannot cast view with zeros in shape or strides"));
        }
        let extents = shape.map(|shape| shape_argument(shape, vm)).transpose()?;
        if let Some(extents) = &extents {
            if extents.len() > 64 {
                return Err(vm.value_error("memoryview: number of dimensions must not exceed 64"));
            }
            if self.window.shape.len() != 1 && extents.len() != 1 {
                return Err(vm.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
            }
        }
        let window = cast_flat(self, &format, vm)?;
        match extents {
            Some(extents) => self.with_window(with_shape(window, &extents, vm)?, vm),
            None => self.with_window(window, vm),
        }
    }

    /// A view that cannot be written to.
    #[method("toreadonly($self, /)")]
    fn toreadonly(&self, vm: &Vm) -> PyResult {
        self.with_window(Window { readonly: true, ..self.window.clone() }, vm)
    }

    /// A view of an object's buffer, asked for with these flags.
    #[classmethod("_from_flags($type, /, object, flags)")]
    fn from_flags(_cls: &Value, object: &Value, flags: i32, vm: &Vm) -> PyResult<Ref<MemoryView>> {
        MemoryView::of(object, flags as u32, vm)
    }

    /// How often a value occurs.
    #[method("count($self, value, /)")]
    fn count(slf: &Value, value: &Value, vm: &Vm) -> PyResult<usize> {
        let mut count = 0;
        vm.for_each(slf, |item| {
            count += usize::from(item.is(value) || vm.compare_bool(&item, value, CompareOp::Eq)?);
            Ok(())
        })?;
        Ok(count)
    }

    /// The first index of a value.
    ///
    /// ValueError if it is not there.
    #[method("index($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(slf: &Value, value: &Value, start: isize, stop: isize, vm: &Vm) -> PyResult<usize> {
        let this = crate::containers::sequence::receiver!(MemoryView, slf, vm);
        this.source(vm)?;
        match this.window.shape.len() {
            0 => return Err(vm.type_error("invalid lookup on 0-dim memory")),
            1 => {}
            _ => return Err(vm.not_implemented_error("multi-dimensional lookup is not implemented")),
        }
        let len = this.window.shape[0] as usize;
        for index in from_end(start, len)..from_end(stop, len).min(len) {
            let item = subscript::view_item(slf, index as isize, vm)?;
            if vm.equal(&item, value)? {
                return Ok(index);
            }
        }
        Err(vm.value_error("memoryview.index(x): x not found"))
    }

    /// For `with`: the view itself.
    #[method("__enter__($self, /)")]
    fn enter(slf: &Value, vm: &Vm) -> PyResult {
        crate::containers::sequence::receiver!(MemoryView, slf, vm).source(vm)?;
        Ok(slf.clone())
    }

    /// Release the view.
    #[method("__exit__($self, /, *exc_info)")]
    fn exit(&self, _exc_info: &[Value], vm: &Vm) -> PyResult<()> {
        self.release(vm)
    }

    /// Views are generic over their items' types.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }

    /// The underlying object of the memoryview.
    #[getter]
    fn obj(&self, vm: &Vm) -> PyResult {
        let source = self.source(vm)?;
        Ok(if self.restricted.get() { Value::none() } else { lent::exporter(&source.buffer.owner) })
    }

    /// The amount of space in bytes that the array would use in
    ///  a contiguous representation.
    #[getter]
    fn nbytes(&self, vm: &Vm) -> PyResult<usize> {
        self.source(vm)?;
        Ok(self.window.byte_len())
    }

    /// A bool indicating whether the memory is read only.
    #[getter]
    fn readonly(&self, vm: &Vm) -> PyResult<bool> {
        self.source(vm)?;
        Ok(self.window.readonly)
    }

    /// The size in bytes of each element of the memoryview.
    #[getter]
    fn itemsize(&self, vm: &Vm) -> PyResult<usize> {
        self.source(vm)?;
        Ok(self.window.item_size)
    }

    /// A string containing the format (in struct module style)
    ///  for each element in the view.
    #[getter]
    fn format(&self, vm: &Vm) -> PyResult<Ref<Str>> {
        self.source(vm)?;
        vm.try_str(&self.window.format)
    }

    /// An integer indicating how many dimensions of a multi-dimensional
    ///  array the memory represents.
    #[getter]
    fn ndim(&self, vm: &Vm) -> PyResult<usize> {
        self.source(vm)?;
        Ok(self.window.shape.len())
    }

    /// A tuple of ndim integers giving the shape of the memory
    ///  as an N-dimensional array.
    #[getter]
    fn shape(&self, vm: &Vm) -> PyResult<Ref<Tuple>> {
        self.source(vm)?;
        Ok(numbers(&self.window.shape, vm))
    }

    /// A tuple of ndim integers giving the size in bytes to access
    ///  each element for each dimension of the array.
    #[getter]
    fn strides(&self, vm: &Vm) -> PyResult<Ref<Tuple>> {
        self.source(vm)?;
        Ok(numbers(&self.window.strides, vm))
    }

    /// A tuple of integers used internally for PIL-style arrays.
    #[getter]
    fn suboffsets(&self, vm: &Vm) -> PyResult<Ref<Tuple>> {
        self.source(vm)?;
        Ok(numbers(&[], vm))
    }

    /// A bool indicating whether the memory is C contiguous.
    #[getter]
    fn c_contiguous(&self, vm: &Vm) -> PyResult<bool> {
        self.source(vm)?;
        Ok(self.window.is_c_contiguous())
    }

    /// A bool indicating whether the memory is Fortran contiguous.
    #[getter]
    fn f_contiguous(&self, vm: &Vm) -> PyResult<bool> {
        self.source(vm)?;
        Ok(self.window.is_f_contiguous())
    }

    /// A bool indicating whether the memory is contiguous.
    #[getter]
    fn contiguous(&self, vm: &Vm) -> PyResult<bool> {
        self.source(vm)?;
        Ok(self.window.is_c_contiguous() || self.window.is_f_contiguous())
    }
}
