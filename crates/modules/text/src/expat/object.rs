//! `xmlparser`: the parser as Python sees it.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::args::ArgName;
use pyrope_object::bind::{BytesLike, not_bytes_like};
use pyrope_object::layout::{Bytes, Dict, Str};
use pyrope_object::{BuiltinType as B, FromArg, GetSetDef, Guarded, Header, PyResult, Ref, Value, Vm};

use super::codes::{EXTERNAL_ENTITY_HANDLING, FINISHED, NOT_STANDALONE};
use super::events::{EntityDeclaration, Event, Handler, Model, NAMES};
use super::input::Position;
use super::parser::{Failure, Parser};
use super::raise;

/// Bytes of text that are collected at most, unless the program says otherwise.
const BUFFER_SIZE: i64 = 8192;
/// What `ParseFile` reads at a time.
const READ_SIZE: i64 = 2048;

/// XML parser
#[pyclass(
    name = "xmlparser",
    module = "pyexpat",
    flags(GC, DISALLOW_INSTANTIATION),
    methods(XmlParser::METHODS),
    getset(XmlParser::GETSETS, HANDLER_ATTRIBUTES)
)]
#[derive(Traverse)]
pub(super) struct XmlParser {
    header: Header,
    handlers: Guarded<Vec<Option<Value>>>,
    intern: Guarded<Option<Ref<Dict>>>,
    base: Guarded<Option<Value>>,
    #[traverse(skip)]
    parser: Guarded<Parser>,
    /// Text that was not reported yet.
    #[traverse(skip)]
    buffer: Guarded<String>,
    #[traverse(skip)]
    buffer_size: Cell<i64>,
    #[traverse(skip)]
    buffers_text: Cell<bool>,
    #[traverse(skip)]
    ordered_attributes: Cell<bool>,
    #[traverse(skip)]
    specified_attributes: Cell<bool>,
    #[traverse(skip)]
    defers_reparsing: Cell<bool>,
    /// The default handler that was set last.
    #[traverse(skip)]
    default: Cell<Option<Handler>>,
    /// A call of `Parse` is under way.
    #[traverse(skip)]
    parsing: Cell<bool>,
}

pub(super) fn create(encoding: Option<&Str>, separator: Option<&Str>, intern: Option<&Value>, vm: &Vm) -> PyResult {
    if separator.is_some_and(|separator| separator.len() > 1) {
        return Err(vm.value_error("namespace_separator must be at most one character, omitted, or None"));
    }
    let intern = match intern {
        None => Some(vm.new_dict()),
        Some(none) if none.is_none() => None,
        Some(value) => match value.cast::<Dict>() {
            Some(dict) => Some(dict),
            None => return Err(vm.type_error("intern must be a dictionary")),
        },
    };
    let text = |value: &Str| value.to_string_lossy().into_owned();
    let parser = XmlParser {
        header: Header::blank(),
        handlers: Guarded::new(vec![None; NAMES.len()]),
        intern: Guarded::new(intern),
        base: Guarded::new(None),
        parser: Guarded::new(Parser::new(encoding.map(text), separator.map(text))),
        buffer: Guarded::new(String::new()),
        buffer_size: Cell::new(BUFFER_SIZE),
        buffers_text: Cell::new(false),
        ordered_attributes: Cell::new(false),
        specified_attributes: Cell::new(false),
        defers_reparsing: Cell::new(true),
        default: Cell::new(None),
        parsing: Cell::new(false),
    };
    Ok(Ref::new(vm, parser).into_value())
}

macro_rules! handler_attributes {
    ($($index:literal)*) => {
        const HANDLER_ATTRIBUTES: &[GetSetDef] = &[$(GetSetDef {
            name: NAMES[$index],
            get: |slf, vm| handler_of(slf, $index, vm),
            set: Some(|slf, value, vm| set_handler_of(slf, $index, value, vm)),
            doc: "",
            member: false,
        }),*];
    };
}

handler_attributes! { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 }

fn handler_of(slf: &Value, index: usize, vm: &Vm) -> PyResult {
    let Some(parser) = slf.downcast::<XmlParser>() else { return Err(vm.type_error("not an xmlparser")) };
    Ok(parser.handlers.with(|handlers| handlers[index].clone()).unwrap_or(Value::none()))
}

