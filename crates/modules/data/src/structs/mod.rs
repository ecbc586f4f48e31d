//! `_struct`

mod format;
mod half;
mod values;

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use pyrope_macros::{Traverse, pyclass, pyfunctions, pymethods};
use pyrope_object::args::ArgName;
use pyrope_object::bind::{BytesLike, Signature, WritableBytes, bind, full_type_name};
use pyrope_object::{
    Args, BuiltinType as B, Bytes, FromArg, Guarded, Header, ModuleDef, Object, PyResult, Ref, Slots, Str, Tuple, Type,
    Value, Vm,
};

use format::Format;
use values::error;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_struct",
    doc: "Functions to convert between Python values and C structs.\n\
          Python bytes objects are used to hold the data representing the C struct.\n\
          The format string (explained below) describes the layout of data\n\
          in the C struct.\n\n\
          The optional first format char indicates byte order, size and alignment:\n  \
          @: native order, size & alignment (default)\n  \
          =: native order, std. size & alignment\n  \
          <: little-endian, std. size & alignment\n  \
          >: big-endian, std. size & alignment\n  \
          !: same as >\n\n\
          The remaining characters indicate types of args and must match exactly;\n\
          these can be preceded by a decimal repeat count:\n  \
          x: pad byte (no data); c: char; b: signed byte; B: unsigned byte;\n  \
          ?: _Bool; h: short; H: unsigned short; i: int; I: unsigned int;\n  \
          l: long; L: unsigned long; q: long long; Q: unsigned long long;\n  \
          f: float; d: double; e: half-float;\n  \
          F: float complex; D: double complex.\n\
          Special cases (preceding decimal count indicates length):\n  \
          s: byte string (array of char); p: Pascal string (with count byte).\n\
          Special cases (only available in native format):\n  \
          n: ssize_t; N: size_t;\n  \
          P: an integer type that is wide enough to hold a pointer.\n\
          Whitespace between formats is ignored.\n\n\
          The variable struct.error is an exception raised on errors.\n",
    functions: &[functions::FUNCTIONS],
    types: &[<Struct as Object>::def],
    exec: Some(|module, vm| vm.set_attr_str(module, "error", &values::error_class(vm)?)),
};

/// How many compiled formats are kept.
const CACHE_SIZE: usize = 100;

#[derive(Default)]
struct Cache(Guarded<HashMap<Vec<u8>, Rc<Format>>>);

/// The bytes of a format given as `str` or `bytes`.
fn format_text(value: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    if let Some(bytes) = value.downcast::<Bytes>() {
        return Ok(bytes.as_slice().to_vec());
    }
    let Some(text) = value.downcast::<Str>() else {
        let kind = full_type_name(value, vm);
        return Err(vm.type_error(format!("Struct() argument 1 must be a str or bytes object, not {kind}")));
    };
    if let Some(text) = text.as_ascii() {
        return Ok(text.as_bytes().to_vec());
    }
    let start = text.code_points().position(|c| c >= 0x80).unwrap_or(0);
    let run = text.code_points().skip(start).take_while(|&c| c >= 0x80).count();
    let args = [
        vm.new_str("ascii").into_value(),
        value.clone(),
        vm.int(start as i64),
        vm.int((start + run) as i64),
        vm.new_str("ordinal not in range(128)").into_value(),
    ];
    Err(vm.raise_with(B::UnicodeEncodeError, &args))
}

fn compile(value: &Value, vm: &Vm) -> PyResult<Rc<Format>> {
    let cache = vm.state::<Cache>();
    if let Some(text) = value.downcast::<Str>().and_then(Str::as_ascii)
        && let Some(format) = cache.0.with(|formats| formats.get(text.as_bytes()).cloned())
    {
        return Ok(format);
    }
    let text = format_text(value, vm)?;
    if let Some(format) = cache.0.with(|formats| formats.get(&text).cloned()) {
        return Ok(format);
    }
    let format = Rc::new(Format::parse(&text).map_err(|message| error(vm, message))?);
    let kept = format.clone();
    cache.0.with_mut(|formats| {
        if formats.len() >= CACHE_SIZE {
            formats.clear();
        }
        formats.insert(text, kept);
    });
    Ok(format)
}

fn pack(format: &Format, values: &[Value], vm: &Vm) -> PyResult<Ref<Bytes>> {
    if values.len() != format.values {
        let (expected, given) = (format.values, values.len());
        return Err(error(vm, &format!("pack expected {expected} items for packing (got {given})")));
    }
    vm.new_bytes(&values::pack(format, values, vm)?)
}

