//! `_pyrope`: the embedded library, for its importer.

use pyrope_object::ModuleDef;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_pyrope",
    doc: "What this implementation offers its own library.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

#[pyrope_macros::pyfunctions]
mod functions {
    use pyrope_bytecode::image::ImageCode;
    use pyrope_object::{PyResult, Str, Value, Vm};
    use pyrope_vm::code::CodeObject;

    /// The folder in which the library appears to lie.
    #[pyfunction("library_root()")]
    fn library_root(vm: &Vm) -> Value {
        vm.intern(pyrope_library::ROOT).into_value()
    }

    /// True if the library has a file with this path below its folder.
    #[pyfunction("library_has(path, /)")]
    fn library_has(path: &Str) -> bool {
        pyrope_library::find(&path.to_string_lossy()).is_some()
    }

    /// True if files of the library lie below this path.
    #[pyfunction("library_is_folder(path, /)")]
    fn library_is_folder(path: &Str) -> bool {
        let prefix = format!("{}/", path.to_string_lossy());
        let files = pyrope_library::files();
        let at = files.partition_point(|file| file.path < prefix.as_str());
        files.get(at).is_some_and(|file| file.path.starts_with(&prefix))
    }

    /// The code of a module of the library.
    #[pyfunction("library_code(path, /)")]
    fn library_code(path: &str, vm: &Vm) -> PyResult {
        let code = pyrope_library::find(path).map(|file| file.code()).unwrap_or_default();
        match ImageCode::of_module(code) {
            Some(image) => Ok(CodeObject::from_image(image, vm).into_value()),
            None => Err(vm.import_error(format!("{path} has no code in the embedded library"))),
        }
    }

    /// The bytes of a file of the library, or None.
    #[pyfunction("library_data(path, /)")]
    fn library_data(path: &str, vm: &Vm) -> PyResult {
        match pyrope_library::find(path) {
            Some(file) => Ok(vm.new_bytes(&file.source())?.into_value()),
            None => Ok(Value::none()),
        }
    }

    /// The paths of all files of the library, below its folder.
    #[pyfunction("library_files()")]
    fn library_files(vm: &Vm) -> Value {
        let paths = pyrope_library::files().iter().map(|file| vm.new_str(file.path).into_value());
        vm.new_list(paths.collect()).into_value()
    }

    /// (name, is package) of each module directly below a prefix (empty, or ending in a slash).
    #[pyfunction("library_modules(prefix, /)")]
    fn library_modules(prefix: &str, vm: &Vm) -> Value {
        let below = pyrope_library::files().iter().filter_map(|file| file.path.strip_prefix(prefix));
        let modules = below.filter_map(|rest| match rest.split_once('/') {
            None => rest.strip_suffix(".py").filter(|name| *name != "__init__").map(|name| (name, false)),
            Some((name, "__init__.py")) => Some((name, true)),
            Some(_) => None,
        });
        let items = modules
            .map(|(name, package)| vm.tuple_of([vm.new_str(name).into_value(), Value::bool(package)]).into_value());
        vm.new_list(items.collect()).into_value()
    }
}
