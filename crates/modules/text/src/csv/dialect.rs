//! `Dialect`: the parameters of a format.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::full_type_name;
use pyrope_object::{Args, Header, PyResult, Ref, Slots, Str, Type, Value, Vm};

/// CSV dialect
///
/// The Dialect type records CSV dialect options.
#[pyclass(
    name = "Dialect", module = "_csv", flags(BASETYPE, GC), methods(Dialect::METHODS), getset(Dialect::GETSETS),
    slots = SLOTS
)]
#[derive(Traverse)]
pub struct Dialect {
    header: Header,
    #[traverse(skip)]
    pub delimiter: u32,
    #[traverse(skip)]
    pub quotechar: Option<u32>,
    #[traverse(skip)]
    pub escapechar: Option<u32>,
    pub lineterminator: Ref<Str>,
    #[traverse(skip)]
    pub quoting: Quoting,
    #[traverse(skip)]
    pub doublequote: bool,
    #[traverse(skip)]
    pub skipinitialspace: bool,
    #[traverse(skip)]
    pub strict: bool,
}

const SLOTS: Slots = Slots { new: Some(dialect_new), ..Slots::EMPTY };

/// When fields stand in quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quoting {
    Minimal,
    All,
    NonNumeric,
    None,
    Strings,
    NotNull,
}

/// The constants of the module.
pub const QUOTINGS: &[(&str, i64)] = &[
    ("QUOTE_MINIMAL", 0),
    ("QUOTE_ALL", 1),
    ("QUOTE_NONNUMERIC", 2),
    ("QUOTE_NONE", 3),
    ("QUOTE_STRINGS", 4),
    ("QUOTE_NOTNULL", 5),
];

impl Quoting {
    fn from_number(number: i64) -> Option<Quoting> {
        use Quoting::{All, Minimal, NonNumeric, None, NotNull, Strings};
        [Minimal, All, NonNumeric, None, Strings, NotNull].get(usize::try_from(number).ok()?).copied()
    }
}

const NAMES: [&str; 8] =
    ["delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict"];

fn dialect_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let (base, mut given) = parse(args, vm)?;
    let base = match base.filter(|base| !base.is_none()) {
        Some(name) if name.downcast::<Str>().is_some() => Some(super::registered(&name, vm)?),
        base => base,
    };
    if let Some(base) = &base {
        let is_dialect = base.downcast::<Dialect>().is_some();
        if is_dialect && given.iter().all(Option::is_none) && class.is(vm.type_of::<Dialect>()) {
            return Ok(base.clone());
        }
        for (name, place) in NAMES.iter().zip(&mut given) {
            if place.is_none() {
                *place = vm.find_attr_str(base, name)?;
            }
        }
    }
    Ok(Ref::new_in(vm, class, build(&given, vm)?).into_value())
}

/// `Dialect(*args, **kwargs)`, as readers and writers ask for it.
pub fn of_arguments(args: Args<'_>, vm: &Vm) -> PyResult<Ref<Dialect>> {
    let made = dialect_new(vm.type_of::<Dialect>(), args, vm)?;
    made.cast::<Dialect>().ok_or_else(|| vm.type_error("dialect expected"))
}

type Given = [Option<Value>; 8];

fn parse(args: Args<'_>, vm: &Vm) -> PyResult<(Option<Value>, Given)> {
    let mut given: Given = Default::default();
    let values = args.positional();
    let all = values.len() + args.keyword_count();
    if all > NAMES.len() + 1 {
        return Err(vm.type_error(format!("function takes at most {} arguments ({all} given)", NAMES.len() + 1)));
    }
    let mut base = values.first().cloned();
    for (place, value) in given.iter_mut().zip(values.iter().skip(1)) {
        *place = Some(value.clone());
    }
    for (key, value) in args.keywords() {
        let name = key.downcast::<Str>().map(|key| key.to_string_lossy().into_owned()).unwrap_or_default();
        match NAMES.iter().position(|known| *known == name) {
            Some(index) => given[index] = Some(value.clone()),
            None if name == "dialect" => base = Some(value.clone()),
            None => {
                return Err(vm.type_error(format!("this function got an unexpected keyword argument '{name}'")));
            }
        }
    }
    Ok((base, given))
}

fn character(
    value: Option<&Value>,
    name: &str,
    default: Option<u32>,
    optional: bool,
    vm: &Vm,
) -> PyResult<Option<u32>> {
    let Some(value) = value else { return Ok(default) };
    if optional && value.is_none() {
        return Ok(None);
    }
    let wanted = if optional { "a unicode character or None" } else { "a unicode character" };
    let Some(text) = value.downcast::<Str>() else {
        let kind = full_type_name(value, vm);
        return Err(vm.type_error(format!("\"{name}\" must be {wanted}, not {kind}")));
    };
    match text.code_point(0) {
        Some(c) if text.len() == 1 => Ok(Some(c)),
        _ => {
            let length = text.len();
            Err(vm.type_error(format!("\"{name}\" must be {wanted}, not a string of length {length}")))
        }
    }
}

