//! Programs: what the code words become before they run.

use crate::characters::{Characters, Fold};
use crate::charset::Test;
use crate::constants::At;
use crate::first::{First, Start};
use crate::translate::{self, InvalidCode};
use std::fmt;

/// An instruction's place.
pub(crate) type Pc = u32;

/// An instruction. Numbers without a comment are places in the program's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Fail,
    /// Ends the sub-match of the innermost frame, or the whole match.
    Success,
    /// One character, unfolded.
    Literal(u32),
    /// Several characters: `at..at + len` of the literal pool.
    Literals {
        at: u32,
        len: u32,
    },
    Test(u32),
    At(At),
    /// Sets mark `0` to the position.
    Mark(u32),
    Jump(Pc),
    /// Tries `alternatives[at..at + len]` in turn.
    Branch {
        at: u32,
        len: u32,
    },
    /// Greedy, lazy and possessive repeats of one character; the tail follows.
    RepeatOne(u32),
    LazyOne(u32),
    PossessiveOne(u32),
    /// Starts a loop: goes on at its `until`.
    Repeat(u32),
    MaxUntil(u32),
    MinUntil(u32),
    /// The body of a possessive loop follows.
    Possessive(u32),
    /// The body follows; it ends before `next`.
    Atomic {
        next: Pc,
    },
    Assert {
        back: u32,
        next: Pc,
    },
    AssertNot {
        back: u32,
        next: Pc,
    },
    /// The text of a group again.
    GroupRef {
        group: u32,
        fold: Fold,
    },
    /// Goes on if the group has matched, to `otherwise` if not.
    IfGroup {
        group: u32,
        otherwise: Pc,
    },
}

/// One way of a branch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alternative {
    pub(crate) body: Pc,
    /// First-character set, if it is known.
    pub(crate) first: Option<u32>,
}

/// A repeat of one character.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) test: u32,
    pub(crate) min: usize,
    /// `usize::MAX` when unlimited.
    pub(crate) max: usize,
    /// First-character set of the tail, if the tail must consume.
    pub(crate) tail: Option<u32>,
    /// Whether no character passes both the test and the tail's first set, at least in subjects of bytes.
    pub(crate) disjoint_narrow: bool,
    /// As `disjoint_narrow`, for all subjects.
    pub(crate) disjoint: bool,
}

/// A repeat of anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loop {
    pub(crate) min: usize,
    /// `usize::MAX` when unlimited.
    pub(crate) max: usize,
    pub(crate) body: Pc,
    /// The `MaxUntil` or `MinUntil` (the `Success` of a possessive loop); the tail follows it.
    pub(crate) until: Pc,
    /// First-character set of the body, if the body must consume.
    pub(crate) first: Option<u32>,
}

/// A validated, translated pattern.
pub struct Program {
    code: Box<[u32]>,
    groups: usize,
    /// Groups that the code speaks of lie below this.
    pub(crate) groups_used: usize,
    pub(crate) chars: &'static dyn Characters,
    pub(crate) ops: Vec<Op>,
    pub(crate) literals: Vec<u32>,
    pub(crate) tests: Vec<Test>,
    pub(crate) alternatives: Vec<Alternative>,
    pub(crate) runs: Vec<Run>,
    pub(crate) loops: Vec<Loop>,
    pub(crate) firsts: Vec<First>,
    /// The least number of characters a match takes, if the code says so.
    pub(crate) min_width: usize,
    pub(crate) start: Start,
    /// After a failed attempt a search may leap over the characters that pass this test.
    pub(crate) leap: Option<u32>,
}

impl Program {
    /// Validates and translates code words for a pattern of `groups` groups (group 0 not counted).
    ///
    /// # Errors
    /// `InvalidCode` where `_sre.compile` raises `RuntimeError("invalid SRE code")`.
    pub fn new(code: &[u32], groups: usize, chars: &'static dyn Characters) -> Result<Program, InvalidCode> {
        let mut program = Program {
            code: code.into(),
            groups,
            groups_used: 0,
            chars,
            ops: Vec::new(),
            literals: Vec::new(),
            tests: Vec::new(),
            alternatives: Vec::new(),
            runs: Vec::new(),
            loops: Vec::new(),
            firsts: Vec::new(),
            min_width: 0,
            start: Start::Anywhere,
            leap: None,
        };
        translate::translate(&mut program)?;
        program.find_firsts();
        program.find_start();
        Ok(program)
    }

    /// The code words the program was made from.
    pub fn code(&self) -> &[u32] {
        &self.code
    }

    /// How many groups there are, group 0 not counted.
    pub fn groups(&self) -> usize {
        self.groups
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (pc, op) in self.ops.iter().enumerate() {
            writeln!(f, "{pc:4} {op:?}")?;
        }
        Ok(())
    }
}