fn pack_into(format: &Format, args: &[Value], vm: &Vm) -> PyResult<()> {
    let [buffer, offset, values @ ..] = args else {
        let missing = if args.is_empty() { "buffer" } else { "offset" };
        return Err(error(vm, &format!("pack_into expected {missing} argument")));
    };
    if values.len() != format.values {
        let (expected, given) = (format.values, values.len());
        return Err(error(vm, &format!("pack_into expected {expected} items for packing (got {given})")));
    }
    let target = writable(buffer, vm)?;
    let given = index(offset, vm)?;
    let (size, length) = (format.size as isize, target.len() as isize);
    let offset = if given < 0 {
        if given + size > 0 {
            return Err(error(vm, &format!("no space to pack {size} bytes at offset {given}")));
        }
        if given + length < 0 {
            return Err(error(vm, &format!("offset {given} out of range for {length}-byte buffer")));
        }
        given + length
    } else {
        given
    };
    if length - offset < size {
        return Err(error(
            vm,
            &format!(
                "pack_into requires a buffer of at least {} bytes for packing {size} bytes at offset {offset} (actual \
                 buffer size is {length})",
                size as i128 + offset as i128
            ),
        ));
    }
    let packed = values::pack(format, values, vm)?;
    target.with_mut(|bytes| {
        if let Some(place) = bytes.get_mut(offset as usize..offset as usize + packed.len()) {
            place.copy_from_slice(&packed);
        }
    });
    Ok(())
}

fn index(value: &Value, vm: &Vm) -> PyResult<isize> {
    vm.index_isize(value)
}

fn writable(value: &Value, vm: &Vm) -> PyResult<WritableBytes> {
    WritableBytes::from_arg(value, &ArgName { function: "pack_into", argument: "argument".into() }, vm).map_err(
        |raised| {
            vm.ignore(raised);
            let kind = full_type_name(value, vm);
            vm.type_error(format!("argument must be read-write bytes-like object, not {kind}"))
        },
    )
}

fn tuple_of(format: &Format, data: &[u8], vm: &Vm) -> PyResult<Ref<Tuple>> {
    Ok(vm.new_tuple(values::unpack(format, data, vm)?))
}

fn unpack(format: &Format, buffer: &BytesLike<'_>, vm: &Vm) -> PyResult<Ref<Tuple>> {
    if buffer.len() != format.size {
        return Err(error(vm, &format!("unpack requires a buffer of {} bytes", format.size)));
    }
    tuple_of(format, &buffer.to_cow(), vm)
}

fn unpack_from(format: &Format, buffer: &BytesLike<'_>, given: isize, vm: &Vm) -> PyResult<Ref<Tuple>> {
    let (size, length) = (format.size as isize, buffer.len() as isize);
    let offset = if given < 0 {
        if given + size > 0 {
            return Err(error(vm, &format!("not enough data to unpack {size} bytes at offset {given}")));
        }
        if given + length < 0 {
            return Err(error(vm, &format!("offset {given} out of range for {length}-byte buffer")));
        }
        given + length
    } else {
        given
    };
    if length - offset < size {
        return Err(error(
            vm,
            &format!(
                "unpack_from requires a buffer of at least {} bytes for unpacking {size} bytes at offset {offset} \
                 (actual buffer size is {length})",
                size as i128 + offset as i128
            ),
        ));
    }
    let part = buffer.with(|bytes| bytes[offset as usize..offset as usize + format.size].to_vec());
    tuple_of(format, &part, vm)
}

