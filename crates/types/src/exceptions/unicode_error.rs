//! Errors of codecs.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::args::ArgName;
use pyrope_object::bind::BytesLike;
use pyrope_object::{
    Args, BuiltinType, Bytes, FromArg, GetSetDef, Guarded, Header, Object, PyResult, Raised, Ref, Slots, Str, TypeDef,
    Value, Vm,
};

use super::base::{ExceptionLayout, ExceptionState, ValueError, init_args, refuse_keywords};
use super::members::members;
use super::plain::{FLAGS, layout_of};
use super::text::concat;
use crate::TypeEntry;

/// Unicode related error.
#[pyclass(name = "UnicodeError", base = ValueError, builtin = UnicodeError, flags(BASETYPE, GC, DICT), slots = BASE_SLOTS)]
#[derive(Traverse)]
pub struct UnicodeError {
    pub header: Header,
    pub state: ExceptionState,
    pub encoding: Guarded<Option<Value>>,
    pub object: Guarded<Option<Value>>,
    pub reason: Guarded<Option<Value>>,
    /// The range in `object` that is wrong.
    #[traverse(skip)]
    pub start: Cell<isize>,
    #[traverse(skip)]
    pub end: Cell<isize>,
}

impl ExceptionLayout for UnicodeError {
    fn fresh(state: ExceptionState) -> Self {
        UnicodeError {
            header: Header::blank(),
            state,
            encoding: Guarded::default(),
            object: Guarded::default(),
            reason: Guarded::default(),
            start: Cell::new(0),
            end: Cell::new(0),
        }
    }
}

const BASE_SLOTS: Slots = Slots { new: Some(super::base::new::<UnicodeError>), ..Slots::EMPTY };

members! {
    VALUES: UnicodeError {
        "encoding" encoding "exception encoding";
        "object" object "exception object";
        "reason" reason "exception reason";
    }
}

const POSITIONS: &[GetSetDef] = &[
    GetSetDef {
        name: "start",
        get: |slf, vm| Ok(vm.int(slf.downcast::<UnicodeError>().map_or(0, |e| e.start.get() as i64))),
        set: Some(|slf, value, vm| {
            let n = position(value, vm)?;
            if let Some(this) = slf.downcast::<UnicodeError>() {
                this.start.set(n);
            }
            Ok(())
        }),
        doc: "exception start",
        member: true,
    },
    GetSetDef {
        name: "end",
        get: |slf, vm| Ok(vm.int(slf.downcast::<UnicodeError>().map_or(0, |e| e.end.get() as i64))),
        set: Some(|slf, value, vm| {
            let n = position(value, vm)?;
            if let Some(this) = slf.downcast::<UnicodeError>() {
                this.end.set(n);
            }
            Ok(())
        }),
        doc: "exception end",
        member: true,
    },
];

fn position(value: Option<&Value>, vm: &Vm) -> PyResult<isize> {
    let Some(value) = value else { return Err(vm.type_error("can't delete numeric/char attribute")) };
    match value.as_int() {
        None => Err(vm.type_error("an integer is required")),
        Some(n) => n
            .to_i64()
            .map(|n| n as isize)
            .ok_or_else(|| vm.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

macro_rules! codec_errors {
    ($($function:ident $kind:ident $init:ident $str:ident $doc:literal;)*) => {
        $(
            #[doc = concat!("The description of `", stringify!($kind), "`.")]
            pub fn $function() -> &'static TypeDef {
                static DEF: TypeDef = TypeDef {
                    name: stringify!($kind),
                    module: "builtins",
                    signature: "",
                    doc: $doc,
                    base: Some(<UnicodeError as Object>::def),
                    flags: FLAGS,
                    layout: layout_of::<UnicodeError>(),
                    slots: Slots {
                        new: Some(super::base::new::<UnicodeError>),
                        init: Some($init),
                        str: Some($str),
                        ..Slots::EMPTY
                    },
                    methods: &[],
                    getset: &[VALUES, POSITIONS],
                    unhashable: false,
                    builtin: Some(BuiltinType::$kind),
                    init: None,
                };
                &DEF
            }
        )*

        pub(super) const TYPES: &[TypeEntry] = &[$($function),*];
    };
}

codec_errors! {
    unicode_encode_error UnicodeEncodeError encode_init encode_str "Unicode encoding error.";
    unicode_decode_error UnicodeDecodeError decode_init decode_str "Unicode decoding error.";
    unicode_translate_error UnicodeTranslateError translate_init translate_str "Unicode translation error.";
}

fn exactly<'a>(slf: &Value, args: Args<'a>, count: usize, vm: &Vm) -> PyResult<&'a [Value]> {
    refuse_keywords(slf.ty(vm), args, vm)?;
    init_args(slf, args, vm);
    let values = args.positional();
    if values.len() != count {
        return Err(vm.type_error(format!("function takes exactly {count} arguments ({} given)", values.len())));
    }
    Ok(values)
}

fn text_argument(values: &[Value], index: usize, vm: &Vm) -> PyResult {
    let value = &values[index];
    if value.downcast::<Str>().is_none() {
        let kind = if value.is_none() { "None".into() } else { vm.type_name(value) };
        return Err(vm.type_error(format!("argument {} must be str, not {kind}", index + 1)));
    }
    Ok(value.clone())
}

fn index_argument(value: &Value, vm: &Vm) -> PyResult<isize> {
    isize::from_arg(value, &ArgName { function: "", argument: "".into() }, vm)
}

