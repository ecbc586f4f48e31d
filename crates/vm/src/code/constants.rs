//! Constants of compiled code as runtime values, and back.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::{HashMap, HashSet};
use pyrope_bytecode::image::{ImageConstant, ImageString};
use pyrope_bytecode::{Code, Constant};
use pyrope_compiler::assemble::constant_key;
use pyrope_object::layout::{Bytes, Str, StrView, Tuple};
use pyrope_object::value::words;
use pyrope_object::{BuiltinType as B, PyResult, Ref, Value, Vm};
use pyrope_text::Wtf8Buf;

use super::CodeObject;

/// A `str` of WTF-8 text.
pub(super) fn wtf8_to_str(text: &Wtf8Buf, vm: &Vm) -> PyResult<Ref<Str>> {
    match text.as_str() {
        Some(text) => vm.try_str(text),
        None => vm.str_from_code_points(&text.code_points().collect::<Vec<_>>()),
    }
}

/// The text of a `str`, lone surrogates kept.
pub(super) fn str_to_wtf8(text: &Str) -> Wtf8Buf {
    if let StrView::Ascii(ascii) = text.view() {
        return Wtf8Buf::from(ascii);
    }
    if let Some(whole) = text.to_utf8() {
        return Wtf8Buf::from(&*whole);
    }
    let mut out = Wtf8Buf::new();
    text.code_points().for_each(|c| out.push_code_point(c));
    out
}

/// The value of a constant.
pub fn constant_to_value(constant: &Constant, vm: &Vm) -> PyResult {
    constant_in_file(constant, &SourceFile::named(vm.empty_str(), HashSet::default()), vm)
}

/// What the code objects of one source share.
pub(super) struct SourceFile {
    pub(super) name: Ref<Str>,
    /// Items of constant sets for which other strings were interned before.
    replaced: HashSet<Rc<Wtf8Buf>>,
    /// What was made of constants: equal ones are one object, in whatever function they are.
    merged: RefCell<HashMap<Merged, Value>>,
    /// The names that were met, by address: the functions of a source share them.
    names: RefCell<HashMap<*const u8, Ref<Str>>>,
}

/// A constant for which there is no object that exists once anyway.
#[derive(PartialEq, Eq, Hash)]
enum Merged {
    Str(Rc<Wtf8Buf>),
    Bytes(Rc<[u8]>),
    /// The key of a tuple, number or set.
    Other(Vec<u8>),
}

impl Merged {
    fn of(constant: &Constant) -> Option<Merged> {
        match constant {
            Constant::Str { value, interned: false } => Some(Merged::Str(value.clone())),
            Constant::Bytes(data) => Some(Merged::Bytes(data.clone())),
            Constant::Int(n) if i32::try_from(n).is_ok() => None,
            Constant::None | Constant::Bool(_) | Constant::Ellipsis | Constant::Str { .. } => None,
            Constant::Code(_) => None,
            _ if constant.has_nan() => None,
            _ => {
                let mut key = Vec::new();
                constant_key(constant, &mut key);
                Some(Merged::Other(key))
            }
        }
    }
}

impl SourceFile {
    fn named(name: Ref<Str>, replaced: HashSet<Rc<Wtf8Buf>>) -> SourceFile {
        SourceFile { name, replaced, merged: RefCell::default(), names: RefCell::default() }
    }

    /// The `str` of a name. It belongs to code that outlives this.
    pub(super) fn intern(&self, name: &Rc<str>, vm: &Vm) -> Ref<Str> {
        self.names.borrow_mut().entry(name.as_ptr()).or_insert_with(|| vm.intern(name)).clone()
    }

    pub(super) fn intern_all(&self, names: &[Rc<str>], vm: &Vm) -> Box<[Ref<Str>]> {
        names.iter().map(|name| self.intern(name, vm)).collect()
    }

    /// The file of a source's outermost code.
    pub(super) fn of(code: &Code, vm: &Vm) -> PyResult<SourceFile> {
        let name = vm.intern_str(&wtf8_to_str(&code.filename, vm)?);
        Ok(SourceFile::named(name, replaced_items(code, vm)))
    }
}

/// CPython's parser interns all names of a source, and later the constants that look like names. The order of a set shows
/// whether one of its items was interned before as another object.
fn replaced_items(code: &Code, vm: &Vm) -> HashSet<Rc<Wtf8Buf>> {
    let mut codes = vec![code];
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(code) = codes.get(at).copied() {
        at += 1;
        for constant in code.consts.iter() {
            match constant {
                Constant::Code(inner) => codes.push(inner),
                Constant::FrozenSet(set) => items.extend(set.iter().filter_map(name_like)),
                _ => {}
            }
        }
    }
    if items.is_empty() {
        return HashSet::default();
    }
    for name in codes.iter().flat_map(|code| code.names.iter().chain(code.localsplusnames.iter()).chain([&code.name])) {
        vm.intern(name);
    }
    let known = |text: &Rc<Wtf8Buf>| text.as_str().is_some_and(|text| vm.interp().interned_ascii(text).is_some());
    items.into_iter().filter(known).collect()
}

