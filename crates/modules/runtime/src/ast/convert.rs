//! What the conversions of all nodes are made of: fields, lists, identifiers, numbers and constants.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::HashMap;
use pyrope_object::layout::{Bytes, List, Str, Tuple};
use pyrope_object::{BuiltinType as B, PyResult, Raised, Ref, Type, Value, Vm};
use pyrope_parser::ast::{Constant, Range};
use pyrope_text::Wtf8Buf;

use super::classes::{Classes, classes};
use super::node::blank;

/// What a conversion needs.
pub(super) struct Context<'v> {
    pub vm: &'v Vm,
    pub classes: Rc<Classes>,
    /// The attributes that tell a node's place, in the order of [`Range`].
    positions: [Ref<Str>; 4],
    /// The names met last, by address: a tree shares its identifiers.
    names: RefCell<HashMap<*const u8, Ref<Str>>>,
}

/// Conversion of a part of a tree into an object.
pub(super) trait Build {
    fn build(&self, cx: &Context<'_>) -> PyResult;
}

/// Conversion of an object into a part of a tree.
pub(super) trait Read: Sized {
    /// What a None in a list of these is called.
    const ITEM: &'static str = "list";

    /// Converts; `None` for Python's None where that stands for nothing.
    fn read(value: &Value, place: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>>;

    /// Converts a field of a node.
    fn field(node: &Value, place: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        match cx.vm.find_attr_str(node, place.field)? {
            Some(value) => Self::read(&value, place, cx),
            None => Err(cx.vm.type_error(format!("required field \"{}\" missing from {}", place.field, place.node))),
        }
    }
}

/// Which field of which node is being read.
pub(super) struct Place<'p> {
    pub node: &'p str,
    pub field: &'p str,
}

/// A field that must be there.
pub(super) fn need<T>(value: Option<T>, node: &str, field: &str, cx: &Context<'_>) -> PyResult<T> {
    value.ok_or_else(|| cx.vm.value_error(format!("field '{field}' is required for {node}")))
}

impl<'v> Context<'v> {
    pub(super) fn new(vm: &'v Vm) -> PyResult<Context<'v>> {
        let positions = ["lineno", "col_offset", "end_lineno", "end_col_offset"].map(|name| vm.intern(name));
        Ok(Context { vm, classes: classes(vm)?, positions, names: RefCell::default() })
    }

    /// An interned name.
    pub(super) fn name(&self, text: &str) -> Ref<Str> {
        let mut names = self.names.borrow_mut();
        match names.get(&text.as_ptr()) {
            Some(known) if known.equals_str(text) => known.clone(),
            _ => {
                let name = self.vm.intern(text);
                names.insert(text.as_ptr(), name.clone());
                name
            }
        }
    }

    /// A node with these fields and its position.
    pub(super) fn node(&self, class: &str, fields: &[(&str, Value)], range: Option<Range>) -> PyResult {
        let vm = self.vm;
        if let (true, None, Some(shared)) = (fields.is_empty(), range, self.classes.shared(class)) {
            return Ok(shared.clone());
        }
        let Some(class) = self.classes.get(class) else {
            return Err(vm.system_error(format!("unknown node class {class}")));
        };
        let node = blank(class, vm);
        for (name, value) in fields {
            node.set_instance_attribute(self.name(name).as_value(), value.clone(), vm)?;
        }
        if let Some(Range { line, col, end_line, end_col }) = range {
            for (name, number) in self.positions.iter().zip([line, col, end_line, end_col]) {
                node.set_instance_attribute(name.as_value(), vm.int(i64::from(number as i32)), vm)?;
            }
        }
        Ok(node)
    }

    pub(super) fn is_a(&self, value: &Value, class: &str) -> bool {
        self.classes.get(class).is_some_and(|class| value.ty(self.vm).is_subtype(class))
    }

    /// Raises for an object that is no node of a sum.
    #[cold]
    pub(super) fn unexpected(&self, value: &Value, sum: &str) -> Raised {
        match self.vm.repr_text(value) {
            Ok(shown) => self.vm.type_error(format!("expected some sort of {sum}, but got {shown}")),
            Err(raised) => raised,
        }
    }

    /// The position of a node.
    pub(super) fn range(&self, node: &Value, kind: &str, optional_end: bool) -> PyResult<Range> {
        let required = |field| match u32::field(node, &Place { node: kind, field }, self)? {
            Some(number) => Ok(number),
            None => Err(invalid_integer(&Value::none(), self.vm)),
        };
        let (line, col) = (required("lineno")?, required("col_offset")?);
        let end = |field, default| {
            if !optional_end {
                return required(field);
            }
            Ok(Option::<u32>::field(node, &Place { node: kind, field }, self)?.flatten().unwrap_or(default))
        };
        let (end_line, end_col) = (end("end_lineno", line)?, end("end_col_offset", col)?);
        Ok(Range { line, col, end_line, end_col })
    }

    /// Guards one more level of a tree.
    pub(super) fn descend(&self, kind: &str) -> PyResult<()> {
        self.vm.check_stack(&format!(" while traversing '{kind}' node"))
    }
}

impl<T: Build> Build for Box<T> {
    fn build(&self, cx: &Context<'_>) -> PyResult {
        (**self).build(cx)
    }
}

impl<T: Read> Read for Box<T> {
    const ITEM: &'static str = T::ITEM;

