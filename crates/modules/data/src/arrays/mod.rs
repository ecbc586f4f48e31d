//! `array`

mod items;
mod methods;
mod pickling;
mod sequence;

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pyfunctions, pymethods};
use pyrope_object::bind::{CodePoint, full_type_name, no_keywords};
use pyrope_object::buffer::BufferOwner;
use pyrope_object::{
    Args, BuiltinType as B, Guarded, Header, ModuleDef, Object, PyResult, Ref, Slots, Str, Type, Value, Vm,
};

use items::{TYPECODES, item_size};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "array",
    doc: "This module defines an object type which can efficiently represent\nan array of basic values: characters, \
          integers, floating-point\nnumbers.  Arrays are sequence types and behave very much like lists,\nexcept that the \
          type of objects stored in them is constrained.\n",
    functions: &[functions::FUNCTIONS],
    types: &[<Array as Object>::def],
    exec: Some(|module, vm| {
        vm.set_attr_str(module, "ArrayType", &vm.type_of::<Array>().to_value())?;
        vm.set_attr_str(module, "typecodes", vm.new_str(TYPECODES).as_value())?;
        let abstract_classes = vm.import("collections.abc")?;
        let mutable_sequence = vm.get_attr_str(&abstract_classes, "MutableSequence")?;
        vm.call_method(&mutable_sequence, "register", &[vm.type_of::<Array>().to_value()]).map(drop)
    }),
};

/// array(typecode [, initializer]) -> array
///
/// Return a new array whose items are restricted by typecode, and
/// initialized from the optional initializer value, which must be a list,
/// string or iterable over elements of the appropriate type.
///
/// Arrays represent basic values and behave very much like lists, except
/// the type of objects stored in them is constrained. The type is specified
/// at object creation time by using a type code, which is a single character.
/// The following type codes are defined:
///
///     Type code   C Type             Minimum size in bytes
///     'b'         signed integer     1
///     'B'         unsigned integer   1
///     'u'         Unicode character  2 (see note)
///     'w'         Py_UCS4            4
///     'h'         signed integer     2
///     'H'         unsigned integer   2
///     'i'         signed integer     2
///     'I'         unsigned integer   2
///     'l'         signed integer     4
///     'L'         unsigned integer   4
///     'q'         signed integer     8 (see note)
///     'Q'         unsigned integer   8 (see note)
///     'f'         floating-point     4
///     'd'         floating-point     8
#[pyclass(
    name = "array", module = "array", flags(BASETYPE, WEAKREF, SEQUENCE, MUTABLE), slots = SLOTS,
    methods(Array::METHODS, Array::METHODS_BYTES, Array::METHODS_PICKLING), getset(Array::GETSETS), unhashable
)]
#[derive(Traverse)]
pub struct Array {
    header: Header,
    #[traverse(skip)]
    code: u8,
    /// The items in the machine's byte order.
    #[traverse(skip)]
    data: Guarded<Vec<u8>>,
    /// Views that are out: the size cannot change meanwhile.
    #[traverse(skip)]
    exports: Cell<usize>,
}

const SLOTS: Slots = Slots {
    new: Some(array_new),
    repr: Some(sequence::repr),
    richcompare: Some(sequence::compare),
    iter: Some(sequence::iter),
    buffer: Some(sequence::buffer),
    sq_length: Some(|slf, _| Ok(slf.downcast::<Array>().map_or(0, Array::len))),
    sq_concat: Some(sequence::concat),
    sq_repeat: Some(sequence::repeat),
    sq_item: Some(sequence::item),
    sq_ass_item: Some(sequence::set_item),
    sq_contains: Some(sequence::contains),
    sq_inplace_concat: Some(sequence::inplace_concat),
    sq_inplace_repeat: Some(sequence::inplace_repeat),
    mp_length: Some(|slf, _| Ok(slf.downcast::<Array>().map_or(0, Array::len))),
    mp_subscript: Some(sequence::subscript),
    mp_ass_subscript: Some(sequence::set_subscript),
    ..Slots::EMPTY
};

impl Array {
    fn item_size(&self) -> usize {
        item_size(self.code)
    }

