//! `code`: compiled code with its constants as runtime values.

mod constants;
mod lines;
mod make;

use std::cell::{Cell, OnceCell};

use pyrope_bytecode::{CodeFlags, FastKind};
use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::layout::{Str, Tuple};
use pyrope_object::{BuiltinType as B, CompareOp, Guarded, Header, Kwargs, PyResult, Ref, Slots, Value, Vm};

use crate::monitor::CodeMonitor;
use crate::quicken::Quick;

pub use constants::{constant_to_value, to_constant};

/// Marks code whose calls need real argument binding.
pub const NOT_SIMPLE: u32 = u32::MAX;

/// Create a code object.  Not for mere mortals.
#[pyclass(
    name = "code",
    builtin = Code,
    flags(WEAKREF),
    signature = "(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, codestring, constants, names, varnames, filename, name, qualname, firstlineno, linetable, exceptiontable, freevars=(), cellvars=(), /)",
    methods(CodeObject::METHODS),
    getset(CodeObject::GETSETS),
    slots = Slots {
        repr: Some(code_repr),
        hash: Some(code_hash),
        richcompare: Some(code_compare),
        new: Some(make::code_new),
        ..Slots::EMPTY
    }
)]
#[derive(Traverse)]
pub struct CodeObject {
    header: Header,
    /// Everything but the constants, which are moved to `consts`.
    #[traverse(skip)]
    pub raw: pyrope_bytecode::Code,
    pub consts: Ref<Tuple>,
    #[traverse(skip)]
    pub names: Box<[Ref<Str>]>,
    /// Names of the fast locals.
    #[traverse(skip)]
    pub local_names: Box<[Ref<Str>]>,
    #[traverse(skip)]
    filename: Guarded<Ref<Str>>,
    #[traverse(skip)]
    pub name: Ref<Str>,
    #[traverse(skip)]
    pub qualname: Ref<Str>,
    /// The number of arguments a call must have to be entered without binding, or [`NOT_SIMPLE`].
    #[traverse(skip)]
    pub simple_args: u32,
    /// Words of locals and operands.
    #[traverse(skip)]
    pub frame_slots: u32,
    /// The number of parameters: all that stand before other locals.
    #[traverse(skip)]
    pub parameters: u32,
    /// The machine's translation, made on first entry; owned.
    #[traverse(skip)]
    pub(crate) quick: Cell<*const Quick>,
    /// What those who watch it have asked for.
    #[traverse(skip)]
    pub(crate) monitor: OnceCell<Box<CodeMonitor>>,
}

/// The parts from which a code object is made.
pub struct CodeParts {
    /// `consts` in it are not looked at.
    pub raw: pyrope_bytecode::Code,
    pub consts: Ref<Tuple>,
    pub filename: Ref<Str>,
}

impl CodeObject {
    /// Makes the runtime form of compiled code; nested code objects too.
    pub fn from_bytecode(code: &pyrope_bytecode::Code, vm: &Vm) -> PyResult<Ref<CodeObject>> {
        let filename = constants::wtf8_to_str(&code.filename, vm)?;
        let filename = vm.intern_str(&filename);
        Self::from_bytecode_named(code, &filename, vm)
    }

    fn from_bytecode_named(code: &pyrope_bytecode::Code, filename: &Ref<Str>, vm: &Vm) -> PyResult<Ref<CodeObject>> {
        vm.check_stack("")?;
        let consts =
            code.consts.iter().map(|c| constants::constant_in_file(c, filename, vm)).collect::<PyResult<Vec<_>>>()?;
        let raw = pyrope_bytecode::Code { consts: [].into(), ..code.clone() };
        Ok(Self::new(CodeParts { raw, consts: vm.new_tuple(consts), filename: filename.clone() }, vm))
    }

    /// Makes a code object of its parts.
    pub fn new(parts: CodeParts, vm: &Vm) -> Ref<CodeObject> {
        let CodeParts { mut raw, consts, filename } = parts;
        raw.consts = [].into();
        let variadic = raw.flags & (CodeFlags::VARARGS | CodeFlags::VARKEYWORDS);
        let parameters = raw.argcount + raw.kwonlyargcount + variadic.count_ones();
        let simple = variadic == 0 && raw.kwonlyargcount == 0;
        let intern = |names: &[std::rc::Rc<str>]| names.iter().map(|n| vm.intern(n)).collect();
        Ref::new(
            vm,
            CodeObject {
                header: Header::blank(),
                names: intern(&raw.names),
                local_names: intern(&raw.localsplusnames),
                filename: Guarded::new(filename),
                name: vm.intern(&raw.name),
                qualname: vm.intern(&raw.qualname),
                simple_args: if simple { raw.argcount } else { NOT_SIMPLE },
                frame_slots: raw.localsplusnames.len() as u32 + raw.stacksize + 1,
                parameters,
                quick: Cell::new(std::ptr::null()),
                monitor: OnceCell::new(),
                consts,
                raw,
            },
        )
    }

