//! First-character sets: with which characters a piece of a program can begin.
//!
//! They are over-approximations, so they only ever save attempts that would fail. A piece that may match without taking
//! a character has none.

use crate::charset::{Few, Test};
use crate::constants::At;
use crate::program::{Op, Pc, Program};

/// How many instructions are looked at for one set before giving up.
const BUDGET: usize = 200;
/// How deep branches and loops are followed.
const DEPTH: usize = 20;
/// The longest literal prefix that is searched for.
const PREFIX: usize = 255;

/// Characters a piece can begin with.
#[derive(Clone)]
pub(crate) struct First {
    pub(crate) table: [bool; 256],
    /// Whether it may be a character past the table.
    pub(crate) high: bool,
    /// The character, when there is only one.
    pub(crate) only: Option<u32>,
    /// Whether it can be no character at all.
    empty: bool,
}

impl First {
    fn nothing() -> First {
        First { table: [false; 256], high: false, only: None, empty: true }
    }

    fn test(test: &Test) -> First {
        let unknown = test.depends_on_locale();
        let table = if unknown { [true; 256] } else { test.table };
        let high = unknown || test.may_pass_high();
        First { table, high, only: None, empty: !high && !table.contains(&true) }
    }

    fn join(&mut self, other: &First) {
        self.only = if self.empty || self.only == other.only { other.only } else { None };
        self.high |= other.high;
        self.empty &= other.empty;
        for (mine, theirs) in self.table.iter_mut().zip(other.table) {
            *mine |= theirs;
        }
    }

    /// As `join` with the set of one character.
    fn add(&mut self, c: u32) {
        self.only = if self.empty || self.only == Some(c) { Some(c) } else { None };
        match self.table.get_mut(c as usize) {
            Some(entry) => *entry = true,
            None => self.high = true,
        }
        self.empty = false;
    }

    #[inline(always)]
    pub(crate) fn admits(&self, c: u32) -> bool {
        match self.table.get(c as usize) {
            Some(&admitted) => admitted,
            None => self.high && self.only.is_none_or(|only| only == c),
        }
    }
}

/// How a search finds places worth an attempt.
pub(crate) enum Start {
    Anywhere,
    /// Only at the beginning of the subject.
    Beginning,
    /// At the beginning of lines.
    Lines,
    /// Where this text is; `whole` when the match is that text and nothing else.
    Prefix {
        text: Vec<u32>,
        narrow: Option<Box<memchr::memmem::Finder<'static>>>,
        whole: bool,
    },
    /// Where a character of the set is; `few` are its members below 256, if few.
    First {
        first: u32,
        few: Few,
    },
}

impl Program {
    /// Finds the sets of branches, loops and tails.
    pub(crate) fn find_firsts(&mut self) {
        for pc in 0..self.ops.len() as Pc {
            match self.ops[pc as usize] {
                Op::Branch { at, len } => {
                    for i in at as usize..(at + len) as usize {
                        self.alternatives[i].first = self.first_at(self.alternatives[i].body);
                    }
                }
                Op::RepeatOne(run) | Op::LazyOne(run) => {
                    let tail = self.first_at(pc + 1);
                    self.runs[run as usize].tail = tail;
                    self.find_disjoint(run as usize);
                }
                Op::Repeat(index) => {
                    self.loops[index as usize].first = self.first_at(self.loops[index as usize].body);
                }
                _ => {}
            }
        }
    }

    fn find_disjoint(&mut self, run: usize) {
        let Some(tail) = self.runs[run].tail.map(|first| &self.firsts[first as usize]) else { return };
        let test = &self.tests[self.runs[run].test as usize];
        if test.depends_on_locale() {
            return;
        }
        let narrow = !test.table.iter().zip(tail.table).any(|(&both, other)| both && other);
        let high = match tail.only {
            Some(c) => test.passes(c, self.chars),
            None => tail.high && test.may_pass_high(),
        };
        self.runs[run].disjoint_narrow = narrow;
        self.runs[run].disjoint = narrow && !high;
    }

    /// The set of what begins at `pc`, entered in the table of sets.
    fn first_at(&mut self, pc: Pc) -> Option<u32> {
        let first = self.first_of(pc, DEPTH, &mut BUDGET.clone())?;
        self.firsts.push(first);
        Some(self.firsts.len() as u32 - 1)
    }