    /// Number of items.
    fn len(&self) -> usize {
        self.data.with(Vec::len) / self.item_size()
    }

    /// The item at an index that is in range.
    fn get(&self, index: usize, vm: &Vm) -> PyResult<Option<Value>> {
        let size = self.item_size();
        let mut bytes = [0; 8];
        let found = self.data.with(|data| match data.get(index * size..(index + 1) * size) {
            Some(item) => {
                bytes[..size].copy_from_slice(item);
                true
            }
            None => false,
        });
        if found { items::decode(self.code, &bytes[..size], vm).map(Some) } else { Ok(None) }
    }

    /// BufferError while a view is out.
    fn check_resizable(&self, vm: &Vm) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(vm.buffer_error("cannot resize an array that is exporting buffers"));
        }
        Ok(())
    }

    /// Appends raw items.
    fn extend_bytes(&self, bytes: &[u8], vm: &Vm) -> PyResult<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.check_resizable(vm)?;
        let extended = self.data.with_mut(|data| {
            let fits = data.try_reserve(bytes.len()).is_ok();
            if fits {
                data.extend_from_slice(bytes);
            }
            fits
        });
        if extended { Ok(()) } else { Err(vm.memory_error()) }
    }

    /// Appends one value.
    fn push(&self, value: &Value, vm: &Vm) -> PyResult<()> {
        let word = items::encode(self.code, value, vm)?;
        self.extend_bytes(&word[..self.item_size()], vm)
    }

    /// A new array of the same kind.
    fn with_data(&self, data: Vec<u8>, vm: &Vm) -> Value {
        new_array(vm.type_of::<Array>(), self.code, data, vm).into_value()
    }
}

fn new_array(class: &Type, code: u8, data: Vec<u8>, vm: &Vm) -> Ref<Array> {
    let fields = Array { header: Header::blank(), code, data: Guarded::new(data), exports: Cell::new(0) };
    Ref::new_in(vm, class, fields)
}

#[cold]
fn bad_typecode(vm: &Vm) -> pyrope_object::Raised {
    vm.value_error("bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)")
}

fn array_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if args.keyword_count() > 0 && class.is(vm.type_of::<Array>()) {
        return Err(no_keywords("array.array", vm));
    }
    let (code, initial) = match args.positional() {
        [code] => (code, None),
        [code, initial] => (code, Some(initial)),
        [] => return Err(vm.type_error("array() takes at least 1 argument (0 given)")),
        more => return Err(vm.type_error(format!("array() takes at most 2 arguments ({} given)", more.len()))),
    };
    use pyrope_object::FromArg;
    let what = pyrope_object::args::ArgName { function: "array", argument: "argument 1".into() };
    let CodePoint(point) = match code.downcast::<Str>() {
        Some(text) if text.len() != 1 => {
            return Err(vm.type_error(format!(
                "array() argument 1 must be a unicode character, not a string of length {}",
                text.len()
            )));
        }
        _ => CodePoint::from_arg(code, &what, vm)?,
    };
    if point == u32::from(b'u') {
        let message = "The 'u' type code is deprecated and will be removed in Python 3.16";
        vm.warn(B::DeprecationWarning, message, 1)?;
    }
    let code = u8::try_from(point).unwrap_or(0);
    check_initial(code, initial, vm)?;
    if item_size(code) == 0 {
        return Err(bad_typecode(vm));
    }
    let array = new_array(class, code, Vec::new(), vm);
    if let Some(initial) = initial {
        fill(&array, initial, vm)?;
    }
    Ok(array.into_value())
}

/// Text goes into arrays of characters only.
fn check_initial(code: u8, initial: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let Some(initial) = initial else { return Ok(()) };
    if items::is_text(code) {
        return Ok(());
    }
    let shown = code as char;
    if initial.downcast::<Str>().is_some() {
        let kind = full_type_name(initial, vm);
        return Err(vm.type_error(format!("cannot use a {kind} to initialize an array with typecode '{shown}'")));
    }
    if initial.downcast::<Array>().is_some_and(|other| items::is_text(other.code)) {
        return Err(vm.type_error(format!("cannot use a unicode array to initialize an array with typecode '{shown}'")));
    }
    Ok(())
}

