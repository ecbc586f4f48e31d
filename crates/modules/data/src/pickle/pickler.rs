//! `Pickler`: options, memo and output of the writing half.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, bind};
use pyrope_object::protocol::{generic_getattr, generic_setattr};
use pyrope_object::{Args, Dict, Guarded, Header, Object, PyResult, Ref, Slots, Str, Tuple, Type, Value, Vm};

use super::memo::Memo;
use super::memo_proxy::PicklerMemoProxy;
use super::opcodes::{HIGHEST_PROTOCOL, PROTO, STOP};
use super::output::{FRAME_SIZE_TARGET, Output};
use super::state::pickling_error;

/// This takes a binary file for writing a pickle data stream.
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
/// bytes argument. It can thus be a file object opened for binary
/// writing, an io.BytesIO instance, or any other custom object that meets
/// this interface.
///
/// If *fix_imports* is True and protocol is less than 3, pickle will try
/// to map the new Python 3 names to the old module names used in Python
/// 2, so that the pickle data stream is readable with Python 2.
///
/// If *buffer_callback* is None (the default), buffer views are
/// serialized into *file* as part of the pickle stream.
///
/// If *buffer_callback* is not None, then it can be called any number
/// of times with a buffer view.  If the callback returns a false value
/// (such as None), the given buffer is out-of-band; otherwise the
/// buffer is serialized in-band, i.e. inside the pickle stream.
///
/// It is an error if *buffer_callback* is not None and *protocol*
/// is None or smaller than 5.
#[pyclass(
    name = "Pickler", module = "_pickle",
    signature = "(file, protocol=None, fix_imports=True, buffer_callback=None)",
    flags(BASETYPE, GC), slots = SLOTS, methods(Pickler::METHODS), getset(Pickler::GETSETS)
)]
#[derive(Traverse)]
pub struct Pickler {
    header: Header,
    pub(super) memo: Guarded<Memo>,
    /// `file.write`; none when the pickle is made in memory.
    write: Guarded<Option<Value>>,
    /// A `persistent_id` set on the instance.
    own_persistent_id: Guarded<Option<Value>>,
    /// What this dump asks for persistent ids, if anything does.
    pub(super) persistent_id: Guarded<Option<Value>>,
    pub(super) reducer_override: Guarded<Option<Value>>,
    pub(super) dispatch_table: Guarded<Option<Value>>,
    pub(super) buffer_callback: Guarded<Option<Value>>,
    #[traverse(skip)]
    output: Guarded<Output>,
    #[traverse(skip)]
    pub(super) protocol: Cell<i32>,
    #[traverse(skip)]
    bin: Cell<i32>,
    #[traverse(skip)]
    pub(super) fast: Cell<i32>,
    /// Containers entered in fast mode, and which they are once there are many.
    #[traverse(skip)]
    pub(super) fast_nesting: Cell<usize>,
    #[traverse(skip)]
    pub(super) fast_entered: Guarded<Vec<u64>>,
    #[traverse(skip)]
    pub(super) fix_imports: Cell<bool>,
    #[traverse(skip)]
    running: Cell<bool>,
}

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| Ok(Pickler::blank(class, vm).into_value())),
    init: Some(pickler_init),
    getattr: Some(pickler_getattr),
    setattr: Some(pickler_setattr),
    ..Slots::EMPTY
};

static INIT: Signature = Signature::plain("Pickler", &["file", "protocol", "fix_imports", "buffer_callback"], 1);

fn receiver<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a Pickler> {
    slf.downcast::<Pickler>().ok_or_else(|| vm.system_error("bad argument to internal function"))
}

fn pickler_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let this = receiver(slf, vm)?;
    if this.running.get() {
        return Err(vm.runtime_error("Pickler object is already used"));
    }
    let mut slots = [None; 4];
    bind(&INIT, args, &mut slots, vm)?;
    let [file, protocol, fix_imports, buffer_callback] = slots;
    let Some(file) = file else { return Err(pyrope_object::bind::unbound("Pickler", vm)) };
    let fix_imports = fix_imports.map_or(Ok(true), |fix| vm.is_true(fix))?;
    this.set_options(protocol, fix_imports, buffer_callback, vm)?;
    this.set_file(file, vm)?;
    drop(this.output.with_mut(Output::take));
    this.memo.set(Memo::default());
    this.fast.set(0);
    this.fast_nesting.set(0);
    let table = vm.find_attr_str(slf, "dispatch_table")?;
    this.dispatch_table.set(table);
    Ok(())
}