    /// The compiled form again; TypeError-free: `None` if a constant is nothing that code can hold.
    pub fn to_bytecode(&self, vm: &Vm) -> Option<pyrope_bytecode::Code> {
        let consts = self.consts.as_slice().iter().map(|c| to_constant(c, vm)).collect::<Option<Vec<_>>>()?;
        let filename = constants::str_to_wtf8(&self.filename.get());
        Some(pyrope_bytecode::Code { consts: consts.into(), filename: filename.into(), ..self.raw.clone() })
    }

    /// `co_filename`
    pub fn filename(&self) -> Ref<Str> {
        self.filename.get()
    }

    /// Sets `co_filename` here and in nested code that has the same one (`_imp._fix_co_filename`).
    pub fn set_filename(&self, filename: &Ref<Str>) {
        let old = self.filename.replace(filename.clone());
        for constant in self.consts.as_slice() {
            if let Some(nested) = constant.downcast::<CodeObject>()
                && nested.filename.get().equals(&old)
            {
                nested.set_filename(filename);
            }
        }
    }

    /// Translates the code now. SystemError if it is not well-formed.
    pub fn translate(&self, vm: &Vm) -> PyResult<()> {
        crate::quicken::quick_of(self, vm).map(drop)
    }

    /// What those who watch it have asked for, made on first use.
    pub(crate) fn monitor(&self) -> &CodeMonitor {
        self.monitor.get_or_init(Box::default)
    }

    /// Number of fast locals of all kinds.
    #[inline]
    pub fn local_count(&self) -> usize {
        self.local_names.len()
    }

    /// True if all bits of `flag` are set in `co_flags`.
    pub fn has(&self, flag: u32) -> bool {
        self.raw.flags & flag == flag
    }

    /// How many fast locals have a kind of [`FastKind`].
    pub fn count_of_kind(&self, kind: u8) -> usize {
        self.raw.localspluskinds.iter().filter(|k| *k & kind != 0).count()
    }

    /// The names of the fast locals of a kind.
    pub fn names_of_kind(&self, kind: u8) -> Vec<Value> {
        let kinds = self.raw.localspluskinds.iter();
        kinds.zip(&self.local_names).filter(|(k, _)| *k & kind != 0).map(|(_, n)| n.to_value()).collect()
    }

    /// The line of the instruction at a byte offset.
    pub fn line_at(&self, offset: usize) -> Option<i32> {
        let location = pyrope_bytecode::location_at(&self.raw.linetable, self.raw.firstlineno, offset)?;
        (location.line >= 0).then_some(location.line)
    }
}

impl Drop for CodeObject {
    fn drop(&mut self) {
        crate::quicken::release(self.quick.get());
    }
}

#[pymethods]
impl CodeObject {
    #[getter]
    #[member]
    fn co_argcount(&self, vm: &Vm) -> Value {
        vm.int(self.raw.argcount.into())
    }

    #[getter]
    #[member]
    fn co_posonlyargcount(&self, vm: &Vm) -> Value {
        vm.int(self.raw.posonlyargcount.into())
    }

    #[getter]
    #[member]
    fn co_kwonlyargcount(&self, vm: &Vm) -> Value {
        vm.int(self.raw.kwonlyargcount.into())
    }

    #[getter]
    fn co_nlocals(&self, vm: &Vm) -> Value {
        vm.int_from_usize(self.count_of_kind(FastKind::LOCAL))
    }

    #[getter]
    #[member]
    fn co_stacksize(&self, vm: &Vm) -> Value {
        vm.int(self.raw.stacksize.into())
    }

    #[getter]
    #[member]
    fn co_flags(&self, vm: &Vm) -> Value {
        vm.int(self.raw.flags.into())
    }

