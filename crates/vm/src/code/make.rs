//! `code(...)` and `code.replace(...)`.

use std::rc::Rc;

use pyrope_bytecode::{CodeFlags, FastKind};
use pyrope_object::layout::{Bytes, Str, Tuple};
use pyrope_object::{Args, PyResult, Ref, Type, Value, Vm};

use super::{CodeObject, CodeParts, Numbers, Objects, OwnTables};

/// The constructor's arguments, in its order.
const FIELDS: [&str; 18] = [
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_nlocals",
    "co_stacksize",
    "co_flags",
    "co_code",
    "co_consts",
    "co_names",
    "co_varnames",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_firstlineno",
    "co_linetable",
    "co_exceptiontable",
    "co_freevars",
    "co_cellvars",
];

pub(super) fn code_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let given = pyrope_object::bind::check_positional("code", args, 16, 18, vm)?;
    let mut fields = given.to_vec();
    fields.resize_with(18, || vm.new_tuple(Vec::new()).into_value());
    build(&fields, vm)
}

pub(super) fn code_replace(code: &Ref<CodeObject>, changes: &[(&Value, &Value)], vm: &Vm) -> PyResult {
    let mut fields = Vec::with_capacity(FIELDS.len());
    for name in FIELDS {
        fields.push(vm.get_attr_str(code.as_value(), name)?);
    }
    let mut varnames_changed = false;
    let mut count_changed = false;
    for (name, value) in changes {
        let text = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(index) = FIELDS.iter().position(|field| *field == text) else {
            return Err(vm.type_error(format!("replace() got an unexpected keyword argument '{text}'")));
        };
        varnames_changed |= index == 9;
        count_changed |= index == 3;
        fields[index] = (*value).clone();
    }
    if varnames_changed && !count_changed {
        fields[3] = vm.int_from_usize(vm.len(&fields[9])?);
    }
    build(&fields, vm)
}

fn number(value: &Value, vm: &Vm) -> PyResult<i32> {
    match vm.index_i64(value)?.and_then(|n| i32::try_from(n).ok()) {
        Some(n) => Ok(n),
        None => Err(vm.overflow_error("Python int too large to convert to C int")),
    }
}

fn count(value: &Value, what: &str, vm: &Vm) -> PyResult<u32> {
    u32::try_from(number(value, vm)?).map_err(|_| vm.value_error(format!("code: {what} must not be negative")))
}

fn bytes(value: &Value, position: usize, vm: &Vm) -> PyResult<Rc<[u8]>> {
    match value.downcast::<Bytes>() {
        Some(bytes) => Ok(bytes.as_slice().into()),
        None => Err(vm.type_error(format!(
            "code() argument {position} must be bytes, not {}",
            pyrope_object::bind::argument_type_name(value, vm)
        ))),
    }
}

fn string(value: &Value, position: usize, vm: &Vm) -> PyResult<Ref<Str>> {
    value.cast::<Str>().ok_or_else(|| {
        vm.type_error(format!(
            "code() argument {position} must be str, not {}",
            pyrope_object::bind::argument_type_name(value, vm)
        ))
    })
}

fn tuple(value: &Value, position: usize, vm: &Vm) -> PyResult<Ref<Tuple>> {
    value.cast::<Tuple>().ok_or_else(|| {
        vm.type_error(format!(
            "code() argument {position} must be tuple, not {}",
            pyrope_object::bind::argument_type_name(value, vm)
        ))
    })
}

fn names(value: &Value, position: usize, vm: &Vm) -> PyResult<Vec<Ref<Str>>> {
    let items = tuple(value, position, vm)?;
    let name = |item: &Value| match interned_name(item, vm)? {
        Some(name) => Ok(name),
        None => Err(vm.type_error(format!("name tuples must contain only strings, not '{}'", vm.type_name(item)))),
    };
    items.as_slice().iter().map(name).collect()
}

/// A name of a code object: an interned, exact `str`. `None` if the value is no `str`.
pub fn interned_name(value: &Value, vm: &Vm) -> PyResult<Option<Ref<Str>>> {
    let Some(name) = value.cast::<Str>() else { return Ok(None) };
    if is_exact(&name) {
        return Ok(Some(vm.intern_str(&name)));
    }
    let points: Vec<u32> = name.code_points().collect();
    Ok(Some(vm.intern_str(&vm.str_from_code_points(&points)?)))
}

fn is_exact(text: &Ref<Str>) -> bool {
    text.as_value().downcast_exact::<Str>().is_some()
}

