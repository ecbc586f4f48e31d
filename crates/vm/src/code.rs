//! `code`: compiled code with its constants as runtime values.

mod constants;
mod lines;
mod make;

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use pyrope_bytecode::image::ImageCode;
use pyrope_bytecode::{CodeFlags, FastKind};
use pyrope_macros::{pyclass, pymethods};
use pyrope_object::layout::{Str, Tuple};
use pyrope_object::{BuiltinType as B, CompareOp, Guarded, Header, Kwargs, PyResult, Ref, Slots, Traverse, Value, Vm};

use crate::monitor::CodeMonitor;
use crate::quicken::Quick;

use constants::{SourceFile, Texts};
pub use constants::{constant_to_value, to_constant};
pub use make::{check, interned_name};

/// Operands that a frame has room for, whatever its code claims: compiled code never comes near, and code that is made by
/// hand or read from a file must not reserve the machine's memory.
const MOST_OPERANDS: u32 = 1 << 20;

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
pub struct CodeObject {
    header: Header,
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub stacksize: u32,
    /// Bits of [`CodeFlags`].
    pub flags: u32,
    pub firstlineno: i32,
    tables: Tables,
    /// There from the beginning, or since [`CodeObject::load`].
    objects: OnceCell<Box<Objects>>,
    filename: Guarded<Ref<Str>>,
    pub name: Ref<Str>,
    pub qualname: Ref<Str>,
    /// The number of arguments a call must have to be entered without binding, or [`NOT_SIMPLE`].
    pub simple_args: u32,
    /// Words of locals and operands.
    pub frame_slots: u32,
    /// The number of parameters: all that stand before other locals.
    pub parameters: u32,
    /// The number of fast locals of all kinds.
    locals: u32,
    /// The machine's translation, made on first entry; owned.
    pub(crate) quick: Cell<*const Quick>,
    /// What those who watch it have asked for.
    pub(crate) monitor: OnceCell<Box<CodeMonitor>>,
}

/// What of a code object is bytes.
enum Tables {
    Own(Box<OwnTables>),
    /// Code of the library, which lies in the binary.
    Image(ImageCode),
}

/// Tables of code that does not lie in the binary.
pub struct OwnTables {
    pub code: Rc<[u8]>,
    /// As many as there are names of fast locals.
    pub localspluskinds: Rc<[u8]>,
    pub linetable: Rc<[u8]>,
    pub exceptiontable: Rc<[u8]>,
}

/// What of a code object is objects.
pub struct Objects {
    pub consts: Ref<Tuple>,
    pub names: Box<[Ref<Str>]>,
    /// Names of the fast locals.
    pub local_names: Box<[Ref<Str>]>,
}

impl Traverse for CodeObject {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        if let Some(objects) = self.objects.get() {
            objects.consts.traverse(visit);
        }
    }
}

/// The parts from which a code object is made. The names are interned.
pub struct CodeParts {
    pub numbers: Numbers,
    pub tables: OwnTables,
    pub objects: Objects,
    pub filename: Ref<Str>,
    pub name: Ref<Str>,
    pub qualname: Ref<Str>,
}

/// The numbers of a code object.
pub struct Numbers {
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub stacksize: u32,
    pub flags: u32,
    pub firstlineno: i32,
}

impl CodeObject {
    /// Makes the runtime form of compiled code; nested code objects too.
    pub fn from_bytecode(code: &pyrope_bytecode::Code, vm: &Vm) -> PyResult<Ref<CodeObject>> {
        Self::from_bytecode_in(code, &SourceFile::of(code, vm)?, vm)
    }

    fn from_bytecode_in(code: &pyrope_bytecode::Code, file: &SourceFile, vm: &Vm) -> PyResult<Ref<CodeObject>> {
        vm.check_stack("")?;
        let consts =
            code.consts.iter().map(|c| constants::constant_in_file(c, file, vm)).collect::<PyResult<Vec<_>>>()?;
        let parts = CodeParts {
            numbers: Numbers {
                argcount: code.argcount,
                posonlyargcount: code.posonlyargcount,
                kwonlyargcount: code.kwonlyargcount,
                stacksize: code.stacksize,
                flags: code.flags,
                firstlineno: code.firstlineno,
            },
            tables: OwnTables {
                code: code.code.clone(),
                localspluskinds: code.localspluskinds.clone(),
                linetable: code.linetable.clone(),
                exceptiontable: code.exceptiontable.clone(),
            },
            objects: Objects {
                consts: vm.new_tuple(consts),
                names: file.intern_all(&code.names, vm),
                local_names: file.intern_all(&code.localsplusnames, vm),
            },
            filename: file.name.clone(),
            name: file.intern(&code.name, vm),
            qualname: file.intern(&code.qualname, vm),
        };
        Ok(Self::new(parts, vm))
    }

