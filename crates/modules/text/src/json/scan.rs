//! The scanner: JSON text to values.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, bind, full_type_name, unbound};
use pyrope_object::{Args, BuiltinType as B, Header, PyResult, Raised, Ref, Slots, Str, Type, Value, Vm};
use pyrope_textual::Unit;
use pyrope_types::text::Viewed;

use super::keys::Keys;
use super::strings::{decode_error, plain_run, scan};

/// JSON scanner object
#[pyclass(
    name = "Scanner", module = "_json", flags(GC), getset(JsonScanner::GETSETS), slots = SLOTS
)]
#[derive(Traverse)]
pub struct JsonScanner {
    header: Header,
    #[traverse(skip)]
    strict: bool,
    object_hook: Value,
    object_pairs_hook: Value,
    parse_float: Value,
    parse_int: Value,
    parse_constant: Value,
}

const SLOTS: Slots = Slots { call: Some(scanner_call), new: Some(scanner_new), ..Slots::EMPTY };

const fn signature(function: &'static str, names: &'static [&'static str]) -> Signature {
    Signature {
        function,
        names,
        posonly: 0,
        minpos: names.len(),
        maxpos: names.len(),
        minkw: 0,
        varargs: false,
        kwargs: false,
    }
}

static NEW: Signature = signature("make_scanner", &["context"]);
static CALL: Signature = signature("scan_once", &["string", "idx"]);

fn scanner_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut slots = [None];
    bind(&NEW, args, &mut slots, vm)?;
    let [Some(context)] = slots else { return Err(unbound("make_scanner", vm)) };
    let get = |name: &str| vm.get_attr_str(context, name);
    let strict = vm.is_true(&get("strict")?)?;
    let scanner = JsonScanner {
        header: Header::blank(),
        strict,
        object_hook: get("object_hook")?,
        object_pairs_hook: get("object_pairs_hook")?,
        parse_float: get("parse_float")?,
        parse_int: get("parse_int")?,
        parse_constant: get("parse_constant")?,
    };
    Ok(Ref::new_in(vm, class, scanner).into_value())
}

fn scanner_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut slots = [None; 2];
    bind(&CALL, args, &mut slots, vm)?;
    let (Some(this), [Some(string), Some(idx)]) = (slf.downcast::<JsonScanner>(), slots) else {
        return Err(unbound("scan_once", vm));
    };
    let idx = vm.index_isize(idx)?;
    let Some(text) = string.downcast::<Str>() else {
        let kind = full_type_name(string, vm);
        return Err(vm.type_error(format!("first argument must be a string, not {kind}")));
    };
    let Ok(start) = usize::try_from(idx) else { return Err(vm.value_error("idx cannot be negative")) };
    let (value, end) = with_units!(text.view(), units => {
        let mut reader = Reader { config: this, document: string, text: units, keys: Keys::new(vm), vm };
        reader.value(start)
    })?;
    Ok(vm.tuple_of([value, vm.int_from_usize(end)]).into_value())
}

struct Reader<'a, U> {
    config: &'a JsonScanner,
    document: &'a Value,
    text: &'a [U],
    keys: Keys<U>,
    vm: &'a Vm,
}

type Found = (Value, usize);

