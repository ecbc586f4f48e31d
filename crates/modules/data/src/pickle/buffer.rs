//! `PickleBuffer`: a buffer that may travel outside the pickle (PEP 574).

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::buffer::{Buffer, flags};
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Traverse, Type, Value, Vm};
use pyrope_types::text::MemoryView;

/// Wrapper for potentially out-of-band buffers
#[pyclass(
    name = "PickleBuffer", module = "pickle", flags(BASETYPE, WEAKREF), slots = SLOTS, methods(PickleBuffer::METHODS)
)]
pub struct PickleBuffer {
    header: Header,
    /// None once released.
    view: Guarded<Option<Buffer>>,
}

impl Traverse for PickleBuffer {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.view.with(|view| {
            if let Some(view) = view {
                view.owner.traverse(visit);
            }
        });
    }

    fn clear(&self, out: &mut Vec<Value>) {
        if let Some(view) = self.view.take() {
            out.push(view.owner.clone());
        }
    }
}

const SLOTS: Slots = Slots { new: Some(buffer_new), buffer: Some(lend), ..Slots::EMPTY };

fn buffer_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let object = match (args.positional(), args.keyword_count()) {
        ([object], 0) => object,
        (_, 1..) => return Err(vm.type_error("PickleBuffer() takes no keyword arguments")),
        (given, _) => {
            let given = given.len();
            return Err(vm.type_error(format!("PickleBuffer() takes exactly 1 argument ({given} given)")));
        }
    };
    let view = borrow(object, flags::FULL_RO, vm)?;
    Ok(Ref::new_in(vm, class, PickleBuffer { header: Header::blank(), view: Guarded::new(Some(view)) }).into_value())
}

fn borrow(object: &Value, request: u32, vm: &Vm) -> PyResult<Buffer> {
    match object.ty(vm).slots().buffer {
        Some(lend) => lend(object, request, vm),
        None => Err(pyrope_object::bind::not_bytes_like(object, vm)),
    }
}

/// Lends what the wrapped object lends.
fn lend(slf: &Value, request: u32, vm: &Vm) -> PyResult<Buffer> {
    match slf.downcast::<PickleBuffer>() {
        Some(this) => borrow(&this.owner(vm)?, request, vm),
        None => Err(vm.system_error("bad argument to internal function")),
    }
}

fn is_f_contiguous(view: &Buffer) -> bool {
    let mut expected = view.item_size as isize;
    view.shape.iter().zip(&view.strides).all(|(&extent, &stride)| {
        let fits = extent <= 1 || stride == expected;
        expected *= extent;
        fits
    })
}

impl PickleBuffer {
    fn owner(&self, vm: &Vm) -> PyResult {
        let owner = self.view.with(|view| view.as_ref().map(|view| view.owner.clone()));
        owner.ok_or_else(|| vm.value_error("operation forbidden on released PickleBuffer object"))
    }

    /// A view of its own of what is wrapped, which stays when this one is released.
    pub(super) fn view(&self, vm: &Vm) -> PyResult<Buffer> {
        borrow(&self.owner(vm)?, flags::FULL_RO, vm)
    }
}

/// True if the bytes lie in one piece, in either order of dimensions.
pub(super) fn is_contiguous(view: &Buffer) -> bool {
    view.is_c_contiguous() || is_f_contiguous(view)
}

/// A copy of the bytes of a contiguous view, as they lie.
pub(super) fn bytes_as_they_lie(view: &Buffer) -> Vec<u8> {
    let mut bytes = Vec::new();
    view.access.with_bytes(&view.owner, &mut |all| {
        bytes.extend_from_slice(all.get(view.offset..view.offset + view.len).unwrap_or_default());
    });
    bytes
}

#[pymethods]
impl PickleBuffer {
    /// Return a memoryview of the raw memory underlying this buffer.
    ///
    /// Will raise BufferError is the buffer isn't contiguous.
    #[method("raw($self, /)")]
    fn raw(&self, vm: &Vm) -> PyResult {
        let mut view = self.view(vm)?;
        if !is_contiguous(&view) {
            return Err(vm.buffer_error("cannot extract raw buffer from non-contiguous buffer"));
        }
        view.format = "B".into();
        view.item_size = 1;
        view.shape = vec![view.len as isize];
        view.strides = vec![1];
        Ok(MemoryView::from_buffer(view, vm).into_value())
    }

    /// Release the underlying buffer held by the PickleBuffer object.
    #[method("release($self, /)")]
    fn release(&self) {
        self.view.set(None);
    }
}