fn set_handler_of(slf: &Value, index: usize, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let Some(parser) = slf.downcast::<XmlParser>() else { return Err(vm.type_error("not an xmlparser")) };
    let Some(value) = value else { return Err(vm.runtime_error("Cannot delete attribute")) };
    if index == Handler::CharacterData as usize {
        parser.flush(vm)?;
    }
    let handler = (!value.is_none()).then(|| value.clone());
    for kind in [Handler::Default, Handler::DefaultExpand] {
        if index == kind as usize {
            parser.default.set(handler.is_some().then_some(kind));
            parser.parser.with_mut(|parser| parser.expands_entities = kind == Handler::DefaultExpand);
        }
    }
    let old = parser.handlers.with_mut(|handlers| std::mem::replace(&mut handlers[index], handler));
    drop(old);
    Ok(())
}

fn optional(text: Option<String>, vm: &Vm) -> PyResult {
    match text {
        Some(text) => Ok(vm.try_str(&text)?.into_value()),
        None => Ok(Value::none()),
    }
}

fn model_tuple(model: Model, vm: &Vm) -> PyResult {
    let children = model.children.into_iter().map(|child| model_tuple(child, vm)).collect::<PyResult<Vec<_>>>()?;
    let name = optional(model.name, vm)?;
    let children = vm.new_tuple(children).into_value();
    Ok(vm.tuple_of([vm.int(model.kind), vm.int(model.quantifier), name, children]).into_value())
}

/// `__bool__` of an attribute's new value.
fn truth(value: Option<&Value>, vm: &Vm) -> PyResult<bool> {
    match value {
        Some(value) => vm.is_true(value),
        None => Err(vm.runtime_error("Cannot delete attribute")),
    }
}

impl XmlParser {
    fn handler(&self, kind: Handler) -> Option<Value> {
        self.handlers.with(|handlers| handlers[kind as usize].clone())
    }

    fn has(&self, kind: Handler) -> bool {
        self.handlers.with(|handlers| handlers[kind as usize].is_some())
    }

    /// Calls a handler, after the text that came before it.
    fn call(&self, handler: &Value, args: &[Value], vm: &Vm) -> PyResult {
        self.flush(vm)?;
        vm.call(handler, args)
    }

    /// Reports the text that was collected.
    fn flush(&self, vm: &Vm) -> PyResult<()> {
        if self.buffer.with(String::is_empty) {
            return Ok(());
        }
        let text = self.buffer.take();
        match self.handler(Handler::CharacterData) {
            Some(handler) => vm.call(&handler, &[vm.try_str(&text)?.into_value()]).map(drop),
            None => Ok(()),
        }
    }

    /// A name, one object for all its occurrences.
    fn name(&self, text: &str, vm: &Vm) -> PyResult {
        let name = vm.try_str(text)?.into_value();
        let Some(intern) = self.intern.get() else { return Ok(name) };
        if let Some(known) = intern.get(&name, vm)? {
            return Ok(known);
        }
        intern.set(name.clone(), name.clone(), vm)?;
        Ok(name)
    }

    fn optional_name(&self, text: Option<String>, vm: &Vm) -> PyResult {
        match text {
            Some(text) => self.name(&text, vm),
            None => Ok(Value::none()),
        }
    }

    /// Gives the event's own text to the default handler.
    fn fall_back(&self, vm: &Vm) -> PyResult<()> {
        let Some(handler) = self.default.get().and_then(|kind| self.handler(kind)) else { return Ok(()) };
        let text = self.parser.with(Parser::event_text);
        if text.is_empty() {
            return Ok(());
        }
        self.call(&handler, &[vm.try_str(&text)?.into_value()], vm).map(drop)
    }

    /// Calls the handler with the arguments, or falls back.
    fn call_or_fall_back(&self, kind: Handler, args: impl FnOnce() -> PyResult<Vec<Value>>, vm: &Vm) -> PyResult<()> {
        match self.handler(kind) {
            Some(handler) => self.call(&handler, &args()?, vm).map(drop),
            None => self.fall_back(vm),
        }
    }

    /// Calls the handler with the arguments, if it is set.
    fn call_if_set(&self, kind: Handler, args: impl FnOnce() -> PyResult<Vec<Value>>, vm: &Vm) -> PyResult<()> {
        match self.handler(kind) {
            Some(handler) => self.call(&handler, &args()?, vm).map(drop),
            None => Ok(()),
        }
    }

