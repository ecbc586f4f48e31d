//! `_tokenize`: the tokenizer as an iterator.

use std::collections::VecDeque;

use pyrope_object::bind::{Signature, bind};
use pyrope_object::layout::{Bytes, Str};
use pyrope_object::{
    Args, BuiltinType as B, Guarded, Header, ModuleDef, Object, PyResult, Ref, Slots, Type, Value, Vm,
};
use pyrope_parser::SyntaxError;
use pyrope_parser::tokenizer::{TokenInfo, TokenInfos};

use crate::builtins::compile;

pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "_tokenize", doc: "", functions: &[], types: &[<TokenizerIter as Object>::def], exec: None };

/// What is still to be given out.
#[derive(Default)]
struct Pending {
    tokens: VecDeque<Token>,
    /// What comes after them instead of the end.
    error: Option<Box<SyntaxError>>,
}

/// A token that owns its texts; tokens of one line share it.
struct Token {
    kind: u8,
    text: std::rc::Rc<str>,
    start: (u32, i64),
    end: (u32, i64),
    line: std::rc::Rc<str>,
}

#[pyrope_macros::pyclass(name = "TokenizerIter", module = "_tokenize", doc = "", flags(GC), slots = ITERATOR_SLOTS)]
#[derive(pyrope_macros::Traverse)]
struct TokenizerIter {
    header: Header,
    /// Gone once the source is read.
    readline: Guarded<Option<Value>>,
    encoding: Guarded<Option<Value>>,
    #[traverse(skip)]
    extra_tokens: bool,
    #[traverse(skip)]
    pending: Guarded<Pending>,
    /// The text of the last line given out, as the object made for it.
    #[traverse(skip)]
    last_line: Guarded<Option<(std::rc::Rc<str>, Value)>>,
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
    let object = TokenizerIter {
        header: Header::blank(),
        readline: Guarded::new(slots[0].cloned()),
        encoding: Guarded::new(encoding.cloned()),
        extra_tokens: match slots[1] {
            Some(value) => vm.is_true(value)?,
            None => false,
        },
        pending: Guarded::new(Pending::default()),
        last_line: Guarded::new(None),
    };
    Ok(Ref::new_in(vm, class, object).into_value())
}

/// All lines that `readline` gives.
fn read_source(readline: &Value, encoding: Option<&Value>, vm: &Vm) -> PyResult<String> {
    let mut source = String::new();
    loop {
        let line = match vm.suppress(vm.call(readline, &[]), B::StopIteration)? {
            Some(line) => line,
            None => return Ok(source),
        };
        let line = match encoding {
            None if line.downcast::<Str>().is_none() => {
                return Err(vm.type_error("readline() returned a non-string object"));
            }
            None => line,
            Some(_) if line.downcast::<Bytes>().is_none() => {
                return Err(vm.type_error("readline() returned a non-bytes object"));
            }
            Some(encoding) => {
                vm.call_method(&line, "decode", &[encoding.clone(), vm.intern("replace").into_value()])?
            }
        };
        let Some(text) = line.downcast::<Str>() else {
            return Err(vm.type_error("readline() returned a non-string object"));
        };
        if text.is_empty() {
            return Ok(source);
        }
        match text.to_utf8() {
            Some(text) => source.push_str(&text),
            None => {
                // Raises what encoding such a text raises.
                vm.call_method(&line, "encode", &[vm.intern("utf-8").into_value()])?;
            }
        }
    }
}

fn tokenize(source: &mut String, extra_tokens: bool) -> Pending {
    let implicit_newline = !source.is_empty() && !source.ends_with('\n');
    if implicit_newline {
        source.push('\n');
    }
    let mut pending = Pending::default();
    let mut infos = TokenInfos::new(source, extra_tokens, implicit_newline);
    let mut shared: Option<(&str, std::rc::Rc<str>)> = None;
    while let Some(item) = infos.next() {
        let TokenInfo { kind, string, start, end, line } = match item {
            Ok(info) => info,
            Err(error) => {
                pending.error = Some(error);
                break;
            }
        };
        let line = match &shared {
            Some((known, text)) if std::ptr::eq(*known, line) => text.clone(),
            _ => {
                let text: std::rc::Rc<str> = std::rc::Rc::from(line);
                shared = Some((line, text.clone()));
                text
            }
        };
        pending.tokens.push_back(Token { kind, text: std::rc::Rc::from(string), start, end, line });
    }
    pending
}

fn next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let Some(this) = slf.downcast::<TokenizerIter>() else {
        return Err(vm.system_error("bad argument to internal function"));
    };
    if let Some(readline) = this.readline.take() {
        let encoding = this.encoding.take();
        let mut source = read_source(&readline, encoding.as_ref(), vm)?;
        this.pending.set(tokenize(&mut source, this.extra_tokens));
    }
    let token = this.pending.with_mut(|pending| pending.tokens.pop_front());
    if let Some(token) = token {
        return token_tuple(this, token, vm).map(Some);
    }
    match this.pending.with_mut(|pending| pending.error.take()) {
        Some(mut error) => {
            // Only `compile` can be asked to tell incomplete input from wrong input.
            error.incomplete = false;
            Err(compile::compile_error(error.into(), vm.intern("<string>").as_value(), None, vm))
        }
        None => Ok(None),
    }
}

fn token_tuple(this: &TokenizerIter, token: Token, vm: &Vm) -> PyResult {
    let known = this.last_line.with(|last| match last {
        Some((text, value)) if std::rc::Rc::ptr_eq(text, &token.line) => Some(value.clone()),
        _ => None,
    });
    let line = match known {
        Some(line) => line,
        None => {
            let line = vm.try_str(&token.line)?.into_value();
            drop(this.last_line.replace(Some((token.line, line.clone()))));
            line
        }
    };
    let place = |(row, column): (u32, i64)| vm.new_tuple(vec![vm.int(i64::from(row)), vm.int(column)]).into_value();
    Ok(vm
        .new_tuple(vec![
            vm.int(i64::from(token.kind)),
            vm.try_str(&token.text)?.into_value(),
            place(token.start),
            place(token.end),
            line,
        ])
        .into_value())
}