    /// Makes a code object of its parts.
    pub fn new(parts: CodeParts, vm: &Vm) -> Ref<CodeObject> {
        let CodeParts { numbers, tables, objects, filename, name, qualname } = parts;
        let locals = objects.local_names.len() as u32;
        let objects = OnceCell::from(Box::new(objects));
        Self::of_parts(numbers, locals, Tables::Own(Box::new(tables)), objects, filename, (name, qualname), vm)
    }

    /// The code of a module of the library. What its functions hold is made when they are first needed.
    pub fn from_image(image: ImageCode, vm: &Vm) -> Ref<CodeObject> {
        Self::from_image_named(image, vm.intern(image.filename()), vm)
    }

    fn from_image_named(image: ImageCode, filename: Ref<Str>, vm: &Vm) -> Ref<CodeObject> {
        let numbers = Numbers {
            argcount: image.argcount(),
            posonlyargcount: image.posonlyargcount(),
            kwonlyargcount: image.kwonlyargcount(),
            stacksize: image.stacksize(),
            flags: image.flags(),
            firstlineno: image.firstlineno(),
        };
        let locals = image.localspluskinds().len() as u32;
        let names = (vm.intern(image.name()), vm.intern(image.qualname()));
        Self::of_parts(numbers, locals, Tables::Image(image), OnceCell::new(), filename, names, vm)
    }

    fn of_parts(
        numbers: Numbers,
        locals: u32,
        tables: Tables,
        objects: OnceCell<Box<Objects>>,
        filename: Ref<Str>,
        (name, qualname): (Ref<Str>, Ref<Str>),
        vm: &Vm,
    ) -> Ref<CodeObject> {
        let Numbers { argcount, posonlyargcount, kwonlyargcount, stacksize, flags, firstlineno } = numbers;
        let variadic = flags & (CodeFlags::VARARGS | CodeFlags::VARKEYWORDS);
        let simple = variadic == 0 && kwonlyargcount == 0;
        Ref::new(
            vm,
            CodeObject {
                header: Header::blank(),
                argcount,
                posonlyargcount,
                kwonlyargcount,
                stacksize,
                flags,
                firstlineno,
                tables,
                objects,
                filename: Guarded::new(filename),
                name,
                qualname,
                simple_args: if simple { argcount } else { NOT_SIMPLE },
                frame_slots: locals + stacksize.min(MOST_OPERANDS) + 1,
                parameters: argcount + kwonlyargcount + variadic.count_ones(),
                locals,
                quick: Cell::new(std::ptr::null()),
                monitor: OnceCell::new(),
            },
        )
    }

    /// Constants and names, which code of the library has only from now on.
    pub fn load(&self, vm: &Vm) -> PyResult<&Objects> {
        if let Some(objects) = self.objects.get() {
            return Ok(objects);
        }
        let Tables::Image(image) = &self.tables else { unreachable!("only code of an image is made without objects") };
        let filename = self.filename.get();
        let consts = image.consts().map(|constant| constants::image_constant(constant, &filename, vm));
        let objects = Objects {
            consts: vm.new_tuple(consts.collect::<PyResult<Vec<_>>>()?),
            names: image.names().map(|name| vm.intern(name)).collect(),
            local_names: image.localsplusnames().map(|name| vm.intern(name)).collect(),
        };
        Ok(self.objects.get_or_init(|| Box::new(objects)))
    }

    /// Constants and names of code that runs, ran or was loaded: translation loads.
    #[inline]
    pub(crate) fn loaded(&self) -> &Objects {
        match self.objects.get() {
            Some(objects) => objects,
            None => unreachable!("code is loaded when it is translated"),
        }
    }

    /// The same of any code.
    #[inline(always)]
    pub(crate) fn if_loaded(&self) -> Option<&Objects> {
        self.objects.get().map(|objects| &**objects)
    }

    /// `co_code`
    #[inline]
    pub fn bytecode(&self) -> &[u8] {
        match &self.tables {
            Tables::Own(own) => &own.code,
            Tables::Image(image) => image.code(),
        }
    }

    /// Kinds of the fast locals, a byte each with bits of [`FastKind`].
    #[inline]
    pub fn localspluskinds(&self) -> &[u8] {
        match &self.tables {
            Tables::Own(own) => &own.localspluskinds,
            Tables::Image(image) => image.localspluskinds(),
        }
    }

