//! `memoryview`: a window on the bytes of another object.

mod items;
mod iterator;
pub(crate) mod lent;
mod methods;
mod subscript;

pub use items::{ItemFormat, pack_item, unpack_item};
pub use iterator::MemoryIterator;

use std::borrow::Cow;
use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::bind::full_type_name;
use pyrope_object::buffer::{Buffer, BufferOwner, flags};
use pyrope_object::{
    Args, CompareOp, Guarded, Header, PyResult, Raised, Ref, Slots, Traverse as TraverseTrait, Type, Value, Vm,
};

use crate::containers::sequence::receiver;

/// What an exporter lent: shared by the views of it, given back when the last of them is released.
#[pyclass(name = "managedbuffer", module = "_memory", flags(GC, DISALLOW_INSTANTIATION))]
pub struct ManagedBuffer {
    header: Header,
    buffer: Buffer,
}

impl TraverseTrait for ManagedBuffer {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.buffer.owner.traverse(visit);
    }
}

/// Which bytes of the exporter a view shows, and as what.
#[derive(Clone, Debug)]
pub struct Window {
    pub offset: usize,
    pub item_size: usize,
    pub readonly: bool,
    pub format: Cow<'static, str>,
    pub shape: Vec<isize>,
    pub strides: Vec<isize>,
}

impl Window {
    /// Number of bytes of all items.
    pub fn byte_len(&self) -> usize {
        self.shape.iter().map(|&n| n as usize).product::<usize>() * self.item_size
    }

    fn contiguous(&self, dimensions: impl Iterator<Item = usize>) -> bool {
        if self.byte_len() == 0 {
            return true;
        }
        let mut expected = self.item_size as isize;
        for dimension in dimensions {
            let (extent, stride) = (self.shape[dimension], self.strides[dimension]);
            if extent > 1 && stride != expected {
                return false;
            }
            expected *= extent;
        }
        true
    }

    pub fn is_c_contiguous(&self) -> bool {
        self.contiguous((0..self.shape.len()).rev())
    }

    pub fn is_f_contiguous(&self) -> bool {
        self.contiguous(0..self.shape.len())
    }

    /// Byte offsets of all items in C order.
    pub fn offsets(&self) -> Vec<usize> {
        let mut offsets = vec![self.offset];
        for (&extent, &stride) in self.shape.iter().zip(&self.strides) {
            offsets =
                offsets.iter().flat_map(|&at| (0..extent).map(move |i| at.wrapping_add_signed(i * stride))).collect();
        }
        offsets
    }
}

/// A view of another object's bytes.
#[pyclass(
    name = "memoryview",
    builtin = MemoryView,
    signature = "(object)",
    flags(WEAKREF, SEQUENCE),
    methods(MemoryView::METHODS),
    getset(MemoryView::GETSETS),
    slots = SLOTS,
    doc = "Create a new memoryview object which references the given object."
)]
#[derive(Traverse)]
pub struct MemoryView {
    header: Header,
    /// None once released.
    source: Guarded<Option<Ref<ManagedBuffer>>>,
    #[traverse(skip)]
    pub window: Window,
    /// Buffers that others took of this view.
    #[traverse(skip)]
    exports: Cell<usize>,
    #[traverse(skip)]
    hash: Cell<Option<i64>>,
    /// Shown to a `__release_buffer__` only: no other view may be made of it.
    #[traverse(skip)]
    restricted: Cell<bool>,
}

const SLOTS: Slots = Slots {
    repr: Some(view_repr),
    hash: Some(view_hash),
    richcompare: Some(view_compare),
    iter: Some(iterator::view_iter),
    new: Some(view_new),
    sq_length: Some(subscript::view_len),
    sq_item: Some(subscript::view_item),
    mp_length: Some(subscript::view_len),
    mp_subscript: Some(subscript::view_subscript),
    mp_ass_subscript: Some(subscript::view_set_subscript),
    buffer: Some(view_buffer),
    ..Slots::EMPTY
};

fn view_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    use pyrope_object::bind::{Signature, bind, unbound};
    static NEW: Signature = Signature::plain("memoryview", &["object"], 1);
    let mut slots = [None];
    bind(&NEW, args, &mut slots, vm)?;
    match slots {
        [Some(object)] => Ok(MemoryView::of(object, flags::FULL_RO, vm)?.into_value()),
        [None] => Err(unbound("memoryview", vm)),
    }
}

impl MemoryView {
    /// `memoryview(object)`, asking for a buffer with these flags.
    pub fn of(object: &Value, request: u32, vm: &Vm) -> PyResult<Ref<MemoryView>> {
        if let Some(view) = object.downcast::<MemoryView>() {
            let source = view.shareable_source(vm)?;
            return Ok(Self::over(source, view.window.clone(), vm));
        }
        let Some(lend) = object.ty(vm).slots().buffer else {
            let kind = full_type_name(object, vm);
            return Err(vm.type_error(format!("memoryview: a bytes-like object is required, not '{kind}'")));
        };
        Ok(Self::from_buffer(lend(object, request, vm)?, vm))
    }