fn is_persistent_id(name: &Value) -> bool {
    name.downcast::<Str>().is_some_and(|name| name.equals_str("persistent_id"))
}

/// A `persistent_id` set on the instance wins over the class's method.
fn pickler_getattr(slf: &Value, name: &Value, vm: &Vm) -> PyResult {
    if let Some(this) = slf.downcast::<Pickler>()
        && is_persistent_id(name)
        && let Some(own) = this.own_persistent_id.get()
    {
        return Ok(own);
    }
    generic_getattr(slf, name, vm)
}

fn pickler_setattr(slf: &Value, name: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    if let Some(this) = slf.downcast::<Pickler>()
        && is_persistent_id(name)
    {
        if value.is_none() && this.own_persistent_id.with(Option::is_none) {
            return Err(vm.no_attribute(slf, name));
        }
        this.own_persistent_id.set(value.cloned());
        return Ok(());
    }
    generic_setattr(slf, name, value, vm)
}

impl Pickler {
    /// A pickler without a file that has its options yet to be set.
    pub(super) fn blank(class: &Type, vm: &Vm) -> Ref<Pickler> {
        let fields = Pickler {
            header: Header::blank(),
            memo: Guarded::default(),
            write: Guarded::default(),
            own_persistent_id: Guarded::default(),
            persistent_id: Guarded::default(),
            reducer_override: Guarded::default(),
            dispatch_table: Guarded::default(),
            buffer_callback: Guarded::default(),
            output: Guarded::default(),
            protocol: Cell::new(0),
            bin: Cell::new(0),
            fast: Cell::new(0),
            fast_nesting: Cell::new(0),
            fast_entered: Guarded::default(),
            fix_imports: Cell::new(false),
            running: Cell::new(false),
        };
        Ref::new_in(vm, class, fields)
    }

    /// Sets protocol, `fix_imports` and `buffer_callback`.
    pub(super) fn set_options(
        &self,
        protocol: Option<&Value>,
        fix_imports: bool,
        buffer_callback: Option<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        let protocol = match protocol.filter(|protocol| !protocol.is_none()) {
            None => HIGHEST_PROTOCOL,
            Some(protocol) => match vm.index_i64(protocol)?.and_then(|n| i32::try_from(n).ok()) {
                None => return Err(vm.overflow_error("Python int too large to convert to C int")),
                Some(..0) => HIGHEST_PROTOCOL,
                Some(n) if n > HIGHEST_PROTOCOL => {
                    return Err(vm.value_error(format!("pickle protocol must be <= {HIGHEST_PROTOCOL}")));
                }
                Some(n) => n,
            },
        };
        let buffer_callback = buffer_callback.filter(|callback| !callback.is_none());
        if buffer_callback.is_some() && protocol < 5 {
            return Err(vm.value_error("buffer_callback needs protocol >= 5"));
        }
        self.protocol.set(protocol);
        self.bin.set(i32::from(protocol > 0));
        self.fix_imports.set(fix_imports && protocol < 3);
        self.buffer_callback.set(buffer_callback.cloned());
        Ok(())
    }

    /// Writes to `file.write` from now on.
    pub(super) fn set_file(&self, file: &Value, vm: &Vm) -> PyResult<()> {
        match vm.find_attr_str(file, "write")? {
            Some(write) => {
                self.write.set(Some(write));
                Ok(())
            }
            None => Err(vm.type_error("file must have a 'write' attribute")),
        }
    }

    /// True for the protocols with binary opcodes.
    #[inline]
    pub(super) fn is_binary(&self) -> bool {
        self.bin.get() != 0
    }

    /// Appends an opcode with its operands.
    #[inline]
    pub(super) fn write(&self, data: &[u8]) {
        self.output.with_mut(|output| output.write(data));
    }

    /// Between two opcodes: closes a large frame and hands it to the file.
    #[inline]
    pub(super) fn at_boundary(&self, vm: &Vm) -> PyResult<()> {
        if self.output.with(Output::frame_is_full) {
            self.output.with_mut(Output::commit_frame);
            self.flush(vm)?;
        }
        Ok(())
    }