    /// `co_linetable`
    pub fn linetable(&self) -> &[u8] {
        match &self.tables {
            Tables::Own(own) => &own.linetable,
            Tables::Image(image) => image.linetable(),
        }
    }

    /// `co_exceptiontable`
    pub fn exceptiontable(&self) -> &[u8] {
        match &self.tables {
            Tables::Own(own) => &own.exceptiontable,
            Tables::Image(image) => image.exceptiontable(),
        }
    }

    /// Code of the library: what makes it well-formed was checked when it was built.
    pub(crate) fn is_of_library(&self) -> bool {
        matches!(self.tables, Tables::Image(_))
    }

    /// The compiled form again: `None` if a constant is nothing that code can hold.
    pub fn to_bytecode(&self, vm: &Vm) -> PyResult<Option<pyrope_bytecode::Code>> {
        self.to_bytecode_with(&mut Texts::default(), vm)
    }

    fn to_bytecode_with(&self, texts: &mut Texts, vm: &Vm) -> PyResult<Option<pyrope_bytecode::Code>> {
        let Objects { consts, names, local_names } = self.load(vm)?;
        let consts = consts.as_slice().iter().map(|constant| constants::constant_with(constant, texts, vm));
        let Some(consts) = consts.collect::<Option<Vec<_>>>() else { return Ok(None) };
        let OwnTables { code, localspluskinds, linetable, exceptiontable } = self.own_tables();
        Ok(Some(pyrope_bytecode::Code {
            argcount: self.argcount,
            posonlyargcount: self.posonlyargcount,
            kwonlyargcount: self.kwonlyargcount,
            stacksize: self.stacksize,
            flags: self.flags,
            code,
            consts: consts.into(),
            names: texts.names(names),
            localsplusnames: texts.names(local_names),
            localspluskinds,
            filename: texts.file(&self.filename.get()),
            name: texts.name(&self.name),
            qualname: texts.name(&self.qualname),
            firstlineno: self.firstlineno,
            linetable,
            exceptiontable,
        }))
    }

    fn own_tables(&self) -> OwnTables {
        match &self.tables {
            Tables::Own(own) => OwnTables {
                code: own.code.clone(),
                localspluskinds: own.localspluskinds.clone(),
                linetable: own.linetable.clone(),
                exceptiontable: own.exceptiontable.clone(),
            },
            Tables::Image(image) => OwnTables {
                code: image.code().into(),
                localspluskinds: image.localspluskinds().into(),
                linetable: image.linetable().into(),
                exceptiontable: image.exceptiontable().into(),
            },
        }
    }

    /// `co_filename`
    pub fn filename(&self) -> Ref<Str> {
        self.filename.get()
    }

    /// Sets `co_filename` here and in nested code that has the same one (`_imp._fix_co_filename`).
    pub fn set_filename(&self, filename: &Ref<Str>) {
        let old = self.filename.replace(filename.clone());
        let Some(objects) = self.objects.get() else { return };
        for constant in objects.consts.as_slice() {
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

    /// The most operands that the code can have on its stack.
    pub(crate) fn operand_limit(&self) -> usize {
        self.stacksize.min(MOST_OPERANDS) as usize
    }

    /// Number of fast locals of all kinds.
    #[inline]
    pub fn local_count(&self) -> usize {
        self.locals as usize
    }

    /// True if all bits of `flag` are set in `co_flags`.
    pub fn has(&self, flag: u32) -> bool {
        self.flags & flag == flag
    }

    /// How many fast locals have a kind of [`FastKind`].
    pub fn count_of_kind(&self, kind: u8) -> usize {
        self.localspluskinds().iter().filter(|k| *k & kind != 0).count()
    }

    /// The names of the fast locals of a kind.
    pub fn names_of_kind(&self, kind: u8, vm: &Vm) -> PyResult<Vec<Value>> {
        let named = self.localspluskinds().iter().zip(&self.load(vm)?.local_names);
        Ok(named.filter(|(k, _)| *k & kind != 0).map(|(_, n)| n.to_value()).collect())
    }

    /// The line of the instruction at a byte offset.
    pub fn line_at(&self, offset: usize) -> Option<i32> {
        let location = pyrope_bytecode::location_at(self.linetable(), self.firstlineno, offset)?;
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
        vm.int(self.argcount.into())
    }

    #[getter]
    #[member]
    fn co_posonlyargcount(&self, vm: &Vm) -> Value {
        vm.int(self.posonlyargcount.into())
    }

    #[getter]
    #[member]
    fn co_kwonlyargcount(&self, vm: &Vm) -> Value {
        vm.int(self.kwonlyargcount.into())
    }

    #[getter]
    fn co_nlocals(&self, vm: &Vm) -> Value {
        vm.int_from_usize(self.count_of_kind(FastKind::LOCAL))
    }

    #[getter]
    #[member]
    fn co_stacksize(&self, vm: &Vm) -> Value {
        vm.int(self.stacksize.into())
    }

    #[getter]
    #[member]
    fn co_flags(&self, vm: &Vm) -> Value {
        vm.int(self.flags.into())
    }

    #[getter]
    fn co_code(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_bytes(self.bytecode())?.into_value())
    }

    #[getter]
    fn _co_code_adaptive(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_bytes(self.bytecode())?.into_value())
    }