    /// As `call_if_set`; a handler that gives 0 fails the parser with `code`.
    fn call_for_consent(&self, handler: &Value, args: &[Value], code: i32, vm: &Vm) -> PyResult<()> {
        let answer = self.call(handler, args, vm)?;
        let consents = match answer.as_i64() {
            Some(number) => number != 0,
            None => vm.is_true(&vm.call(&vm.builtin(B::Int).to_value(), &[answer])?)?,
        };
        if !consents {
            self.parser.with_mut(|parser| parser.fail_here(code));
        }
        Ok(())
    }

    fn dispatch(&self, event: Event, vm: &Vm) -> PyResult<()> {
        let text = |text: String| -> PyResult { Ok(vm.try_str(&text)?.into_value()) };
        let base = || self.base.get().unwrap_or(Value::none());
        match event {
            Event::XmlDecl { version, encoding, standalone } => self.call_or_fall_back(
                Handler::XmlDecl,
                || Ok(vec![text(version)?, optional(encoding, vm)?, vm.int(standalone)]),
                vm,
            ),
            Event::StartElement { name, attributes, specified, empty } => {
                if empty && !self.has(Handler::StartElement) && self.has(Handler::EndElement) {
                    return Ok(());
                }
                let args = || Ok(vec![self.name(&name, vm)?, self.attributes(attributes, specified, vm)?]);
                self.call_or_fall_back(Handler::StartElement, args, vm)
            }
            Event::EndElement { name, empty } => {
                let args = || Ok(vec![self.name(&name, vm)?]);
                if empty {
                    self.call_if_set(Handler::EndElement, args, vm)
                } else {
                    self.call_or_fall_back(Handler::EndElement, args, vm)
                }
            }
            Event::StartNamespace { prefix, uri } => self.call_if_set(
                Handler::StartNamespaceDecl,
                || Ok(vec![self.optional_name(prefix, vm)?, self.optional_name(uri, vm)?]),
                vm,
            ),
            Event::EndNamespace { prefix } => {
                self.call_if_set(Handler::EndNamespaceDecl, || Ok(vec![self.optional_name(prefix, vm)?]), vm)
            }
            Event::Characters(data) => self.characters(data, vm),
            Event::StartCdata => self.call_or_fall_back(Handler::StartCdataSection, || Ok(vec![]), vm),
            Event::EndCdata => self.call_or_fall_back(Handler::EndCdataSection, || Ok(vec![]), vm),
            Event::Comment(data) => self.call_or_fall_back(Handler::Comment, || Ok(vec![text(data)?]), vm),
            Event::Instruction { target, data } => self.call_or_fall_back(
                Handler::ProcessingInstruction,
                || Ok(vec![self.name(&target, vm)?, text(data)?]),
                vm,
            ),
            Event::StartDoctype { name, system, public, has_subset } => self.call_if_set(
                Handler::StartDoctypeDecl,
                || {
                    let (system, public) = (self.optional_name(system, vm)?, self.optional_name(public, vm)?);
                    Ok(vec![self.name(&name, vm)?, system, public, vm.int(has_subset.into())])
                },
                vm,
            ),
            Event::EndDoctype => self.call_if_set(Handler::EndDoctypeDecl, || Ok(vec![]), vm),
            Event::Entity(declaration) => self.entity(declaration, vm),
            Event::Notation { name, system, public } => self.call_if_set(
                Handler::NotationDecl,
                || {
                    let (system, public) = (self.optional_name(system, vm)?, self.optional_name(public, vm)?);
                    Ok(vec![self.name(&name, vm)?, base(), system, public])
                },
                vm,
            ),
            Event::Element { name, model } => {
                self.call_if_set(Handler::ElementDecl, || Ok(vec![self.name(&name, vm)?, model_tuple(model, vm)?]), vm)
            }
            Event::Attribute { element, name, kind, default, required } => self.call_if_set(
                Handler::AttlistDecl,
                || {
                    let names = [self.name(&element, vm)?, self.name(&name, vm)?];
                    let [element, name] = names;
                    Ok(vec![element, name, text(kind)?, optional(default, vm)?, vm.int(required.into())])
                },
                vm,
            ),
            Event::Skipped { name, is_parameter } => self.call_or_fall_back(
                Handler::SkippedEntity,
                || Ok(vec![self.name(&name, vm)?, vm.int(is_parameter.into())]),
                vm,
            ),
            Event::External { context, system, public } => match self.handler(Handler::ExternalEntityRef) {
                Some(handler) => {
                    let args = [optional(context, vm)?, base(), optional(system, vm)?, optional(public, vm)?];
                    self.call_for_consent(&handler, &args, EXTERNAL_ENTITY_HANDLING, vm)
                }
                None => self.fall_back(vm),
            },
            Event::NotStandalone => match self.handler(Handler::NotStandalone) {
                Some(handler) => self.call_for_consent(&handler, &[], NOT_STANDALONE, vm),
                None => Ok(()),
            },
            Event::UnknownEncoding(name) => self.learn_encoding(&name, vm),
            Event::Piece(Some(handler)) if self.has(handler) => Ok(()),
            Event::Piece(_) => self.fall_back(vm),
        }
    }

