//! The reader: lines to rows.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::full_type_name;
use pyrope_object::{Args, BuiltinType as B, Header, PyResult, Ref, Slots, Str, Value, Vm};
use pyrope_types::iterators::itself;
use pyrope_types::text::TextBuilder;

use super::dialect::{self, Dialect, Quoting};
use super::{CsvState, fail};

/// CSV reader
///
/// Reader objects are responsible for reading and parsing tabular data
/// in CSV format.
#[pyclass(
    name = "reader", module = "_csv", flags(BASETYPE, GC, DISALLOW_INSTANTIATION), getset(CsvReader::GETSETS),
    slots = SLOTS
)]
#[derive(Traverse)]
pub struct CsvReader {
    header: Header,
    lines: Value,
    dialect: Ref<Dialect>,
    #[traverse(skip)]
    line_num: Cell<usize>,
    /// Counts calls, so that one inside another is noticed.
    #[traverse(skip)]
    calls: Cell<u64>,
}

const SLOTS: Slots = Slots { iter: Some(itself), next: Some(next), ..Slots::EMPTY };

pub(super) fn make(args: Args<'_>, vm: &Vm) -> PyResult {
    let values = args.positional();
    let Some(iterable) = values.first() else {
        return Err(vm.type_error("reader expected at least 1 argument, got 0"));
    };
    if values.len() > 2 {
        return Err(vm.type_error(format!("reader expected at most 2 arguments, got {}", values.len())));
    }
    let lines = vm.iter(iterable)?;
    let dialect = dialect::of_arguments(Args::new(&args.values()[1..], args.kwnames()), vm)?;
    Ok(Ref::new(vm, CsvReader { header: Header::blank(), lines, dialect, line_num: Cell::new(0), calls: Cell::new(0) })
        .into_value())
}

/// Where in a record the parser is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    StartRecord,
    StartField,
    Escaped,
    InField,
    InQuoted,
    EscapeInQuoted,
    QuoteInQuoted,
    EatNewline,
    AfterEscapedNewline,
}

struct Parser<'a> {
    dialect: &'a Dialect,
    state: State,
    fields: Vec<Value>,
    field: TextBuilder,
    /// No quote began the field.
    unquoted: bool,
    limit: i64,
    vm: &'a Vm,
}

/// The end of a line; no character.
const END: u32 = u32::MAX;

fn is_newline(c: u32) -> bool {
    matches!(c, 0x0A | 0x0D)
}

