//! `_imp`, and the fast path of `import`.

mod timing;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use pyrope_bytecode::image::ImageCode;
use pyrope_object::layout::{Dict, Str};
use pyrope_object::{BuiltinType as B, ModuleDef, PyResult, Ref, Value, Vm};
use pyrope_types::model::module;
use pyrope_vm::code::CodeObject;

use crate::sys::SysState;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_imp",
    doc: "(Extremely) low-level import machinery bits as used by importlib.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        let dict = module::module_dict(module, vm)?;
        let check = vm.state::<SysState>().launch.borrow().check_hash_pycs.clone();
        let check = if check.is_empty() { "default" } else { &check };
        dict.set_str("check_hash_based_pycs", vm.intern(check).into_value(), vm)?;
        dict.set_str("pyc_magic_number_token", vm.int(168_627_755), vm)
    }),
};

/// A module of the library that travels inside the binary.
#[derive(Clone, Copy)]
pub struct FrozenModule {
    /// An image of the code.
    pub code: &'static [u8],
    pub is_package: bool,
    /// Path below the library's folder.
    pub path: &'static str,
}

impl FrozenModule {
    /// The name under which the module lies in the library: `importlib._bootstrap` for `_frozen_importlib`.
    fn original_name(&self) -> String {
        let stem = self.path.strip_suffix(".py").unwrap_or(self.path);
        stem.strip_suffix("/__init__").unwrap_or(stem).replace('/', ".")
    }
}

/// Where modules come from besides files: native ones, and those of the embedded library.
#[derive(Default)]
pub struct ImportState {
    pub natives: RefCell<HashMap<&'static str, &'static ModuleDef>>,
    pub find_frozen: Cell<Option<fn(&str) -> Option<FrozenModule>>>,
    pub frozen_names: Cell<Option<fn() -> Vec<&'static str>>>,
    /// `importlib._bootstrap`, once it is installed.
    pub bootstrap: RefCell<Option<Value>>,
    lock_depth: Cell<usize>,
    override_frozen: Cell<i64>,
}

/// Looks a module up in `sys.modules`.
fn loaded(name: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    match vm.interp().modules.get() {
        Some(modules) => Ok(modules.get(name, vm)?.filter(|m| !m.is_none())),
        None => Ok(None),
    }
}

/// `__import__(name, globals, None, fromlist, level)`
pub(crate) fn import(name: &Value, globals: Option<&Value>, fromlist: Option<&Value>, level: i64, vm: &Vm) -> PyResult {
    let Some(text) = name.downcast::<Str>() else { return Err(vm.type_error("module name must be a string")) };
    if level < 0 {
        return Err(vm.value_error("level must be >= 0"));
    }
    let absolute = if level > 0 {
        resolve_relative(text, globals, level as usize, vm)?
    } else if text.is_empty() {
        return Err(vm.value_error("Empty module name"));
    } else {
        name.clone()
    };
    let found = match vm.interp().modules.get() {
        Some(modules) => modules.get(&absolute, vm)?,
        None => None,
    };
    let module = match found {
        Some(module) if !module.is_none() => {
            // An import in another thread may have failed meanwhile.
            if wait_until_initialised(&module, &absolute, vm)? && loaded(&absolute, vm)?.is_none() {
                find_and_load(&absolute, vm)?
            } else {
                timing::cached(&absolute, vm);
                module
            }
        }
        _ => find_and_load(&absolute, vm)?,
    };
    let wants_names = match fromlist {
        Some(list) => vm.is_true(list)?,
        None => false,
    };
    if wants_names {
        let fromlist = fromlist.cloned().unwrap_or(Value::none());
        if module::find(&module, vm.names().__path__.as_value(), vm)?.is_none() {
            return Ok(module);
        }
        let bootstrap = bootstrap(vm)?;
        let import_function = builtin_import(vm)?;
        return vm.call_method(&bootstrap, "_handle_fromlist", &[module, fromlist, import_function]);
    }
    top_level(text, &absolute, module, level, vm)
}

/// Without a from-list `import a.b` gives `a`.
fn top_level(text: &Str, absolute: &Value, module: Value, level: i64, vm: &Vm) -> PyResult {
    let written = text.to_string_lossy();
    if level > 0 && written.is_empty() {
        return Ok(module);
    }
    let Some(dot) = written.find('.') else { return Ok(module) };
    if level == 0 {
        let first = vm.intern(&written[..dot]).into_value();
        return import(&first, None, None, 0, vm);
    }
    let full = absolute.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let cut = full.len() - (written.len() - dot);
    let wanted = vm.intern(&full[..cut]).into_value();
    match loaded(&wanted, vm)? {
        Some(module) => Ok(module),
        None => {
            Err(vm.key_error(&vm.new_str(&format!("'{}' not in sys.modules as expected", &full[..cut])).into_value()))
        }
    }
}