    fn attributes(&self, attributes: Vec<(String, String)>, specified: usize, vm: &Vm) -> PyResult {
        let count = if self.specified_attributes.get() { specified } else { attributes.len() };
        let pairs = attributes.into_iter().take(count);
        if self.ordered_attributes.get() {
            let mut items = Vec::with_capacity(2 * count);
            for (name, value) in pairs {
                items.push(self.name(&name, vm)?);
                items.push(vm.try_str(&value)?.into_value());
            }
            return Ok(vm.new_list(items).into_value());
        }
        let dict = vm.new_dict();
        for (name, value) in pairs {
            dict.set(self.name(&name, vm)?, vm.try_str(&value)?.into_value(), vm)?;
        }
        Ok(dict.into_value())
    }

    fn characters(&self, data: String, vm: &Vm) -> PyResult<()> {
        let Some(handler) = self.handler(Handler::CharacterData) else { return self.fall_back(vm) };
        if !self.buffers_text.get() {
            return vm.call(&handler, &[vm.try_str(&data)?.into_value()]).map(drop);
        }
        let size = self.buffer_size.get() as usize;
        if self.buffer.with(String::len) + data.len() > size {
            self.flush(vm)?;
        }
        if data.len() > size {
            return vm.call(&handler, &[vm.try_str(&data)?.into_value()]).map(drop);
        }
        self.buffer.with_mut(|buffer| buffer.push_str(&data));
        Ok(())
    }

    fn entity(&self, declaration: EntityDeclaration, vm: &Vm) -> PyResult<()> {
        let EntityDeclaration { name, is_parameter, value, system, public, notation } = declaration;
        let base = self.base.get().unwrap_or(Value::none());
        let unparsed = notation.is_some() && self.has(Handler::UnparsedEntityDecl);
        let args = || {
            let name = self.name(&name, vm)?;
            let ids = [self.optional_name(system, vm)?, self.optional_name(public, vm)?];
            let [system, public] = ids;
            let notation = self.optional_name(notation, vm)?;
            if unparsed {
                return Ok(vec![name, base, system, public, notation]);
            }
            let value = match value {
                Some(value) => vm.try_str(&value)?.into_value(),
                None => Value::none(),
            };
            Ok(vec![name, vm.int(is_parameter.into()), value, base, system, public, notation])
        };
        let handler = if unparsed { Handler::UnparsedEntityDecl } else { Handler::EntityDecl };
        self.call_if_set(handler, args, vm)
    }

    /// Asks Python's codecs what each byte means.
    fn learn_encoding(&self, name: &str, vm: &Vm) -> PyResult<()> {
        let all: Vec<u8> = (0..=255).collect();
        let bytes = vm.new_bytes(&all)?.into_value();
        let args = [vm.new_str(name).into_value(), vm.new_str("replace").into_value()];
        let decoded = vm.call_method(&bytes, "decode", &args)?;
        let chars: Vec<char> = decoded
            .downcast::<Str>()
            .map(|text| text.code_points().map(|c| char::from_u32(c).unwrap_or('\u{FFFD}')).collect())
            .unwrap_or_default();
        match <[char; 256]>::try_from(chars) {
            Ok(map) => {
                self.parser.with_mut(|parser| parser.set_encoding(Box::new(map)));
                Ok(())
            }
            Err(_) => Err(vm.value_error("multi-byte encodings are not supported")),
        }
    }

