//! The encoder: values to JSON text.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, bind, full_type_name, unbound};
use pyrope_object::{Args, Dict, Header, List, PyResult, Raised, Ref, Slots, Str, Tuple, Type, Value, Vm};
use pyrope_types::text::TextBuilder;

use super::strings::push_quoted;

/// Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)
#[pyclass(name = "Encoder", module = "_json", flags(GC), getset(JsonEncoder::GETSETS), slots = SLOTS)]
#[derive(Traverse)]
pub struct JsonEncoder {
    header: Header,
    markers: Option<Ref<Dict>>,
    default: Value,
    encoder: Value,
    indent: Value,
    key_separator: Ref<Str>,
    item_separator: Ref<Str>,
    #[traverse(skip)]
    sort_keys: bool,
    #[traverse(skip)]
    skipkeys: bool,
    #[traverse(skip)]
    allow_nan: bool,
    /// The string encoder is the module's own: for ASCII only (`true`) or all characters.
    #[traverse(skip)]
    quick: Option<bool>,
}

const SLOTS: Slots = Slots { call: Some(encoder_call), new: Some(encoder_new), ..Slots::EMPTY };

static NEW: Signature = Signature::plain(
    "make_encoder",
    &[
        "markers",
        "default",
        "encoder",
        "indent",
        "key_separator",
        "item_separator",
        "sort_keys",
        "skipkeys",
        "allow_nan",
    ],
    9,
);

static CALL: Signature = Signature::plain("_iterencode", &["obj", "_current_indent_level"], 2);

fn encoder_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut slots = [None; 9];
    bind(&NEW, args, &mut slots, vm)?;
    let [
        Some(markers),
        Some(default),
        Some(encoder),
        Some(indent),
        Some(key),
        Some(item),
        Some(sort),
        Some(skip),
        Some(nan),
    ] = slots
    else {
        return Err(unbound("make_encoder", vm));
    };
    if !markers.is_none() && markers.downcast::<Dict>().is_none() {
        let kind = full_type_name(markers, vm);
        return Err(vm.type_error(format!("make_encoder() argument 1 must be dict or None, not {kind}")));
    }
    let text = |value: &Value, index: usize| {
        value.cast::<Str>().ok_or_else(|| {
            let kind = full_type_name(value, vm);
            vm.type_error(format!("make_encoder() argument {index} must be str, not {kind}"))
        })
    };
    let made = JsonEncoder {
        header: Header::blank(),
        markers: markers.cast::<Dict>(),
        default: default.clone(),
        encoder: encoder.clone(),
        indent: indent.clone(),
        key_separator: text(key, 5)?,
        item_separator: text(item, 6)?,
        sort_keys: vm.is_true(sort)?,
        skipkeys: vm.is_true(skip)?,
        allow_nan: vm.is_true(nan)?,
        quick: own_encoder(encoder),
    };
    Ok(Ref::new_in(vm, class, made).into_value())
}

/// Is this one of the module's own functions?
fn own_encoder(encoder: &Value) -> Option<bool> {
    let function = encoder.downcast::<pyrope_types::model::builtin_function::BuiltinFunction>()?;
    let own = super::functions::FUNCTIONS.iter().find(|def| std::ptr::eq(*def, function.def))?;
    match own.name {
        "encode_basestring_ascii" => Some(true),
        "encode_basestring" => Some(false),
        _ => None,
    }
}

fn encoder_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut slots = [None; 2];
    bind(&CALL, args, &mut slots, vm)?;
    let (Some(this), [Some(object), Some(level)]) = (slf.downcast::<JsonEncoder>(), slots) else {
        return Err(unbound("_iterencode", vm));
    };
    let Some(level) = vm.index_i64(level)? else {
        return Err(vm.overflow_error("Python int too large to convert to C ssize_t"));
    };
    let indents = if this.indent.is_none() { None } else { Some(Indents::new(this, level, vm)?) };
    let mut out = TextBuilder::new();
    Writer { config: this, out: &mut out, indents, vm }.value(object)?;
    Ok(vm.tuple_of([out.finish(vm)?.into_value()]).into_value())
}

struct Writer<'a> {
    config: &'a JsonEncoder,
    out: &'a mut TextBuilder,
    indents: Option<Indents<'a>>,
    vm: &'a Vm,
}

/// The line breaks between items, by depth.
struct Indents<'a> {
    config: &'a JsonEncoder,
    depth: usize,
    /// A newline and the indentation, for each depth met so far.
    lines: Vec<Ref<Str>>,
}