fn fill(array: &Ref<Array>, initial: &Value, vm: &Vm) -> PyResult<()> {
    if let Some(text) = initial.downcast::<Str>() {
        let bytes: Vec<u8> = text.code_points().flat_map(u32::to_ne_bytes).collect();
        return array.extend_bytes(&bytes, vm);
    }
    if let Some(other) = initial.downcast::<Array>().filter(|other| other.code == array.code) {
        let bytes = other.data.get();
        return array.extend_bytes(&bytes, vm);
    }
    let is_bytes =
        initial.ty(vm).is_subtype(vm.builtin(B::Bytes)) || initial.ty(vm).is_subtype(vm.builtin(B::ByteArray));
    if is_bytes {
        return methods::extend_from_buffer(array, initial, vm);
    }
    vm.for_each(initial, |item| array.push(&item, vm))
}

/// Access to an array's bytes for views.
struct Access;

impl BufferOwner for Access {
    fn with_bytes(&self, owner: &Value, read: &mut dyn FnMut(&[u8])) {
        if let Some(array) = owner.downcast::<Array>() {
            array.data.with(|data| read(data));
        }
    }

    fn with_bytes_mut(&self, owner: &Value, change: &mut dyn FnMut(&mut [u8])) {
        if let Some(array) = owner.downcast::<Array>() {
            array.data.with_mut(|data| change(data));
        }
    }

    fn release(&self, owner: &Value) {
        if let Some(array) = owner.downcast::<Array>() {
            array.exports.set(array.exports.get().saturating_sub(1));
        }
    }
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Internal. Used for pickling support.
    #[pyfunction("_array_reconstructor(arraytype, typecode, mformat_code, items, /)")]
    fn array_reconstructor(
        arraytype: &Value,
        typecode: CodePoint,
        mformat_code: i32,
        items: &Value,
        vm: &Vm,
    ) -> PyResult {
        pickling::reconstruct(arraytype, typecode.0, mformat_code, items, vm)
    }
}

/// The iterator of arrays.
#[pyclass(
    name = "arrayiterator", module = "array", doc = "", flags(GC, DISALLOW_INSTANTIATION), slots = ITERATOR_SLOTS,
    methods(ArrayIterator::METHODS)
)]
#[derive(Traverse)]
pub struct ArrayIterator {
    header: Header,
    /// The array, until the end is reached.
    array: Guarded<Option<Value>>,
    #[traverse(skip)]
    index: Cell<usize>,
}

const ITERATOR_SLOTS: Slots = Slots { iter: Some(|slf, _| Ok(slf.clone())), next: Some(iterator_next), ..Slots::EMPTY };

fn iterator_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let Some(this) = slf.downcast::<ArrayIterator>() else { return Ok(None) };
    let Some(owner) = this.array.get() else { return Ok(None) };
    let Some(array) = owner.downcast::<Array>() else { return Ok(None) };
    let index = this.index.get();
    match array.get(index, vm)? {
        Some(item) => {
            this.index.set(index + 1);
            Ok(Some(item))
        }
        None => {
            this.array.set(None);
            Ok(None)
        }
    }
}

#[pymethods]
impl ArrayIterator {
    /// Return state information for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let iter = pyrope_types::containers::sequence::builtin_function("iter", vm)?;
        Ok(match self.array.get() {
            Some(array) => {
                let args = vm.tuple_of([array]).into_value();
                vm.tuple_of([iter, args, vm.int(self.index.get() as i64)]).into_value()
            }
            None => {
                let args = vm.tuple_of([vm.new_tuple(Vec::new()).into_value()]).into_value();
                vm.tuple_of([iter, args]).into_value()
            }
        })
    }

    /// Set state information for unpickling.
    #[method("__setstate__($self, state, /)")]
    fn setstate(&self, state: isize) {
        let length = self.array.with(|array| array.as_ref().and_then(|a| a.downcast::<Array>().map(Array::len)));
        if let Some(length) = length {
            self.index.set((state.max(0) as usize).min(length));
        }
    }
}