impl Parser<'_> {
    fn add(&mut self, c: u32) -> PyResult<()> {
        if self.field.len() as i64 >= self.limit {
            return Err(fail(&format!("field larger than field limit ({})", self.limit), self.vm));
        }
        self.field.push(c);
        Ok(())
    }

    fn save(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let text = std::mem::take(&mut self.field).finish(vm)?;
        let quoting = self.dialect.quoting;
        let unquoted = std::mem::replace(&mut self.unquoted, true);
        let value = if unquoted && text.is_empty() && matches!(quoting, Quoting::NotNull | Quoting::Strings) {
            Value::none()
        } else if unquoted && !text.is_empty() && matches!(quoting, Quoting::NonNumeric | Quoting::Strings) {
            vm.call(&vm.builtin(B::Float).to_value(), &[text.into_value()])?
        } else {
            text.into_value()
        };
        self.fields.push(value);
        Ok(())
    }

    /// A newline or the end of the line ends field and record.
    fn end_record(&mut self, c: u32) -> PyResult<()> {
        self.save()?;
        self.state = if c == END { State::StartRecord } else { State::EatNewline };
        Ok(())
    }

    fn is_quote(&self, c: u32) -> bool {
        self.dialect.quoting != Quoting::None && self.dialect.quotechar == Some(c)
    }

    fn is_escape(&self, c: u32) -> bool {
        self.dialect.escapechar == Some(c)
    }

    fn take(&mut self, c: u32) -> PyResult<()> {
        match self.state {
            State::StartRecord if c == END => Ok(()),
            State::StartRecord if is_newline(c) => {
                self.state = State::EatNewline;
                Ok(())
            }
            State::StartRecord | State::StartField => self.start_field(c),
            State::Escaped => {
                if is_newline(c) {
                    self.add(c)?;
                    self.state = State::AfterEscapedNewline;
                    return Ok(());
                }
                self.add(if c == END { 0x0A } else { c })?;
                self.state = State::InField;
                Ok(())
            }
            State::AfterEscapedNewline if c == END => Ok(()),
            State::AfterEscapedNewline | State::InField => self.in_field(c),
            State::InQuoted => self.in_quoted(c),
            State::EscapeInQuoted => {
                self.add(if c == END { 0x0A } else { c })?;
                self.state = State::InQuoted;
                Ok(())
            }
            State::QuoteInQuoted => self.after_quote(c),
            State::EatNewline => {
                if is_newline(c) {
                    return Ok(());
                }
                if c == END {
                    self.state = State::StartRecord;
                    return Ok(());
                }
                let message = "new-line character seen in unquoted field - do you need to open the file with \
                               newline=''?";
                Err(fail(message, self.vm))
            }
        }
    }

    fn start_field(&mut self, c: u32) -> PyResult<()> {
        self.state = State::StartField;
        if c == END || is_newline(c) {
            return self.end_record(c);
        }
        if self.is_quote(c) {
            self.unquoted = false;
            self.state = State::InQuoted;
        } else if self.is_escape(c) {
            self.state = State::Escaped;
        } else if c == 0x20 && self.dialect.skipinitialspace {
        } else if c == self.dialect.delimiter {
            self.save()?;
        } else {
            self.add(c)?;
            self.state = State::InField;
        }
        Ok(())
    }

    fn in_field(&mut self, c: u32) -> PyResult<()> {
        if c == END || is_newline(c) {
            return self.end_record(c);
        }
        self.state = State::InField;
        if self.is_escape(c) {
            self.state = State::Escaped;
        } else if c == self.dialect.delimiter {
            self.save()?;
            self.state = State::StartField;
        } else {
            self.add(c)?;
        }
        Ok(())
    }

    fn in_quoted(&mut self, c: u32) -> PyResult<()> {
        if c == END {
            return Ok(());
        }
        if self.is_escape(c) {
            self.state = State::EscapeInQuoted;
        } else if self.is_quote(c) {
            self.state = if self.dialect.doublequote { State::QuoteInQuoted } else { State::InField };
        } else {
            self.add(c)?;
        }
        Ok(())
    }

    fn after_quote(&mut self, c: u32) -> PyResult<()> {
        if self.is_quote(c) {
            self.add(c)?;
            self.state = State::InQuoted;
        } else if c == self.dialect.delimiter {
            self.save()?;
            self.state = State::StartField;
        } else if c == END || is_newline(c) {
            self.end_record(c)?;
        } else if !self.dialect.strict {
            self.add(c)?;
            self.state = State::InField;
        } else {
            let shown = |c: u32| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
            let (delimiter, quote) = (shown(self.dialect.delimiter), shown(self.dialect.quotechar.unwrap_or(0)));
            return Err(fail(&format!("'{delimiter}' expected after '{quote}'"), self.vm));
        }
        Ok(())
    }
}

fn next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let Some(this) = slf.downcast::<CsvReader>() else { return Ok(None) };
    let mut parser = Parser {
        dialect: &this.dialect,
        state: State::StartRecord,
        fields: Vec::new(),
        field: TextBuilder::new(),
        unquoted: true,
        limit: vm.state::<CsvState>().field_limit.get(),
        vm,
    };
    let call = this.calls.get().wrapping_add(1);
    this.calls.set(call);
    loop {
        let line = vm.next(&this.lines)?;
        if this.calls.get() != call {
            return Err(fail("iterator has already advanced the reader", vm));
        }
        let Some(line) = line else {
            if parser.field.is_empty() && parser.state != State::InQuoted {
                return Ok(None);
            }
            if this.dialect.strict {
                return Err(fail("unexpected end of data", vm));
            }
            parser.save()?;
            break;
        };
        let Some(text) = line.downcast::<Str>() else {
            let kind = full_type_name(&line, vm);
            let message =
                format!("iterator should return strings, not {kind} (the file should be opened in text mode)");
            return Err(fail(&message, vm));
        };
        this.line_num.set(this.line_num.get() + 1);
        for c in text.code_points() {
            parser.take(c)?;
        }
        parser.take(END)?;
        if parser.state == State::StartRecord {
            break;
        }
    }
    Ok(Some(vm.new_list(parser.fields).into_value()))
}

#[pymethods]
impl CsvReader {
    #[getter]
    #[member]
    fn dialect(&self) -> Value {
        self.dialect.to_value()
    }

    #[getter]
    #[member]
    fn line_num(&self) -> usize {
        self.line_num.get()
    }
}