fn builtin_import(vm: &Vm) -> PyResult {
    match vm.interp().builtins_dict.get() {
        Some(dict) => Ok(dict.get(vm.names().__import__.as_value(), vm)?.unwrap_or(Value::none())),
        None => Ok(Value::none()),
    }
}

fn bootstrap(vm: &Vm) -> PyResult {
    vm.state::<ImportState>()
        .bootstrap
        .borrow()
        .clone()
        .ok_or_else(|| vm.import_error("the import system is not installed"))
}

fn find_and_load(absolute: &Value, vm: &Vm) -> PyResult {
    vm.audit("import", || {
        let part = |name| crate::sys::get(vm, name).ok().flatten().unwrap_or(Value::none());
        [absolute.clone(), Value::none(), part("path"), part("meta_path"), part("path_hooks")]
    })?;
    let timer = timing::begin(vm);
    let result = vm.call_method(&bootstrap(vm)?, "_find_and_load", &[absolute.clone(), builtin_import(vm)?]);
    if let Some(timer) = timer {
        timer.end(absolute, vm);
    }
    match result {
        Ok(module) => Ok(module),
        Err(raised) => {
            let exception = vm.catch(raised);
            if vm.state::<SysState>().launch.borrow().verbose == 0 {
                strip_import_frames(&exception, vm)?;
            }
            Err(vm.reraise(exception))
        }
    }
}

/// Removes importlib's own frames from a traceback, as CPython does unless `-v` is given.
fn strip_import_frames(exception: &Value, vm: &Vm) -> PyResult<()> {
    let always = exception.ty(vm).is_subtype(vm.builtin(B::ImportError));
    let mut kept: Vec<Value> = Vec::new();
    let mut chunk: Vec<Value> = Vec::new();
    let mut inside = false;
    let mut at = vm.get_attr(exception, vm.names().__traceback__.as_value())?;
    while !at.is_none() {
        let next = vm.get_attr_str(&at, "tb_next")?;
        let frame = vm.get_attr_str(&at, "tb_frame")?;
        let code = vm.get_attr_str(&frame, "f_code")?;
        let text = |name: &str| -> PyResult<String> {
            let value = vm.get_attr_str(&code, name)?;
            Ok(value.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default())
        };
        let file = text("co_filename")?;
        let is_importlib = file == "<frozen importlib._bootstrap>" || file == "<frozen importlib._bootstrap_external>";
        if is_importlib {
            inside = true;
            chunk.push(at.clone());
            let name = text("co_name")?;
            if always || name == "_call_with_frames_removed" {
                chunk.clear();
            }
        } else {
            if inside {
                kept.append(&mut chunk);
                inside = false;
            }
            kept.push(at.clone());
        }
        at = next;
    }
    kept.append(&mut chunk);
    let mut following = Value::none();
    for entry in kept.iter().rev() {
        vm.set_attr_str(entry, "tb_next", &following)?;
        following = entry.clone();
    }
    vm.set_attr(exception, vm.names().__traceback__.as_value(), Some(&following))
}

/// Another thread may still be executing the module: wait for it as importlib does.
/// True if it had to be waited for.
fn wait_until_initialised(module: &Value, name: &Value, vm: &Vm) -> PyResult<bool> {
    let name_of_spec = vm.names().__spec__.as_value();
    let spec = match module.ty(vm).is(vm.builtin(B::Module)) {
        true => module::module_dict(module, vm)?.get(name_of_spec, vm)?,
        false => vm.find_attr(module, name_of_spec)?,
    };
    let Some(spec) = spec.filter(|s| !s.is_none()) else { return Ok(false) };
    let initialising = match vm.find_attr(&spec, vm.names()._initializing.as_value())? {
        Some(flag) => vm.is_true(&flag)?,
        None => false,
    };
    if initialising {
        vm.call_method(&bootstrap(vm)?, "_lock_unlock_module", std::slice::from_ref(name))?;
    }
    Ok(initialising)
}