impl<'a> Indents<'a> {
    fn new(config: &'a JsonEncoder, level: i64, vm: &Vm) -> PyResult<Indents<'a>> {
        let Some(unit) = config.indent.downcast::<Str>() else {
            return Err(vm.type_error(format!("'{}' object can't be repeated", vm.type_name(&config.indent))));
        };
        let mut line = TextBuilder::new();
        line.push_str("\n");
        (0..level).for_each(|_| line.push_text(unit));
        Ok(Indents { config, depth: 0, lines: vec![line.finish(vm)?] })
    }

    fn line(&self) -> Option<&Ref<Str>> {
        self.lines.get(self.depth)
    }

    fn deepen(&mut self, vm: &Vm) -> PyResult<()> {
        self.depth += 1;
        if self.depth < self.lines.len() {
            return Ok(());
        }
        let mut line = TextBuilder::new();
        self.lines.last().into_iter().for_each(|outer| line.push_text(outer));
        match self.config.indent.downcast::<Str>() {
            Some(unit) => line.push_text(unit),
            None => return Err(vm.type_error("indent must be a string")),
        }
        self.lines.push(line.finish(vm)?);
        Ok(())
    }
}

impl Writer<'_> {
    fn value(&mut self, object: &Value) -> PyResult<()> {
        let vm = self.vm;
        if object.is_none() {
            self.out.push_str("null");
        } else if let Some(truth) = object.as_bool() {
            self.out.push_str(if truth { "true" } else { "false" });
        } else if let Some(text) = object.downcast::<Str>() {
            self.string(object, text)?;
        } else if let Some(n) = object.as_i64() {
            pyrope_textual::int_text::with_decimal(n, |text| self.out.push_str(text));
        } else if object.as_int().is_some() {
            let text = self.int_text(object)?;
            self.out.push_str(&text);
        } else if object.as_float().is_some() {
            let text = self.float_text(object)?;
            self.out.push_str(&text);
        } else if object.downcast::<List>().is_some() || object.downcast::<Tuple>().is_some() {
            vm.check_stack(" while encoding a JSON object")?;
            self.guarded(object, |this| this.sequence(object))?;
        } else if object.downcast::<Dict>().is_some() {
            vm.check_stack(" while encoding a JSON object")?;
            self.guarded(object, |this| this.mapping(object))?;
        } else {
            self.other(object)?;
        }
        Ok(())
    }

    /// Begins the items of a container.
    fn open(&mut self) -> PyResult<()> {
        if let Some(indents) = &mut self.indents {
            indents.deepen(self.vm)?;
        }
        self.break_line();
        Ok(())
    }

    fn break_line(&mut self) {
        if let Some(line) = self.indents.as_ref().and_then(Indents::line) {
            self.out.push_text(line);
        }
    }

    fn separate(&mut self) {
        self.out.push_text(&self.config.item_separator);
        self.break_line();
    }

    /// Ends the items of a container.
    fn close(&mut self) {
        if let Some(indents) = &mut self.indents {
            indents.depth -= 1;
        }
        self.break_line();
    }

    /// Writes what refers to other objects, unless that is under way already.
    fn guarded(&mut self, object: &Value, write: impl FnOnce(&mut Self) -> PyResult<()>) -> PyResult<()> {
        let vm = self.vm;
        let Some(markers) = &self.config.markers else { return write(self) };
        let id = vm.int_from_u64(object.id());
        if markers.get(&id, vm)?.is_some() {
            return Err(vm.value_error("Circular reference detected"));
        }
        markers.set(id.clone(), object.clone(), vm)?;
        write(self)?;
        drop(markers.remove(&id, vm)?);
        Ok(())
    }

    fn string(&mut self, object: &Value, text: &Str) -> PyResult<()> {
        let vm = self.vm;
        if let Some(ascii) = self.config.quick {
            push_quoted(text, ascii, self.out);
            return Ok(());
        }
        let encoded = vm.call(&self.config.encoder, std::slice::from_ref(object))?;
        match encoded.downcast::<Str>() {
            Some(encoded) => {
                self.out.push_text(encoded);
                Ok(())
            }
            None => {
                let kind = full_type_name(&encoded, vm);
                Err(vm.type_error(format!("encoder() must return a string, not {kind}")))
            }
        }
    }

    /// `int.__repr__(number)`, whatever the subclass says.
    fn int_text(&self, object: &Value) -> PyResult<String> {
        match object.as_int() {
            Some(number) => pyrope_types::numbers::decimal_text(number, self.vm),
            None => Ok(String::new()),
        }
    }

    fn float_text(&self, object: &Value) -> PyResult<String> {
        let x = object.as_float().unwrap_or(0.0);
        if x.is_finite() {
            return Ok(pyrope_textual::float::repr(x));
        }
        if !self.config.allow_nan {
            let shown = self.vm.repr_text(object)?;
            return Err(self.vm.value_error(format!("Out of range float values are not JSON compliant: {shown}")));
        }
        Ok(if x.is_nan() {
            "NaN"
        } else if x > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned())
    }

