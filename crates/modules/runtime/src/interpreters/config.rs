//! What an interpreter may do: `_interpreters.new_config()`.

use pyrope_object::bind::OrNone;
use pyrope_object::layout::{Dict, Str};
use pyrope_object::{Args, PyResult, Value, Vm};
use pyrope_types::containers::namespace::SimpleNamespace;

/// The switches, in CPython's order. Memory is never shared here, and each interpreter has a lock of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    use_main_obmalloc: bool,
    pub allow_fork: bool,
    pub allow_exec: bool,
    pub allow_threads: bool,
    pub allow_daemon_threads: bool,
    check_multi_interp_extensions: bool,
    gil: &'static str,
}

const GILS: [&str; 3] = ["default", "shared", "own"];

impl Config {
    /// The first interpreter's.
    pub const MAIN: Config = Config { gil: "own", ..Config::LEGACY };

    const LEGACY: Config = Config {
        use_main_obmalloc: true,
        allow_fork: true,
        allow_exec: true,
        allow_threads: true,
        allow_daemon_threads: true,
        check_multi_interp_extensions: false,
        gil: "shared",
    };

    const ISOLATED: Config = Config {
        use_main_obmalloc: false,
        allow_fork: false,
        allow_exec: false,
        allow_threads: true,
        allow_daemon_threads: false,
        check_multi_interp_extensions: true,
        gil: "own",
    };

    const EMPTY: Config =
        Config { allow_threads: false, check_multi_interp_extensions: false, gil: "default", ..Config::ISOLATED };

    fn named(name: &str, vm: &Vm) -> PyResult<Config> {
        match name {
            "" | "default" | "isolated" => Ok(Config::ISOLATED),
            "legacy" => Ok(Config::LEGACY),
            "empty" => Ok(Config::EMPTY),
            _ => Err(vm.value_error(format!("unsupported config name '{name}'"))),
        }
    }

    fn switches(&mut self) -> [(&'static str, &mut bool); 6] {
        [
            ("use_main_obmalloc", &mut self.use_main_obmalloc),
            ("allow_fork", &mut self.allow_fork),
            ("allow_exec", &mut self.allow_exec),
            ("allow_threads", &mut self.allow_threads),
            ("allow_daemon_threads", &mut self.allow_daemon_threads),
            ("check_multi_interp_extensions", &mut self.check_multi_interp_extensions),
        ]
    }

    /// As a `SimpleNamespace`.
    pub fn to_value(mut self, vm: &Vm) -> PyResult {
        let gil = vm.new_str(self.gil).into_value();
        let mut attributes: Vec<(&str, Value)> =
            self.switches().into_iter().map(|(name, on)| (name, Value::bool(*on))).collect();
        attributes.push(("gil", gil));
        Ok(SimpleNamespace::with(&attributes, vm)?.into_value())
    }

    fn set(&mut self, name: &str, value: &Value, vm: &Vm) -> PyResult<bool> {
        let bad_type = |vm: &Vm| vm.type_error(format!("invalid config type: {name}"));
        if name == "gil" {
            let Some(given) = value.downcast::<Str>() else { return Err(bad_type(vm)) };
            let Some(known) = GILS.into_iter().find(|known| given.equals_str(known)) else {
                let given = given.to_string_lossy();
                return Err(vm.value_error(format!("unsupported interpreter config .gil value '{given}'")));
            };
            self.gil = known;
            return Ok(true);
        }
        let Some((_, on)) = self.switches().into_iter().find(|(known, _)| *known == name) else { return Ok(false) };
        *on = value.as_bool().ok_or_else(|| bad_type(vm))?;
        Ok(true)
    }

    /// The config that a name, an object with attributes, or nothing stands for.
    pub fn of(given: OrNone<&Value>, vm: &Vm) -> PyResult<Config> {
        let Some(given) = given.0 else { return Ok(Config::ISOLATED) };
        if let Some(name) = given.downcast::<Str>() {
            return Config::named(&encoded(name, vm)?, vm);
        }
        let Some(attributes) = vm.find_attr_str(given, "__dict__")?.and_then(|dict| dict.cast::<Dict>()) else {
            let shown = vm.repr_text(given)?;
            return Err(vm.type_error(format!("bad config {shown}")));
        };
        let rest = vm.new_dict();
        rest.copy_from(&attributes, vm)?;
        let mut config = Config::EMPTY;
        let names: Vec<&str> = config.switches().into_iter().map(|(name, _)| name).chain(["gil"]).collect();
        for name in names {
            let Some(entry) = rest.remove(vm.intern(name).as_value(), vm)? else {
                return Err(vm.value_error(format!("missing config key: {name}")));
            };
            config.set(name, &entry.value, vm)?;
        }
        refuse_extra(&rest, vm)?;
        Ok(config)
    }

    /// `new_config(name='isolated', /, **overrides)`
    pub fn new(args: Args<'_>, vm: &Vm) -> PyResult<Config> {
        let mut config = match args.positional() {
            [] => Config::ISOLATED,
            [name] => match name.downcast::<Str>() {
                Some(name) => Config::named(&encoded(name, vm)?, vm)?,
                None => {
                    let given = vm.type_name(name);
                    return Err(
                        vm.type_error(format!("_interpreters.new_config() argument 1 must be str, not {given}"))
                    );
                }
            },
            more => {
                let count = more.len();
                return Err(vm.type_error(format!("new_config() takes at most 1 argument ({count} given)")));
            }
        };
        let unknown = vm.new_dict();
        for (name, value) in args.keywords() {
            if !config.set(&vm.str(name)?.to_string_lossy(), value, vm)? {
                unknown.set(name.clone(), value.clone(), vm)?;
            }
        }
        refuse_extra(&unknown, vm)?;
        Ok(config)
    }

    /// Do the switches go together, by CPython's rules?
    pub fn is_sound(&self) -> bool {
        (self.use_main_obmalloc || self.check_multi_interp_extensions)
            && (self.allow_threads || !self.allow_daemon_threads)
    }
}

/// The text of a name, or the codec's error.
fn encoded(name: &Str, vm: &Vm) -> PyResult<String> {
    match name.to_utf8() {
        Some(text) => Ok(text.into_owned()),
        None => {
            vm.call_method(&pyrope_object::value_of(name), "encode", &[])?;
            Err(vm.value_error("unsupported config name"))
        }
    }
}

fn refuse_extra(extra: &Dict, vm: &Vm) -> PyResult<()> {
    match extra.len() {
        0 => Ok(()),
        count => {
            let shown = vm.repr_text(&pyrope_object::value_of(extra))?;
            let plural = if count == 1 { "" } else { "s" };
            Err(vm.value_error(format!("config dict has {count} extra item{plural} ({shown})")))
        }
    }
}
