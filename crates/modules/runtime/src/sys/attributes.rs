//! The data of `sys`.

use pyrope_object::layout::Dict;
use pyrope_object::{BuiltinType as B, PyResult, Ref, TypeFlags, Value, Vm};
use pyrope_types::model::module::module_dict;
use pyrope_types::model::structseq::{StructSequence, struct_sequence, struct_sequence_type};

use super::{Launch, SysState};
use crate::imp::{ImportState, fs_text};

static FLAGS: StructSequence = StructSequence {
    name: "sys.flags",
    doc: "sys.flags\n\nFlags provided through command line arguments or environment vars.",
    fields: &[
        ("debug", "-d"),
        ("inspect", "-i"),
        ("interactive", "-i"),
        ("optimize", "-O or -OO"),
        ("dont_write_bytecode", "-B"),
        ("no_user_site", "-s"),
        ("no_site", "-S"),
        ("ignore_environment", "-E"),
        ("verbose", "-v"),
        ("bytes_warning", "-b"),
        ("quiet", "-q"),
        ("hash_randomization", "-R"),
        ("isolated", "-I"),
        ("dev_mode", "-X dev"),
        ("utf8_mode", "-X utf8"),
        ("warn_default_encoding", "-X warn_default_encoding"),
        ("safe_path", "-P"),
        ("int_max_str_digits", "-X int_max_str_digits"),
        ("gil", "-X gil"),
        ("thread_inherit_context", "-X thread_inherit_context"),
        ("context_aware_warnings", "-X context_aware_warnings"),
    ],
    visible: 18,
};

static VERSION_INFO: StructSequence = StructSequence {
    name: "sys.version_info",
    doc: "sys.version_info\n\nVersion information as a named tuple.",
    fields: &[
        ("major", "Major release number"),
        ("minor", "Minor release number"),
        ("micro", "Patch release number"),
        ("releaselevel", "'alpha', 'beta', 'candidate', or 'final'"),
        ("serial", "Serial release number"),
    ],
    visible: 5,
};

static FLOAT_INFO: StructSequence = StructSequence {
    name: "sys.float_info",
    doc: "sys.float_info\n\nA named tuple holding information about the float type. It contains low level\ninformation about \
          the precision and internal representation. Please study\nyour system's :file:`float.h` for more information.",
    fields: &[
        ("max", "DBL_MAX"),
        ("max_exp", "DBL_MAX_EXP"),
        ("max_10_exp", "DBL_MAX_10_EXP"),
        ("min", "DBL_MIN"),
        ("min_exp", "DBL_MIN_EXP"),
        ("min_10_exp", "DBL_MIN_10_EXP"),
        ("dig", "DBL_DIG"),
        ("mant_dig", "DBL_MANT_DIG"),
        ("epsilon", "DBL_EPSILON"),
        ("radix", "FLT_RADIX"),
        ("rounds", "FLT_ROUNDS"),
    ],
    visible: 11,
};

static INT_INFO: StructSequence = StructSequence {
    name: "sys.int_info",
    doc: "sys.int_info\n\nA named tuple that holds information about Python's\ninternal representation of integers.  The \
          attributes are read only.",
    fields: &[
        ("bits_per_digit", "size of a digit in bits"),
        ("sizeof_digit", "size in bytes of the C type used to represent a digit"),
        ("default_max_str_digits", "maximum string conversion digits limitation"),
        ("str_digits_check_threshold", "minimum positive value for int_max_str_digits"),
    ],
    visible: 4,
};

static HASH_INFO: StructSequence = StructSequence {
    name: "sys.hash_info",
    doc: "hash_info\n\nA named tuple providing parameters used for computing hashes.",
    fields: &[
        ("width", ""),
        ("modulus", ""),
        ("inf", ""),
        ("nan", ""),
        ("imag", ""),
        ("algorithm", ""),
        ("hash_bits", ""),
        ("seed_bits", ""),
        ("cutoff", ""),
    ],
    visible: 9,
};

static THREAD_INFO: StructSequence = StructSequence {
    name: "sys.thread_info",
    doc: "sys.thread_info\n\nA named tuple holding information about the thread implementation.",
    fields: &[("name", ""), ("lock", ""), ("version", "")],
    visible: 3,
};

/// The version that is implemented: (major, minor, micro).
const VERSION: (i64, i64, i64) = (3, 14, 0);

fn sequence(def: &'static StructSequence, values: Vec<Value>, vm: &Vm) -> PyResult {
    struct_sequence(&*struct_sequence_type(def, vm)?, values, vm)
}

