//! `_pickle`: objects to bytes and back.

mod buffer;
mod find_class;
mod input;
mod load;
mod load_atoms;
mod load_objects;
mod memo;
mod memo_proxy;
mod opcodes;
mod output;
mod pickler;
mod save;
mod save_containers;
mod save_global;
mod save_reduce;
mod state;
mod unpickler;

use pyrope_macros::pyfunctions;
use pyrope_object::{ModuleDef, Object, PyResult, Value, Vm};

use buffer::PickleBuffer;
use pickler::Pickler;
use unpickler::Unpickler;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_pickle",
    doc: "Optimized C implementation for the Python pickle module.",
    functions: &[functions::FUNCTIONS],
    types: &[<Pickler as Object>::def, <Unpickler as Object>::def, <PickleBuffer as Object>::def],
    exec: Some(state::add_exceptions),
};

#[pyfunctions]
mod functions {
    use super::*;
    use std::borrow::Cow;

    use crate::pickle::input::{Input, bytes_argument};
    use crate::pickle::unpickler::Options;

    /// Write a pickled representation of obj to the open file object file.
    ///
    /// This is equivalent to ``Pickler(file, protocol).dump(obj)``, but may
    /// be more efficient.
    ///
    /// The optional *protocol* argument tells the pickler to use the given
    /// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default
    /// protocol is 5. It was introduced in Python 3.8, and is incompatible
    /// with previous versions.
    ///
    /// Specifying a negative protocol version selects the highest protocol
    /// version supported.  The higher the protocol used, the more recent the
    /// version of Python needed to read the pickle produced.
    ///
    /// The *file* argument must have a write() method that accepts a single
    /// bytes argument.  It can thus be a file object opened for binary
    /// writing, an io.BytesIO instance, or any other custom object that meets
    /// this interface.
    ///
    /// If *fix_imports* is True and protocol is less than 3, pickle will try
    /// to map the new Python 3 names to the old module names used in Python
    /// 2, so that the pickle data stream is readable with Python 2.
    ///
    /// If *buffer_callback* is None (the default), buffer views are serialized
    /// into *file* as part of the pickle stream.  It is an error if
    /// *buffer_callback* is not None and *protocol* is None or smaller than 5.
    #[pyfunction("dump($module, /, obj, file, protocol=None, *, fix_imports=True,\n     buffer_callback=None)")]
    fn dump(
        obj: &Value,
        file: &Value,
        protocol: Option<&Value>,
        fix_imports: bool,
        buffer_callback: Option<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        let pickler = Pickler::blank(vm.type_of::<Pickler>(), vm);
        pickler.set_options(protocol, fix_imports, buffer_callback, vm)?;
        pickler.set_file(file, vm)?;
        Pickler::run(&pickler, obj, vm)?;
        pickler.flush(vm)
    }

    /// Return the pickled representation of the object as a bytes object.
    ///
    /// The optional *protocol* argument tells the pickler to use the given
    /// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default
    /// protocol is 5. It was introduced in Python 3.8, and is incompatible
    /// with previous versions.
    ///
    /// Specifying a negative protocol version selects the highest protocol
    /// version supported.  The higher the protocol used, the more recent the
    /// version of Python needed to read the pickle produced.
    ///
    /// If *fix_imports* is True and *protocol* is less than 3, pickle will
    /// try to map the new Python 3 names to the old module names used in
    /// Python 2, so that the pickle data stream is readable with Python 2.
    ///
    /// If *buffer_callback* is None (the default), buffer views are serialized
    /// into *file* as part of the pickle stream.  It is an error if
    /// *buffer_callback* is not None and *protocol* is None or smaller than 5.
    #[pyfunction("dumps($module, /, obj, protocol=None, *, fix_imports=True,\n      buffer_callback=None)")]
    fn dumps(
        obj: &Value,
        protocol: Option<&Value>,
        fix_imports: bool,
        buffer_callback: Option<&Value>,
        vm: &Vm,
    ) -> PyResult {
        let pickler = Pickler::blank(vm.type_of::<Pickler>(), vm);
        pickler.set_options(protocol, fix_imports, buffer_callback, vm)?;
        Pickler::run(&pickler, obj, vm)?;
        Ok(vm.new_bytes(&pickler.take_output())?.into_value())
    }