fn iter_unpack(format: Rc<Format>, buffer: &Value, vm: &Vm) -> PyResult {
    if format.size == 0 {
        return Err(error(vm, "cannot iteratively unpack with a struct of length 0"));
    }
    let view = BytesLike::from_arg(buffer, &ArgName { function: "iter_unpack", argument: "argument".into() }, vm)?;
    if view.len() % format.size != 0 {
        let size = format.size;
        return Err(error(vm, &format!("iterative unpacking requires a buffer of a multiple of {size} bytes")));
    }
    let source = Guarded::new(Some(buffer.clone()));
    let iterator = UnpackIterator { header: Header::blank(), format, source, length: view.len(), at: Cell::new(0) };
    Ok(Ref::new(vm, iterator).into_value())
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Clear the internal cache.
    #[pyfunction("_clearcache()")]
    fn clearcache(vm: &Vm) {
        drop(vm.state::<Cache>().0.take());
    }

    /// Return size in bytes of the struct described by the format string.
    #[pyfunction("calcsize(format, /)")]
    fn calcsize(format: &Value, vm: &Vm) -> PyResult<usize> {
        Ok(compile(format, vm)?.size)
    }

    /// pack(format, v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing the values v1, v2, ... packed according
    /// to the format string.  See help(struct) for more on format strings.
    #[pyfunction("pack")]
    fn pack(args: Args<'_>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let (format, values) = split(args, "pack", vm)?;
        super::pack(&*compile(format, vm)?, values, vm)
    }

    fn split<'a>(args: Args<'a>, name: &str, vm: &Vm) -> PyResult<(&'a Value, &'a [Value])> {
        if args.keyword_count() > 0 {
            return Err(pyrope_object::bind::no_keywords(name, vm));
        }
        args.positional().split_first().ok_or_else(|| vm.type_error("missing format argument"))
    }

    /// pack_into(format, buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string and write
    /// the packed bytes into the writable buffer buf starting at offset.  Note
    /// that the offset is a required argument.  A negative offset counts from
    /// the end of the buffer.  See help(struct) for more on format strings.
    #[pyfunction("pack_into")]
    fn pack_into(args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let (format, rest) = split(args, "pack_into", vm)?;
        super::pack_into(&*compile(format, vm)?, rest, vm)
    }

    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size in bytes must be calcsize(format).
    ///
    /// See help(struct) for more on format strings.
    #[pyfunction("unpack(format, buffer, /)")]
    fn unpack(format: &Value, buffer: BytesLike<'_>, vm: &Vm) -> PyResult<Ref<Tuple>> {
        super::unpack(&*compile(format, vm)?, &buffer, vm)
    }

    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size, minus offset, must be at least calcsize(format).
    /// A negative offset counts from the end of the buffer.
    ///
    /// See help(struct) for more on format strings.
    #[pyfunction("unpack_from(format, /, buffer, offset=0)")]
    fn unpack_from(format: &Value, buffer: BytesLike<'_>, offset: isize, vm: &Vm) -> PyResult<Ref<Tuple>> {
        super::unpack_from(&*compile(format, vm)?, &buffer, offset, vm)
    }

    /// Return an iterator yielding tuples unpacked from the given bytes.
    ///
    /// The bytes are unpacked according to the format string, like
    /// a repeated invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the format struct size.
    #[pyfunction("iter_unpack(format, buffer, /)")]
    fn iter_unpack(format: &Value, buffer: &Value, vm: &Vm) -> PyResult {
        super::iter_unpack(compile(format, vm)?, buffer, vm)
    }
}

/// Struct(fmt) --> compiled struct object
#[pyclass(
    name = "Struct", module = "_struct", flags(BASETYPE, WEAKREF, MUTABLE), slots = SLOTS, methods(Struct::METHODS),
    getset(Struct::GETSETS)
)]
#[derive(Traverse)]
pub struct Struct {
    header: Header,
    #[traverse(skip)]
    format: Guarded<Option<Rc<Format>>>,
    #[traverse(skip)]
    text: Guarded<Vec<u8>>,
}

const SLOTS: Slots = Slots { new: Some(struct_new), init: Some(struct_init), repr: Some(struct_repr), ..Slots::EMPTY };

static SIGNATURE: Signature = Signature::plain("Struct", &["format"], 1);

fn struct_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    let blank = Struct { header: Header::blank(), format: Guarded::default(), text: Guarded::default() };
    Ok(Ref::new_in(vm, class, blank).into_value())
}

fn struct_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let mut slots = [None];
    bind(&SIGNATURE, args, &mut slots, vm)?;
    let (Some(this), Some(format)) = (slf.downcast::<Struct>(), slots[0]) else { return Ok(()) };
    let text = format_text(format, vm)?;
    let compiled = compile(format, vm)?;
    this.text.set(text);
    this.format.set(Some(compiled));
    Ok(())
}

fn struct_repr(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<Struct>() else { return Ok(Value::none()) };
    this.compiled(vm)?;
    let format = vm.repr_text(&this.format_attribute(vm)?)?;
    Ok(vm.try_str(&format!("{}({format})", slf.ty(vm).name()))?.into_value())
}

impl Struct {
    fn compiled(&self, vm: &Vm) -> PyResult<Rc<Format>> {
        self.format.get().ok_or_else(|| vm.runtime_error("Struct object is not initialized"))
    }
}

#[pymethods]
impl Struct {
    /// struct format string
    #[getter("format")]
    fn format_attribute(&self, vm: &Vm) -> PyResult {
        self.compiled(vm)?;
        Ok(vm.str_from_latin1(&self.text.get())?.into_value())
    }

    /// struct size in bytes
    #[getter]
    fn size(&self) -> isize {
        self.format.get().map_or(-1, |format| format.size as isize)
    }

