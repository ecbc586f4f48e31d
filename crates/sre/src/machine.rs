//! The backtracking machine: runs a program from one position.
//!
//! What must be tried or undone on failure lies on one stack. Failing pops it: entries that undo are undone, the first
//! that offers another way is taken. Lookarounds, atomic groups and possessive loops run under a frame; when their body
//! has matched, the ways above the frame are dropped and only the undoing of marks stays.

use crate::characters::{Characters, Fold, ascii_word, locale_word, unicode_word};
use crate::charset::{Few, Test};
use crate::constants::At;
use crate::first::First;
use crate::program::{Loop, Op, Pc, Program, Run};
use crate::unit::Unit;

/// A mark or position that is not set.
pub(crate) const NONE: usize = usize::MAX;
/// Steps between two calls of the host's check; a power of two.
const CHECK_EVERY: u32 = 4096;
/// Characters looked at one by one before a search for the end of a run is worth its start.
const NEAR: usize = 16;

/// Why matching stopped without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// There is no memory for the backtracking stack or the marks.
    Memory,
    /// The host's check said so.
    Interrupted(E),
}

/// An entry of the backtracking stack.
#[derive(Clone, Copy, Debug)]
enum Entry {
    /// Try the alternatives `at..end`, the first of which can begin at `pos`.
    Ways { at: u32, end: u32, pos: usize },
    /// Greedy run at `pc`: its tail was tried at `high`; `low` is the last place to try.
    Shrink { pc: Pc, low: usize, high: usize },
    /// Lazy run at `pc`: its tail was tried at `pos`; it may take characters up to `limit`.
    Stretch { pc: Pc, pos: usize, limit: usize },
    /// A greedy loop began a round; try its tail instead. `last` is what the register held.
    LeaveLoop { index: u32, last: usize },
    /// A lazy loop went on to its tail; try another round instead.
    EnterLoop { index: u32, pos: usize },
    /// Undo: a round began because the minimum was not reached.
    Uncount { index: u32 },
    /// Undo: a lazy loop's round.
    Unround { index: u32, last: usize },
    /// Undo: the loop was started anew.
    Registers { index: u32, count: usize, last: usize },
    /// Undo: a mark was set.
    Mark { index: u32, last_index: u32, pos: usize },
    /// The innermost frame's body has failed.
    Frame,
}

/// A sub-match in progress.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Its instruction.
    pc: Pc,
    /// Where it began.
    pos: usize,
    /// Height of the stack below its entry.
    base: usize,
    /// Rounds done, for a possessive loop.
    count: usize,
}

/// A loop's registers.
#[derive(Clone, Copy, Debug)]
struct Registers {
    /// Rounds begun.
    count: usize,
    /// Where the last round that was not owed to the minimum began.
    last: usize,
}

/// What a match must fulfil at its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Goal {
    /// It ends where the subject ends.
    pub(crate) full: bool,
    /// It is not empty.
    pub(crate) advance: bool,
}

/// The machine's memory, kept between runs.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Start and end of each group, `NONE` when not set.
    pub(crate) marks: Vec<usize>,
    /// The last group that was closed; 0 for none.
    pub(crate) last_index: u32,
    stack: Vec<Entry>,
    frames: Vec<Frame>,
    registers: Vec<Registers>,
    /// Marks were set without a way to undo them.
    dirty: bool,
    steps: u32,
}

impl Store {
    /// Sizes the memory for a program and forgets the last match.
    pub(crate) fn prepare<E>(&mut self, program: &Program) -> Result<(), Error<E>> {
        let marks = program.groups_used * 2;
        self.marks.clear();
        self.marks.try_reserve_exact(marks).map_err(|_| Error::Memory)?;
        self.marks.resize(marks, NONE);
        self.registers.clear();
        self.registers.resize(program.loops.len(), Registers { count: 0, last: NONE });
        self.clear();
        Ok(())
    }

    fn clear(&mut self) {
        self.stack.clear();
        self.frames.clear();
        self.last_index = 0;
        self.dirty = false;
    }

    /// Makes ready for another attempt.
    fn reset(&mut self) {
        if self.dirty {
            self.marks.fill(NONE);
        }
        self.clear();
    }
}

/// A program on a subject.
pub(crate) struct Machine<'a, U, E> {
    pub(crate) program: &'a Program,
    chars: &'static dyn Characters,
    /// The subject up to where it ends for this match.
    pub(crate) text: &'a [U],
    pub(crate) store: &'a mut Store,
    check: &'a mut dyn FnMut() -> Result<(), E>,
}