    /// A view of a buffer in hand.
    pub fn from_buffer(buffer: Buffer, vm: &Vm) -> Ref<MemoryView> {
        let window = Window {
            offset: buffer.offset,
            item_size: buffer.item_size,
            readonly: buffer.readonly,
            format: buffer.format.clone(),
            shape: buffer.shape.clone(),
            strides: buffer.strides.clone(),
        };
        let source = Ref::new(vm, ManagedBuffer { header: Header::blank(), buffer });
        Self::over(source, window, vm)
    }

    fn over(source: Ref<ManagedBuffer>, window: Window, vm: &Vm) -> Ref<MemoryView> {
        let source = Guarded::new(Some(source));
        let (exports, hash, restricted) = (Cell::new(0), Cell::new(None), Cell::new(false));
        Ref::new(vm, MemoryView { header: Header::blank(), source, window, exports, hash, restricted })
    }

    /// Another view of the same exporter.
    fn with_window(&self, window: Window, vm: &Vm) -> PyResult {
        Ok(Self::over(self.shareable_source(vm)?, window, vm).into_value())
    }

    /// The lent buffer, or ValueError after `release`.
    fn source(&self, vm: &Vm) -> PyResult<Ref<ManagedBuffer>> {
        self.source.get().ok_or_else(|| vm.value_error("operation forbidden on released memoryview object"))
    }

    /// The lent buffer for a further view of it.
    fn shareable_source(&self, vm: &Vm) -> PyResult<Ref<ManagedBuffer>> {
        if self.restricted.get() {
            return Err(vm.value_error("cannot create new view on restricted memoryview"));
        }
        self.source(vm)
    }

    /// After `release()`.
    pub(crate) fn is_released(&self) -> bool {
        self.source.with(Option::is_none)
    }

    /// The bytes of the view in C order.
    pub fn to_vec(&self, vm: &Vm) -> PyResult<Vec<u8>> {
        let source = self.source(vm)?;
        let window = &self.window;
        let mut out = Vec::new();
        if out.try_reserve_exact(window.byte_len()).is_err() {
            return Err(vm.memory_error());
        }
        source.buffer.access.with_bytes(&source.buffer.owner, &mut |bytes| {
            if window.is_c_contiguous() {
                out.extend_from_slice(bytes.get(window.offset..window.offset + window.byte_len()).unwrap_or(&[]));
            } else {
                for at in window.offsets() {
                    out.extend_from_slice(bytes.get(at..at + window.item_size).unwrap_or(&[]));
                }
            }
        });
        Ok(out)
    }

    /// The value of the item at a byte offset.
    fn item_at(&self, offset: usize, vm: &Vm) -> PyResult {
        let format = ItemFormat::of_view(&self.window.format, vm)?;
        let source = self.source(vm)?;
        let mut item = [0; 16];
        let size = self.window.item_size.min(item.len());
        source.buffer.access.with_bytes(&source.buffer.owner, &mut |bytes| {
            if let Some(part) = bytes.get(offset..offset + size) {
                item[..size].copy_from_slice(part);
            }
        });
        unpack_item(format, &item[..size], vm)
    }

    /// Writes bytes at a byte offset.
    fn write_at(&self, offset: usize, data: &[u8], vm: &Vm) -> PyResult<()> {
        let source = self.source(vm)?;
        source.buffer.access.with_bytes_mut(&source.buffer.owner, &mut |bytes| {
            if let Some(place) = bytes.get_mut(offset..offset + data.len()) {
                place.copy_from_slice(data);
            }
        });
        Ok(())
    }

    /// Runs what may call Python code, with the view kept from being released.
    fn pinned<R>(&self, run: impl FnOnce() -> R) -> R {
        self.exports.set(self.exports.get() + 1);
        let result = run();
        self.exports.set(self.exports.get().saturating_sub(1));
        result
    }

    fn release(&self, vm: &Vm) -> PyResult<()> {
        match self.exports.get() {
            0 => {
                drop(self.source.take());
                Ok(())
            }
            n => {
                let plural = if n == 1 { "" } else { "s" };
                Err(vm.buffer_error(format!("memoryview has {n} exported buffer{plural}")))
            }
        }
    }
}

fn view_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(MemoryView, slf, vm);
    let kind = if this.is_released() { "released memory" } else { "memory" };
    Ok(vm.new_str(&format!("<{kind} at {:#x}>", slf.id())).into_value())
}