    fn read(value: &Value, place: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        Ok(T::read(value, place, cx)?.map(Box::new))
    }
}

impl<T: Build> Build for Option<T> {
    fn build(&self, cx: &Context<'_>) -> PyResult {
        self.as_ref().map_or(Ok(Value::none()), |part| part.build(cx))
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &Value, place: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        if value.is_none() { Ok(Some(None)) } else { Ok(Some(T::read(value, place, cx)?)) }
    }

    fn field(node: &Value, place: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        match cx.vm.find_attr_str(node, place.field)? {
            Some(value) => Self::read(&value, place, cx),
            None => Ok(Some(None)),
        }
    }
}

impl<T: Build> Build for Vec<T> {
    fn build(&self, cx: &Context<'_>) -> PyResult {
        let items = self.iter().map(|item| item.build(cx)).collect::<PyResult<Vec<_>>>()?;
        Ok(cx.vm.new_list(items).into_value())
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &Value, place: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        let vm = cx.vm;
        let Some(list) = value.downcast::<List>() else {
            let (node, field, class) = (place.node, place.field, vm.type_name(value));
            return Err(vm.type_error(format!("{node} field \"{field}\" must be a list, not a {class}")));
        };
        let count = list.len();
        let mut items = Vec::new();
        for index in 0..count {
            let item = list.get(index);
            let item = match item {
                Some(item) if list.len() == count => item,
                _ => {
                    let message = format!("{} field \"{}\" changed size during iteration", place.node, place.field);
                    return Err(vm.runtime_error(message));
                }
            };
            match T::read(&item, place, cx)? {
                Some(item) => items.push(item),
                None => return Err(vm.value_error(format!("None disallowed in {}", T::ITEM))),
            }
        }
        Ok(Some(items))
    }

    fn field(node: &Value, place: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        match cx.vm.find_attr_str(node, place.field)? {
            Some(value) => Self::read(&value, place, cx),
            None => Ok(Some(Vec::new())),
        }
    }
}

impl Build for Rc<str> {
    fn build(&self, cx: &Context<'_>) -> PyResult {
        Ok(cx.name(self).into_value())
    }
}

impl Read for Rc<str> {
    const ITEM: &'static str = "identifier list";

