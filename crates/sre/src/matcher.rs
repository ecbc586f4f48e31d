//! Matching and searching: what `Pattern.match`, `fullmatch`, `search` and scanners ask for.

use crate::charset::Few;
use crate::first::{First, Start};
use crate::machine::{Error, Goal, Machine, NONE, Store};
use crate::program::Program;
use crate::unit::{Subject, Unit};

/// Where a match may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// At the start.
    Match,
    /// From the start to the end.
    FullMatch,
    /// Anywhere from the start on.
    Search,
}

/// Runs programs and holds the last match. It can be used again, for other programs too.
#[derive(Debug, Default)]
pub struct Matcher {
    store: Store,
    span: (usize, usize),
}

impl Matcher {
    /// A matcher without a match.
    pub fn new() -> Matcher {
        Matcher::default()
    }

    /// Looks for a match in `start..end` (in characters; more than the subject has is cut off). What lies before `start`
    /// can be seen by lookbehinds and boundaries, what lies behind `end` is not there. With `must_advance` an empty match
    /// at `start` does not count. `check` is called now and then and can end the work.
    ///
    /// # Errors
    /// What `check` returned, or that there is no memory.
    #[allow(clippy::too_many_arguments)] // they are those of the scanning loop; a struct would only name them twice
    pub fn run<E>(
        &mut self,
        program: &Program,
        subject: Subject<'_>,
        start: usize,
        end: usize,
        how: How,
        must_advance: bool,
        check: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<bool, Error<E>> {
        let end = end.min(subject.len());
        let start = start.min(subject.len());
        let goal = Goal { full: how == How::FullMatch, advance: must_advance };
        self.store.prepare(program)?;
        let search = how == How::Search;
        let found = match subject {
            Subject::Latin1(text) => find(program, &text[..end], start, &mut self.store, search, goal, check),
            Subject::Ucs2(text) => find(program, &text[..end], start, &mut self.store, search, goal, check),
            Subject::Ucs4(text) => find(program, &text[..end], start, &mut self.store, search, goal, check),
        }?;
        self.span = found.unwrap_or((0, 0));
        Ok(found.is_some())
    }

    /// Start and end of the last match.
    pub fn span(&self) -> (usize, usize) {
        self.span
    }

    /// Start and end of a group (from 1; 0 is the whole match); `None` when it has not matched or does not exist.
    /// Code that sets marks out of order can make a start larger than the end, which `re` reports as a SystemError.
    pub fn group(&self, group: usize) -> Option<(usize, usize)> {
        let Some(index) = group.checked_sub(1) else { return Some(self.span) };
        match self.store.marks.get(index.checked_mul(2)?..)? {
            &[start, end, ..] if start != NONE && end != NONE => Some((start, end)),
            _ => None,
        }
    }

    /// The number of the last group that was closed (`Match.lastindex`).
    pub fn last_index(&self) -> Option<usize> {
        Some(self.store.last_index as usize).filter(|&index| index > 0)
    }
}

/// Goes from match to match, as `Pattern.scanner`, `finditer`, `findall`, `split` and `sub` do.
#[derive(Debug)]
pub struct Scanner {
    /// The last match.
    pub matcher: Matcher,
    /// Where to go on; `None` after the last match.
    start: Option<usize>,
    end: usize,
    must_advance: bool,
}

impl Scanner {
    /// A scanner of `start..end`.
    pub fn new(start: usize, end: usize) -> Scanner {
        Scanner { matcher: Matcher::new(), start: Some(start), end, must_advance: false }
    }