    /// Read and return an object from the pickle data stored in a file.
    ///
    /// This is equivalent to ``Unpickler(file).load()``, but may be more
    /// efficient.
    ///
    /// The protocol version of the pickle is detected automatically, so no
    /// protocol argument is needed.  Bytes past the pickled object's
    /// representation are ignored.
    ///
    /// The argument *file* must have two methods, a read() method that takes
    /// an integer argument, and a readline() method that requires no
    /// arguments.  Both methods should return bytes.  Thus *file* can be a
    /// binary file object opened for reading, an io.BytesIO object, or any
    /// other custom object that meets this interface.
    ///
    /// Optional keyword arguments are *fix_imports*, *encoding* and *errors*,
    /// which are used to control compatibility support for pickle stream
    /// generated by Python 2.  If *fix_imports* is True, pickle will try to
    /// map the old Python 2 names to the new names used in Python 3.  The
    /// *encoding* and *errors* tell pickle how to decode 8-bit string
    /// instances pickled by Python 2; these default to 'ASCII' and 'strict',
    /// respectively.  The *encoding* can be 'bytes' to read these 8-bit
    /// string instances as bytes objects.
    #[pyfunction("load($module, /, file, *, fix_imports=True, encoding='ASCII',\n     errors='strict', buffers=())")]
    fn load(
        file: &Value,
        fix_imports: bool,
        encoding: Option<Cow<'_, str>>,
        errors: Option<Cow<'_, str>>,
        buffers: Option<&Value>,
        vm: &Vm,
    ) -> PyResult {
        let unpickler = Unpickler::blank(vm.type_of::<Unpickler>(), vm);
        unpickler.set_file(file, vm)?;
        let (encoding, errors) = (encoding.as_deref().unwrap_or("ASCII"), errors.as_deref().unwrap_or("strict"));
        unpickler.set_options(&Options { fix_imports, encoding, errors, buffers }, vm)?;
        Unpickler::load_file(&unpickler, vm)
    }

    /// Read and return an object from the given pickle data.
    ///
    /// The protocol version of the pickle is detected automatically, so no
    /// protocol argument is needed.  Bytes past the pickled object's
    /// representation are ignored.
    ///
    /// Optional keyword arguments are *fix_imports*, *encoding* and *errors*,
    /// which are used to control compatibility support for pickle stream
    /// generated by Python 2.  If *fix_imports* is True, pickle will try to
    /// map the old Python 2 names to the new names used in Python 3.  The
    /// *encoding* and *errors* tell pickle how to decode 8-bit string
    /// instances pickled by Python 2; these default to 'ASCII' and 'strict',
    /// respectively.  The *encoding* can be 'bytes' to read these 8-bit
    /// string instances as bytes objects.
    #[pyfunction("loads($module, data, /, *, fix_imports=True, encoding='ASCII',\n      errors='strict', buffers=())")]
    fn loads(
        data: &Value,
        fix_imports: bool,
        encoding: Option<Cow<'_, str>>,
        errors: Option<Cow<'_, str>>,
        buffers: Option<&Value>,
        vm: &Vm,
    ) -> PyResult {
        let unpickler = Unpickler::blank(vm.type_of::<Unpickler>(), vm);
        let (encoding, errors) = (encoding.as_deref().unwrap_or("ASCII"), errors.as_deref().unwrap_or("strict"));
        unpickler.set_options(&Options { fix_imports, encoding, errors, buffers }, vm)?;
        let data = bytes_argument(data, vm)?;
        Unpickler::run(&unpickler, &mut Input::of_bytes(&data.to_cow()), vm)
    }
}
