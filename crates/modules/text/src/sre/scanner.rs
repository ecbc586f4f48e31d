//! The scanner of a pattern: goes from match to match.

use std::cell::{Cell, RefCell};

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Header, PyResult, Ref, Value, Vm};
use pyrope_sre::{How, Scanner};

use super::haystack::Haystack;
use super::match_object::Match;
use super::pattern::{Pattern, raise};

#[pyclass(
    name = "SRE_Scanner",
    module = "_sre",
    flags(GC, DISALLOW_INSTANTIATION),
    methods(PatternScanner::METHODS),
    getset(PatternScanner::GETSETS)
)]
#[derive(Traverse)]
pub struct PatternScanner {
    header: Header,
    pattern: Ref<Pattern>,
    haystack: Haystack,
    #[traverse(skip)]
    bounds: (usize, usize),
    #[traverse(skip)]
    scanner: RefCell<Scanner>,
    /// A signal handler may come back here while a match is looked for.
    #[traverse(skip)]
    executing: Cell<bool>,
}

impl PatternScanner {
    pub(super) fn make(
        pattern: &Ref<Pattern>,
        string: &Value,
        pos: isize,
        endpos: isize,
        vm: &Vm,
    ) -> PyResult<Ref<PatternScanner>> {
        let search = pattern.prepare(string, pos, endpos, vm)?;
        let scanner = PatternScanner {
            header: Header::blank(),
            pattern: pattern.clone(),
            haystack: search.haystack,
            bounds: (search.start, search.end),
            scanner: RefCell::new(Scanner::new(search.start, search.end)),
            executing: Cell::new(false),
        };
        Ok(Ref::new(vm, scanner))
    }

    fn next(&self, how: How, vm: &Vm) -> PyResult {
        if self.executing.replace(true) {
            return Err(vm.value_error("regular expression scanner already executing"));
        }
        let mut check = || vm.check_breaker();
        let mut scanner = self.scanner.borrow_mut();
        let found = scanner.next(&self.pattern.program, self.haystack.subject(), how, &mut check);
        self.executing.set(false);
        match found {
            Ok(true) => {
                let found = Match::make(&self.pattern, &self.haystack, &scanner.matcher, self.bounds, vm);
                Ok(found.into_value())
            }
            Ok(false) => Ok(Value::none()),
            Err(error) => Err(raise(error, vm)),
        }
    }
}

#[pymethods]
impl PatternScanner {
    #[method("match($self, /)")]
    fn r#match(&self, vm: &Vm) -> PyResult {
        self.next(How::Match, vm)
    }

    #[method("search($self, /)")]
    fn search(&self, vm: &Vm) -> PyResult {
        self.next(How::Search, vm)
    }

    #[getter]
    #[member]
    fn pattern(&self) -> Value {
        self.pattern.to_value()
    }
}
