//! `SyntaxError`

use pyrope_macros::pyclass;
use pyrope_object::{Args, IntView, PyResult, Slots, Str, Tuple, Value, Vm};

use super::base::{Exception, init_args, refuse_keywords};
use super::members::{layout, members};
use super::text::concat;

layout! {
    /// Invalid syntax.
    #[pyclass(
        name = "SyntaxError", base = Exception, builtin = SyntaxError, flags(BASETYPE, GC, DICT),
        slots = SLOTS, getset(MEMBERS)
    )]
    SyntaxError { msg, filename, lineno, offset, text, end_lineno, end_offset, print_file_and_line, metadata }
}

members! {
    MEMBERS: SyntaxError {
        "msg" msg "exception msg";
        "filename" filename "exception filename";
        "lineno" lineno "exception lineno";
        "offset" offset "exception offset";
        "text" text "exception text";
        "end_lineno" end_lineno "exception end lineno";
        "end_offset" end_offset "exception end offset";
        "print_file_and_line" print_file_and_line "exception print_file_and_line";
        "_metadata" metadata "exception private metadata";
    }
}

const SLOTS: Slots =
    Slots { new: Some(super::base::new::<SyntaxError>), init: Some(init), str: Some(str), ..Slots::EMPTY };

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    refuse_keywords(slf.ty(vm), args, vm)?;
    init_args(slf, args, vm);
    let Some(this) = slf.downcast::<SyntaxError>() else { return Ok(()) };
    let values = args.positional();
    if let Some(message) = values.first() {
        this.msg.set(Some(message.clone()));
    }
    if let [_, details] = values {
        let details = match details.downcast::<Tuple>() {
            Some(tuple) => tuple.as_slice().to_vec(),
            None => vm.collect(details)?,
        };
        set_details(this, details, vm)?;
    }
    Ok(())
}

fn set_details(this: &SyntaxError, details: Vec<Value>, vm: &Vm) -> PyResult<()> {
    let given = details.len();
    if !(4..=7).contains(&given) {
        let bound = if given < 4 { "at least 4" } else { "at most 7" };
        return Err(vm.type_error(format!("function takes {bound} arguments ({given} given)")));
    }
    let mut details = details.into_iter();
    let fields =
        [&this.filename, &this.lineno, &this.offset, &this.text, &this.end_lineno, &this.end_offset, &this.metadata];
    for field in fields {
        field.set(details.next());
    }
    if given == 5 {
        return Err(vm.type_error("end_offset must be provided when end_lineno is provided"));
    }
    Ok(())
}

fn str(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<SyntaxError>() else { return super::base::str(slf, vm) };
    let message = vm.str(&this.msg.get().unwrap_or(Value::none()))?;
    let filename = match this.filename.get().and_then(|f| f.cast::<Str>()) {
        Some(path) => Some(base_name(&path, vm)?),
        None => None,
    };
    let line = this.lineno.get().filter(|n| n.ty(vm).is(vm.builtin(pyrope_object::BuiltinType::Int))).map(|n| match n
        .as_int()
    {
        Some(IntView::Small(n)) => n,
        _ => -1,
    });
    let text = match (filename, line) {
        (Some(file), Some(line)) => {
            let line = format!(", line {line})");
            concat(vm, &[(&message).into(), " (".into(), (&file).into(), line.as_str().into()])?
        }
        (Some(file), None) => concat(vm, &[(&message).into(), " (".into(), (&file).into(), ")".into()])?,
        (None, Some(line)) => concat(vm, &[(&message).into(), format!(" (line {line})").as_str().into()])?,
        (None, None) => message,
    };
    Ok(text.into_value())
}

fn base_name(path: &Str, vm: &Vm) -> PyResult<pyrope_object::Ref<Str>> {
    let points: Vec<u32> = path.code_points().collect();
    let start = points.iter().rposition(|&c| c == u32::from(b'/')).map_or(0, |at| at + 1);
    vm.str_from_code_points(&points[start..])
}
