//! `_warnings`: issuing warnings through the filters.

use std::cell::Cell;

use pyrope_object::layout::{Dict, Str, Tuple};
use pyrope_object::{BuiltinType as B, Guarded, ModuleDef, PyResult, Ref, Type, Value, Vm};
use pyrope_types::model::instance_checks;
use pyrope_types::model::module::module_dict;

use crate::sys::SysState;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_warnings",
    doc: "_warnings provides basic warning filtering support.\nIt is a helper module to speed up interpreter start-up.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

/// The filters and registries as long as `warnings` is not imported.
#[derive(Default)]
struct WarningsState {
    filters: Guarded<Option<Value>>,
    once: Guarded<Option<Value>>,
    default_action: Guarded<Option<Value>>,
    /// The context variable that holds what `warnings.catch_warnings` made.
    context: Guarded<Option<Value>>,
    version: Cell<i64>,
}

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let state = vm.state::<WarningsState>();
    let filters = default_filters(vm);
    let once = vm.new_dict().into_value();
    let action = vm.intern("default").into_value();
    state.filters.set(Some(filters.clone()));
    state.once.set(Some(once.clone()));
    state.default_action.set(Some(action.clone()));
    let dict = module_dict(module, vm)?;
    dict.set_str("filters", filters, vm)?;
    dict.set_str("_onceregistry", once, vm)?;
    dict.set_str("_defaultaction", action, vm)?;
    // Made before anything can be imported.
    let variable = vm.type_of::<crate::contextvars::ContextVar>().to_value();
    let variable = vm.call(&variable, &[vm.new_str("_warnings_context").into_value()])?;
    state.context.set(Some(variable.clone()));
    dict.set_str("_warnings_context", variable, vm)
}

fn default_filters(vm: &Vm) -> Value {
    let filter = |category: B, action: &str, module: Option<&str>| {
        vm.tuple_of([
            vm.intern(action).into_value(),
            Value::none(),
            vm.builtin(category).to_value(),
            module.map_or(Value::none(), |m| vm.intern(m).into_value()),
            vm.int(0),
        ])
        .into_value()
    };
    vm.new_list(vec![
        filter(B::DeprecationWarning, "default", Some("__main__")),
        filter(B::DeprecationWarning, "ignore", None),
        filter(B::PendingDeprecationWarning, "ignore", None),
        filter(B::ImportWarning, "ignore", None),
        filter(B::ResourceWarning, "ignore", None),
    ])
    .into_value()
}

/// The attribute of the module `warnings`, if it is imported already.
fn warnings_attribute(name: &str, vm: &Vm) -> PyResult<Option<Value>> {
    let modules = vm.interp().modules.get();
    let module = match modules {
        Some(modules) => modules.get(vm.names().warnings.as_value(), vm)?,
        None => None,
    };
    match module.filter(|m| !m.is_none()) {
        Some(module) => vm.find_attr_str(&module, name),
        None => Ok(None),
    }
}

/// The filters of the context that `warnings.catch_warnings` made, if contexts have filters of their own.
fn context_filters(vm: &Vm) -> PyResult<Option<Value>> {
    let Some(variable) = vm.state::<WarningsState>().context.get() else { return Ok(None) };
    let context = vm.call_method(&variable, "get", &[Value::none()])?;
    if context.is_none() { Ok(None) } else { vm.find_attr_str(&context, "_filters") }
}

fn current_filters(vm: &Vm) -> PyResult<Vec<Value>> {
    if let Some(filters) = context_filters(vm)? {
        return vm.collect(&filters);
    }
    let state = vm.state::<WarningsState>();
    if let Some(filters) = warnings_attribute("filters", vm)? {
        state.filters.set(Some(filters));
    }
    match state.filters.get() {
        Some(filters) => vm.collect(&filters),
        None => Ok(Vec::new()),
    }
}

/// The action of the first filter that fits, and the filter.
fn action_for(category: &Value, text: &Value, line: i64, module: &Value, vm: &Vm) -> PyResult<(String, Value)> {
    for filter in current_filters(vm)? {
        let parts = filter.downcast::<Tuple>().map(|t| t.as_slice().to_vec()).unwrap_or_default();
        let [action, message, filter_category, filter_module, filter_line] = parts.as_slice() else {
            return Err(vm.value_error("warnings.filters item 0 isn't a 5-tuple"));
        };
        let good = matches(message, text, vm)?
            && instance_checks::is_subclass(category, filter_category, vm)?
            && matches(filter_module, module, vm)?
            && filter_line.as_i64().is_some_and(|n| n == 0 || n == line);
        if good {
            return Ok((action_text(action, vm)?, filter.clone()));
        }
    }
    let default = match warnings_attribute("defaultaction", vm)? {
        Some(action) => action,
        None => vm.state::<WarningsState>().default_action.get().unwrap_or(Value::none()),
    };
    Ok((action_text(&default, vm)?, Value::none()))
}