impl<U: Unit + Viewed> Reader<'_, U> {
    fn at(&self, index: usize) -> Option<u8> {
        self.text.get(index).map(|&u| u8::try_from(u.into()).unwrap_or(0))
    }

    fn skip_space(&self, mut at: usize) -> usize {
        while matches!(self.at(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            at += 1;
        }
        at
    }

    #[cold]
    fn fail(&self, message: &str, at: usize) -> Raised {
        decode_error(message, self.document, at, self.vm)
    }

    /// "Expecting value": the caller in Python makes the message of it.
    #[cold]
    fn nothing(&self, at: usize) -> Raised {
        self.vm.stop_iteration(self.vm.int_from_usize(at))
    }

    fn has(&self, at: usize, word: &[u8]) -> bool {
        word.iter().enumerate().all(|(i, &c)| self.at(at + i) == Some(c))
    }

    fn value(&mut self, at: usize) -> PyResult<Found> {
        let vm = self.vm;
        match self.at(at) {
            None => Err(self.nothing(at)),
            Some(b'"') => {
                let (text, end) = scan(self.document, self.text, at + 1, self.config.strict, vm)?;
                Ok((text.into_value(), end))
            }
            Some(b'{') => {
                vm.check_stack(" while decoding a JSON object from a unicode string")?;
                self.object(at + 1)
            }
            Some(b'[') => {
                vm.check_stack(" while decoding a JSON array from a unicode string")?;
                self.array(at + 1)
            }
            Some(b'n') if self.has(at, b"null") => Ok((Value::none(), at + 4)),
            Some(b't') if self.has(at, b"true") => Ok((Value::bool(true), at + 4)),
            Some(b'f') if self.has(at, b"false") => Ok((Value::bool(false), at + 5)),
            Some(b'N') if self.has(at, b"NaN") => self.constant("NaN", at),
            Some(b'I') if self.has(at, b"Infinity") => self.constant("Infinity", at),
            Some(b'-') if self.has(at, b"-Infinity") => self.constant("-Infinity", at),
            Some(_) => self.number(at),
        }
    }

    fn constant(&self, name: &str, at: usize) -> PyResult<Found> {
        let text = self.vm.new_str(name).into_value();
        Ok((self.vm.call(&self.config.parse_constant, &[text])?, at + name.len()))
    }

    fn digits(&self, mut at: usize) -> usize {
        while self.at(at).is_some_and(|c| c.is_ascii_digit()) {
            at += 1;
        }
        at
    }

    fn number(&self, start: usize) -> PyResult<Found> {
        let vm = self.vm;
        let first = if self.at(start) == Some(b'-') { start + 1 } else { start };
        let mut end = match self.at(first) {
            Some(b'1'..=b'9') => self.digits(first),
            Some(b'0') => first + 1,
            _ => return Err(self.nothing(start)),
        };
        let mut is_float = false;
        if self.at(end) == Some(b'.') && self.digits(end + 1) > end + 1 {
            is_float = true;
            end = self.digits(end + 1);
        }
        if matches!(self.at(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.at(end + 1), Some(b'+' | b'-')));
            let after = self.digits(end + 1 + sign);
            if after > end + 1 + sign {
                is_float = true;
                end = after;
            }
        }
        let digits = &self.text[first..end];
        if !is_float && digits.len() <= 18 && self.config.parse_int.is(&vm.builtin(B::Int).to_value()) {
            let n = digits.iter().fold(0, |n, &u| n * 10 + i64::from(u.into() - u32::from(b'0')));
            return Ok((vm.int(if first > start { -n } else { n }), end));
        }
        let text: String = self.text[start..end].iter().map(|&u| u8::try_from(u.into()).unwrap_or(0) as char).collect();
        let (parse, kind) =
            if is_float { (&self.config.parse_float, B::Float) } else { (&self.config.parse_int, B::Int) };
        let plain = parse.is(&vm.builtin(kind).to_value());
        if plain
            && is_float
            && let Some(x) = pyrope_textual::float::parse(&text)
        {
            return Ok((vm.float(x), end));
        }
        Ok((vm.call(parse, &[vm.try_str(&text)?.into_value()])?, end))
    }

    fn array(&mut self, start: usize) -> PyResult<Found> {
        let vm = self.vm;
        let mut items = Vec::new();
        let mut at = self.skip_space(start);
        if self.at(at) == Some(b']') {
            return Ok((vm.new_list(items).into_value(), at + 1));
        }
        loop {
            let (item, end) = self.value(at)?;
            if items.try_reserve(1).is_err() {
                return Err(vm.memory_error());
            }
            items.push(item);
            at = self.skip_space(end);
            match self.at(at) {
                Some(b']') => return Ok((vm.new_list(items).into_value(), at + 1)),
                Some(b',') => {}
                _ => return Err(self.fail("Expecting ',' delimiter", at)),
            }
            let comma = at;
            at = self.skip_space(at + 1);
            if self.at(at) == Some(b']') {
                return Err(self.fail("Illegal trailing comma before end of array", comma));
            }
        }
    }

    fn key(&mut self, at: usize) -> PyResult<(Value, usize)> {
        let plain = plain_run(self.text, at);
        if self.text.get(plain).is_some_and(|&unit| unit.into() == u32::from(b'"')) {
            let text = &self.text[at..plain];
            let key = self.keys.find(text, || self.vm.str_from_view(U::view(text)).map(Ref::into_value))?;
            return Ok((key, plain + 1));
        }
        let (key, end) = scan(self.document, self.text, at, self.config.strict, self.vm)?;
        Ok((key.into_value(), end))
    }

    fn object(&mut self, start: usize) -> PyResult<Found> {
        let vm = self.vm;
        let with_pairs = !self.config.object_pairs_hook.is_none();
        let dict = vm.new_dict();
        let mut pairs = Vec::new();
        let mut at = self.skip_space(start);
        if self.at(at) != Some(b'}') {
            loop {
                if self.at(at) != Some(b'"') {
                    return Err(self.fail("Expecting property name enclosed in double quotes", at));
                }
                let (key, end) = self.key(at + 1)?;
                at = self.skip_space(end);
                if self.at(at) != Some(b':') {
                    return Err(self.fail("Expecting ':' delimiter", at));
                }
                at = self.skip_space(at + 1);
                let (value, end) = self.value(at)?;
                if with_pairs {
                    pairs.push(vm.tuple_of([key, value]).into_value());
                } else {
                    dict.set(key, value, vm)?;
                }
                at = self.skip_space(end);
                match self.at(at) {
                    Some(b'}') => break,
                    Some(b',') => {}
                    _ => return Err(self.fail("Expecting ',' delimiter", at)),
                }
                let comma = at;
                at = self.skip_space(at + 1);
                if self.at(at) == Some(b'}') {
                    return Err(self.fail("Illegal trailing comma before end of object", comma));
                }
            }
        }
        let end = at + 1;
        if with_pairs {
            let pairs = vm.new_list(pairs).into_value();
            return Ok((vm.call(&self.config.object_pairs_hook, &[pairs])?, end));
        }
        let dict = dict.into_value();
        if self.config.object_hook.is_none() {
            return Ok((dict, end));
        }
        Ok((vm.call(&self.config.object_hook, &[dict])?, end))
    }
}

#[pymethods]
impl JsonScanner {
    #[getter]
    #[member]
    fn strict(&self) -> bool {
        self.strict
    }

    #[getter]
    #[member]
    fn object_hook(&self) -> Value {
        self.object_hook.clone()
    }

    #[getter]
    #[member]
    fn object_pairs_hook(&self) -> Value {
        self.object_pairs_hook.clone()
    }

    #[getter]
    #[member]
    fn parse_float(&self) -> Value {
        self.parse_float.clone()
    }

    #[getter]
    #[member]
    fn parse_int(&self) -> Value {
        self.parse_int.clone()
    }

    #[getter]
    #[member]
    fn parse_constant(&self) -> Value {
        self.parse_constant.clone()
    }
}