    fn parse(&self, data: &[u8], is_final: bool, vm: &Vm) -> PyResult<()> {
        if self.parsing.get() {
            return Err(vm.runtime_error("Parse is already running"));
        }
        let finished = self.parser.with(|parser| match parser.failure() {
            Some(failure) => Some(failure),
            None if parser.is_finished() => {
                Some(Failure { code: FINISHED, position: parser.event_position().unwrap_or(Position::START) })
            }
            None => None,
        });
        if let Some(failure) = finished {
            return Err(raise(failure, vm));
        }
        self.parser.with_mut(|parser| parser.feed(data, is_final));
        self.parsing.set(true);
        let result = self.run(vm);
        self.parsing.set(false);
        result?;
        self.flush(vm)
    }

    fn run(&self, vm: &Vm) -> PyResult<()> {
        loop {
            let event = match self.parser.with_mut(Parser::next) {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(()),
                Err(failure) => {
                    self.flush(vm)?;
                    return Err(raise(failure, vm));
                }
            };
            if let Err(raised) = self.dispatch(event, vm) {
                let cleared = self.handlers.replace(vec![None; NAMES.len()]);
                self.default.set(None);
                self.parser.with_mut(Parser::abort);
                self.buffer.set(String::new());
                drop(cleared);
                return Err(raised);
            }
        }
    }

    fn position(&self) -> Option<Position> {
        self.parser.with(Parser::event_position)
    }
}

#[pymethods]
impl XmlParser {
    /// Parse XML data.
    ///
    /// 'isfinal' should be true at end of input.
    #[method("Parse($self, data, isfinal=False, /)")]
    fn parse_data(&self, data: &Value, isfinal: bool, vm: &Vm) -> PyResult<i64> {
        if let Some(text) = data.downcast::<Str>() {
            let bytes = vm.call_method(data, "encode", &[])?;
            self.parser.with_mut(|parser| {
                if !parser.started {
                    parser.forced = Some("utf-8".to_owned());
                }
            });
            debug_assert!(bytes.downcast::<Bytes>().is_some_and(|bytes| bytes.as_slice().len() >= text.len()));
            let Some(bytes) = bytes.downcast::<Bytes>() else { return Err(not_bytes_like(&bytes, vm)) };
            self.parse(bytes.as_slice(), isfinal, vm)?;
            return Ok(1);
        }
        let name = ArgName { function: "Parse", argument: "argument 1".into() };
        let bytes = BytesLike::from_arg(data, &name, vm)?.to_cow().into_owned();
        self.parse(&bytes, isfinal, vm)?;
        Ok(1)
    }

    /// Parse XML data from file-like object.
    #[method("ParseFile($self, file, /)")]
    fn parse_file(&self, file: &Value, vm: &Vm) -> PyResult<i64> {
        let Some(read) = vm.find_attr_str(file, "read")? else {
            return Err(vm.type_error("argument must have 'read' attribute"));
        };
        loop {
            let chunk = vm.call(&read, &[vm.int(READ_SIZE)])?;
            let Some(bytes) = chunk.downcast::<Bytes>() else {
                let kind = vm.type_name(&chunk).to_string();
                return Err(vm.type_error(format!("read() did not return a bytes object (type={kind})")));
            };
            let is_last = bytes.as_slice().is_empty();
            self.parse(bytes.as_slice(), is_last, vm)?;
            if is_last {
                return Ok(1);
            }
        }
    }

    /// Set the base URL for the parser.
    #[method("SetBase($self, base, /)")]
    fn set_base(&self, base: &Str) {
        drop(self.base.replace(Some(pyrope_object::value_of(base))));
    }

    /// Return base URL string for the parser.
    #[method("GetBase($self, /)")]
    fn get_base(&self) -> Value {
        self.base.get().unwrap_or(Value::none())
    }

