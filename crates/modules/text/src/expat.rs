//! `pyexpat`: an XML parser that calls back. The parser itself knows nothing of Python; [`object`] joins the two.

mod codes;
mod content;
mod declarations;
mod events;
mod input;
mod namespaces;
mod object;
mod parser;
mod prolog;

use pyrope_macros::pyfunctions;
use pyrope_object::bind::OrNone;
use pyrope_object::layout::{Dict, Str};
use pyrope_object::{Guarded, ModuleDef, Object, PyResult, Raised, Ref, Value, Vm};
use pyrope_types::model::module::{module_dict, new_module};

use parser::Failure;

pub static MODULE: ModuleDef = ModuleDef {
    name: "pyexpat",
    doc: "Python wrapper for Expat parser.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

#[derive(Default)]
struct ExpatState {
    error: Guarded<Option<Value>>,
}

/// The version of expat whose behaviour this follows.
const VERSION: (i64, i64, i64) = (2, 9, 0);

/// What that expat says of itself.
const FEATURES: [(&str, i64); 10] = [
    ("sizeof(XML_Char)", 1),
    ("sizeof(XML_LChar)", 1),
    ("XML_DTD", 0),
    ("XML_CONTEXT_BYTES", 1024),
    ("XML_NS", 0),
    ("XML_BLAP_MAX_AMP", 100),
    ("XML_BLAP_ACT_THRES", 8_388_608),
    ("XML_GE", 0),
    ("XML_AT_MAX_AMP", 100),
    ("XML_AT_ACT_THRES", 67_108_864),
];

const MODEL: [(&str, i64); 10] = [
    ("XML_CTYPE_EMPTY", 1),
    ("XML_CTYPE_ANY", 2),
    ("XML_CTYPE_MIXED", 3),
    ("XML_CTYPE_NAME", 4),
    ("XML_CTYPE_CHOICE", 5),
    ("XML_CTYPE_SEQ", 6),
    ("XML_CQUANT_NONE", 0),
    ("XML_CQUANT_OPT", 1),
    ("XML_CQUANT_REP", 2),
    ("XML_CQUANT_PLUS", 3),
];

const PARAMETER_ENTITIES: [(&str, i64); 3] = [
    ("XML_PARAM_ENTITY_PARSING_NEVER", 0),
    ("XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE", 1),
    ("XML_PARAM_ENTITY_PARSING_ALWAYS", 2),
];

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    let error = crate::new_exception("xml.parsers.expat", "ExpatError", vm)?;
    vm.state::<ExpatState>().error.set(Some(error.clone()));
    dict.set_str("error", error.clone(), vm)?;
    dict.set_str("ExpatError", error, vm)?;
    dict.set_str("XMLParserType", vm.type_of_def(object::XmlParser::def()).to_value(), vm)?;
    let (major, minor, micro) = VERSION;
    dict.set_str("EXPAT_VERSION", vm.new_str(&format!("expat_{major}.{minor}.{micro}")).into_value(), vm)?;
    let version = [major, minor, micro].map(|part| vm.int(part)).to_vec();
    dict.set_str("version_info", vm.new_tuple(version).into_value(), vm)?;
    dict.set_str("native_encoding", vm.new_str("UTF-8").into_value(), vm)?;
    let feature = |(name, value): (&str, i64)| vm.tuple_of([vm.new_str(name).into_value(), vm.int(value)]).into_value();
    dict.set_str("features", vm.new_list(FEATURES.map(feature).to_vec()).into_value(), vm)?;
    for (name, value) in PARAMETER_ENTITIES {
        dict.set_str(name, vm.int(value), vm)?;
    }
    add_submodule(&dict, "model", "Constants used to interpret content model information.", model_constants, vm)?;
    add_submodule(&dict, "errors", "Constants used to describe error conditions.", error_constants, vm)
}

fn add_submodule(
    parent: &Ref<Dict>,
    name: &str,
    doc: &str,
    fill: fn(&Ref<Dict>, &Vm) -> PyResult<()>,
    vm: &Vm,
) -> PyResult<()> {
    let full = format!("pyexpat.{name}");
    let module = new_module(&full, vm)?;
    let dict = module_dict(&module, vm)?;
    dict.set_str("__doc__", vm.new_str(doc).into_value(), vm)?;
    fill(&dict, vm)?;
    let sys = vm.import("sys")?;
    let modules = vm.get_attr_str(&sys, "modules")?;
    vm.set_item(&modules, &vm.intern(&full).into_value(), Some(&module))?;
    parent.set_str(name, module, vm)
}

fn model_constants(dict: &Ref<Dict>, vm: &Vm) -> PyResult<()> {
    MODEL.iter().try_for_each(|&(name, value)| dict.set_str(name, vm.int(value), vm))
}

fn error_constants(dict: &Ref<Dict>, vm: &Vm) -> PyResult<()> {
    let (codes, messages) = (vm.new_dict(), vm.new_dict());
    for &(name, code, text) in codes::ERRORS {
        let text = vm.new_str(text).into_value();
        dict.set_str(name, text.clone(), vm)?;
        codes.set(text.clone(), vm.int(code.into()), vm)?;
        messages.set(vm.int(code.into()), text, vm)?;
    }
    dict.set_str("codes", codes.into_value(), vm)?;
    dict.set_str("messages", messages.into_value(), vm)
}

/// `ExpatError` with its attributes.
fn raise(failure: Failure, vm: &Vm) -> Raised {
    let Some(class) = vm.state::<ExpatState>().error.get() else {
        return vm.system_error("pyexpat is not initialised");
    };
    let Failure { code, position } = failure;
    let text = codes::text_of(code).unwrap_or_default();
    let message = format!("{text}: line {}, column {}", position.line, position.column);
    let raised = vm.raise_class(&class, &[vm.new_str(&message).into_value()]);
    let exception = vm.catch(raised);
    let attributes = [
        ("code", vm.int(code.into())),
        ("offset", vm.int_from_usize(position.column)),
        ("lineno", vm.int_from_usize(position.line)),
    ];
    for (name, value) in attributes {
        if let Err(raised) = vm.set_attr_str(&exception, name, &value) {
            return raised;
        }
    }
    vm.reraise(exception)
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Return a new XML parser object.
    #[pyfunction("ParserCreate(encoding=None, namespace_separator=None, intern=<unrepresentable>)")]
    fn parser_create(
        encoding: OrNone<&Str>,
        namespace_separator: OrNone<&Str>,
        intern: Option<&Value>,
        vm: &Vm,
    ) -> PyResult {
        object::create(encoding.0, namespace_separator.0, intern, vm)
    }

    /// Returns string error for given number.
    #[pyfunction("ErrorString(code, /)")]
    fn error_string(code: i64, vm: &Vm) -> Value {
        match i32::try_from(code).ok().and_then(codes::text_of) {
            Some(text) => vm.new_str(text).into_value(),
            None => Value::none(),
        }
    }
}