/// The absolute name that a relative import means.
fn resolve_relative(name: &Str, globals: Option<&Value>, level: usize, vm: &Vm) -> PyResult {
    let Some(globals) = globals.filter(|g| !g.is_none()) else {
        return Err(vm.key_error(&vm.new_str("'__name__' not in globals").into_value()));
    };
    let Some(globals) = globals.cast::<Dict>() else { return Err(vm.type_error("globals must be a dict")) };
    let package = calc_package(&globals, vm)?;
    if package.is_empty() {
        return Err(vm.import_error("attempted relative import with no known parent package"));
    }
    let mut base = package.as_str();
    for _ in 1..level {
        match base.rfind('.') {
            Some(dot) => base = &base[..dot],
            None => return Err(vm.import_error("attempted relative import beyond top-level package")),
        }
    }
    let full = if name.is_empty() { base.to_owned() } else { format!("{base}.{}", name.to_string_lossy()) };
    Ok(vm.intern(&full).into_value())
}

/// `importlib._bootstrap._calc___package__`
fn calc_package(globals: &Ref<Dict>, vm: &Vm) -> PyResult<String> {
    let names = vm.names();
    let text = |value: &Value, what: &str| -> PyResult<String> {
        match value.downcast::<Str>() {
            Some(text) => Ok(text.to_string_lossy().into_owned()),
            None => Err(vm.type_error(format!("{what} must be a string"))),
        }
    };
    let package = globals.get(names.__package__.as_value(), vm)?.filter(|p| !p.is_none());
    let spec = globals.get(names.__spec__.as_value(), vm)?.filter(|s| !s.is_none());
    if let Some(package) = package {
        let package = text(&package, "package")?;
        if let Some(spec) = spec {
            let parent = vm.get_attr_str(&spec, "parent")?;
            if parent.downcast::<Str>().is_none_or(|p| !p.equals_str(&package)) {
                vm.warn(B::DeprecationWarning, "__package__ != __spec__.parent", 1)?;
            }
        }
        return Ok(package);
    }
    if let Some(spec) = spec {
        return text(&vm.get_attr_str(&spec, "parent")?, "__spec__.parent");
    }
    vm.warn(
        B::ImportWarning,
        "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__",
        1,
    )?;
    let Some(name) = globals.get(names.__name__.as_value(), vm)? else {
        return Err(vm.key_error(&vm.new_str("'__name__' not in globals").into_value()));
    };
    let name = text(&name, "__name__")?;
    if globals.get(names.__path__.as_value(), vm)?.is_some() {
        return Ok(name);
    }
    Ok(name.rfind('.').map(|dot| name[..dot].to_owned()).unwrap_or_default())
}

/// The hook behind `vm.import`: the module that a dotted name means.
pub fn import_hook(name: &str, vm: &Vm) -> PyResult {
    let key = vm.intern(name).into_value();
    if let Some(module) = loaded(&key, vm)? {
        return Ok(module);
    }
    import(&key, None, None, 0, vm)?;
    match loaded(&key, vm)? {
        Some(module) => Ok(module),
        None => Err(vm.import_error(format!("No module named '{name}'"))),
    }
}

/// Makes `builtins` around the interpreter's own dict, and `sys`; enters both in `sys.modules`.
pub fn create_core_modules(vm: &Vm) -> PyResult<()> {
    let (Some(modules), Some(builtins)) = (vm.interp().modules.get(), vm.interp().builtins_dict.get()) else {
        return Err(vm.system_error("the interpreter has no module table"));
    };
    let module = module::native_module_in(&crate::builtins::MODULE, builtins.clone(), vm)?;
    modules.set_str("builtins", module, vm)?;
    let sys = module::native_module(&crate::sys::MODULE, vm)?;
    modules.set_str("sys", sys, vm)
}

/// Makes a native module by name and enters it in `sys.modules`.
pub fn create_native(name: &str, vm: &Vm) -> PyResult<Option<Value>> {
    let def = vm.state::<ImportState>().natives.borrow().get(name).copied();
    let Some(def) = def else { return Ok(None) };
    let module = module::native_module(def, vm)?;
    if let Some(modules) = vm.interp().modules.get() {
        modules.set_str(name, module.clone(), vm)?;
    }
    Ok(Some(module))
}

/// The code of an embedded module.
pub fn frozen_code(name: &str, vm: &Vm) -> PyResult<Option<(Ref<CodeObject>, FrozenModule)>> {
    let Some(found) = find_frozen(name, vm) else { return Ok(None) };
    match ImageCode::of_module(found.code) {
        Some(image) => Ok(Some((CodeObject::from_image(image, vm), found))),
        None => Err(vm.import_error(format!("Frozen object named '{name}' is invalid"))),
    }
}

fn find_frozen(name: &str, vm: &Vm) -> Option<FrozenModule> {
    vm.state::<ImportState>().find_frozen.get().and_then(|find| find(name))
}