    /// Controls parsing of parameter entities (including the external DTD subset).
    ///
    /// Possible flag values are XML_PARAM_ENTITY_PARSING_NEVER,
    /// XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE and
    /// XML_PARAM_ENTITY_PARSING_ALWAYS. Returns true if setting the flag
    /// was successful.
    #[method("SetParamEntityParsing($self, flag, /)")]
    fn set_param_entity_parsing(&self, flag: i64) -> i64 {
        self.parser.with_mut(|parser| {
            if parser.started {
                return 0;
            }
            parser.reads_parameter_entities = flag.clamp(0, 2);
            1
        })
    }

    /// Enable/Disable reparse deferral; enabled by default with Expat >=2.6.0.
    #[method("SetReparseDeferralEnabled($self, enabled, /)")]
    fn set_reparse_deferral_enabled(&self, enabled: bool) {
        self.defers_reparsing.set(enabled);
    }

    /// Retrieve reparse deferral enabled status; always returns false with Expat <2.6.0.
    #[method("GetReparseDeferralEnabled($self, /)")]
    fn get_reparse_deferral_enabled(&self) -> bool {
        self.defers_reparsing.get()
    }

    #[getter("CurrentLineNumber")]
    fn current_line_number(&self) -> usize {
        self.position().map_or(1, |position| position.line)
    }

    #[getter("CurrentColumnNumber")]
    fn current_column_number(&self) -> usize {
        self.position().map_or(0, |position| position.column)
    }

    #[getter("CurrentByteIndex")]
    fn current_byte_index(&self) -> i64 {
        self.position().map_or(-1, |position| position.byte as i64)
    }

    #[getter("ErrorLineNumber")]
    fn error_line_number(&self) -> usize {
        self.current_line_number()
    }

    #[getter("ErrorColumnNumber")]
    fn error_column_number(&self) -> usize {
        self.current_column_number()
    }

    #[getter("ErrorByteIndex")]
    fn error_byte_index(&self) -> i64 {
        self.current_byte_index()
    }

    #[getter("ErrorCode")]
    fn error_code(&self) -> i64 {
        self.parser.with(|parser| parser.failure().map_or(0, |failure| failure.code.into()))
    }

    #[getter("intern")]
    #[member]
    fn intern_attribute(&self) -> Value {
        self.intern.get().map_or(Value::none(), Ref::into_value)
    }

    #[getter("buffer_text")]
    fn buffer_text(&self) -> bool {
        self.buffers_text.get()
    }

    #[setter("buffer_text")]
    fn set_buffer_text(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let on = truth(value, vm)?;
        if !on {
            self.flush(vm)?;
        }
        self.buffers_text.set(on);
        Ok(())
    }

    #[getter("buffer_size")]
    fn buffer_size(&self) -> i64 {
        self.buffer_size.get()
    }

    #[setter("buffer_size")]
    fn set_buffer_size(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.runtime_error("Cannot delete attribute")) };
        if value.as_int().is_none() {
            return Err(vm.type_error("buffer_size must be an integer"));
        }
        let Some(size) = value.as_i64().filter(|&size| size <= i64::from(i32::MAX)) else {
            return Err(vm.value_error(format!("buffer_size must not be greater than {}", i32::MAX)));
        };
        if size <= 0 {
            return Err(vm.value_error("buffer_size must be greater than zero"));
        }
        self.flush(vm)?;
        self.buffer_size.set(size);
        Ok(())
    }

    #[getter("buffer_used")]
    fn buffer_used(&self) -> usize {
        self.buffer.with(String::len)
    }

    #[getter("namespace_prefixes")]
    fn namespace_prefixes(&self) -> bool {
        self.parser.with(|parser| parser.namespace_prefixes)
    }

    #[setter("namespace_prefixes")]
    fn set_namespace_prefixes(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let on = truth(value, vm)?;
        self.parser.with_mut(|parser| parser.namespace_prefixes = on);
        Ok(())
    }

    #[getter("ordered_attributes")]
    fn ordered_attributes(&self) -> bool {
        self.ordered_attributes.get()
    }

    #[setter("ordered_attributes")]
    fn set_ordered_attributes(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.ordered_attributes.set(truth(value, vm)?);
        Ok(())
    }

    #[getter("specified_attributes")]
    fn specified_attributes(&self) -> bool {
        self.specified_attributes.get()
    }

    #[setter("specified_attributes")]
    fn set_specified_attributes(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.specified_attributes.set(truth(value, vm)?);
        Ok(())
    }
}