    #[getter]
    fn co_code(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_bytes(&self.raw.code)?.into_value())
    }

    #[getter]
    fn _co_code_adaptive(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_bytes(&self.raw.code)?.into_value())
    }

    #[getter]
    #[member]
    fn co_consts(&self) -> Value {
        self.consts.to_value()
    }

    #[getter]
    #[member]
    fn co_names(&self, vm: &Vm) -> Value {
        vm.new_tuple(self.names.iter().map(Ref::to_value).collect()).into_value()
    }

    #[getter]
    fn co_varnames(&self, vm: &Vm) -> Value {
        vm.new_tuple(self.names_of_kind(FastKind::LOCAL)).into_value()
    }

    #[getter]
    fn co_cellvars(&self, vm: &Vm) -> Value {
        vm.new_tuple(self.names_of_kind(FastKind::CELL)).into_value()
    }

    #[getter]
    fn co_freevars(&self, vm: &Vm) -> Value {
        vm.new_tuple(self.names_of_kind(FastKind::FREE)).into_value()
    }

    #[getter]
    #[member]
    fn co_filename(&self) -> Value {
        self.filename.get().into_value()
    }

    #[getter]
    #[member]
    fn co_name(&self) -> Value {
        self.name.to_value()
    }

    #[getter]
    #[member]
    fn co_qualname(&self) -> Value {
        self.qualname.to_value()
    }

    #[getter]
    #[member]
    fn co_firstlineno(&self, vm: &Vm) -> Value {
        vm.int(self.raw.firstlineno.into())
    }

    #[getter]
    #[member]
    fn co_linetable(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_bytes(&self.raw.linetable)?.into_value())
    }

    #[getter]
    #[member]
    fn co_exceptiontable(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_bytes(&self.raw.exceptiontable)?.into_value())
    }

    #[getter]
    fn co_lnotab(&self, vm: &Vm) -> PyResult {
        vm.warn(B::DeprecationWarning, "co_lnotab is deprecated, use co_lines instead.", 1)?;
        Ok(vm.new_bytes(&lines::lnotab(self))?.into_value())
    }

    #[method("co_lines($self, /)")]
    fn co_lines(&self, vm: &Vm) -> PyResult {
        let entries = lines::line_tuples(self, vm);
        vm.iter(vm.new_list(entries).as_value())
    }

    #[method("co_positions($self, /)")]
    fn co_positions(&self, vm: &Vm) -> PyResult {
        let entries = lines::position_tuples(self, vm);
        vm.iter(vm.new_list(entries).as_value())
    }

    #[method("co_branches($self, /)")]
    fn co_branches(&self, vm: &Vm) -> PyResult {
        let entries = lines::branch_tuples(self, vm);
        vm.iter(vm.new_list(entries).as_value())
    }

    /// Return a copy of the code object with new values for the specified fields.
    #[method("replace($self, /, **changes)")]
    fn replace(this: &Ref<CodeObject>, changes: Kwargs<'_>, vm: &Vm) -> PyResult {
        make::code_replace(this, &changes, vm)
    }

    /// Return a copy of the code object with new values for the specified fields.
    #[method("__replace__($self, /, **changes)")]
    fn __replace__(this: &Ref<CodeObject>, changes: Kwargs<'_>, vm: &Vm) -> PyResult {
        make::code_replace(this, &changes, vm)
    }

    /// Return the name of the fast local that an operand means.
    #[method("_varname_from_oparg($self, /, oparg)")]
    fn _varname_from_oparg(&self, oparg: isize, vm: &Vm) -> PyResult {
        match usize::try_from(oparg).ok().and_then(|i| self.local_names.get(i)) {
            Some(name) => Ok(name.to_value()),
            None => Err(vm.index_error("tuple index out of range")),
        }
    }
}

fn this(value: &Value, vm: &Vm) -> PyResult<Ref<CodeObject>> {
    value.cast::<CodeObject>().ok_or_else(|| vm.type_error("expected a code object"))
}

fn code_repr(value: &Value, vm: &Vm) -> PyResult {
    let code = this(value, vm)?;
    let text = format!(
        "<code object {} at {:#x}, file \"{}\", line {}>",
        code.name.to_string_lossy(),
        value.id(),
        code.filename.get().to_string_lossy(),
        code.raw.firstlineno
    );
    Ok(vm.try_str(&text)?.into_value())
}

fn code_hash(value: &Value, vm: &Vm) -> PyResult<i64> {
    let code = this(value, vm)?;
    let mut hash = code.name.hash(vm) as u64;
    let mut mix = |part: u64| hash = (hash ^ part).wrapping_mul(0x0000_0100_0000_01b3);
    mix(vm.hash(code.consts.as_value())? as u64);
    mix(vm.interp().hash_bytes(&code.raw.code) as u64);
    mix(vm.interp().hash_bytes(&code.raw.linetable) as u64);
    code.names.iter().chain(&code.local_names).for_each(|name| mix(name.hash(vm) as u64));
    mix(code.raw.argcount.into());
    mix(code.raw.firstlineno as u64);
    Ok(if hash as i64 == -1 { -2 } else { hash as i64 })
}

fn code_compare(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(left), Some(right)) = (a.downcast::<CodeObject>(), b.downcast::<CodeObject>()) else {
        return Ok(Value::not_implemented());
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::not_implemented());
    }
    let (x, y) = (&left.raw, &right.raw);
    let equal = a.is(b)
        || (x.name == y.name
            && x.argcount == y.argcount
            && x.posonlyargcount == y.posonlyargcount
            && x.kwonlyargcount == y.kwonlyargcount
            && x.flags == y.flags
            && x.firstlineno == y.firstlineno
            && x.code == y.code
            && x.names == y.names
            && x.localsplusnames == y.localsplusnames
            && x.linetable == y.linetable
            && x.exceptiontable == y.exceptiontable
            && constants::same_constants(left.consts.as_slice(), right.consts.as_slice(), vm)?);
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}
