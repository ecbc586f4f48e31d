//! The configuration of paths, told where the library is not to be found.

use crate::Settings;

/// Writes to standard error what the start knows of paths, as CPython does before it gives up.
pub(crate) fn dump(settings: &Settings) {
    let (launch, places) = (&settings.launch, &settings.launch.places);
    let given = |value: &Option<Vec<u8>>| value.as_deref().map_or_else(|| "(not set)".to_owned(), quoted);
    let flag = |on: bool| u8::from(on).to_string();
    let entries = [
        ("PYTHONHOME", given(&places.home)),
        ("PYTHONPATH", given(&places.search_path)),
        ("program name", quoted(launch.orig_argv.first().map_or(b"", Vec::as_slice))),
        ("isolated", flag(launch.isolated)),
        ("environment", flag(!launch.ignore_environment)),
        ("user site", flag(!launch.no_user_site)),
        ("safe_path", flag(launch.safe_path)),
        ("import site", flag(settings.import_site)),
        ("stdlib dir", quoted(&places.library)),
        ("sys._base_executable", quoted(&places.base_executable)),
        ("sys.base_prefix", quoted(&places.base_prefix)),
        ("sys.base_exec_prefix", quoted(&places.base_exec_prefix)),
        ("sys.executable", quoted(&places.executable)),
        ("sys.prefix", quoted(&places.prefix)),
        ("sys.exec_prefix", quoted(&places.exec_prefix)),
    ];
    eprintln!("Python path configuration:");
    for (name, value) in entries {
        eprintln!("  {name} = {value}");
    }
    eprintln!("  sys.path = [");
    for entry in &launch.path {
        eprintln!("    {},", quoted(entry));
    }
    eprintln!("  ]");
    eprintln!("Fatal Python error: Failed to import encodings module");
    eprintln!("Python runtime state: core initialized");
}

fn quoted(path: &[u8]) -> String {
    format!("'{}'", String::from_utf8_lossy(path))
}
