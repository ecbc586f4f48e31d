//! `ast.AST`: what all nodes share. Its behaviour is driven by `_fields`, `_attributes` and `_field_types` of the class,
//! which Python code may set as it likes.

use pyrope_object::layout::{List, Tuple};
use pyrope_object::{Args, BuiltinType as B, Dict, Header, PyResult, Raised, Ref, Slots, Type, Value, Vm};

use super::classes;

/// The base of all nodes; everything is in the instance's attributes.
#[pyrope_macros::pyclass(
    name = "AST",
    module = "ast",
    flags(BASETYPE, DICT, MUTABLE),
    methods(Ast::METHODS),
    slots = AST_SLOTS,
    doc = "",
    init = add_attributes
)]
#[derive(pyrope_macros::Traverse)]
pub(crate) struct Ast {
    header: Header,
}

const AST_SLOTS: Slots = Slots { new: Some(new_node), init: Some(init_node), repr: Some(repr_node), ..Slots::EMPTY };

fn add_attributes(class: &Type, vm: &Vm) -> PyResult<()> {
    for name in ["_fields", "__match_args__", "_attributes"] {
        class.dict(vm).set_str(name, vm.new_tuple(Vec::new()).into_value(), vm)?;
    }
    Ok(())
}

/// An instance without attributes.
pub(super) fn blank(class: &Type, vm: &Vm) -> Value {
    Ref::new_in(vm, class, Ast { header: Header::blank() }).into_value()
}

fn new_node(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    Ok(blank(class, vm))
}

/// The class's name as messages show it.
fn shown_name(class: &Type, vm: &Vm) -> String {
    if class.is(vm.type_of::<Ast>()) { "ast.AST".to_owned() } else { class.name().to_string() }
}

fn class_attribute(class: &Type, name: &str, vm: &Vm) -> PyResult<Option<Value>> {
    vm.find_attr_str(&class.to_value(), name)
}

/// The names in a tuple-like class attribute.
fn names(class: &Type, attribute: &str, vm: &Vm) -> PyResult<Vec<Value>> {
    match class_attribute(class, attribute, vm)? {
        Some(value) => vm.collect(&value),
        None => Ok(Vec::new()),
    }
}

/// The names of the class's fields, which every class has unless a program took them away.
fn field_names(class: &Type, vm: &Vm) -> PyResult<Vec<Value>> {
    vm.collect(&vm.get_attr_str(&class.to_value(), "_fields")?)
}