fn view_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = receiver!(MemoryView, slf, vm);
    if let Some(hash) = this.hash.get() {
        return Ok(hash);
    }
    let source = this.source(vm)?;
    if !this.window.readonly {
        return Err(vm.value_error("cannot hash writable memoryview object"));
    }
    if !matches!(this.window.format.trim_start_matches('@'), "B" | "b" | "c") {
        return Err(vm.value_error("memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
    }
    this.pinned(|| vm.hash(&source.buffer.owner))?;
    let hash = vm.interp().hash_bytes(&this.to_vec(vm)?);
    this.hash.set(Some(hash));
    Ok(hash)
}

fn view_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let negate = match op {
        CompareOp::Eq => false,
        CompareOp::Ne => true,
        _ => return Ok(Value::not_implemented()),
    };
    let this = receiver!(MemoryView, slf, vm);
    let released = |view: &MemoryView| view.is_released();
    if released(this) || other.downcast::<MemoryView>().is_some_and(released) {
        return Ok(Value::bool(slf.is(other) != negate));
    }
    if other.ty(vm).slots().buffer.is_none() {
        return Ok(Value::not_implemented());
    }
    let other = match MemoryView::of(other, flags::FULL_RO, vm) {
        Ok(view) => view,
        Err(raised) => {
            vm.ignore(raised);
            return Ok(Value::not_implemented());
        }
    };
    Ok(Value::bool(same_items(this, &other, vm)? != negate))
}

fn same_items(a: &MemoryView, b: &MemoryView, vm: &Vm) -> PyResult<bool> {
    if a.window.shape != b.window.shape {
        return Ok(false);
    }
    let formats = (ItemFormat::parse(&a.window.format), ItemFormat::parse(&b.window.format));
    let (x, y) = (a.to_vec(vm)?, b.to_vec(vm)?);
    if let (Some(f), Some(g)) = formats
        && f == g
        && f.is_whole()
    {
        return Ok(x == y);
    }
    let (size_a, size_b) = (a.window.item_size.max(1), b.window.item_size.max(1));
    for (i, j) in x.chunks_exact(size_a).zip(y.chunks_exact(size_b)) {
        let (Some(i), Some(j)) = (any_item(&a.window.format, i, vm)?, any_item(&b.window.format, j, vm)?) else {
            return Ok(false);
        };
        if !vm.compare_bool(&i, &j, CompareOp::Eq)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// An item of any format: by the module `struct` where it is not a simple one; `None` where that does not know it.
fn any_item(format: &str, data: &[u8], vm: &Vm) -> PyResult<Option<Value>> {
    if let Some(format) = ItemFormat::parse(format) {
        return unpack_item(format, data, vm).map(Some);
    }
    let module = vm.import("struct")?;
    let args = [vm.new_str(format).into_value(), vm.new_bytes(data)?.into_value()];
    match vm.call_method(&module, "unpack", &args) {
        Ok(items) => Ok(Some(items)),
        Err(raised) => {
            vm.ignore(raised);
            Ok(None)
        }
    }
}

struct Access;

impl Access {
    fn source(owner: &Value) -> Option<Ref<ManagedBuffer>> {
        owner.downcast::<MemoryView>().and_then(|view| view.source.get())
    }
}

impl BufferOwner for Access {
    fn with_bytes(&self, owner: &Value, read: &mut dyn FnMut(&[u8])) {
        if let Some(source) = Self::source(owner) {
            source.buffer.access.with_bytes(&source.buffer.owner, read);
        }
    }

    fn with_bytes_mut(&self, owner: &Value, change: &mut dyn FnMut(&mut [u8])) {
        if let Some(source) = Self::source(owner) {
            source.buffer.access.with_bytes_mut(&source.buffer.owner, change);
        }
    }

    fn release(&self, owner: &Value) {
        if let Some(view) = owner.downcast::<MemoryView>() {
            view.exports.set(view.exports.get().saturating_sub(1));
        }
    }
}

fn not_contiguous(how: &str, vm: &Vm) -> Raised {
    vm.buffer_error(format!("memoryview: underlying buffer is not {how}"))
}

fn view_buffer(slf: &Value, request: u32, vm: &Vm) -> PyResult<Buffer> {
    let this = receiver!(MemoryView, slf, vm);
    this.shareable_source(vm)?;
    let window = &this.window;
    let asks = |flag: u32| request & flag == flag;
    if asks(flags::WRITABLE) && window.readonly {
        return Err(not_contiguous("writable", vm));
    }
    let (c, f) = (window.is_c_contiguous(), window.is_f_contiguous());
    if asks(flags::C_CONTIGUOUS) && !c {
        return Err(not_contiguous("C-contiguous", vm));
    }
    if asks(flags::F_CONTIGUOUS) && !f {
        return Err(not_contiguous("Fortran contiguous", vm));
    }
    if asks(flags::ANY_CONTIGUOUS) && !c && !f {
        return Err(not_contiguous("contiguous", vm));
    }
    if !asks(flags::STRIDES) && !c {
        return Err(not_contiguous("C-contiguous", vm));
    }
    this.exports.set(this.exports.get() + 1);
    Ok(Buffer {
        owner: slf.clone(),
        access: &Access,
        offset: window.offset,
        len: window.byte_len(),
        item_size: window.item_size,
        readonly: window.readonly,
        format: window.format.clone(),
        shape: window.shape.clone(),
        strides: window.strides.clone(),
    })
}
