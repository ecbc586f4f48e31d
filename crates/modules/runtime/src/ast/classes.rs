//! The module `_ast`: node classes made from the grammar.

use std::rc::Rc;

use foldhash::HashMap;
use pyrope_object::{BuiltinType as B, Dict, Guarded, ModuleDef, PyResult, Ref, Type, Value, Vm};
use pyrope_types::model::module::module_dict;

use super::node::{Ast, blank};
use super::schema::{Count, DECLARATIONS, Declaration, Field, Node, Positions};

pub(crate) static MODULE: ModuleDef = ModuleDef { name: "_ast", doc: "", functions: &[], types: &[], exec: Some(exec) };

/// `compile` flags that the module shows.
const FLAGS: &[(&str, i64)] = &[
    ("PyCF_ALLOW_TOP_LEVEL_AWAIT", 0x2000),
    ("PyCF_ONLY_AST", 0x400),
    ("PyCF_TYPE_COMMENTS", 0x1000),
    ("PyCF_OPTIMIZED_AST", 0x8400),
];

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    dict.set_str("AST", vm.type_of::<Ast>().to_value(), vm)?;
    for &(name, number) in FLAGS {
        dict.set_str(name, vm.int(number), vm)?;
    }
    let classes = classes(vm)?;
    for &name in &classes.order {
        if let Some(class) = classes.get(name) {
            dict.set_str(name, class.to_value(), vm)?;
        }
    }
    Ok(())
}

/// The node classes of an interpreter.
#[derive(Default)]
pub(super) struct Classes {
    by_name: HashMap<&'static str, Ref<Type>>,
    order: Vec<&'static str>,
    /// Nodes without fields, of which trees share one.
    singletons: HashMap<&'static str, Value>,
}

impl Classes {
    pub(super) fn get(&self, name: &str) -> Option<&Ref<Type>> {
        self.by_name.get(name)
    }

    /// The one node of a class without fields and positions.
    pub(super) fn shared(&self, name: &str) -> Option<&Value> {
        self.singletons.get(name)
    }
}

#[derive(Default)]
struct AstState {
    classes: Guarded<Option<Rc<Classes>>>,
}

/// The classes, made when they are first asked for.
pub(super) fn classes(vm: &Vm) -> PyResult<Rc<Classes>> {
    let state = vm.state::<AstState>();
    if let Some(classes) = state.classes.with(Clone::clone) {
        return Ok(classes);
    }
    let mut classes = Classes::default();
    let mut nodes = Vec::new();
    for declaration in DECLARATIONS {
        declare(declaration, &mut classes, &mut nodes, vm)?;
    }
    // Field types refer to classes that come later.
    for node in &nodes {
        add_field_types(node, &classes, vm)?;
    }
    let classes = Rc::new(classes);
    state.classes.set(Some(classes.clone()));
    Ok(classes)
}

/// A class by its name.
pub(super) fn class_named(name: &str, vm: &Vm) -> PyResult {
    match classes(vm)?.get(name) {
        Some(class) => Ok(class.to_value()),
        None => Err(vm.system_error(format!("unknown node class {name}"))),
    }
}

/// The shared node of a class such as `Load`.
pub(super) fn singleton(name: &str, vm: &Vm) -> PyResult {
    match classes(vm)?.shared(name) {
        Some(node) => Ok(node.clone()),
        None => Err(vm.system_error(format!("{name} is no simple node"))),
    }
}

fn declare(declaration: &Declaration, classes: &mut Classes, nodes: &mut Vec<Node>, vm: &Vm) -> PyResult<()> {
    let base = vm.type_of::<Ast>().to_value();
    let Some(constructors) = declaration.constructors() else {
        let node = Node::parse(declaration.text);
        let class = make_class(node.name, &node.doc, &base, &node.fields, Some(declaration.positions), vm)?;
        classes.order.push(node.name);
        classes.by_name.insert(node.name, class);
        nodes.push(node);
        return Ok(());
    };
    let name = declaration.name();
    let sum = make_class(name, declaration.text, &base, &[], Some(declaration.positions), vm)?;
    classes.order.push(name);
    for node in constructors {
        let class = make_class(node.name, &node.doc, sum.as_value(), &node.fields, None, vm)?;
        if node.fields.is_empty() && declaration.positions == Positions::No {
            classes.singletons.insert(node.name, blank(&class, vm));
        }
        classes.order.push(node.name);
        classes.by_name.insert(node.name, class);
        nodes.push(node);
    }
    classes.by_name.insert(name, sum);
    Ok(())
}

/// Makes a class as a `class` statement would; `positions` where the class itself says what attributes there are.
fn make_class(
    name: &str,
    doc: &str,
    base: &Value,
    fields: &[Field],
    positions: Option<Positions>,
    vm: &Vm,
) -> PyResult<Ref<Type>> {
    let text = |text: &str| vm.intern(text).into_value();
    let namespace = vm.new_dict();
    let names = vm.new_tuple(fields.iter().map(|field| text(field.name)).collect()).into_value();
    namespace.set_str("_fields", names.clone(), vm)?;
    namespace.set_str("__match_args__", names, vm)?;
    namespace.set_str("__module__", text("ast"), vm)?;
    namespace.set_str("__doc__", vm.try_str(doc)?.into_value(), vm)?;
    if let Some(positions) = positions {
        let names = positions.names().iter().map(|name| text(name)).collect();
        namespace.set_str("_attributes", vm.new_tuple(names).into_value(), vm)?;
        if positions == Positions::OptionalEnd {
            namespace.set_str("end_lineno", Value::none(), vm)?;
            namespace.set_str("end_col_offset", Value::none(), vm)?;
        }
    }
    for field in fields.iter().filter(|field| field.count == Count::Optional) {
        namespace.set_str(field.name, Value::none(), vm)?;
    }
    let bases = vm.tuple_of([base.clone()]).into_value();
    let class = vm.call(&vm.builtin(B::Type).to_value(), &[text(name), bases, namespace.into_value()])?;
    class.cast::<Type>().ok_or_else(|| vm.system_error("type() gave no class"))
}

/// Adds `_field_types`, of `str`, `list[ast.stmt]`, `ast.expr | None` and the like.
fn add_field_types(node: &Node, classes: &Classes, vm: &Vm) -> PyResult<()> {
    let Some(class) = classes.get(node.name) else { return Ok(()) };
    let types: Ref<Dict> = vm.new_dict();
    for field in &node.fields {
        let kind = match field.kind {
            "identifier" | "string" => vm.builtin(B::Str).to_value(),
            "int" => vm.builtin(B::Int).to_value(),
            "constant" => vm.builtin(B::Object).to_value(),
            name => match classes.get(name) {
                Some(class) => class.to_value(),
                None => continue,
            },
        };
        let kind = match field.count {
            Count::One => kind,
            Count::Optional => vm.bit_or(&kind, &Value::none())?,
            Count::Many => vm.get_item(&vm.builtin(B::List).to_value(), &kind)?,
        };
        types.set_str(field.name, kind, vm)?;
    }
    let class = class.to_value();
    vm.set_attr_str(&class, "_field_types", types.as_value())?;
    vm.set_attr_str(&class, "__annotations__", types.as_value())
}