fn encode_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let values = exactly(slf, args, 5, vm)?;
    let encoding = text_argument(values, 0, vm)?;
    let object = text_argument(values, 1, vm)?;
    let (start, end) = (index_argument(&values[2], vm)?, index_argument(&values[3], vm)?);
    fill(slf, Some(encoding), object, (start, end), text_argument(values, 4, vm)?);
    Ok(())
}

fn decode_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let values = exactly(slf, args, 5, vm)?;
    let encoding = text_argument(values, 0, vm)?;
    let (start, end) = (index_argument(&values[2], vm)?, index_argument(&values[3], vm)?);
    let reason = text_argument(values, 4, vm)?;
    let object = if values[1].downcast::<Bytes>().is_some() {
        values[1].clone()
    } else {
        let view = BytesLike::from_arg(&values[1], &ArgName { function: "", argument: "".into() }, vm)?;
        vm.new_bytes(&view.to_cow())?.into_value()
    };
    fill(slf, Some(encoding), object, (start, end), reason);
    Ok(())
}

fn translate_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let values = exactly(slf, args, 4, vm)?;
    let object = text_argument(values, 0, vm)?;
    let (start, end) = (index_argument(&values[1], vm)?, index_argument(&values[2], vm)?);
    fill(slf, None, object, (start, end), text_argument(values, 3, vm)?);
    Ok(())
}

fn fill(slf: &Value, encoding: Option<Value>, object: Value, range: (isize, isize), reason: Value) {
    if let Some(this) = slf.downcast::<UnicodeError>() {
        this.encoding.set(encoding);
        this.object.set(Some(object));
        this.start.set(range.0);
        this.end.set(range.1);
        this.reason.set(Some(reason));
    }
}

fn wrong_object(kind: &str, vm: &Vm) -> Raised {
    vm.type_error(format!("UnicodeError 'object' attribute must be a {kind}"))
}

/// A field as `str` shows it; `<NULL>` while unset.
fn shown(field: &Guarded<Option<Value>>, vm: &Vm) -> PyResult<Ref<Str>> {
    match field.get() {
        Some(value) => vm.str(&value),
        None => Ok(vm.new_str("<NULL>")),
    }
}

/// The one element that is wrong, if the range is one inside the object.
fn sole(this: &UnicodeError, length: usize) -> Option<usize> {
    let (start, end) = (this.start.get(), this.end.get());
    let inside = start >= 0 && (start as usize) < length;
    (inside && end >= 0 && end as usize <= length && end == start + 1).then_some(start as usize)
}

fn escaped(code_point: u32) -> String {
    match code_point {
        0..0x100 => format!("\\x{code_point:02x}"),
        0..0x1_0000 => format!("\\u{code_point:04x}"),
        _ => format!("\\U{code_point:08x}"),
    }
}

fn span(this: &UnicodeError) -> String {
    format!("{}-{}", this.start.get(), this.end.get().saturating_sub(1))
}

/// `'ENCODING' codec can't WHAT: REASON`
fn message(this: &UnicodeError, vm: &Vm, what: impl FnOnce(&Value) -> PyResult<String>) -> PyResult {
    if this.object.with(Option::is_none) {
        return Ok(vm.empty_str().into_value());
    }
    let (encoding, reason) = (shown(&this.encoding, vm)?, shown(&this.reason, vm)?);
    let middle = format!("' codec can't {}: ", what(&object_of(this, vm)?)?);
    let text = concat(vm, &["'".into(), (&encoding).into(), middle.as_str().into(), (&reason).into()])?;
    Ok(text.into_value())
}

/// The object, which the text of encoding or reason may just have changed.
fn object_of(this: &UnicodeError, vm: &Vm) -> PyResult {
    this.object.get().ok_or_else(|| vm.type_error("UnicodeError 'object' attribute is not set"))
}

fn characters(this: &UnicodeError, object: &Value, vm: &Vm) -> PyResult<String> {
    let Some(text) = object.downcast::<Str>() else { return Err(wrong_object("string", vm)) };
    Ok(match sole(this, text.len()).and_then(|at| Some((at, text.code_point(at)?))) {
        Some((at, point)) => format!("character '{}' in position {at}", escaped(point)),
        None => format!("characters in position {}", span(this)),
    })
}

fn encode_str(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<UnicodeError>() else { return Ok(vm.empty_str().into_value()) };
    message(this, vm, |object| Ok(format!("encode {}", characters(this, object, vm)?)))
}

fn decode_str(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<UnicodeError>() else { return Ok(vm.empty_str().into_value()) };
    message(this, vm, |object| {
        let Some(bytes) = object.downcast::<Bytes>() else { return Err(wrong_object("bytes", vm)) };
        let bytes = bytes.as_slice();
        Ok(match sole(this, bytes.len()) {
            Some(at) => format!("decode byte 0x{:02x} in position {at}", bytes[at]),
            None => format!("decode bytes in position {}", span(this)),
        })
    })
}

fn translate_str(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<UnicodeError>() else { return Ok(vm.empty_str().into_value()) };
    if this.object.with(Option::is_none) {
        return Ok(vm.empty_str().into_value());
    }
    let reason = shown(&this.reason, vm)?;
    let what = format!("can't translate {}: ", characters(this, &object_of(this, vm)?, vm)?);
    Ok(concat(vm, &[what.as_str().into(), (&reason).into()])?.into_value())
}