    /// S.pack(v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing values v1, v2, ... packed according
    /// to the format string S.format.  See help(struct) for more on format
    /// strings.
    #[method("pack")]
    fn pack(&self, args: Args<'_>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        if args.keyword_count() > 0 {
            return Err(pyrope_object::bind::no_keywords("Struct.pack", vm));
        }
        pack(&*self.compiled(vm)?, args.positional(), vm)
    }

    /// S.pack_into(buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string S.format
    /// and write the packed bytes into the writable buffer buf starting at
    /// offset.  Note that the offset is a required argument.  A negative
    /// offset counts from the end of the buffer.  See help(struct) for more
    /// on format strings.
    #[method("pack_into")]
    fn pack_into(&self, args: Args<'_>, vm: &Vm) -> PyResult<()> {
        if args.keyword_count() > 0 {
            return Err(pyrope_object::bind::no_keywords("Struct.pack_into", vm));
        }
        pack_into(&*self.compiled(vm)?, args.positional(), vm)
    }

    /// Return a tuple containing unpacked values.
    ///
    /// Unpack according to the format string Struct.format. The buffer's size
    /// in bytes must be Struct.size.
    ///
    /// See help(struct) for more on format strings.
    #[method("unpack($self, buffer, /)")]
    fn unpack(&self, buffer: BytesLike<'_>, vm: &Vm) -> PyResult<Ref<Tuple>> {
        unpack(&*self.compiled(vm)?, &buffer, vm)
    }

    /// Return a tuple containing unpacked values.
    ///
    /// Values are unpacked according to the format string Struct.format.
    ///
    /// The buffer's size in bytes, starting at position offset, must be
    /// at least Struct.size.  A negative offset counts from the end of the
    /// buffer.
    ///
    /// See help(struct) for more on format strings.
    #[method("unpack_from($self, /, buffer, offset=0)")]
    fn unpack_from(&self, buffer: BytesLike<'_>, offset: isize, vm: &Vm) -> PyResult<Ref<Tuple>> {
        unpack_from(&*self.compiled(vm)?, &buffer, offset, vm)
    }

    /// Return an iterator yielding tuples.
    ///
    /// Tuples are unpacked from the given bytes source, like a repeated
    /// invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the struct size.
    #[method("iter_unpack($self, buffer, /)")]
    fn iter_unpack(&self, buffer: &Value, vm: &Vm) -> PyResult {
        iter_unpack(self.compiled(vm)?, buffer, vm)
    }

    /// S.__sizeof__() -> size of S in memory, in bytes
    #[method("__sizeof__($self, /)")]
    fn sizeof(&self, vm: &Vm) -> PyResult<usize> {
        let items = self.compiled(vm)?.items.len() + 1;
        Ok(size_of::<Struct>() + items * size_of::<format::Item>())
    }
}

/// The iterator of `iter_unpack`.
#[pyclass(
    name = "unpack_iterator", module = "_struct", doc = "", flags(GC, DISALLOW_INSTANTIATION), slots = ITERATOR_SLOTS,
    methods(UnpackIterator::METHODS)
)]
#[derive(Traverse)]
pub struct UnpackIterator {
    header: Header,
    #[traverse(skip)]
    format: Rc<Format>,
    /// What it reads, until it is exhausted.
    source: Guarded<Option<Value>>,
    #[traverse(skip)]
    length: usize,
    #[traverse(skip)]
    at: Cell<usize>,
}

const ITERATOR_SLOTS: Slots = Slots { iter: Some(|slf, _| Ok(slf.clone())), next: Some(iterator_next), ..Slots::EMPTY };

fn iterator_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let Some(this) = slf.downcast::<UnpackIterator>() else { return Ok(None) };
    let Some(buffer) = this.source.get() else { return Ok(None) };
    let (at, size) = (this.at.get(), this.format.size);
    if at + size > this.length {
        this.source.set(None);
        return Ok(None);
    }
    let view = BytesLike::from_arg(&buffer, &ArgName { function: "next", argument: "argument".into() }, vm)?;
    let Some(part) = view.with(|bytes| bytes.get(at..at + size).map(<[u8]>::to_vec)) else {
        this.source.set(None);
        return Ok(None);
    };
    this.at.set(at + size);
    Ok(Some(tuple_of(&this.format, &part, vm)?.into_value()))
}

#[pymethods]
impl UnpackIterator {
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self) -> usize {
        let open = self.source.with(Option::is_some);
        let left = if open { self.length.saturating_sub(self.at.get()) } else { 0 };
        left / self.format.size.max(1)
    }
}