/// A frozen module as the import system is to see it: `-X frozen_modules=off` hides those that are not needed to start.
fn usable_frozen(name: &str, vm: &Vm) -> Option<FrozenModule> {
    const NEEDED: [&str; 4] = ["_frozen_importlib", "_frozen_importlib_external", "zipimport", "_pyrope_importer"];
    let state = vm.state::<ImportState>();
    let hidden = match state.override_frozen.get() {
        0 => vm.state::<SysState>().launch.borrow().without_frozen_modules,
        wanted => wanted < 0,
    };
    if hidden && !NEEDED.contains(&name) { None } else { find_frozen(name, vm) }
}

/// Makes an embedded module, runs it and enters it in `sys.modules`: how importlib itself gets in.
pub fn import_frozen(name: &str, vm: &Vm) -> PyResult {
    let Some((code, found)) = frozen_code(name, vm)? else {
        return Err(vm.import_error(format!("No such frozen object named {name}")));
    };
    let new = module::new_module(name, vm)?;
    if let Some(modules) = vm.interp().modules.get() {
        modules.set_str(name, new.clone(), vm)?;
    }
    let dict = module::module_dict(&new, vm)?;
    dict.set_str("__origname__", vm.intern(&found.original_name()).into_value(), vm)?;
    if let Some(builtins) = vm.interp().builtins_dict.get() {
        dict.set(vm.names().__builtins__.to_value(), builtins.to_value(), vm)?;
    }
    pyrope_vm::run_code(&code, &dict, None, vm)?;
    Ok(new)
}

/// A path argument as `str` without NULs: `os.fsdecode` of `str`, bytes or path-likes.
pub(crate) fn fs_decode(path: &Value, vm: &Vm) -> PyResult {
    if let Some(text) = path.downcast::<Str>() {
        return match text.code_points().any(|c| c == 0) {
            true => Err(vm.value_error("embedded null character")),
            false => Ok(path.clone()),
        };
    }
    if let Some(bytes) = path.downcast::<pyrope_object::Bytes>() {
        return fs_decode(fs_text(bytes.as_slice(), vm)?.as_value(), vm);
    }
    match vm.call_special(path, &vm.intern("__fspath__"), &[])? {
        Some(inner) if inner.downcast::<Str>().is_some() || inner.downcast::<pyrope_object::Bytes>().is_some() => {
            fs_decode(&inner, vm)
        }
        Some(inner) => Err(vm.type_error(format!(
            "expected {}.__fspath__() to return str or bytes, not {}",
            vm.type_name(path),
            vm.type_name(&inner)
        ))),
        None => Err(vm.type_error(format!("expected str, bytes or os.PathLike object, not {}", vm.type_name(path)))),
    }
}