fn action_text(action: &Value, vm: &Vm) -> PyResult<String> {
    match action.downcast::<Str>() {
        Some(text) => Ok(text.to_string_lossy().into_owned()),
        None => Err(vm.type_error(format!("action must be a string, not '{}'", vm.type_name(action)))),
    }
}

/// A filter's pattern: None fits all, a string must be equal, anything else has a `match` method.
fn matches(pattern: &Value, text: &Value, vm: &Vm) -> PyResult<bool> {
    if pattern.is_none() {
        return Ok(true);
    }
    if pattern.downcast::<Str>().is_some() {
        return vm.equal(pattern, text);
    }
    let found = vm.call_method(pattern, "match", std::slice::from_ref(text))?;
    vm.is_true(&found)
}

/// Everything about one warning.
struct Warning<'a> {
    category: Value,
    /// The instance if one was given, else the text.
    message: Value,
    filename: &'a Value,
    line: i64,
    module: Value,
    registry: Option<Value>,
    source_line: Option<Value>,
    source: Option<Value>,
}

fn issue(warning: &Warning<'_>, vm: &Vm) -> PyResult<()> {
    let base = vm.builtin(B::Warning);
    let (text, category, instance) = if warning.message.ty(vm).is_subtype(base) {
        let text = vm.str(&warning.message)?.into_value();
        (text, warning.message.ty(vm).to_value(), warning.message.clone())
    } else {
        let instance = vm.call(&warning.category, std::slice::from_ref(&warning.message))?;
        (warning.message.clone(), warning.category.clone(), instance)
    };
    let line = vm.int(warning.line);
    let key = vm.tuple_of([text.clone(), category.clone(), line.clone()]).into_value();
    let registry = warning.registry.as_ref().filter(|r| !r.is_none()).and_then(|r| r.cast::<Dict>());
    if let Some(registry) = &registry
        && already_warned(registry, &key, false, vm)?
    {
        return Ok(());
    }
    let (action, filter) = action_for(&category, &text, warning.line, &warning.module, vm)?;
    match action.as_str() {
        "error" => return Err(vm.raise_value(instance)),
        "ignore" => return Ok(()),
        "always" | "all" => {}
        "once" => {
            let once = match warnings_attribute("onceregistry", vm)? {
                Some(once) => Some(once),
                None => vm.state::<WarningsState>().once.get(),
            };
            if let Some(once) = once.and_then(|o| o.cast::<Dict>())
                && already_warned(&once, &vm.tuple_of([text.clone(), category.clone()]).into_value(), true, vm)?
            {
                return Ok(());
            }
            if let Some(registry) = &registry {
                registry.set(key, Value::bool(true), vm)?;
            }
        }
        "module" => {
            if let Some(registry) = &registry {
                registry.set(key, Value::bool(true), vm)?;
                let whole = vm.tuple_of([text.clone(), category.clone(), vm.int(0)]).into_value();
                if already_warned(registry, &whole, true, vm)? {
                    return Ok(());
                }
            }
        }
        "default" => {
            if let Some(registry) = &registry {
                registry.set(key, Value::bool(true), vm)?;
            }
        }
        other => {
            return Err(vm.runtime_error(format!(
                "Unrecognized action ({}) in warnings.filters:\n {}",
                vm.repr_text(vm.new_str(other).as_value())?,
                vm.repr_text(&filter)?
            )));
        }
    }
    show(warning, &instance, &category, &text, vm)
}

fn already_warned(registry: &Ref<Dict>, key: &Value, should_set: bool, vm: &Vm) -> PyResult<bool> {
    let version = vm.intern("version").into_value();
    let current = vm.state::<WarningsState>().version.get();
    let known = registry.get(&version, vm)?.and_then(|v| v.as_i64());
    if known == Some(current) {
        if let Some(found) = registry.get(key, vm)? {
            return vm.is_true(&found);
        }
    } else {
        registry.clear();
        registry.set(version, vm.int(current), vm)?;
    }
    if should_set {
        registry.set(key.clone(), Value::bool(true), vm)?;
    }
    Ok(false)
}