    #[getter]
    #[member]
    fn co_consts(&self, vm: &Vm) -> PyResult {
        Ok(self.load(vm)?.consts.to_value())
    }

    #[getter]
    #[member]
    fn co_names(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_tuple(self.load(vm)?.names.iter().map(Ref::to_value).collect()).into_value())
    }

    #[getter]
    fn co_varnames(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_tuple(self.names_of_kind(FastKind::LOCAL, vm)?).into_value())
    }

    #[getter]
    fn co_cellvars(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_tuple(self.names_of_kind(FastKind::CELL, vm)?).into_value())
    }

    #[getter]
    fn co_freevars(&self, vm: &Vm) -> PyResult {
        // What is something else besides does not count as free.
        let named = self.localspluskinds().iter().zip(&self.load(vm)?.local_names);
        let kinds = FastKind::LOCAL | FastKind::CELL | FastKind::FREE;
        let free = named.filter(|(kind, _)| **kind & kinds == FastKind::FREE);
        Ok(vm.new_tuple(free.map(|(_, name)| name.to_value()).collect()).into_value())
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
        vm.int(self.firstlineno.into())
    }

    #[getter]
    #[member]
    fn co_linetable(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_bytes(self.linetable())?.into_value())
    }

    #[getter]
    #[member]
    fn co_exceptiontable(&self, vm: &Vm) -> PyResult {
        Ok(vm.new_bytes(self.exceptiontable())?.into_value())
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
        let names = &self.load(vm)?.local_names;
        match usize::try_from(oparg).ok().and_then(|i| names.get(i)) {
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
        code.firstlineno
    );
    Ok(vm.try_str(&text)?.into_value())
}

fn code_hash(value: &Value, vm: &Vm) -> PyResult<i64> {
    let code = this(value, vm)?;
    let mut hash = code.name.hash(vm) as u64;
    let mut mix = |part: u64| hash = (hash ^ part).wrapping_mul(0x0000_0100_0000_01b3);
    let objects = code.load(vm)?;
    mix(vm.hash(objects.consts.as_value())? as u64);
    mix(vm.interp().hash_bytes(code.bytecode()) as u64);
    mix(vm.interp().hash_bytes(code.linetable()) as u64);
    objects.names.iter().chain(&objects.local_names).for_each(|name| mix(name.hash(vm) as u64));
    [code.argcount, code.posonlyargcount, code.kwonlyargcount].into_iter().for_each(|count| mix(count.into()));
    mix(code.flags.into());
    mix(code.firstlineno as u64);
    Ok(if hash as i64 == -1 { -2 } else { hash as i64 })
}

fn code_compare(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(left), Some(right)) = (a.downcast::<CodeObject>(), b.downcast::<CodeObject>()) else {
        return Ok(Value::not_implemented());
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::not_implemented());
    }
    let equal = a.is(b) || same_code(left, right, vm)?;
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

fn same_code(x: &CodeObject, y: &CodeObject, vm: &Vm) -> PyResult<bool> {
    let same_names = |a: &[Ref<Str>], b: &[Ref<Str>]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b));
    let (left, right) = (x.load(vm)?, y.load(vm)?);
    Ok(x.name.equals(&y.name)
        && x.argcount == y.argcount
        && x.posonlyargcount == y.posonlyargcount
        && x.kwonlyargcount == y.kwonlyargcount
        && x.flags == y.flags
        && x.firstlineno == y.firstlineno
        && x.bytecode() == y.bytecode()
        && same_names(&left.names, &right.names)
        && same_names(&left.local_names, &right.local_names)
        && x.linetable() == y.linetable()
        && x.exceptiontable() == y.exceptiontable()
        && constants::same_constants(left.consts.as_slice(), right.consts.as_slice(), vm)?)
}