    fn read(value: &Value, place: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        if value.is_none() {
            return Ok(None);
        }
        let kind = if matches!(place.field, "type_comment" | "kind" | "tag") { "string" } else { "identifier" };
        // A string may be of a class derived from str, a name not.
        let text = value.downcast::<Str>().filter(|_| kind == "string" || value.downcast_exact::<Str>().is_some());
        match text {
            Some(text) => match text.to_utf8() {
                Some(text) => Ok(Some(Rc::from(&*text))),
                None => Err(cx.vm.value_error(format!("AST {kind} must not contain surrogates"))),
            },
            None => Err(cx.vm.type_error(format!("AST {kind} must be of type str"))),
        }
    }
}

#[cold]
fn invalid_integer(value: &Value, vm: &Vm) -> Raised {
    match vm.repr_text(value) {
        Ok(shown) => vm.value_error(format!("invalid integer value: {shown}")),
        Err(raised) => raised,
    }
}

/// A C `int`.
fn c_int(value: &Value, vm: &Vm) -> PyResult<i32> {
    if value.as_int().is_none() && value.as_bool().is_none() {
        return Err(invalid_integer(value, vm));
    }
    let number = vm.index_i64(value)?.and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| vm.overflow_error("Python int too large to convert to C int"))
}

impl Build for i32 {
    fn build(&self, cx: &Context<'_>) -> PyResult {
        Ok(cx.vm.int(i64::from(*self)))
    }
}

impl Read for i32 {
    fn read(value: &Value, _: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        c_int(value, cx.vm).map(Some)
    }
}

/// Negative numbers travel in two's complement, for the validator to see.
impl Build for u32 {
    fn build(&self, cx: &Context<'_>) -> PyResult {
        Ok(cx.vm.int(i64::from(*self as i32)))
    }
}

impl Read for u32 {
    fn read(value: &Value, _: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        Ok(Some(c_int(value, cx.vm)? as u32))
    }
}

impl Build for bool {
    fn build(&self, cx: &Context<'_>) -> PyResult {
        Ok(cx.vm.int(i64::from(*self)))
    }
}

impl Read for bool {
    fn read(value: &Value, _: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        Ok(Some(c_int(value, cx.vm)? != 0))
    }
}

impl Build for Constant {
    fn build(&self, cx: &Context<'_>) -> PyResult {
        let vm = cx.vm;
        let all = |items: &[Constant]| items.iter().map(|item| item.build(cx)).collect::<PyResult<Vec<_>>>();
        Ok(match self {
            Constant::None => Value::none(),
            Constant::Bool(value) => Value::bool(*value),
            Constant::Ellipsis => Value::ellipsis(),
            Constant::Int(value) => vm.int_from_big(value.clone()),
            Constant::Float(value) => vm.float(*value),
            Constant::Complex { real, imag } => {
                vm.call(&vm.builtin(B::Complex).to_value(), &[vm.float(*real), vm.float(*imag)])?
            }
            Constant::Str(text) => match text.as_str() {
                Some(text) => vm.try_str(text)?.into_value(),
                None => vm.str_from_code_points(&text.code_points().collect::<Vec<_>>())?.into_value(),
            },
            Constant::Bytes(bytes) => vm.new_bytes(bytes)?.into_value(),
            Constant::Tuple(items) => vm.new_tuple(all(items)?).into_value(),
            Constant::FrozenSet(items) => {
                let items = vm.new_list(all(items)?).into_value();
                vm.call(&vm.builtin(B::FrozenSet).to_value(), &[items])?
            }
        })
    }
}

impl Read for Constant {
    fn read(value: &Value, _: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
        constant(value, cx.vm).map(Some)
    }
}

fn constant(value: &Value, vm: &Vm) -> PyResult<Constant> {
    let class: &Type = value.ty(vm);
    let is = |kind: B| class.is(vm.builtin(kind));
    if value.is_none() {
        return Ok(Constant::None);
    }
    if let Some(truth) = value.as_bool() {
        return Ok(Constant::Bool(truth));
    }
    if is(B::Ellipsis) {
        return Ok(Constant::Ellipsis);
    }
    if is(B::Int) {
        return Ok(Constant::Int(vm.index_big(value)?));
    }
    if is(B::Float) {
        return Ok(Constant::Float(vm.to_f64(value)?));
    }
    if is(B::Complex) {
        let part = |name: &str| vm.to_f64(&vm.get_attr_str(value, name)?);
        return Ok(Constant::Complex { real: part("real")?, imag: part("imag")? });
    }
    if let Some(text) = value.downcast_exact::<Str>() {
        let mut units = Wtf8Buf::new();
        text.code_points().for_each(|unit| units.push_code_point(unit));
        return Ok(Constant::Str(Rc::new(units)));
    }
    if let Some(bytes) = value.downcast_exact::<Bytes>() {
        return Ok(Constant::Bytes(Rc::from(bytes.as_slice())));
    }
    vm.check_stack(" during compilation")?;
    let all = |items: &[Value]| items.iter().map(|item| constant(item, vm)).collect::<PyResult<Rc<[Constant]>>>();
    if let Some(tuple) = value.downcast_exact::<Tuple>() {
        return Ok(Constant::Tuple(all(tuple.as_slice())?));
    }
    if is(B::FrozenSet) {
        return Ok(Constant::FrozenSet(all(&vm.collect(value)?)?));
    }
    Err(vm.type_error(format!("got an invalid type in Constant: {}", vm.type_name(value))))
}