    /// The next match; no match ends the scan. An empty match directly after another is found only if the one before
    /// was not empty there.
    ///
    /// # Errors
    /// As [`Matcher::run`].
    pub fn next<E>(
        &mut self,
        program: &Program,
        subject: Subject<'_>,
        how: How,
        check: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<bool, Error<E>> {
        let Some(start) = self.start else { return Ok(false) };
        let found = self.matcher.run(program, subject, start, self.end, how, self.must_advance, check)?;
        let (from, to) = self.matcher.span();
        self.must_advance = from == to;
        self.start = found.then_some(to);
        Ok(found)
    }

    /// Whether the scan is over.
    pub fn is_finished(&self) -> bool {
        self.start.is_none()
    }
}

type Found = Option<(usize, usize)>;

fn find<U: Unit, E>(
    program: &Program,
    text: &[U],
    start: usize,
    store: &mut Store,
    search: bool,
    goal: Goal,
    check: &mut dyn FnMut() -> Result<(), E>,
) -> Result<Found, Error<E>> {
    // The last place where there is room for a match. It is not asked for when the start lies behind the end: CPython
    // lets a pattern that takes nothing match there.
    let room = text.len().saturating_sub(start);
    if room < program.min_width || (search && start > text.len()) {
        return Ok(None);
    }
    let mut machine = Machine::new(program, text, store, check);
    if !search {
        return Ok(machine.attempt(start, goal)?.map(|end| (start, end)));
    }
    let last = text.len() - program.min_width;
    match &program.start {
        Start::Beginning => Ok(machine.attempt(start, goal)?.map(|end| (start, end))),
        Start::Lines => lines(&mut machine, start, last, goal),
        Start::Anywhere => anywhere(&mut machine, start, last, goal),
        Start::Prefix { text: prefix, narrow, whole } => {
            let Some(wide) = prefix.iter().map(|&c| U::narrow(c)).collect::<Option<Vec<U>>>() else { return Ok(None) };
            let next = |from: usize| find_text(text, from, &wide, narrow.as_deref());
            if *whole {
                return Ok(next(start).map(|at| (at, at + prefix.len())));
            }
            at_places(&mut machine, start, last, next)
        }
        Start::First { first, few } => {
            let first = &program.firsts[*first as usize];
            at_places(&mut machine, start, last, |from| find_first(text, from, first, *few))
        }
    }
}

/// Attempts at every place in `start..=last`.
fn anywhere<U: Unit, E>(
    machine: &mut Machine<'_, U, E>,
    start: usize,
    last: usize,
    goal: Goal,
) -> Result<Found, Error<E>> {
    if let Some(end) = machine.attempt(start, goal)? {
        return Ok(Some((start, end)));
    }
    for place in start + 1..=last {
        if let Some(end) = machine.attempt(place, Goal::default())? {
            return Ok(Some((place, end)));
        }
    }
    Ok(None)
}

/// Attempts at `start` and at the beginnings of lines up to `last`.
fn lines<U: Unit, E>(
    machine: &mut Machine<'_, U, E>,
    start: usize,
    last: usize,
    goal: Goal,
) -> Result<Found, Error<E>> {
    if let Some(end) = machine.attempt(start, goal)? {
        return Ok(Some((start, end)));
    }
    let text = machine.text;
    let Some(newline) = U::narrow(0x0A) else { return Ok(None) };
    at_places(machine, start + 1, last, |from| {
        text.get(from - 1..).and_then(|rest| U::find(rest, newline)).map(|offset| from + offset)
    })
}

/// Attempts at the places up to `last` that `next` names: the first at or after its argument.
fn at_places<U: Unit, E>(
    machine: &mut Machine<'_, U, E>,
    start: usize,
    last: usize,
    next: impl Fn(usize) -> Option<usize>,
) -> Result<Found, Error<E>> {
    let mut from = start;
    while from <= last {
        let Some(place) = next(from).filter(|&place| place <= last) else { break };
        if let Some(end) = machine.attempt(place, Goal::default())? {
            return Ok(Some((place, end)));
        }
        from = match machine.program.leap {
            Some(test) => machine.span(&machine.program.tests[test as usize], place, machine.text.len()).max(place + 1),
            None => place + 1,
        };
    }
    Ok(None)
}

/// The first place at or after `from` where `wanted`, which is not empty, is.
fn find_text<U: Unit>(
    text: &[U],
    mut from: usize,
    wanted: &[U],
    narrow: Option<&memchr::memmem::Finder<'_>>,
) -> Option<usize> {
    if let (Some(bytes), Some(finder)) = (U::as_bytes(text), narrow) {
        return finder.find(bytes.get(from..)?).map(|offset| from + offset);
    }
    let (&head, rest) = wanted.split_first()?;
    loop {
        let at = from + U::find(text.get(from..)?, head)?;
        if text[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// The first place at or after `from` with a character of the set.
fn find_first<U: Unit>(text: &[U], from: usize, first: &First, few: Few) -> Option<usize> {
    let rest = text.get(from..)?;
    let offset = match (U::as_bytes(rest), few) {
        (Some(_), Few::None) => None,
        (Some(bytes), Few::One(a)) => memchr::memchr(a, bytes),
        (Some(bytes), Few::Two(a, b)) => memchr::memchr2(a, b, bytes),
        (Some(bytes), Few::Three(a, b, c)) => memchr::memchr3(a, b, c, bytes),
        _ => match first.only {
            Some(c) => U::narrow(c).and_then(|c| U::find(rest, c)),
            None => rest.iter().position(|&unit| first.admits(unit.into())),
        },
    };
    offset.map(|offset| from + offset)
}