fn show(warning: &Warning<'_>, instance: &Value, category: &Value, text: &Value, vm: &Vm) -> PyResult<()> {
    let shower = match warnings_attribute("_showwarnmsg", vm)? {
        Some(shower) => shower,
        None if warning.source.is_some() && !vm.state::<SysState>().finalizing.get() => {
            let Some(module) = vm.suppress(vm.import("warnings"), B::ImportError)? else {
                return show_plainly(warning, category, text, vm);
            };
            vm.get_attr_str(&module, "_showwarnmsg")?
        }
        None => return show_plainly(warning, category, text, vm),
    };
    if shower.ty(vm).slots().call.is_none() {
        return Err(vm.type_error("warnings._showwarnmsg() must be set to a callable"));
    }
    let class = warnings_attribute("WarningMessage", vm)?;
    let Some(class) = class else { return Err(vm.runtime_error("unable to get warnings.WarningMessage")) };
    let none = Value::none();
    // Lines that no file has are the caller's to tell.
    let source_line = match &warning.source_line {
        Some(line) if !std::path::Path::new(&*vm.str(warning.filename)?.to_string_lossy()).exists() => line.clone(),
        _ => none.clone(),
    };
    let message = vm.call(
        &class,
        &[
            instance.clone(),
            category.clone(),
            warning.filename.clone(),
            vm.int(warning.line),
            none.clone(),
            source_line,
            warning.source.clone().unwrap_or(none),
        ],
    )?;
    vm.call(&shower, &[message]).map(drop)
}

/// What is printed while `warnings` is not imported.
fn show_plainly(warning: &Warning<'_>, category: &Value, text: &Value, vm: &Vm) -> PyResult<()> {
    let Some(stderr) = crate::sys::get(vm, "stderr")?.filter(|s| !s.is_none()) else { return Ok(()) };
    let name = vm.get_attr(category, vm.names().__name__.as_value())?;
    let plain = |v: &Value| -> PyResult<String> { Ok(vm.str(v)?.to_string_lossy().into_owned()) };
    let mut out = format!("{}:{}: {}: {}\n", plain(warning.filename)?, warning.line, plain(&name)?, plain(text)?);
    let line = match &warning.source_line {
        Some(line) => Some(plain(line)?),
        None => std::fs::read(plain(warning.filename)?).ok().and_then(|bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.lines().nth(usize::try_from(warning.line - 1).ok()?).map(str::to_owned)
        }),
    };
    if let Some(line) = line {
        out.push_str(&format!("  {}\n", line.trim()));
    }
    vm.call_method(&stderr, "write", &[vm.try_str(&out)?.into_value()]).map(drop)
}

/// A warning about a known place; the compiler's way.
pub(crate) fn warn_explicit(
    category: B,
    message: &str,
    filename: &Value,
    line: i64,
    registry: Option<Value>,
    vm: &Vm,
) -> PyResult<()> {
    let module = module_from_filename(filename, vm);
    issue(
        &Warning {
            category: vm.builtin(category).to_value(),
            message: vm.new_str(message).into_value(),
            filename,
            line,
            module,
            registry,
            source_line: None,
            source: None,
        },
        vm,
    )
}

/// The line of a module's source that its loader tells.
fn line_from_loader(globals: &Value, line: i64, vm: &Vm) -> PyResult<Option<Value>> {
    let external = vm.import("_frozen_importlib_external")?;
    let loader = vm.call_method(&external, "_bless_my_loader", std::slice::from_ref(globals))?;
    let name = match globals.downcast::<Dict>() {
        Some(globals) => globals.get(vm.names().__name__.as_value(), vm)?,
        None => None,
    };
    let (Some(name), Some(get_source)) = (name, vm.find_attr_str(&loader, "get_source")?) else { return Ok(None) };
    let source = match vm.call(&get_source, &[name]) {
        Ok(source) => source,
        Err(raised) if vm.raised_is(B::ImportError) || vm.raised_is(B::OSError) => {
            vm.ignore(raised);
            return Ok(None);
        }
        Err(raised) => return Err(raised),
    };
    let Some(text) = source.downcast::<Str>() else { return Ok(None) };
    let text = text.to_string_lossy();
    let line = usize::try_from(line - 1).ok().and_then(|index| text.lines().nth(index));
    Ok(line.map(|line| vm.new_str(line).into_value()))
}

fn module_from_filename(filename: &Value, vm: &Vm) -> Value {
    let Some(text) = filename.downcast::<Str>() else { return vm.intern("<unknown>").into_value() };
    let text = text.to_string_lossy();
    if text.is_empty() {
        return vm.intern("<unknown>").into_value();
    }
    vm.new_str(text.strip_suffix(".py").unwrap_or(&text)).into_value()
}

/// The hook behind `vm.warn`.
pub fn warn_hook(
    category: &Value,
    message: &Value,
    stack_level: isize,
    source: Option<&Value>,
    vm: &Vm,
) -> PyResult<()> {
    do_warn(category, message, stack_level as i64, source.cloned(), &[], vm)
}