    /// Hands what there is to the file, if there is one.
    pub(super) fn flush(&self, vm: &Vm) -> PyResult<()> {
        let Some(write) = self.write.get() else { return Ok(()) };
        let bytes = self.output.with_mut(Output::take);
        let bytes = vm.new_bytes(&bytes)?.into_value();
        vm.call(&write, &[bytes])?;
        Ok(())
    }

    /// Appends an opcode with a long payload. Large payloads lie outside frames and go to the file as they are;
    /// `object` is the payload as a Python object, if there is one.
    pub(super) fn write_payload(&self, head: &[u8], payload: &[u8], object: Option<&Value>, vm: &Vm) -> PyResult<()> {
        if payload.len() < FRAME_SIZE_TARGET {
            let room = self.output.with_mut(|output| {
                let room = output.bytes.try_reserve(payload.len() + 32).is_ok();
                if room {
                    output.write(head);
                    output.write(payload);
                }
                room
            });
            return if room { Ok(()) } else { Err(vm.memory_error()) };
        }
        let framing = self.output.with_mut(|output| {
            output.commit_frame();
            output.write_unframed(head);
            std::mem::take(&mut output.framing)
        });
        let result = match self.write.get() {
            Some(write) => self.write_through(&write, payload, object, vm),
            None => self.append_large(payload, vm),
        };
        self.output.with_mut(|output| output.framing = framing);
        result
    }

    fn write_through(&self, write: &Value, payload: &[u8], object: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.flush(vm)?;
        let object = match object {
            Some(object) => object.clone(),
            None => vm.new_bytes(payload)?.into_value(),
        };
        vm.call(write, &[object])?;
        Ok(())
    }

    fn append_large(&self, payload: &[u8], vm: &Vm) -> PyResult<()> {
        let room = self.output.with_mut(|output| {
            let room = output.bytes.try_reserve(payload.len()).is_ok();
            if room {
                output.bytes.extend_from_slice(payload);
            }
            room
        });
        if room { Ok(()) } else { Err(vm.memory_error()) }
    }

    /// `dump` without the file: the pickle is in the output afterwards.
    pub(super) fn run(this: &Ref<Pickler>, object: &Value, vm: &Vm) -> PyResult<()> {
        if this.running.replace(true) {
            return Err(vm.runtime_error("Pickler object is already used"));
        }
        let result = Self::run_once(this, object, vm);
        this.running.set(false);
        this.output.with_mut(|output| output.framing = false);
        this.persistent_id.set(None);
        this.reducer_override.set(None);
        result
    }

    fn run_once(this: &Ref<Pickler>, object: &Value, vm: &Vm) -> PyResult<()> {
        let slf = this.as_value();
        if !slf.ty(vm).is_exactly(Pickler::def()) || this.own_persistent_id.with(Option::is_some) {
            this.persistent_id.set(Self::find_persistent_id(this, vm)?);
            this.reducer_override.set(vm.find_attr_str(slf, "reducer_override")?);
        }
        let protocol = this.protocol.get();
        if protocol >= 2 {
            this.write(&[PROTO, protocol as u8]);
        }
        if protocol >= 4 {
            this.output.with_mut(|output| output.framing = true);
        }
        this.save(object, true, vm)?;
        this.write(&[STOP]);
        this.output.with_mut(Output::commit_frame);
        Ok(())
    }

    /// The bound `persistent_id`, unless it is the one of this class, which says None to everything.
    fn find_persistent_id(this: &Ref<Pickler>, vm: &Vm) -> PyResult<Option<Value>> {
        let slf = this.as_value();
        let name = vm.intern("persistent_id");
        let plain = slf.ty(vm).slots().getattr.is_some_and(|f| std::ptr::fn_addr_eq(f, pickler_getattr as GetattrFn));
        let inherited =
            slf.ty(vm).lookup_with_owner(&name, vm).is_some_and(|(_, owner)| owner.is_exactly(Pickler::def()));
        if plain && inherited && this.own_persistent_id.with(Option::is_none) {
            return Ok(None);
        }
        vm.get_attr(slf, name.as_value()).map(Some)
    }

    /// The finished pickle.
    pub(super) fn take_output(&self) -> Vec<u8> {
        self.output.with_mut(Output::take)
    }
}