/// Is the code whole, and do the parameters have locals?
pub fn check(numbers: &Numbers, tables: &OwnTables, vm: &Vm) -> PyResult<()> {
    if numbers.posonlyargcount > numbers.argcount {
        return Err(vm.system_error("bad argument to internal function"));
    }
    if !tables.code.len().is_multiple_of(2) {
        return Err(vm.value_error("code: co_code is malformed"));
    }
    let variadic = (numbers.flags & (CodeFlags::VARARGS | CodeFlags::VARKEYWORDS)).count_ones();
    let parameters = u64::from(numbers.argcount) + u64::from(numbers.kwonlyargcount) + u64::from(variadic);
    let locals = tables.localspluskinds.iter().filter(|kind| *kind & FastKind::LOCAL != 0).count();
    match parameters > locals as u64 {
        true => Err(vm.value_error("code: co_varnames is too small")),
        false => Ok(()),
    }
}

fn build(fields: &[Value], vm: &Vm) -> PyResult {
    let varnames = names(&fields[9], 10, vm)?;
    let freevars = names(&fields[16], 17, vm)?;
    let cellvars = names(&fields[17], 18, vm)?;
    let flags = number(&fields[5], vm)? as u32;
    let argcount = count(&fields[0], "argcount", vm)?;
    let posonlyargcount = count(&fields[1], "posonlyargcount", vm)?;
    let kwonlyargcount = count(&fields[2], "kwonlyargcount", vm)?;
    let nlocals = count(&fields[3], "nlocals", vm)?;
    if nlocals as usize != varnames.len() {
        return Err(vm.value_error("code: co_nlocals != len(co_varnames)"));
    }
    let (localsplusnames, localspluskinds) =
        fast_locals(&varnames, &cellvars, &freevars, (argcount, posonlyargcount, kwonlyargcount, flags));
    let stacksize = count(&fields[4], "stacksize", vm)?;
    let code = bytes(&fields[6], 7, vm)?;
    let names = names(&fields[8], 9, vm)?.into();
    let kept = |name: Ref<Str>| if is_exact(&name) { vm.intern_str(&name) } else { name };
    let name = kept(string(&fields[11], 12, vm)?);
    let qualname = kept(string(&fields[12], 13, vm)?);
    let firstlineno = number(&fields[13], vm)?;
    let (linetable, exceptiontable) = (bytes(&fields[14], 15, vm)?, bytes(&fields[15], 16, vm)?);
    let numbers = Numbers { argcount, posonlyargcount, kwonlyargcount, stacksize, flags, firstlineno };
    let tables = OwnTables { code, localspluskinds: localspluskinds.into(), linetable, exceptiontable };
    check(&numbers, &tables, vm)?;
    let parts = CodeParts {
        numbers,
        tables,
        objects: Objects { consts: tuple(&fields[7], 8, vm)?, names, local_names: localsplusnames.into() },
        filename: string(&fields[10], 11, vm)?,
        name,
        qualname,
    };
    Ok(CodeObject::new(parts, vm).into_value())
}

/// Lays out the fast locals: variables, then cells that are no variables, then free variables.
fn fast_locals(
    varnames: &[Ref<Str>],
    cellvars: &[Ref<Str>],
    freevars: &[Ref<Str>],
    (argcount, posonly, kwonly, flags): (u32, u32, u32, u32),
) -> (Vec<Ref<Str>>, Vec<u8>) {
    // Interned names are equal if they are the same object.
    let contains = |names: &[Ref<Str>], name: &Ref<Str>| names.iter().any(|known| known.is(name));
    let mut names = Vec::new();
    let mut kinds = Vec::new();
    let by_position = argcount as usize;
    let named = by_position + kwonly as usize;
    let variadic = (flags & (CodeFlags::VARARGS | CodeFlags::VARKEYWORDS)).count_ones() as usize;
    for (index, name) in varnames.iter().enumerate() {
        let mut kind = FastKind::LOCAL;
        if contains(cellvars, name) {
            kind |= FastKind::CELL;
        }
        kind |= match index {
            i if i < posonly as usize => FastKind::ARG_POSITIONAL,
            i if i < by_position => FastKind::ARG_POSITIONAL | FastKind::ARG_KEYWORD,
            i if i < named => FastKind::ARG_KEYWORD,
            i if i < named + variadic && i == named && flags & CodeFlags::VARARGS != 0 => {
                FastKind::ARG_VARIADIC | FastKind::ARG_POSITIONAL
            }
            i if i < named + variadic => FastKind::ARG_VARIADIC | FastKind::ARG_KEYWORD,
            _ => 0,
        };
        names.push(name.clone());
        kinds.push(kind);
    }
    for name in cellvars.iter().filter(|name| !contains(varnames, name)) {
        names.push(name.clone());
        kinds.push(FastKind::CELL);
    }
    for name in freevars {
        names.push(name.clone());
        kinds.push(FastKind::FREE);
    }
    (names, kinds)
}