/// A struct sequence of whose type no others can be made.
fn sole_sequence(def: &'static StructSequence, values: Vec<Value>, vm: &Vm) -> PyResult {
    let ty = struct_sequence_type(def, vm)?;
    ty.set_flags(ty.flags().or(TypeFlags::DISALLOW_INSTANTIATION));
    struct_sequence(&ty, values, vm)
}

/// Adds what does not depend on the command line.
pub(super) fn fill(module: &Value, vm: &Vm) -> PyResult<()> {
    let state = vm.state::<SysState>();
    *state.module.borrow_mut() = Some(module.clone());
    let dict = module_dict(module, vm)?;
    let text = |s: &str| vm.new_str(s).into_value();
    let set = |name: &str, value: Value| dict.set_str(name, value, vm);
    if let Some(modules) = vm.interp().modules.get() {
        set("modules", modules.to_value())?;
    }
    let (major, minor, micro) = VERSION;
    set("version", text(&format!("{major}.{minor}.{micro} (main) [Pyrope {}]", env!("CARGO_PKG_VERSION"))))?;
    set("hexversion", vm.int(major << 24 | minor << 16 | micro << 8 | 0xF0))?;
    set("api_version", vm.int(1013))?;
    set("copyright", text("Copyright (c) the Pyrope authors."))?;
    set("platform", text("linux"))?;
    set("platlibdir", text("lib"))?;
    set("maxsize", vm.int(i64::MAX))?;
    set("maxunicode", vm.int(0x10_FFFF))?;
    set("byteorder", text("little"))?;
    set("float_repr_style", text("short"))?;
    set("abiflags", text(""))?;
    set("_framework", text(""))?;
    set("_git", vm.tuple_of([text("Pyrope"), text(""), text("")]).into_value())?;
    let version = vec![vm.int(major), vm.int(minor), vm.int(micro), text("final"), vm.int(0)];
    let version_info = sole_sequence(&VERSION_INFO, version, vm)?;
    set("version_info", version_info.clone())?;
    set("implementation", implementation(version_info, vm)?)?;
    set("float_info", float_info(vm)?)?;
    set("int_info", sequence(&INT_INFO, [30, 4, 4300, 640].map(|n| vm.int(n)).to_vec(), vm)?)?;
    set("hash_info", hash_info(vm)?)?;
    set("thread_info", sequence(&THREAD_INFO, vec![text("pthread"), text("semaphore"), Value::none()], vm)?)?;
    for name in ["meta_path", "path_hooks", "warnoptions"] {
        set(name, vm.new_list(Vec::new()).into_value())?;
    }
    set("path_importer_cache", vm.new_dict().into_value())?;
    for hook in ["displayhook", "excepthook", "breakpointhook", "unraisablehook"] {
        if let Some(function) = dict.get_str(hook, vm)? {
            set(&format!("__{hook}__"), function)?;
        }
    }
    for stream in ["stdin", "stdout", "stderr"] {
        set(&format!("__{stream}__"), Value::none())?;
    }
    let mut natives: Vec<&str> = vm.state::<ImportState>().natives.borrow().keys().copied().collect();
    natives.sort_unstable();
    let natives = natives.into_iter().map(|n| vm.intern(n).into_value()).collect();
    set("builtin_module_names", vm.new_tuple(natives).into_value())?;
    set("_jit", super::tracing::jit_module(vm)?)?;
    set("monitoring", super::tracing::monitoring_module(vm)?)?;
    set("stdlib_module_names", stdlib_names(vm)?)?;
    Ok(())
}

fn implementation(version: Value, vm: &Vm) -> PyResult {
    let fields = [
        ("name", vm.new_str("pyrope").into_value()),
        ("cache_tag", vm.new_str("pyrope-314").into_value()),
        ("version", version),
        ("hexversion", vm.int(0x030E_00F0)),
        ("supports_isolated_interpreters", Value::bool(true)),
    ];
    let names: Vec<Value> = fields.iter().map(|(name, _)| vm.intern(name).into_value()).collect();
    let values: Vec<Value> = fields.into_iter().map(|(_, value)| value).collect();
    let class = vm.builtin(B::SimpleNamespace).to_value();
    vm.call_args(&class, pyrope_object::Args::new(&values, &names))
}

fn float_info(vm: &Vm) -> PyResult {
    let values = vec![
        vm.float(f64::MAX),
        vm.int(1024),
        vm.int(308),
        vm.float(f64::MIN_POSITIVE),
        vm.int(-1021),
        vm.int(-307),
        vm.int(15),
        vm.int(53),
        vm.float(f64::EPSILON),
        vm.int(2),
        vm.int(1),
    ];
    sequence(&FLOAT_INFO, values, vm)
}

