//! Making type objects before there is a type for them.

use crate::header::Header;
use crate::interpreter::{Interpreter, out_of_memory};
use crate::reference::Ref;
use crate::ty::Type;

/// Allocates a type object whose own type may not exist yet (null); it is not tracked.
///
/// # Safety
/// A null `metatype` must be patched before the object's type is asked for.
pub(crate) unsafe fn new_type_object(interp: &Interpreter, metatype: *const Type, fields: Type) -> Ref<Type> {
    let prefix = crate::ty::prefix_bytes(fields.def_of_type());
    let Some(block) = interp.heap.allocate(prefix + size_of::<Type>()) else { out_of_memory() };
    // SAFETY: the block has room for the prefix and the type; each part is written once.
    unsafe {
        block.as_ptr().write_bytes(0, prefix);
        let object = block.as_ptr().add(prefix).cast::<Type>();
        object.write(fields);
        object.cast::<Header>().write(Header::new(metatype, crate::shape::NO_SHAPE));
        Ref::from_raw(std::ptr::NonNull::new_unchecked(object))
    }
}
