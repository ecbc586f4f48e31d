//! The writer: rows to lines.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::full_type_name;
use pyrope_object::{Args, BuiltinType as B, Header, PyResult, Raised, Ref, Str, Value, Vm};
use pyrope_types::text::TextBuilder;

use super::dialect::{self, Dialect, Quoting};
use super::fail;

/// CSV writer
///
/// Writer objects are responsible for generating tabular data
/// in CSV format from sequence input.
#[pyclass(
    name = "writer",
    module = "_csv",
    flags(BASETYPE, GC, DISALLOW_INSTANTIATION),
    methods(CsvWriter::METHODS),
    getset(CsvWriter::GETSETS)
)]
#[derive(Traverse)]
pub struct CsvWriter {
    header: Header,
    write: Value,
    dialect: Ref<Dialect>,
}

pub(super) fn make(args: Args<'_>, vm: &Vm) -> PyResult {
    let values = args.positional();
    let Some(file) = values.first() else {
        return Err(vm.type_error("writer expected at least 1 argument, got 0"));
    };
    if values.len() > 2 {
        return Err(vm.type_error(format!("writer expected at most 2 arguments, got {}", values.len())));
    }
    let dialect = dialect::of_arguments(Args::new(&args.values()[1..], args.kwnames()), vm)?;
    let write = vm.find_attr(file, vm.names().write.as_value())?.filter(|write| write.ty(vm).slots().call.is_some());
    let Some(write) = write else { return Err(vm.type_error("argument 1 must have a \"write\" method")) };
    Ok(Ref::new(vm, CsvWriter { header: Header::blank(), write, dialect }).into_value())
}

/// Does the value count as a number?
fn is_number(value: &Value, vm: &Vm) -> bool {
    let ty = value.ty(vm);
    let slots = ty.slots();
    slots.index.is_some() || slots.int.is_some() || slots.float.is_some() || ty.is_subtype(vm.builtin(B::Complex))
}

/// A line under construction.
struct Line<'a> {
    dialect: &'a Dialect,
    out: TextBuilder,
    fields: usize,
    vm: &'a Vm,
}

impl Line<'_> {
    fn must_quote(&self, what: &str) -> Raised {
        fail(what, self.vm)
    }

    /// Appends a field; None is an absent one.
    fn append(&mut self, field: Option<&Str>, mut quoted: bool) -> PyResult<()> {
        let dialect = self.dialect;
        if self.fields > 0 {
            self.out.push(dialect.delimiter);
        }
        let is_empty = field.is_none_or(Str::is_empty);
        if is_empty && dialect.delimiter == 0x20 && dialect.skipinitialspace {
            let absent = field.is_none() && matches!(dialect.quoting, Quoting::Strings | Quoting::NotNull);
            if dialect.quoting == Quoting::None || absent {
                let message = "empty field must be quoted if delimiter is a space and skipinitialspace is true";
                return Err(self.must_quote(message));
            }
            quoted = true;
        }
        let mut text = TextBuilder::new();
        for c in field.into_iter().flat_map(Str::code_points) {
            self.push_character(c, &mut text, &mut quoted)?;
        }
        let quote = dialect.quotechar.filter(|_| quoted);
        let text = text.finish(self.vm)?;
        if let Some(quote) = quote {
            self.out.push(quote);
        }
        self.out.push_text(&text);
        if let Some(quote) = quote {
            self.out.push(quote);
        }
        self.fields += 1;
        Ok(())
    }

    fn push_character(&self, c: u32, text: &mut TextBuilder, quoted: &mut bool) -> PyResult<()> {
        let dialect = self.dialect;
        let (is_quote, is_escape) = (dialect.quotechar == Some(c), dialect.escapechar == Some(c));
        let special =
            c == dialect.delimiter || is_quote || is_escape || matches!(c, 0x0A | 0x0D) || dialect.ends_lines(c);
        if special {
            let mut escape = dialect.quoting == Quoting::None;
            if !escape {
                if is_quote && dialect.doublequote {
                    text.push(c);
                } else if is_quote || is_escape {
                    escape = true;
                }
                if !escape {
                    *quoted = true;
                }
            }
            if escape {
                match dialect.escapechar {
                    Some(escape) => text.push(escape),
                    None => return Err(fail("need to escape, but no escapechar set", self.vm)),
                }
            }
        }
        text.push(c);
        Ok(())
    }
}

impl CsvWriter {
    fn line(&self, row: &Value, vm: &Vm) -> PyResult<Ref<Str>> {
        let iterator = match vm.iter(row) {
            Ok(iterator) => iterator,
            Err(raised) if vm.raised_is(B::TypeError) => {
                vm.ignore(raised);
                return Err(fail(&format!("iterable expected, not {}", full_type_name(row, vm)), vm));
            }
            Err(raised) => return Err(raised),
        };
        let dialect = &*self.dialect;
        let mut line = Line { dialect, out: TextBuilder::new(), fields: 0, vm };
        let mut absent = false;
        while let Some(field) = vm.next(&iterator)? {
            let quoted = match dialect.quoting {
                Quoting::NonNumeric => !is_number(&field, vm),
                Quoting::All => true,
                Quoting::Strings => field.downcast::<Str>().is_some(),
                Quoting::NotNull => !field.is_none(),
                Quoting::Minimal | Quoting::None => false,
            };
            absent = field.is_none();
            if absent {
                line.append(None, quoted)?;
            } else {
                let text = vm.str(&field)?;
                line.append(Some(&text), quoted)?;
            }
        }
        if line.fields > 0 && line.out.is_empty() {
            let unmarked = absent && matches!(dialect.quoting, Quoting::Strings | Quoting::NotNull);
            if dialect.quoting == Quoting::None || unmarked {
                return Err(fail("single empty field record must be quoted", vm));
            }
            line.fields -= 1;
            line.append(None, true)?;
        }
        line.out.push_text(&dialect.lineterminator);
        line.out.finish(vm)
    }
}

#[pymethods]
impl CsvWriter {
    /// writerow(iterable)
    ///
    /// Construct and write a CSV record from an iterable of fields.  Non-string
    /// elements will be converted to string.
    #[method("writerow($self, row, /)")]
    fn writerow(&self, row: &Value, vm: &Vm) -> PyResult {
        let line = self.line(row, vm)?;
        vm.call(&self.write, &[line.into_value()])
    }

    /// writerows(iterable of iterables)
    ///
    /// Construct and write a series of iterables to a csv file.  Non-string
    /// elements will be converted to string.
    #[method("writerows($self, rows, /)")]
    fn writerows(&self, rows: &Value, vm: &Vm) -> PyResult<()> {
        vm.for_each(rows, |row| {
            let line = self.line(&row, vm)?;
            vm.call(&self.write, &[line.into_value()]).map(drop)
        })
    }

    #[getter]
    #[member]
    fn dialect(&self) -> Value {
        self.dialect.to_value()
    }
}
