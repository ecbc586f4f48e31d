//! `_tokenize`: the tokenizer as an iterator.

use pyrope_object::bind::{Signature, bind};
use pyrope_object::layout::{Bytes, Str};
use pyrope_object::{
    Args, BuiltinType as B, Guarded, Header, ModuleDef, Object, PyResult, Raised, Ref, Slots, Type, Value, Vm,
};
use pyrope_parser::tokenizer::{Feed, Lines, TokenInfo, TokenInfos};

use crate::builtins::compile;

pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "_tokenize", doc: "", functions: &[], types: &[<TokenizerIter as Object>::def], exec: None };

#[pyrope_macros::pyclass(name = "TokenizerIter", module = "_tokenize", doc = "", flags(GC), slots = ITERATOR_SLOTS)]
#[derive(pyrope_macros::Traverse)]
struct TokenizerIter {
    header: Header,
    readline: Guarded<Option<Value>>,
    encoding: Guarded<Option<Value>>,
    /// Away while a token is being made.
    #[traverse(skip)]
    infos: Guarded<Option<TokenInfos<Lines<Readline>>>>,
    /// The text of the last line given out, and its rows.
    #[traverse(skip)]
    last_line: Guarded<Option<(u32, u32, Value)>>,
}

const ITERATOR_SLOTS: Slots =
    Slots { new: Some(new), iter: Some(|slf, _| Ok(slf.clone())), next: Some(next), ..Slots::EMPTY };

fn new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = Signature {
        function: "tokenizeriter",
        names: &["readline", "extra_tokens", "encoding"],
        posonly: 1,
        minpos: 1,
        maxpos: 1,
        minkw: 1,
        varargs: false,
        kwargs: false,
    };
    let mut slots = [None; 3];
    bind(&SIGNATURE, args, &mut slots, vm)?;
    let encoding = slots[2].filter(|value| !value.is_none());
    if let Some(value) = encoding
        && value.downcast::<Str>().is_none()
    {
        let class = vm.type_name(value);
        return Err(vm.type_error(format!("tokenizeriter() argument 'encoding' must be str, not {class}")));
    }
    let extra_tokens = match slots[1] {
        Some(value) => vm.is_true(value)?,
        None => false,
    };
    let object = TokenizerIter {
        header: Header::blank(),
        readline: Guarded::new(slots[0].cloned()),
        encoding: Guarded::new(encoding.cloned()),
        infos: Guarded::new(Some(TokenInfos::new(Lines::new(Readline::default()), extra_tokens))),
        last_line: Guarded::new(None),
    };
    Ok(Ref::new_in(vm, class, object).into_value())
}

/// The iterator as the source of its tokenizer's lines.
#[derive(Default)]
struct Readline {
    /// The iterator while it makes a token: between two of them its tokenizer holds no object.
    iterator: Option<Value>,
    failed: Option<Raised>,
}

impl Feed for Readline {
    fn line(&mut self) -> Option<String> {
        let vm = self.iterator.as_ref()?.header()?.ty().interp().current()?;
        let iterator = self.iterator.as_ref()?.downcast::<TokenizerIter>()?;
        match read_line(iterator, vm) {
            Ok(line) => Some(line),
            Err(raised) => {
                self.failed = Some(raised);
                None
            }
        }
    }
}

/// The next line that `readline` gives; empty at the end.
fn read_line(iterator: &TokenizerIter, vm: &Vm) -> PyResult<String> {
    let Some(readline) = iterator.readline.get() else {
        return Ok(String::new());
    };
    let Some(line) = vm.suppress(vm.call(&readline, &[]), B::StopIteration)? else {
        return Ok(String::new());
    };
    let line = match iterator.encoding.get() {
        None => line,
        Some(_) if line.downcast::<Bytes>().is_none() => {
            return Err(vm.type_error("readline() returned a non-bytes object"));
        }
        Some(encoding) => vm.call_method(&line, "decode", &[encoding, vm.intern("replace").into_value()])?,
    };
    let Some(text) = line.downcast::<Str>() else {
        return Err(vm.type_error("readline() returned a non-string object"));
    };
    match text.to_utf8() {
        Some(text) => Ok(text.into_owned()),
        None => {
            // Raises what encoding such a text raises.
            vm.call_method(&line, "encode", &[vm.intern("utf-8").into_value()])?;
            Ok(String::new())
        }
    }
}

fn next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let Some(this) = slf.downcast::<TokenizerIter>() else {
        return Err(vm.system_error("bad argument to internal function"));
    };
    let Some(mut infos) = this.infos.take() else {
        return Err(vm.value_error("tokenizer already executing"));
    };
    infos.source().feed.iterator = Some(slf.clone());
    let result = next_info(this, &mut infos, vm);
    infos.source().feed.iterator = None;
    this.infos.set(Some(infos));
    result
}

fn next_info(this: &TokenizerIter, infos: &mut TokenInfos<Lines<Readline>>, vm: &Vm) -> PyResult<Option<Value>> {
    let mut error = match infos.next() {
        Some(Ok(info)) => return token_tuple(this, info, vm).map(Some),
        Some(Err(error)) => error,
        None => return Ok(None),
    };
    if let Some(raised) = infos.source().feed.failed.take() {
        return Err(raised);
    }
    // Only `compile` can be asked to tell incomplete input from wrong input.
    error.incomplete = false;
    Err(compile::compile_error(error.into(), vm.intern("<string>").as_value(), None, vm))
}

fn token_tuple(this: &TokenizerIter, token: TokenInfo<'_>, vm: &Vm) -> PyResult {
    let place = |(row, column): (u32, i64)| vm.tuple_of([vm.int(i64::from(row)), vm.int(column)]).into_value();
    Ok(vm
        .tuple_of([
            vm.int(i64::from(token.kind)),
            vm.try_str(token.string)?.into_value(),
            place(token.start),
            place(token.end),
            line_text(this, &token, vm)?,
        ])
        .into_value())
}

/// The text of the token's lines; tokens of the same lines share the object.
fn line_text(this: &TokenizerIter, token: &TokenInfo<'_>, vm: &Vm) -> PyResult {
    let (first, last) = (token.start.0, token.end.0);
    let known = this.last_line.with(|known| match known {
        Some((known_first, known_last, text)) if (*known_first, *known_last) == (first, last) => Some(text.clone()),
        _ => None,
    });
    if token.line.is_empty() {
        return Ok(vm.new_str("").into_value());
    }
    if let Some(text) = known {
        return Ok(text);
    }
    let text = vm.try_str(token.line)?.into_value();
    drop(this.last_line.replace(Some((first, last, text.clone()))));
    Ok(text)
}