/// The index of a name in a list of names.
fn position(names: &[Value], name: &Value, vm: &Vm) -> PyResult<Option<usize>> {
    for (index, known) in names.iter().enumerate() {
        if known.is(name) || vm.equal(known, name)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn deprecated(message: &str, vm: &Vm) -> PyResult<()> {
    vm.warn(B::DeprecationWarning, message, 1)
}

fn init_node(node: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let class = node.ty(vm).to_value();
    let Some(class) = class.downcast::<Type>() else { return Ok(()) };
    let name = shown_name(class, vm);
    let fields = field_names(class, vm)?;
    let given = args.positional();
    if fields.len() < given.len() {
        let plural = if fields.len() == 1 { "" } else { "s" };
        return Err(vm.type_error(format!(
            "{} constructor takes at most {} positional argument{plural}",
            class.name(),
            fields.len()
        )));
    }
    let mut missing = vec![true; fields.len()];
    for ((field, value), missing) in fields.iter().zip(given).zip(&mut missing) {
        vm.set_attr(node, field, Some(value))?;
        *missing = false;
    }
    let attributes = names(class, "_attributes", vm)?;
    for (key, value) in args.keywords() {
        match position(&fields, key, vm)? {
            Some(index) if !std::mem::replace(&mut missing[index], false) => {
                let key = vm.repr_text(key)?;
                return Err(vm.type_error(format!("{name} got multiple values for argument {key}")));
            }
            Some(_) => {}
            None if position(&attributes, key, vm)?.is_some() => {}
            None => deprecated(
                &format!(
                    "{name}.__init__ got an unexpected keyword argument {}. Support for arbitrary keyword arguments is \
                     deprecated and will be removed in Python 3.15.",
                    vm.repr_text(key)?
                ),
                vm,
            )?,
        }
        vm.set_attr(node, key, Some(value))?;
    }
    let left = fields.iter().zip(missing).filter(|(_, missing)| *missing).map(|(field, _)| field);
    fill_in(node, class, &name, left, vm)
}

/// Gives fields that were left out their defaults, or complains.
fn fill_in<'f>(
    node: &Value,
    class: &Type,
    name: &str,
    fields: impl Iterator<Item = &'f Value>,
    vm: &Vm,
) -> PyResult<()> {
    let mut fields = fields.peekable();
    if fields.peek().is_none() {
        return Ok(());
    }
    let Some(types) = class_attribute(class, "_field_types", vm)? else { return Ok(()) };
    let Some(types) = types.downcast::<Dict>() else {
        return Err(vm.type_error(format!("{name}._field_types must be a dict, not {}", vm.type_name(&types))));
    };
    let context = classes::class_named("expr_context", vm)?;
    for field in fields {
        let Some(kind) = types.get(field, vm)? else {
            let message = format!(
                "Field {} is missing from {name}._field_types. This will become an error in Python 3.15.",
                vm.repr_text(field)?
            );
            deprecated(&message, vm)?;
            continue;
        };
        let class_of_kind = kind.ty(vm);
        if class_of_kind.is(vm.builtin(B::Union)) {
            // The class has None for it.
        } else if class_of_kind.is(vm.builtin(B::GenericAlias)) {
            vm.set_attr(node, field, Some(&vm.new_list(Vec::new()).into_value()))?;
        } else if kind.is(&context) {
            vm.set_attr(node, field, Some(&classes::singleton("Load", vm)?))?;
        } else {
            let message = format!(
                "{name}.__init__ missing 1 required positional argument: {}. This will become an error in Python 3.15.",
                vm.repr_text(field)?
            );
            deprecated(&message, vm)?;
        }
    }
    Ok(())
}

/// How many nodes deep a repr goes.
const REPR_DEPTH: usize = 3;

fn repr_node(node: &Value, vm: &Vm) -> PyResult {
    Ok(vm.try_str(&repr_to_depth(node, REPR_DEPTH, vm)?)?.into_value())
}

fn repr_to_depth(node: &Value, depth: usize, vm: &Vm) -> PyResult<String> {
    let class = node.ty(vm).to_value();
    let Some(class) = class.downcast::<Type>() else { return Ok(String::new()) };
    let name = shown_name(class, vm);
    if depth == 0 {
        return Ok(format!("{name}(...)"));
    }
    vm.check_stack(" during ast repr")?;
    if !vm.enter_repr(node) {
        return Ok(format!("{name}(...)"));
    }
    let result = repr_fields(node, class, depth, vm);
    vm.leave_repr(node);
    Ok(format!("{name}({})", result?))
}

fn repr_fields(node: &Value, class: &Type, depth: usize, vm: &Vm) -> PyResult<String> {
    let mut out = String::new();
    for field in names(class, "_fields", vm)? {
        let value = vm.get_attr(node, &field)?;
        let items = match (value.downcast::<List>(), value.downcast::<Tuple>()) {
            (Some(list), _) => Some(("[", "]", list.to_vec())),
            (_, Some(tuple)) => Some(("(", ")", tuple.as_slice().to_vec())),
            _ => None,
        };
        let shown = match items {
            Some((open, close, items)) => format!("{open}{}{close}", repr_ends(&items, depth, vm)?),
            None => repr_part(&value, depth, vm)?,
        };
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&vm.str(&field)?.to_string_lossy());
        out.push('=');
        out.push_str(&shown);
    }
    Ok(out)
}

/// The first and the last of a sequence.
fn repr_ends(items: &[Value], depth: usize, vm: &Vm) -> PyResult<String> {
    let Some(first) = items.first() else { return Ok(String::new()) };
    let mut out = repr_part(first, depth, vm)?;
    if items.len() > 2 {
        out.push_str(", ...");
    }
    if let [_, .., last] = items {
        out.push_str(", ");
        out.push_str(&repr_part(last, depth, vm)?);
    }
    Ok(out)
}