/// How a step ended.
enum Next {
    /// At this instruction and position.
    Go(Pc, usize),
    Fail,
}

impl<'a, U: Unit, E> Machine<'a, U, E> {
    pub(crate) fn new(
        program: &'a Program,
        text: &'a [U],
        store: &'a mut Store,
        check: &'a mut dyn FnMut() -> Result<(), E>,
    ) -> Machine<'a, U, E> {
        Machine { program, chars: program.chars, text, store, check }
    }

    /// Tries to match at `start`; the end of the match if there is one.
    pub(crate) fn attempt(&mut self, start: usize, goal: Goal) -> Result<Option<usize>, Error<E>> {
        self.store.reset();
        let (program, text) = (self.program, self.text);
        let (mut pc, mut pos) = (0, start);
        loop {
            // Straight on until something fails.
            loop {
                let next = match program.ops[pc as usize] {
                    Op::Literal(c) => match text.get(pos) {
                        Some(&unit) if unit.into() == c => Next::Go(pc + 1, pos + 1),
                        _ => Next::Fail,
                    },
                    Op::Literals { at, len } => {
                        let literals = &program.literals[at as usize..(at + len) as usize];
                        match text.get(pos..pos.saturating_add(literals.len())) {
                            Some(piece) if piece.iter().zip(literals).all(|(&unit, &c)| unit.into() == c) => {
                                Next::Go(pc + 1, pos + literals.len())
                            }
                            _ => Next::Fail,
                        }
                    }
                    Op::Test(test) => match text.get(pos) {
                        Some(&unit) if program.tests[test as usize].passes(unit.into(), self.chars) => {
                            Next::Go(pc + 1, pos + 1)
                        }
                        _ => Next::Fail,
                    },
                    Op::Mark(mark) => {
                        self.mark(mark, pos)?;
                        Next::Go(pc + 1, pos)
                    }
                    Op::Jump(target) => Next::Go(target, pos),
                    Op::RepeatOne(run) => self.repeat_one(pc, &program.runs[run as usize], pos)?,
                    Op::Branch { at, len } => self.ways(at, at + len, pos)?,
                    Op::Repeat(index) => {
                        self.start_loop(index)?;
                        Next::Go(program.loops[index as usize].until, pos)
                    }
                    Op::MaxUntil(index) => self.max_until(index, pos)?,
                    Op::MinUntil(index) => self.min_until(index, pos)?,
                    Op::LazyOne(run) => self.lazy_one(pc, &program.runs[run as usize], pos)?,
                    Op::PossessiveOne(run) => {
                        let run = &program.runs[run as usize];
                        self.run_end(run, pos).map_or(Next::Fail, |end| Next::Go(pc + 1, end))
                    }
                    Op::At(at) if self.is_at(at, pos) => Next::Go(pc + 1, pos),
                    Op::GroupRef { group, fold } => {
                        self.group_again(group, fold, pos).map_or(Next::Fail, |end| Next::Go(pc + 1, end))
                    }
                    Op::IfGroup { group, otherwise } => {
                        let matched = self.group(group).is_some();
                        Next::Go(if matched { pc + 1 } else { otherwise }, pos)
                    }
                    Op::Atomic { .. } => {
                        self.enter(pc, pos, 0)?;
                        Next::Go(pc + 1, pos)
                    }
                    Op::Assert { back, next } | Op::AssertNot { back, next } => self.look(pc, back, next, pos)?,
                    Op::Possessive(index) => self.possessive_round(pc, index, pos, 0, NONE)?,
                    Op::Success => match self.store.frames.pop() {
                        Some(frame) => self.leave(frame, pos)?,
                        None if (goal.full && pos != text.len()) || (goal.advance && pos == start) => Next::Fail,
                        None => return Ok(Some(pos)),
                    },
                    Op::Fail | Op::At(_) => Next::Fail,
                };
                match next {
                    Next::Go(to, at) => (pc, pos) = (to, at),
                    Next::Fail => break,
                }
            }
            match self.back()? {
                Next::Go(to, at) => (pc, pos) = (to, at),
                Next::Fail => return Ok(None),
            }
        }
    }

    // The stack.

    #[inline(always)]
    fn push(&mut self, entry: Entry) -> Result<(), Error<E>> {
        let stack = &mut self.store.stack;
        if stack.len() == stack.capacity() {
            stack.try_reserve(1).map_err(|_| Error::Memory)?;
        }
        stack.push(entry);
        Ok(())
    }

    /// Pushes an entry that only undoes; with nothing below it nothing will ever ask for it.
    #[inline(always)]
    fn push_undo(&mut self, entry: Entry) -> Result<(), Error<E>> {
        if self.store.stack.is_empty() { Ok(()) } else { self.push(entry) }
    }

    /// Lets the host look after its signals now and then.
    #[inline(always)]
    fn tick(&mut self) -> Result<(), Error<E>> {
        self.store.steps = self.store.steps.wrapping_add(1);
        if self.store.steps.is_multiple_of(CHECK_EVERY) { (self.check)().map_err(Error::Interrupted) } else { Ok(()) }
    }

    /// Undoes until there is another way to try. `Fail` when there is none left.
    fn back(&mut self) -> Result<Next, Error<E>> {
        self.tick()?;
        while let Some(entry) = self.store.stack.pop() {
            let next = match entry {
                Entry::Ways { at, end, pos } => self.ways(at, end, pos)?,
                Entry::Shrink { pc, low, high } => self.shrink(pc, low, high)?,
                Entry::Stretch { pc, pos, limit } => self.stretch(pc, pos, limit)?,
                Entry::LeaveLoop { index, last } => {
                    let registers = &mut self.store.registers[index as usize];
                    let pos = registers.last;
                    *registers = Registers { count: registers.count.saturating_sub(1), last };
                    Next::Go(self.program.loops[index as usize].until + 1, pos)
                }
                Entry::EnterLoop { index, pos } => self.enter_round(index, pos)?,
                Entry::Frame => self.frame_failed(),
                undo => {
                    self.undo(undo);
                    Next::Fail
                }
            };
            if matches!(next, Next::Go(..)) {
                return Ok(next);
            }
        }
        Ok(Next::Fail)
    }

    /// Takes back what an entry says, without trying what it offers.
    fn undo(&mut self, entry: Entry) {
        let store = &mut *self.store;
        match entry {
            Entry::Mark { index, last_index, pos } => {
                store.marks[index as usize] = pos;
                store.last_index = last_index;
            }
            Entry::Uncount { index } => {
                let registers = &mut store.registers[index as usize];
                registers.count = registers.count.saturating_sub(1);
            }
            Entry::LeaveLoop { index, last } | Entry::Unround { index, last } => {
                let registers = &mut store.registers[index as usize];
                *registers = Registers { count: registers.count.saturating_sub(1), last };
            }
            Entry::Registers { index, count, last } => store.registers[index as usize] = Registers { count, last },
            Entry::Ways { .. }
            | Entry::Shrink { .. }
            | Entry::Stretch { .. }
            | Entry::EnterLoop { .. }
            | Entry::Frame => {}
        }
    }

    /// Drops the ways above `base`, keeping the undoing of marks. Loops up there are over, so their registers are free.
    fn cut(&mut self, base: usize) {
        let store = &mut *self.store;
        if base == 0 {
            store.stack.clear();
            store.dirty = true;
            return;
        }
        let mut kept = base;
        for i in base..store.stack.len() {
            if matches!(store.stack[i], Entry::Mark { .. }) {
                store.stack[kept] = store.stack[i];
                kept += 1;
            }
        }
        store.stack.truncate(kept);
    }

    // Marks and groups.

    #[inline(always)]
    fn mark(&mut self, mark: u32, pos: usize) -> Result<(), Error<E>> {
        let old = self.store.marks[mark as usize];
        let last_index = self.store.last_index;
        if self.store.stack.is_empty() {
            self.store.dirty = true;
        } else {
            self.push(Entry::Mark { index: mark, last_index, pos: old })?;
        }
        self.store.marks[mark as usize] = pos;
        if mark & 1 == 1 {
            self.store.last_index = mark / 2 + 1;
        }
        Ok(())
    }

    /// The span of a group (numbered from 0 for the first), if it has matched.
    fn group(&self, group: u32) -> Option<(usize, usize)> {
        let (start, end) = (self.store.marks[2 * group as usize], self.store.marks[2 * group as usize + 1]);
        (start != NONE && end != NONE && start <= end).then_some((start, end))
    }

    /// Matches a group's text at `pos`; where it ends.
    fn group_again(&self, group: u32, fold: Fold, pos: usize) -> Option<usize> {
        let (start, end) = self.group(group)?;
        let next = pos.checked_add(end - start)?;
        let (before, here) = (self.text.get(start..end)?, self.text.get(pos..next)?);
        let lower = |unit: U| fold.lower(unit.into(), self.chars);
        let same = match fold {
            Fold::None => before == here,
            _ => before.iter().zip(here).all(|(&a, &b)| a == b || lower(a) == lower(b)),
        };
        same.then_some(next)
    }

    // Positions.

    fn is_at(&self, at: At, pos: usize) -> bool {
        let newline = |unit: Option<&U>| unit.is_some_and(|&unit| unit.into() == 0x0A);
        let before = || pos.checked_sub(1).and_then(|before| self.text.get(before));
        let end = self.text.len();
        let at_boundary = |is_word: fn(u32, &dyn Characters) -> bool| {
            let word = |unit: Option<&U>| unit.is_some_and(|&unit| is_word(unit.into(), self.chars));
            word(before()) != word(self.text.get(pos))
        };
        let ascii: fn(u32, &dyn Characters) -> bool = |c, _| ascii_word(c);
        match at {
            At::Beginning => pos == 0,
            At::BeginningLine => pos == 0 || newline(before()),
            At::End => pos == end || (pos + 1 == end && newline(self.text.get(pos))),
            At::EndLine => pos == end || newline(self.text.get(pos)),
            At::EndString => pos == end,
            At::Boundary => at_boundary(ascii),
            At::NonBoundary => !at_boundary(ascii),
            At::LocaleBoundary => at_boundary(locale_word),
            At::LocaleNonBoundary => !at_boundary(locale_word),
            At::UnicodeBoundary => at_boundary(unicode_word),
            At::UnicodeNonBoundary => !at_boundary(unicode_word),
        }
    }

    // Branches.

    #[inline(always)]
    fn can_begin(&self, first: Option<u32>, pos: usize) -> bool {
        let Some(first) = first else { return true };
        self.text.get(pos).is_some_and(|&unit| self.program.firsts[first as usize].admits(unit.into()))
    }

    /// Takes the first of the alternatives `at..end` that can begin at `pos`, and remembers the next that can.
    fn ways(&mut self, at: u32, end: u32, pos: usize) -> Result<Next, Error<E>> {
        let alternatives = &self.program.alternatives;
        let viable = |from: u32| (from..end).find(|&i| self.can_begin(alternatives[i as usize].first, pos));
        let Some(taken) = viable(at) else { return Ok(Next::Fail) };
        if let Some(other) = viable(taken + 1) {
            self.push(Entry::Ways { at: other, end, pos })?;
        }
        Ok(Next::Go(alternatives[taken as usize].body, pos))
    }

    // Runs of one character.

    /// The first place in `from..to` whose character fails the test, or `to`.
    pub(crate) fn span(&self, test: &Test, from: usize, to: usize) -> usize {
        let near = to.min(from + NEAR);
        let pass = |unit: U| test.passes(unit.into(), self.chars);
        let Some(text) = self.text.get(from..near) else { return from };
        if let Some(offset) = text.iter().position(|&unit| !pass(unit)) {
            return from + offset;
        }
        let rest = &self.text[near..to];
        let bytes = U::as_bytes(rest);
        let found = match (test.stops, bytes) {
            (Few::None, Some(_)) => None,
            (Few::One(a), Some(bytes)) => memchr::memchr(a, bytes),
            (Few::Two(a, b), Some(bytes)) => memchr::memchr2(a, b, bytes),
            (Few::Three(a, b, c), Some(bytes)) => memchr::memchr3(a, b, c, bytes),
            (Few::None, None) if test.passes_all_high() => None,
            (Few::One(a), None) if test.passes_all_high() => U::narrow(a.into()).and_then(|a| U::find(rest, a)),
            _ => rest.iter().position(|&unit| !pass(unit)),
        };
        found.map_or(to, |offset| near + offset)
    }

    /// The end of the longest run at `pos`, if it is long enough.
    #[inline(always)]
    fn run_end(&self, run: &Run, pos: usize) -> Option<usize> {
        let room = self.text.len().checked_sub(pos)?;
        if room < run.min {
            return None;
        }
        let end = self.span(&self.program.tests[run.test as usize], pos, pos + room.min(run.max));
        (end - pos >= run.min).then_some(end)
    }

    fn repeat_one(&mut self, pc: Pc, run: &Run, pos: usize) -> Result<Next, Error<E>> {
        let Some(high) = self.run_end(run, pos) else { return Ok(Next::Fail) };
        let low = pos + run.min;
        if high == low || if U::NARROW { run.disjoint_narrow } else { run.disjoint } {
            return Ok(Next::Go(pc + 1, high));
        }
        self.settle(pc, run, low, high)
    }

    /// Tries the tail of the run at `pc` at the last promising place in `low..=high`.
    #[inline(always)]
    fn settle(&mut self, pc: Pc, run: &Run, low: usize, high: usize) -> Result<Next, Error<E>> {
        let place = match run.tail {
            None => Some(high),
            Some(first) => self.last_place(&self.program.firsts[first as usize], low, high),
        };
        let Some(place) = place else { return Ok(Next::Fail) };
        if place > low {
            self.push(Entry::Shrink { pc, low, high: place })?;
        }
        Ok(Next::Go(pc + 1, place))
    }

    fn last_place(&self, first: &First, low: usize, high: usize) -> Option<usize> {
        let piece = &self.text[low..self.text.len().min(high + 1)];
        let offset = match first.only {
            Some(c) => U::rfind(piece, U::narrow(c)?),
            None => piece.iter().rposition(|&unit| first.admits(unit.into())),
        };
        offset.map(|offset| low + offset)
    }

    fn shrink(&mut self, pc: Pc, low: usize, high: usize) -> Result<Next, Error<E>> {
        match self.program.ops[pc as usize] {
            Op::RepeatOne(run) => self.settle(pc, &self.program.runs[run as usize], low, high - 1),
            _ => Ok(Next::Fail),
        }
    }

    fn lazy_one(&mut self, pc: Pc, run: &Run, pos: usize) -> Result<Next, Error<E>> {
        let Some(room) = self.text.len().checked_sub(pos).filter(|&room| room >= run.min) else {
            return Ok(Next::Fail);
        };
        let test = &self.program.tests[run.test as usize];
        let low = pos + run.min;
        if run.min > 0 && self.span(test, pos, low) < low {
            return Ok(Next::Fail);
        }
        self.expand(pc, run, low, pos + room.min(run.max))
    }

    /// Tries the tail of the lazy run at `pc` at the first promising place in `low..=limit`.
    #[inline(always)]
    fn expand(&mut self, pc: Pc, run: &Run, low: usize, limit: usize) -> Result<Next, Error<E>> {
        let place = match run.tail {
            None => Some(low),
            Some(first) => self.first_place(run, &self.program.firsts[first as usize], low, limit),
        };
        let Some(place) = place else { return Ok(Next::Fail) };
        if place < limit {
            self.push(Entry::Stretch { pc, pos: place, limit })?;
        }
        Ok(Next::Go(pc + 1, place))
    }

    fn first_place(&self, run: &Run, first: &First, low: usize, limit: usize) -> Option<usize> {
        let test = &self.program.tests[run.test as usize];
        if let (Few::None, true, Some(c)) = (test.stops, U::NARROW || test.passes_all_high(), first.only) {
            let piece = &self.text[low..self.text.len().min(limit + 1)];
            return U::find(piece, U::narrow(c)?).map(|offset| low + offset);
        }
        let mut place = low;
        loop {
            let c = (*self.text.get(place)?).into();
            if first.admits(c) {
                return Some(place);
            }
            if place == limit || !test.passes(c, self.chars) {
                return None;
            }
            place += 1;
        }
    }

    fn stretch(&mut self, pc: Pc, pos: usize, limit: usize) -> Result<Next, Error<E>> {
        let Op::LazyOne(run) = self.program.ops[pc as usize] else { return Ok(Next::Fail) };
        let run = &self.program.runs[run as usize];
        let test = &self.program.tests[run.test as usize];
        match self.text.get(pos) {
            Some(&unit) if test.passes(unit.into(), self.chars) => self.expand(pc, run, pos + 1, limit),
            _ => Ok(Next::Fail),
        }
    }

    // Loops.

    fn start_loop(&mut self, index: u32) -> Result<(), Error<E>> {
        let Registers { count, last } = self.store.registers[index as usize];
        self.push_undo(Entry::Registers { index, count, last })?;
        self.store.registers[index as usize] = Registers { count: 0, last: NONE };
        Ok(())
    }

    /// A round that the minimum asks for.
    fn owed_round(&mut self, index: u32, looped: &Loop, pos: usize) -> Result<Next, Error<E>> {
        self.push_undo(Entry::Uncount { index })?;
        self.store.registers[index as usize].count += 1;
        Ok(Next::Go(looped.body, pos))
    }

    fn max_until(&mut self, index: u32, pos: usize) -> Result<Next, Error<E>> {
        self.tick()?;
        let looped = &self.program.loops[index as usize];
        let Registers { count, last } = self.store.registers[index as usize];
        if count < looped.min {
            return self.owed_round(index, looped, pos);
        }
        // A round that began here already and took nothing is not begun again.
        if count < looped.max && pos != last && self.can_begin(looped.first, pos) {
            self.push(Entry::LeaveLoop { index, last })?;
            self.store.registers[index as usize] = Registers { count: count + 1, last: pos };
            return Ok(Next::Go(looped.body, pos));
        }
        Ok(Next::Go(looped.until + 1, pos))
    }

    fn min_until(&mut self, index: u32, pos: usize) -> Result<Next, Error<E>> {
        self.tick()?;
        let looped = &self.program.loops[index as usize];
        if self.store.registers[index as usize].count < looped.min {
            return self.owed_round(index, looped, pos);
        }
        self.push(Entry::EnterLoop { index, pos })?;
        Ok(Next::Go(looped.until + 1, pos))
    }

    /// Another round of a lazy loop whose tail has failed.
    fn enter_round(&mut self, index: u32, pos: usize) -> Result<Next, Error<E>> {
        let looped = &self.program.loops[index as usize];
        let Registers { count, last } = self.store.registers[index as usize];
        if count >= looped.max || pos == last || !self.can_begin(looped.first, pos) {
            return Ok(Next::Fail);
        }
        self.push_undo(Entry::Unround { index, last })?;
        self.store.registers[index as usize] = Registers { count: count + 1, last: pos };
        Ok(Next::Go(looped.body, pos))
    }

    // Frames.

    fn enter(&mut self, pc: Pc, pos: usize, count: usize) -> Result<(), Error<E>> {
        let base = self.store.stack.len();
        self.push(Entry::Frame)?;
        self.store.frames.try_reserve(1).map_err(|_| Error::Memory)?;
        self.store.frames.push(Frame { pc, pos, base, count });
        Ok(())
    }

    fn look(&mut self, pc: Pc, back: u32, next: Pc, pos: usize) -> Result<Next, Error<E>> {
        match pos.checked_sub(back as usize) {
            Some(from) => {
                self.enter(pc, pos, 0)?;
                Ok(Next::Go(pc + 1, from))
            }
            None if matches!(self.program.ops[pc as usize], Op::AssertNot { .. }) => Ok(Next::Go(next, pos)),
            None => Ok(Next::Fail),
        }
    }

    /// Begins a round of a possessive loop, or goes on to its tail. `last` is where the last round began if it was not
    /// owed to the minimum.
    fn possessive_round(
        &mut self,
        pc: Pc,
        index: u32,
        pos: usize,
        count: usize,
        last: usize,
    ) -> Result<Next, Error<E>> {
        self.tick()?;
        let looped = &self.program.loops[index as usize];
        if count < looped.min || (count < looped.max && pos != last) {
            self.enter(pc, pos, count)?;
            return Ok(Next::Go(looped.body, pos));
        }
        Ok(Next::Go(looped.until + 1, pos))
    }

    /// The body of a frame has matched up to `pos`.
    fn leave(&mut self, frame: Frame, pos: usize) -> Result<Next, Error<E>> {
        match self.program.ops[frame.pc as usize] {
            Op::AssertNot { .. } => {
                while self.store.stack.len() > frame.base {
                    if let Some(entry) = self.store.stack.pop() {
                        self.undo(entry);
                    }
                }
                Ok(Next::Fail)
            }
            Op::Assert { next, .. } => {
                self.cut(frame.base);
                Ok(Next::Go(next, frame.pos))
            }
            Op::Possessive(index) => {
                self.cut(frame.base);
                let owed = frame.count < self.program.loops[index as usize].min;
                let last = if owed { NONE } else { frame.pos };
                self.possessive_round(frame.pc, index, pos, frame.count.saturating_add(1), last)
            }
            Op::Atomic { next } => {
                self.cut(frame.base);
                Ok(Next::Go(next, pos))
            }
            _ => Ok(Next::Fail),
        }
    }

    /// The body of the innermost frame has no way left.
    fn frame_failed(&mut self) -> Next {
        let Some(frame) = self.store.frames.pop() else { return Next::Fail };
        match self.program.ops[frame.pc as usize] {
            Op::AssertNot { next, .. } => Next::Go(next, frame.pos),
            Op::Possessive(index) => {
                let looped = &self.program.loops[index as usize];
                if frame.count < looped.min { Next::Fail } else { Next::Go(looped.until + 1, frame.pos) }
            }
            _ => Next::Fail,
        }
    }
}