fn name_like(constant: &Constant) -> Option<Rc<Wtf8Buf>> {
    match constant {
        Constant::Str { value, interned: true } => Some(value.clone()),
        _ => None,
    }
}

/// The value of a constant; nested code shares `filename` where it has the same.
pub(super) fn constant_in_file(constant: &Constant, file: &SourceFile, vm: &Vm) -> PyResult {
    let Some(key) = Merged::of(constant) else { return new_constant(constant, file, vm) };
    if let Some(known) = file.merged.borrow().get(&key) {
        return Ok(known.clone());
    }
    let value = new_constant(constant, file, vm)?;
    file.merged.borrow_mut().insert(key, value.clone());
    Ok(value)
}

fn new_constant(constant: &Constant, file: &SourceFile, vm: &Vm) -> PyResult {
    let all = |items: &[Constant]| items.iter().map(|c| constant_in_file(c, file, vm)).collect::<PyResult<Vec<_>>>();
    Ok(match constant {
        Constant::None => Value::none(),
        Constant::Bool(truth) => Value::bool(*truth),
        Constant::Ellipsis => Value::ellipsis(),
        Constant::Int(n) => vm.int_from_big(n.clone()),
        Constant::Float(x) => vm.float(*x),
        Constant::Complex { real, imag } => complex(*real, *imag, vm)?,
        Constant::Str { value, interned: true } => match value.as_str() {
            Some(text) => vm.intern(text).into_value(),
            None => vm.intern_str(&wtf8_to_str(value, vm)?).into_value(),
        },
        Constant::Str { value, interned: false } => wtf8_to_str(value, vm)?.into_value(),
        Constant::Bytes(data) => vm.new_bytes(data)?.into_value(),
        Constant::Tuple(items) => vm.new_tuple(all(items)?).into_value(),
        Constant::FrozenSet(items) => {
            let replaced = items.iter().filter_map(name_like).any(|item| file.replaced.contains(&item));
            frozenset(all(items)?, replaced, vm)?
        }
        Constant::Slice(parts) => slice(&all(&parts[..])?, vm)?,
        Constant::Code(code) => {
            let same = code.filename.as_str().is_some_and(|name| file.name.equals_str(name));
            if same {
                CodeObject::from_bytecode_in(code, file, vm)?.into_value()
            } else {
                CodeObject::from_bytecode(code, vm)?.into_value()
            }
        }
    })
}

/// The value of a constant of the library's code; nested code has the same `filename`.
pub(super) fn image_constant(constant: ImageConstant, filename: &Ref<Str>, vm: &Vm) -> PyResult {
    let all = |items: Vec<ImageConstant>| {
        items.into_iter().map(|item| image_constant(item, filename, vm)).collect::<PyResult<Vec<_>>>()
    };
    Ok(match constant {
        ImageConstant::None => Value::none(),
        ImageConstant::Bool(truth) => Value::bool(truth),
        ImageConstant::Ellipsis => Value::ellipsis(),
        ImageConstant::Int(n) => vm.int_from_big(n),
        ImageConstant::Float(x) => vm.float(x),
        ImageConstant::Complex { real, imag } => complex(real, imag, vm)?,
        ImageConstant::Str(text) => image_string(text, vm)?.into_value(),
        ImageConstant::Bytes(data) => vm.new_bytes(data)?.into_value(),
        ImageConstant::Tuple(items) => vm.new_tuple(all(items)?).into_value(),
        ImageConstant::FrozenSet(items) => frozenset(all(items)?, false, vm)?,
        ImageConstant::Slice(parts) => slice(&all(parts)?, vm)?,
        ImageConstant::Code(code) => CodeObject::from_image_named(code, filename.clone(), vm).into_value(),
    })
}

fn image_string(text: ImageString, vm: &Vm) -> PyResult<Ref<Str>> {
    if text.interned && !text.surrogates {
        return Ok(vm.intern(text.as_str()));
    }
    match Wtf8Buf::from_bytes(text.text) {
        Some(text) if text.as_str().is_none() => wtf8_to_str(&text, vm),
        _ => vm.try_str(text.as_str()),
    }
}

fn complex(real: f64, imag: f64, vm: &Vm) -> PyResult {
    vm.call(&vm.builtin(B::Complex).to_value(), &[vm.float(real), vm.float(imag)])
}

fn slice(parts: &[Value], vm: &Vm) -> PyResult {
    vm.call(&vm.builtin(B::Slice).to_value(), parts)
}