fn repr_part(value: &Value, depth: usize, vm: &Vm) -> PyResult<String> {
    if value.ty(vm).is_subtype(vm.type_of::<Ast>()) { repr_to_depth(value, depth - 1, vm) } else { vm.repr_text(value) }
}

#[pyrope_macros::pymethods]
impl Ast {
    #[method("__reduce__")]
    fn reduce(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        pyrope_object::bind::check_positional("AST.__reduce__", args, 0, 0, vm)?;
        let class = slf.ty(vm).to_value();
        let Some(dict) = slf.dict_of_instance(vm)? else {
            return Ok(vm.tuple_of([class, vm.new_tuple(Vec::new()).into_value()]).into_value());
        };
        let mut placeholders = Vec::new();
        if let Some(class) = class.downcast::<Type>() {
            for field in names(class, "_fields", vm)? {
                if dict.get(&field, vm)?.is_none() {
                    break;
                }
                placeholders.push(Value::none());
            }
        }
        let placeholders = vm.new_tuple(placeholders).into_value();
        Ok(vm.tuple_of([class, placeholders, dict.into_value()]).into_value())
    }

    /// Return a copy of the AST node with new values for the specified fields.
    #[method("__replace__")]
    fn replace(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        if !args.positional().is_empty() {
            return Err(vm.type_error("__replace__() takes no positional arguments"));
        }
        let class = slf.ty(vm).to_value();
        let own = slf.dict_of_instance(vm)?;
        if let Some(class) = class.downcast::<Type>() {
            check_replacement(class, own.as_ref(), args, vm)?;
        }
        let mut keys = Vec::new();
        let mut values = Vec::new();
        if let (Some(class), Some(own)) = (class.downcast::<Type>(), own) {
            for key in fields_and_attributes(class, vm)? {
                let value = match position(args.kwnames(), &key, vm)? {
                    Some(given) => args.keywords().nth(given).map(|(_, value)| value.clone()),
                    None => own.get(&key, vm)?,
                };
                if let Some(value) = value {
                    keys.push(key);
                    values.push(value);
                }
            }
        }
        vm.call_args(&class, Args::new(&values, &keys))
    }
}

/// What of a node a copy of it keeps.
fn fields_and_attributes(class: &Type, vm: &Vm) -> PyResult<Vec<Value>> {
    let mut all = names(class, "_fields", vm)?;
    all.extend(names(class, "_attributes", vm)?);
    Ok(all)
}

/// May these attributes be replaced, and are all required ones there?
fn check_replacement(class: &Type, own: Option<&Ref<Dict>>, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let name = class.name();
    let mut expected = fields_and_attributes(class, vm)?;
    let attributes = names(class, "_attributes", vm)?;
    for key in args.kwnames() {
        match position(&expected, key, vm)? {
            Some(index) => drop(expected.remove(index)),
            None => {
                let key = vm.repr_text(key)?;
                return Err(vm.type_error(format!("{name}.__replace__ got an unexpected keyword argument {key}.")));
            }
        }
    }
    let types = class_attribute(class, "_field_types", vm)?;
    let mut missing = Vec::new();
    for field in expected {
        let present = match own {
            Some(dict) => dict.get(&field, vm)?.is_some(),
            None => false,
        };
        if present || position(&attributes, &field, vm)?.is_some() {
            continue;
        }
        let kind = match types.as_ref().and_then(|types| types.downcast::<Dict>()) {
            Some(types) => types.get(&field, vm)?,
            None => None,
        };
        if kind.is_some_and(|kind| kind.ty(vm).is(vm.builtin(B::Union))) {
            continue;
        }
        missing.push(vm.repr_text(&field)?);
    }
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort();
    Err(missing_arguments(&name, &missing, vm))
}

#[cold]
fn missing_arguments(name: &str, missing: &[String], vm: &Vm) -> Raised {
    let plural = if missing.len() == 1 { "" } else { "s" };
    let list = missing.join(", ");
    vm.type_error(format!("{name}.__replace__ missing {} keyword argument{plural}: {list}.", missing.len()))
}