    fn sequence(&mut self, object: &Value) -> PyResult<()> {
        let vm = self.vm;
        self.out.push_str("[");
        let mut index = 0;
        loop {
            let item = match (object.downcast::<List>(), object.downcast::<Tuple>()) {
                (Some(list), _) => list.get(index),
                (None, tuple) => tuple.and_then(|tuple| tuple.as_slice().get(index).cloned()),
            };
            let Some(item) = item else { break };
            if index > 0 {
                self.separate();
            } else {
                self.open()?;
            }
            self.value(&item).map_err(|raised| {
                let kind = vm.type_name(object);
                note(raised, &format!("when serializing {kind} item {index}"), vm)
            })?;
            index += 1;
        }
        if index > 0 {
            self.close();
        }
        self.out.push_str("]");
        Ok(())
    }

    fn pairs(&self, object: &Value) -> PyResult<Vec<(Value, Value)>> {
        let vm = self.vm;
        if !self.config.sort_keys
            && let Some(dict) = object.downcast_exact::<Dict>()
        {
            return Ok(dict.entries().into_iter().map(|entry| (entry.key, entry.value)).collect());
        }
        let items = vm.call_method(object, "items", &[])?;
        let items = vm.collect(&items)?;
        let items = if self.config.sort_keys {
            let list = vm.new_list(items).into_value();
            vm.call_method(&list, "sort", &[])?;
            vm.collect(&list)?
        } else {
            items
        };
        items
            .into_iter()
            .map(|item| match item.downcast::<Tuple>().map(Tuple::as_slice) {
                Some([key, value]) => Ok((key.clone(), value.clone())),
                _ => Err(vm.value_error("items must return 2-tuples")),
            })
            .collect()
    }

    fn mapping(&mut self, object: &Value) -> PyResult<()> {
        let vm = self.vm;
        let pairs = self.pairs(object)?;
        self.out.push_str("{");
        let mut first = true;
        for (key, value) in pairs {
            let name = match key.cast::<Str>() {
                Some(text) => text,
                None => match self.key_text(&key)? {
                    Some(text) => vm.try_str(&text)?,
                    None if self.config.skipkeys => continue,
                    None => {
                        let kind = full_type_name(&key, vm);
                        let message = format!("keys must be str, int, float, bool or None, not {kind}");
                        return Err(vm.type_error(message));
                    }
                },
            };
            if std::mem::take(&mut first) {
                self.open()?;
            } else {
                self.separate();
            }
            self.string(name.as_value(), &name)?;
            self.out.push_text(&self.config.key_separator);
            self.value(&value).map_err(|raised| {
                let exception = vm.catch(raised);
                let (kind, shown) = (vm.type_name(object), vm.repr_text(&key).unwrap_or_default());
                note(vm.reraise(exception), &format!("when serializing {kind} item {shown}"), vm)
            })?;
        }
        if !first {
            self.close();
        }
        self.out.push_str("}");
        Ok(())
    }

    /// A key that is no text, as text; `None` where it cannot be one.
    fn key_text(&self, key: &Value) -> PyResult<Option<String>> {
        if key.as_float().is_some() {
            return self.float_text(key).map(Some);
        }
        if let Some(truth) = key.as_bool() {
            return Ok(Some(truth.to_string()));
        }
        if key.is_none() {
            return Ok(Some("null".to_owned()));
        }
        if key.as_int().is_some() {
            return self.int_text(key).map(Some);
        }
        Ok(None)
    }

    fn other(&mut self, object: &Value) -> PyResult<()> {
        let vm = self.vm;
        self.guarded(object, |this| {
            let made = vm.call(&this.config.default, std::slice::from_ref(object))?;
            vm.check_stack(" while encoding a JSON object")?;
            this.value(&made).map_err(|raised| {
                let kind = vm.type_name(object);
                note(raised, &format!("when serializing {kind} object"), vm)
            })
        })
    }
}

fn note(raised: Raised, text: &str, vm: &Vm) -> Raised {
    let exception = vm.catch(raised);
    let text = vm.new_str(text).into_value();
    if let Err(raised) = vm.call_method(&exception, "add_note", &[text]) {
        vm.ignore(raised);
    }
    vm.reraise(exception)
}

#[pymethods]
impl JsonEncoder {
    #[getter]
    #[member]
    fn markers(&self) -> Value {
        self.markers.as_ref().map_or(Value::none(), Ref::to_value)
    }

    #[getter]
    #[member]
    fn default(&self) -> Value {
        self.default.clone()
    }

    #[getter]
    #[member]
    fn encoder(&self) -> Value {
        self.encoder.clone()
    }

    #[getter]
    #[member]
    fn indent(&self) -> Value {
        self.indent.clone()
    }

    #[getter]
    #[member]
    fn key_separator(&self) -> Value {
        self.key_separator.to_value()
    }

    #[getter]
    #[member]
    fn item_separator(&self) -> Value {
        self.item_separator.to_value()
    }

    #[getter]
    #[member]
    fn sort_keys(&self) -> bool {
        self.sort_keys
    }

    #[getter]
    #[member]
    fn skipkeys(&self) -> bool {
        self.skipkeys
    }
}