fn hash_info(vm: &Vm) -> PyResult {
    let values = vec![
        vm.int(64),
        vm.int((1 << 61) - 1),
        vm.int(314_159),
        vm.int(0),
        vm.int(1_000_003),
        vm.new_str("siphash13").into_value(),
        vm.int(64),
        vm.int(128),
        vm.int(0),
    ];
    sequence(&HASH_INFO, values, vm)
}

/// Top-level names of the embedded library and of the native modules.
fn stdlib_names(vm: &Vm) -> PyResult {
    let state = vm.state::<ImportState>();
    let mut names: Vec<&str> = state.natives.borrow().keys().copied().collect();
    if let Some(list) = state.frozen_names.get() {
        names.extend(list().into_iter().filter(|n| !n.contains('.')));
    }
    let list = vm.new_list(names.into_iter().map(|n| vm.intern(n).into_value()).collect()).into_value();
    vm.call(&vm.builtin(B::FrozenSet).to_value(), &[list])
}

/// Adds what the command line and the environment decide.
pub fn install_arguments(launch: Launch, vm: &Vm) -> PyResult<()> {
    let dict: Ref<Dict> = super::dict(vm)?;
    let set = |name: &str, value: Value| dict.set_str(name, value, vm);
    let path = |bytes: &[u8]| -> PyResult { Ok(fs_text(bytes, vm)?.into_value()) };
    let paths = |list: &[Vec<u8>]| -> PyResult {
        let items = list.iter().map(|p| path(p)).collect::<PyResult<Vec<_>>>()?;
        Ok(vm.new_list(items).into_value())
    };
    set("argv", paths(&launch.argv)?)?;
    set("orig_argv", paths(&launch.orig_argv)?)?;
    set("path", paths(&launch.path)?)?;
    let places = &launch.places;
    for (name, place) in [
        ("executable", &places.executable),
        ("_base_executable", &places.base_executable),
        ("prefix", &places.prefix),
        ("exec_prefix", &places.exec_prefix),
        ("base_prefix", &places.base_prefix),
        ("base_exec_prefix", &places.base_exec_prefix),
        ("_stdlib_dir", &places.library),
    ] {
        set(name, path(place)?)?;
    }
    set("pycache_prefix", launch.pycache_prefix.as_deref().map(path).transpose()?.unwrap_or(Value::none()))?;
    set("dont_write_bytecode", Value::bool(launch.dont_write_bytecode))?;
    let options = launch.warn_options.iter().map(|o| vm.new_str(o).into_value()).collect();
    set("warnoptions", vm.new_list(options).into_value())?;
    let x_options = vm.new_dict();
    for (name, value) in &launch.x_options {
        let value = value.as_ref().map_or(Value::bool(true), |v| vm.new_str(v).into_value());
        x_options.set_str(name, value, vm)?;
    }
    set("_xoptions", x_options.into_value())?;
    set("flags", flags(&launch, vm)?)?;
    vm.state::<pyrope_types::text::EarlyChecks>().0.set(launch.dev_mode);
    let debug = launch.optimize == 0;
    if let Some(builtins) = vm.interp().builtins_dict.get() {
        builtins.set_str("__debug__", Value::bool(debug), vm)?;
    }
    if launch.int_max_str_digits >= 0 {
        pyrope_types::numbers::set_max_str_digits(launch.int_max_str_digits as usize, vm);
    }
    vm.interp().bytes_warning.set(launch.bytes_warning.clamp(0, 2) as u8);
    *vm.state::<SysState>().launch.borrow_mut() = launch;
    Ok(())
}

fn flags(launch: &Launch, vm: &Vm) -> PyResult {
    let truth = |flag: bool| vm.int(i64::from(flag));
    let values = vec![
        vm.int(launch.debug),
        vm.int(launch.inspect),
        vm.int(launch.interactive),
        vm.int(launch.optimize),
        truth(launch.dont_write_bytecode),
        truth(launch.no_user_site),
        truth(launch.no_site),
        truth(launch.ignore_environment),
        vm.int(launch.verbose),
        vm.int(launch.bytes_warning),
        truth(launch.quiet),
        truth(launch.hash_randomization),
        truth(launch.isolated),
        Value::bool(launch.dev_mode),
        vm.int(launch.utf8_mode),
        truth(launch.warn_default_encoding),
        Value::bool(launch.safe_path),
        vm.int(launch.int_max_str_digits),
        vm.int(1),
        vm.int(launch.thread_inherit_context),
        vm.int(launch.context_aware_warnings),
    ];
    sole_sequence(&FLAGS, values, vm)
}