fn truth(value: Option<&Value>, default: bool, vm: &Vm) -> PyResult<bool> {
    value.map_or(Ok(default), |value| vm.is_true(value))
}

fn quoting_of(value: Option<&Value>, vm: &Vm) -> PyResult<Quoting> {
    let Some(value) = value else { return Ok(Quoting::Minimal) };
    let Some(number) = value.as_int() else {
        let kind = full_type_name(value, vm);
        return Err(vm.type_error(format!("\"quoting\" must be an integer, not {kind}")));
    };
    number.to_i64().and_then(Quoting::from_number).ok_or_else(|| vm.type_error("bad \"quoting\" value"))
}

fn build(given: &Given, vm: &Vm) -> PyResult<Dialect> {
    let [delimiter, doublequote, escapechar, lineterminator, quotechar, quoting, skip, strict] =
        given.each_ref().map(Option::as_ref);
    let delimiter_char = character(delimiter, "delimiter", Some(b','.into()), false, vm)?;
    let doublequote = truth(doublequote, true, vm)?;
    let escapechar = character(escapechar, "escapechar", None, true, vm)?;
    let lineterminator = match lineterminator {
        None => vm.new_str("\r\n"),
        Some(value) => value.cast::<Str>().ok_or_else(|| {
            vm.type_error(format!("\"lineterminator\" must be a string, not {}", full_type_name(value, vm)))
        })?,
    };
    let no_quotes = quotechar.is_some_and(Value::is_none) && quoting.is_none();
    let quotechar = character(quotechar, "quotechar", Some(b'"'.into()), true, vm)?;
    let quoting = if no_quotes { Quoting::None } else { quoting_of(quoting, vm)? };
    let skipinitialspace = truth(skip, false, vm)?;
    let strict = truth(strict, false, vm)?;
    let Some(delimiter) = delimiter_char else {
        return Err(vm.type_error("\"delimiter\" must be a unicode character, not NoneType"));
    };
    if quoting != Quoting::None && quotechar.is_none() {
        return Err(vm.type_error("quotechar must be set if quoting enabled"));
    }
    let dialect = Dialect {
        header: Header::blank(),
        delimiter,
        quotechar,
        escapechar,
        lineterminator,
        quoting,
        doublequote,
        skipinitialspace,
        strict,
    };
    dialect.check(vm)?;
    Ok(dialect)
}

impl Dialect {
    fn check(&self, vm: &Vm) -> PyResult<()> {
        let spaced = !self.skipinitialspace;
        let parts = [
            ("delimiter", Some(self.delimiter), true),
            ("escapechar", self.escapechar, spaced),
            ("quotechar", self.quotechar, spaced),
        ];
        for (name, c, space) in parts {
            let Some(c) = c else { continue };
            let bad = matches!(c, 0x0A | 0x0D) || (c == 0x20 && !space);
            if bad || self.ends_lines(c) {
                return Err(vm.value_error(format!("bad {name} value")));
            }
        }
        for (i, (name, c, _)) in parts.iter().enumerate() {
            for (other, d, _) in &parts[i + 1..] {
                if c.is_some() && c == d {
                    return Err(vm.value_error(format!("bad {name} or {other} value")));
                }
            }
        }
        Ok(())
    }

    /// Is the character part of the line terminator?
    pub fn ends_lines(&self, c: u32) -> bool {
        self.lineterminator.code_points().any(|other| other == c)
    }
}

fn char_value(c: Option<u32>, vm: &Vm) -> PyResult {
    match c {
        Some(c) => Ok(vm.str_from_code_points(&[c])?.into_value()),
        None => Ok(Value::none()),
    }
}

#[pymethods]
impl Dialect {
    /// raises an exception to avoid pickling
    #[method("__reduce__")]
    fn reduce(slf: &Value, _args: Args<'_>, vm: &Vm) -> PyResult {
        Err(vm.type_error(format!("cannot pickle '{}' instances", vm.type_name(slf))))
    }

    /// raises an exception to avoid pickling
    #[method("__reduce_ex__")]
    fn reduce_ex(slf: &Value, _args: Args<'_>, vm: &Vm) -> PyResult {
        Err(vm.type_error(format!("cannot pickle '{}' instances", vm.type_name(slf))))
    }

    #[getter]
    fn delimiter(&self, vm: &Vm) -> PyResult {
        char_value(Some(self.delimiter), vm)
    }

    #[getter]
    fn escapechar(&self, vm: &Vm) -> PyResult {
        char_value(self.escapechar, vm)
    }

    #[getter]
    fn quotechar(&self, vm: &Vm) -> PyResult {
        char_value(self.quotechar, vm)
    }

    #[getter]
    fn lineterminator(&self) -> Value {
        self.lineterminator.to_value()
    }

    #[getter]
    fn quoting(&self) -> i64 {
        self.quoting as i64
    }

    #[getter]
    #[member]
    fn doublequote(&self) -> bool {
        self.doublequote
    }

    #[getter]
    #[member]
    fn skipinitialspace(&self) -> bool {
        self.skipinitialspace
    }

    #[getter]
    #[member]
    fn strict(&self) -> bool {
        self.strict
    }
}