    fn first_of(&self, mut pc: Pc, depth: usize, budget: &mut usize) -> Option<First> {
        let mut found = First::nothing();
        let depth = depth.checked_sub(1)?;
        loop {
            *budget = budget.checked_sub(1)?;
            let (first, go_on) = match self.ops[pc as usize] {
                Op::Fail => return Some(found),
                Op::Literal(c) => {
                    found.add(c);
                    return Some(found);
                }
                Op::Literals { at, .. } => {
                    found.add(self.literals[at as usize]);
                    return Some(found);
                }
                Op::At(_) | Op::Mark(_) | Op::Atomic { .. } => {
                    // An atomic group's SUCCESS ends the walk, so a body that may be empty has no set.
                    pc += 1;
                    continue;
                }
                Op::Jump(target) => {
                    pc = target;
                    continue;
                }
                Op::Assert { next, .. } | Op::AssertNot { next, .. } => {
                    pc = next;
                    continue;
                }
                Op::Success | Op::GroupRef { .. } => return None,
                Op::Test(test) => (First::test(&self.tests[test as usize]), None),
                Op::MaxUntil(_) | Op::MinUntil(_) => return None,
                Op::RepeatOne(run) | Op::LazyOne(run) | Op::PossessiveOne(run) => {
                    let run = &self.runs[run as usize];
                    (First::test(&self.tests[run.test as usize]), (run.min == 0).then_some(pc + 1))
                }
                Op::Branch { at, len } => {
                    let mut ways = First::nothing();
                    for way in &self.alternatives[at as usize..(at + len) as usize] {
                        ways.join(&self.first_of(way.body, depth, budget)?);
                    }
                    (ways, None)
                }
                Op::Repeat(index) | Op::Possessive(index) => {
                    let index = &self.loops[index as usize];
                    let body = self.first_of(index.body, depth, budget)?;
                    (body, (index.min == 0).then_some(index.until + 1))
                }
                Op::IfGroup { otherwise, .. } => {
                    let mut ways = self.first_of(pc + 1, depth, budget)?;
                    ways.join(&self.first_of(otherwise, depth, budget)?);
                    (ways, None)
                }
            };
            found.join_nonempty(&first);
            match go_on {
                Some(next) => pc = next,
                None => return Some(found),
            }
        }
    }

    /// Decides how searches find their places.
    pub(crate) fn find_start(&mut self) {
        let beginning = self.ops.iter().find(|op| !matches!(op, Op::Mark(_)));
        if beginning == Some(&Op::At(At::Beginning)) {
            self.start = Start::Beginning;
            return;
        }
        if beginning == Some(&Op::At(At::BeginningLine)) {
            self.start = Start::Lines;
            return;
        }
        self.leap = self.find_leap();
        let (text, whole) = self.prefix();
        if text.len() > 1 || whole {
            let bytes: Option<Vec<u8>> = text.iter().map(|&c| u8::try_from(c).ok()).collect();
            let narrow = bytes.map(|bytes| Box::new(memchr::memmem::Finder::new(&bytes).into_owned()));
            self.start = Start::Prefix { text, narrow, whole };
        } else if let Some(first) = self.first_at(0) {
            let few = Few::of(&self.firsts[first as usize].table, true);
            self.start = Start::First { first, few };
        }
    }

    /// The run a match begins with, if a failed attempt at its start rules out all later starts in the same run: it is
    /// unlimited, gives nothing back, and what follows does not look at what was matched.
    fn find_leap(&self) -> Option<u32> {
        if self.ops.iter().any(|op| matches!(op, Op::GroupRef { .. } | Op::IfGroup { .. })) {
            return None;
        }
        let first = self.ops.iter().find(|op| !matches!(op, Op::Mark(_)))?;
        let run = match *first {
            Op::RepeatOne(run) if self.runs[run as usize].disjoint => run,
            Op::PossessiveOne(run) => run,
            _ => return None,
        };
        (self.runs[run as usize].max == usize::MAX).then_some(self.runs[run as usize].test)
    }

    /// The text every match begins with, and whether it is all of the match with no group to note.
    fn prefix(&self) -> (Vec<u32>, bool) {
        let mut text = Vec::new();
        let mut marks = false;
        for op in &self.ops {
            match *op {
                Op::Mark(_) => marks = true,
                Op::Literal(c) => text.push(c),
                Op::Literals { at, len } => text.extend(&self.literals[at as usize..(at + len) as usize]),
                Op::Success => return (text.clone(), !marks && !text.is_empty()),
                _ => break,
            }
        }
        text.truncate(PREFIX);
        (text, false)
    }
}

impl First {
    /// As `join`, leaving `only` alone when `other` adds nothing.
    fn join_nonempty(&mut self, other: &First) {
        if !other.empty {
            self.join(other);
        }
    }
}