/// Bytes of a path as `str`: UTF-8 with undecodable bytes as surrogates U+DC80…U+DCFF (PEP 383).
pub fn fs_text(bytes: &[u8], vm: &Vm) -> PyResult<Ref<Str>> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return vm.try_str(text);
    }
    let mut points = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        points.extend(chunk.valid().chars().map(u32::from));
        points.extend(chunk.invalid().iter().map(|&b| 0xDC00 + u32::from(b)));
    }
    vm.str_from_code_points(&points)
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;
    use pyrope_object::bind::{BytesLike, OrNone};

    /// Release the interpreter's import lock.
    #[pyfunction("release_lock()")]
    fn release_lock(vm: &Vm) -> PyResult<()> {
        let state = vm.state::<ImportState>();
        match state.lock_depth.get().checked_sub(1) {
            Some(depth) => {
                state.lock_depth.set(depth);
                Ok(())
            }
            None => Err(vm.runtime_error("not holding the import lock")),
        }
    }

    /// Acquires the interpreter's import lock for the current thread.
    #[pyfunction("acquire_lock()")]
    fn acquire_lock(vm: &Vm) {
        let state = vm.state::<ImportState>();
        state.lock_depth.set(state.lock_depth.get() + 1);
    }

    /// Return True if the import lock is currently held, else False.
    #[pyfunction("lock_held()")]
    fn lock_held(vm: &Vm) -> bool {
        vm.state::<ImportState>().lock_depth.get() > 0
    }

    /// Returns the list of file suffixes used to identify extension modules.
    #[pyfunction("extension_suffixes()")]
    fn extension_suffixes(vm: &Vm) -> Value {
        vm.new_list(Vec::new()).into_value()
    }

    /// Returns True if the module name corresponds to a built-in module.
    #[pyfunction("is_builtin(name, /)")]
    fn is_builtin(name: &Str, vm: &Vm) -> i64 {
        match &*name.to_string_lossy() {
            "builtins" | "sys" => -1,
            name => i64::from(vm.state::<ImportState>().natives.borrow().contains_key(name)),
        }
    }

    /// Create an extension module.
    #[pyfunction("create_builtin(spec, /)")]
    fn create_builtin(spec: &Value, vm: &Vm) -> PyResult {
        let name = vm.get_attr(spec, vm.names().name.as_value())?;
        let text = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(module) = loaded(&name, vm)? {
            return Ok(module);
        }
        let def = vm.state::<ImportState>().natives.borrow().get(text.as_str()).copied();
        match def {
            Some(def) => module::native_module(def, vm),
            None => Ok(Value::none()),
        }
    }

    /// Initialize a built-in module.
    #[pyfunction("exec_builtin(mod, /)")]
    fn exec_builtin(r#mod: &Value) -> i64 {
        let _ = r#mod;
        0
    }

    /// Initialize an extension module.
    #[pyfunction("exec_dynamic(mod, /)")]
    fn exec_dynamic(r#mod: &Value) -> i64 {
        let _ = r#mod;
        0
    }

    /// Returns True if the module name corresponds to a frozen module.
    #[pyfunction("is_frozen(name, /)")]
    fn is_frozen(name: &Str, vm: &Vm) -> bool {
        usable_frozen(&name.to_string_lossy(), vm).is_some()
    }

    /// Returns True if the module name is of a frozen package.
    #[pyfunction("is_frozen_package(name, /)")]
    fn is_frozen_package(name: &str, vm: &Vm) -> PyResult<bool> {
        match find_frozen(name, vm) {
            Some(found) => Ok(found.is_package),
            None => Err(vm.import_error(format!("No such frozen object named {name}"))),
        }
    }

    /// Return info about the corresponding frozen module (if there is one) or None.
    #[pyfunction("find_frozen(name, /, *, withdata=False)")]
    fn find_frozen_info(name: &Str, _withdata: bool, vm: &Vm) -> PyResult {
        match usable_frozen(&name.to_string_lossy(), vm) {
            None => Ok(Value::none()),
            Some(found) => {
                let origin = vm.new_str(&found.original_name()).into_value();
                Ok(vm.tuple_of([Value::none(), Value::bool(found.is_package), origin]).into_value())
            }
        }
    }

    /// Create a code object for a frozen module.
    #[pyfunction("get_frozen_object(name, data=None, /)")]
    fn get_frozen_object(name: &str, _data: OrNone<&Value>, vm: &Vm) -> PyResult {
        match frozen_code(name, vm)? {
            Some((code, _)) => Ok(code.into_value()),
            None => Err(vm.import_error(format!("No such frozen object named {name}"))),
        }
    }

    /// Return the names of the embedded modules.
    #[pyfunction("_frozen_module_names()")]
    fn frozen_module_names(vm: &Vm) -> Value {
        let names = vm.state::<ImportState>().frozen_names.get().map(|list| list()).unwrap_or_default();
        vm.new_list(names.into_iter().map(|n| vm.intern(n).into_value()).collect()).into_value()
    }

    /// Initializes a frozen module.
    #[pyfunction("init_frozen(name, /)")]
    fn init_frozen(name: &str, vm: &Vm) -> PyResult {
        match find_frozen(name, vm) {
            Some(_) => import_frozen(name, vm),
            None => Ok(Value::none()),
        }
    }

    /// (internal-only) Override PyConfig.use_frozen_modules.
    #[pyfunction("_override_frozen_modules_for_tests(override, /)")]
    fn override_frozen(r#override: i64, vm: &Vm) {
        vm.state::<ImportState>().override_frozen.set(r#override);
    }

    #[pyfunction("_override_multi_interp_extensions_check(override, /)")]
    fn override_multi_interp(r#override: i64) -> i64 {
        let _ = r#override;
        0
    }

    /// Changes code.co_filename to specify the passed-in file path.
    #[pyfunction("_fix_co_filename(code, path, /)")]
    fn fix_co_filename(code: &CodeObject, path: &Str) {
        code.set_filename(&Ref::from_borrowed(path));
    }

    #[pyfunction("source_hash(key, source)")]
    fn source_hash(key: i64, source: BytesLike<'_>, vm: &Vm) -> PyResult {
        let hash = source.with(|bytes| pyrope_bytecode::pyc::keyed_hash(key as u64, bytes));
        Ok(vm.new_bytes(&hash)?.into_value())
    }
}