type GetattrFn = fn(&Value, &Value, &Vm) -> PyResult;

#[pymethods]
impl Pickler {
    /// Clears the pickler's "memo".
    ///
    /// The memo is the data structure that remembers which objects the
    /// pickler has already seen, so that shared or recursive objects are
    /// pickled by reference and not by value.  This method is useful when
    /// re-using picklers.
    #[method("clear_memo($self, /)")]
    fn clear_memo(&self) {
        self.memo.set(Memo::default());
    }

    /// Write a pickled representation of the given object to the open file.
    #[method("dump($self, obj, /)")]
    fn dump(this: &Ref<Pickler>, obj: &Value, vm: &Vm) -> PyResult<()> {
        if this.write.with(Option::is_none) {
            let class = pyrope_object::bind::full_type_name(this.as_value(), vm);
            return Err(pickling_error(format!("Pickler.__init__() was not called by {class}.__init__()"), vm));
        }
        if !this.running.get() {
            drop(this.output.with_mut(Output::take));
        }
        Pickler::run(this, obj, vm)?;
        this.flush(vm)
    }

    #[method("persistent_id($self, obj, /)")]
    fn default_persistent_id(&self, _obj: &Value) {}

    /// Returns size in memory, in bytes.
    #[method("__sizeof__($self, /)")]
    fn sizeof(&self) -> usize {
        let entry = size_of::<(u64, usize, Value)>();
        size_of::<Pickler>() + self.memo.with(|memo| memo.len() * entry) + self.output.with(|o| o.bytes.capacity())
    }

    #[getter("bin")]
    #[member]
    fn get_bin(&self) -> i32 {
        self.bin.get()
    }

    #[setter("bin")]
    fn set_bin(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.bin.set(small(value, vm)?);
        Ok(())
    }

    #[getter("fast")]
    #[member]
    fn get_fast(&self) -> i32 {
        self.fast.get()
    }

    #[setter("fast")]
    fn set_fast(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.fast.set(small(value, vm)?);
        Ok(())
    }

    #[getter("dispatch_table")]
    #[member]
    fn get_dispatch_table(slf: &Value, vm: &Vm) -> PyResult {
        let table = receiver(slf, vm)?.dispatch_table.get();
        table.ok_or_else(|| vm.no_attribute(slf, vm.new_str("dispatch_table").as_value()))
    }

    #[setter("dispatch_table")]
    fn set_dispatch_table(&self, value: Option<&Value>, _vm: &Vm) -> PyResult<()> {
        self.dispatch_table.set(value.cloned());
        Ok(())
    }

    #[getter("memo")]
    fn get_memo(this: &Ref<Pickler>, vm: &Vm) -> Value {
        PicklerMemoProxy::of(this.clone(), vm)
    }

    #[setter("memo")]
    fn set_memo(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("attribute deletion is not supported")) };
        let memo = if let Some(proxy) = value.downcast::<PicklerMemoProxy>() {
            proxy.pickler().memo.with(Memo::copied)
        } else if let Some(dict) = value.downcast::<Dict>() {
            memo_of_dict(dict, vm)?
        } else {
            let kind = vm.type_name(value);
            return Err(
                vm.type_error(format!("'memo' attribute must be a PicklerMemoProxy object or dict, not {kind}"))
            );
        };
        self.memo.set(memo);
        Ok(())
    }
}

fn small(value: Option<&Value>, vm: &Vm) -> PyResult<i32> {
    let Some(value) = value else { return Err(vm.type_error("can't delete numeric/char attribute")) };
    let number = vm.index_i64(value)?.and_then(|n| i32::try_from(n).ok());
    number.ok_or_else(|| vm.overflow_error("Python int too large to convert to C int"))
}

fn memo_of_dict(dict: &Dict, vm: &Vm) -> PyResult<Memo> {
    let mut memo = Memo::default();
    for entry in dict.entries() {
        let pair = entry.value.cast::<Tuple>().filter(|pair| pair.len() == 2);
        let Some(pair) = pair else { return Err(vm.type_error("'memo' values must be 2-item tuples")) };
        let index = vm.index_isize(&pair.as_slice()[0])?;
        drop(memo.insert(pair.as_slice()[1].clone(), index.max(0) as usize));
    }
    Ok(memo)
}