/// CPython makes the set again, in its order, when it puts an interned string in the place of an item (`replaced`).
fn frozenset(items: Vec<Value>, replaced: bool, vm: &Vm) -> PyResult {
    let class = vm.builtin(B::FrozenSet).to_value();
    let set = vm.call(&class, &[vm.new_tuple(items).into_value()])?;
    if !replaced {
        return Ok(set);
    }
    let items = vm.new_tuple(vm.collect(&set)?);
    vm.call(&class, &[items.into_value()])
}

/// The names of code objects as text, by the address of the `str`, which the code objects keep alive.
#[derive(Default)]
pub(super) struct Texts {
    names: HashMap<*const Str, Rc<str>>,
    files: HashMap<*const Str, Rc<Wtf8Buf>>,
}

impl Texts {
    pub(super) fn name(&mut self, name: &Ref<Str>) -> Rc<str> {
        self.names.entry(&raw const **name).or_insert_with(|| Rc::from(&*name.to_string_lossy())).clone()
    }

    pub(super) fn names(&mut self, names: &[Ref<Str>]) -> Rc<[Rc<str>]> {
        names.iter().map(|name| self.name(name)).collect()
    }

    pub(super) fn file(&mut self, name: &Ref<Str>) -> Rc<Wtf8Buf> {
        self.files.entry(&raw const **name).or_insert_with(|| Rc::new(str_to_wtf8(name))).clone()
    }
}

/// The constant that a value is, if code can hold it.
pub fn to_constant(value: &Value, vm: &Vm) -> Option<Constant> {
    constant_with(value, &mut Texts::default(), vm)
}

/// The same among the constants of code, whose names are known.
pub(super) fn constant_with(value: &Value, texts: &mut Texts, vm: &Vm) -> Option<Constant> {
    match value.bits() {
        words::NONE => return Some(Constant::None),
        words::TRUE => return Some(Constant::Bool(true)),
        words::FALSE => return Some(Constant::Bool(false)),
        words::ELLIPSIS => return Some(Constant::Ellipsis),
        _ => {}
    }
    let ty = value.ty(vm);
    if ty.is(vm.builtin(B::Int)) {
        return value.as_int().map(|n| Constant::Int(n.to_big().into_owned()));
    }
    if ty.is(vm.builtin(B::Float)) {
        return value.as_float().map(Constant::Float);
    }
    if let Some(text) = value.downcast_exact::<Str>() {
        return Some(Constant::Str { value: Rc::new(str_to_wtf8(text)), interned: text.is_interned() });
    }
    if let Some(bytes) = value.downcast_exact::<Bytes>() {
        return Some(Constant::Bytes(bytes.as_slice().into()));
    }
    if let Some(tuple) = value.downcast_exact::<Tuple>() {
        let items = tuple.as_slice().iter().map(|item| constant_with(item, texts, vm));
        return Some(Constant::Tuple(items.collect::<Option<Vec<_>>>()?.into()));
    }
    if let Some(code) = value.downcast::<CodeObject>() {
        let code = code.to_bytecode_with(texts, vm).map_err(|raised| vm.ignore(raised)).ok()?;
        return code.map(|code| Constant::Code(Rc::new(code)));
    }
    by_attributes(value, vm)
}

/// Kinds whose parts are reached by their Python interface.
fn by_attributes(value: &Value, vm: &Vm) -> Option<Constant> {
    let ty = value.ty(vm);
    let float = |name: &str| vm.get_attr_str(value, name).map_err(|raised| vm.ignore(raised)).ok()?.as_float();
    let part = |name: &str| {
        let part = vm.get_attr_str(value, name).map_err(|raised| vm.ignore(raised)).ok()?;
        to_constant(&part, vm)
    };
    if ty.is(vm.builtin(B::Complex)) {
        return Some(Constant::Complex { real: float("real")?, imag: float("imag")? });
    }
    if ty.is(vm.builtin(B::Slice)) {
        return Some(Constant::Slice(Rc::new([part("start")?, part("stop")?, part("step")?])));
    }
    if ty.is(vm.builtin(B::FrozenSet)) {
        let items = vm.collect(value).map_err(|raised| vm.ignore(raised)).ok()?;
        let items = items.iter().map(|v| to_constant(v, vm)).collect::<Option<Vec<_>>>()?;
        return Some(Constant::FrozenSet(items.into()));
    }
    None
}

/// Equality of constants that tells types apart, as code objects compare.
pub(super) fn same_constants(a: &[Value], b: &[Value], vm: &Vm) -> PyResult<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (x, y) in a.iter().zip(b) {
        if x.is(y) {
            continue;
        }
        if !x.ty(vm).is(y.ty(vm)) {
            return Ok(false);
        }
        let same = match (x.downcast_exact::<Tuple>(), y.downcast_exact::<Tuple>()) {
            (Some(x), Some(y)) => same_constants(x.as_slice(), y.as_slice(), vm)?,
            _ => match (x.as_float(), y.as_float()) {
                (Some(x), Some(y)) => x.to_bits() == y.to_bits(),
                _ => vm.equal(x, y)?,
            },
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}