fn do_warn(
    category: &Value,
    message: &Value,
    stack_level: i64,
    source: Option<Value>,
    skip: &[String],
    vm: &Vm,
) -> PyResult<()> {
    let place = crate::frames::frame_for_warning(stack_level, skip, vm);
    let (globals, filename, line) = match place {
        Some(place) => place,
        None => {
            let globals = crate::sys::dict(vm)?;
            (globals, vm.intern("<sys>").into_value(), 0)
        }
    };
    let registry = match globals.get(vm.names().__warningregistry__.as_value(), vm)? {
        Some(registry) => registry,
        None => {
            let registry = vm.new_dict().into_value();
            globals.set(vm.names().__warningregistry__.to_value(), registry.clone(), vm)?;
            registry
        }
    };
    let module = globals
        .get(vm.names().__name__.as_value(), vm)?
        .filter(|n| n.downcast::<Str>().is_some())
        .unwrap_or_else(|| vm.intern("<string>").into_value());
    issue(
        &Warning {
            category: category.clone(),
            message: message.clone(),
            filename: &filename,
            line,
            module,
            registry: Some(registry),
            source_line: None,
            source,
        },
        vm,
    )
}

fn checked_category(message: &Value, category: Option<&Value>, vm: &Vm) -> PyResult {
    let base = vm.builtin(B::Warning);
    if message.ty(vm).is_subtype(base) {
        return Ok(message.ty(vm).to_value());
    }
    let category = match category.filter(|c| !c.is_none()) {
        None => return Ok(vm.builtin(B::UserWarning).to_value()),
        Some(category) => category,
    };
    if category.downcast::<Type>().is_some_and(|t| t.is_subtype(base)) {
        return Ok(category.clone());
    }
    Err(vm.type_error(format!("category must be a Warning subclass, not '{}'", vm.type_name(category))))
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;
    use pyrope_object::bind::OrNone;

    /// Issue a warning, or maybe ignore it or raise an exception.
    #[pyfunction("warn(message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=<unrepresentable>)")]
    fn warn(
        message: &Value,
        category: OrNone<&Value>,
        stacklevel: i64,
        source: OrNone<&Value>,
        skip_file_prefixes: Option<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        let category = checked_category(message, category.0, vm)?;
        let mut skip = Vec::new();
        if let Some(prefixes) = skip_file_prefixes {
            let Some(tuple) = prefixes.downcast::<Tuple>() else {
                return Err(vm.type_error(format!(
                    "warn() argument 'skip_file_prefixes' must be tuple, not {}",
                    vm.type_name(prefixes)
                )));
            };
            for prefix in tuple.as_slice() {
                match prefix.downcast::<Str>() {
                    Some(text) => skip.push(text.to_string_lossy().into_owned()),
                    None => {
                        return Err(
                            vm.type_error(format!("Found non-str '{}' in skip_file_prefixes.", vm.type_name(prefix)))
                        );
                    }
                }
            }
        }
        let level = if skip.is_empty() { stacklevel } else { stacklevel.max(2) };
        do_warn(&category, message, level, source.0.cloned(), &skip, vm)
    }

    /// Issue a warning, or maybe ignore it or raise an exception.
    #[pyfunction(
        "warn_explicit(message, category, filename, lineno, module=<unrepresentable>, registry=None, module_globals=None, source=None)"
    )]
    fn warn_explicit(
        message: &Value,
        category: &Value,
        filename: &Str,
        lineno: i64,
        module: Option<&Value>,
        registry: OrNone<&Value>,
        module_globals: OrNone<&Value>,
        source: OrNone<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        if let Some(globals) = module_globals.0
            && globals.downcast::<Dict>().is_none()
        {
            return Err(vm.type_error(format!("module_globals must be a dict, not '{}'", vm.type_name(globals))));
        }
        if let Some(registry) = registry.0
            && registry.downcast::<Dict>().is_none()
        {
            return Err(vm.type_error("'registry' must be a dict or None"));
        }
        let filename = Ref::from_borrowed(filename).into_value();
        let filename = &filename;
        let source_line = match module_globals.0 {
            Some(globals) => line_from_loader(globals, lineno, vm)?,
            None => None,
        };
        let module = match module {
            Some(module) => module.clone(),
            None => module_from_filename(filename, vm),
        };
        if module.is_none() {
            return Ok(());
        }
        let warning = Warning {
            category: category.clone(),
            message: message.clone(),
            filename,
            line: lineno,
            module,
            registry: registry.0.cloned(),
            source_line,
            source: source.0.cloned(),
        };
        issue(&warning, vm)
    }

    #[pyfunction("_filters_mutated_lock_held()")]
    fn filters_mutated_lock_held(vm: &Vm) {
        let version = &vm.state::<WarningsState>().version;
        version.set(version.get() + 1);
    }

    #[pyfunction("_filters_mutated()")]
    fn filters_mutated(vm: &Vm) {
        let version = &vm.state::<WarningsState>().version;
        version.set(version.get() + 1);
    }

    #[pyfunction("_acquire_lock()")]
    fn acquire_lock() {}

    #[pyfunction("_release_lock()")]
    fn release_lock() {}
}
