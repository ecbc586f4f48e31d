//! From code words to a program, refusing what `_sre.compile` refuses.
//!
//! Code is position-independent: blocks nest, and every skip leads forward to the end of a block. Blocks that are open
//! lie on a stack of this file's own, so nesting is bounded by memory alone.

use crate::characters::Fold;
use crate::charset::{Item, Rule, Test, block_number, next_item};
use crate::constants::{At, CATEGORIES, MAXGROUPS, MAXREPEAT, info, op};
use crate::program::{Alternative, Loop, Op, Pc, Program, Run};
use std::collections::HashMap;
use std::fmt;

/// The code words are not what the compiler of `re` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCode;

impl fmt::Display for InvalidCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid SRE code")
    }
}

impl std::error::Error for InvalidCode {}

type Checked<T> = Result<T, InvalidCode>;

fn check(holds: bool) -> Checked<()> {
    if holds { Ok(()) } else { Err(InvalidCode) }
}

/// A block that is being translated.
struct Open {
    /// Where its code words end.
    end: usize,
    kind: Block,
}

enum Block {
    /// The whole pattern.
    Whole,
    /// An alternative. `jumps` are the instructions to be led behind the branch, `target` the common end.
    Alternative {
        branch: usize,
        bodies: Vec<Pc>,
        jumps: Vec<usize>,
        target: Option<usize>,
    },
    /// A loop's body.
    Loop {
        index: usize,
    },
    PossessiveLoop {
        index: usize,
    },
    /// A body that ends with SUCCESS; its instruction learns where it ends.
    Group {
        at: usize,
    },
    /// The part of a conditional when the group matched.
    Then {
        at: usize,
    },
    /// The other part; `jump` leads behind it.
    Else {
        jump: usize,
    },
}

/// Translates `program.code()` into the program's tables.
pub(crate) fn translate(program: &mut Program) -> Checked<()> {
    let code: Vec<u32> = program.code().to_vec();
    check(program.groups() <= MAXGROUPS)?;
    check(code.last() == Some(&op::SUCCESS) && u32::try_from(code.len()).is_ok())?;
    let whole = Open { end: code.len() - 1, kind: Block::Whole };
    let mut translator =
        Translator { code: &code, at: 0, open: vec![whole], tests: HashMap::new(), joinable: false, program };
    translator.run()
}

struct Translator<'a> {
    code: &'a [u32],
    /// The next code word.
    at: usize,
    open: Vec<Open>,
    tests: HashMap<(Rule, Fold), u32>,
    /// Whether a literal may be joined to the instruction before it: both are in the same straight piece of code.
    joinable: bool,
    program: &'a mut Program,
}

impl Translator<'_> {
    fn run(&mut self) -> Checked<()> {
        while let Some(block) = self.open.last() {
            check(self.at <= block.end)?;
            if self.at == block.end {
                self.joinable = false;
                let block = self.open.pop().ok_or(InvalidCode)?;
                self.close(block)?;
            } else {
                let end = block.end;
                self.one(end)?;
            }
        }
        Ok(())
    }

    // Reading.

    /// The next word of the block that ends at `end`.
    fn word(&mut self, end: usize) -> Checked<u32> {
        check(self.at < end)?;
        let word = *self.code.get(self.at).ok_or(InvalidCode)?;
        self.at += 1;
        Ok(word)
    }

    /// Reads a skip and returns where it leads, which is inside the block.
    fn skip(&mut self, end: usize) -> Checked<usize> {
        let from = self.at;
        let target = from.checked_add(self.word(end)? as usize).ok_or(InvalidCode)?;
        check(target <= end)?;
        Ok(target)
    }

    /// The end of a body whose last `tail` words before `target` are not its own; no earlier than here.
    fn body_end(&self, target: usize, tail: usize) -> Checked<usize> {
        let end = target.checked_sub(tail).ok_or(InvalidCode)?;
        check(end >= self.at)?;
        Ok(end)
    }

    /// Minimum and maximum of a repeat.
    fn limits(&mut self, end: usize) -> Checked<(usize, usize)> {
        let (min, max) = (self.word(end)?, self.word(end)?);
        check(min <= max)?;
        Ok((min as usize, if max == MAXREPEAT { usize::MAX } else { max as usize }))
    }

    fn group(&mut self, end: usize) -> Checked<u32> {
        let group = self.word(end)?;
        check((group as usize) < self.program.groups())?;
        self.uses_group(group)?;
        Ok(group)
    }

    /// Notes that the code speaks of a group. The compiler's code has at least a word for each group there is, so that
    /// a small piece of code cannot ask for the memory of a billion of them.
    fn uses_group(&mut self, group: u32) -> Checked<()> {
        let used = group as usize + 1;
        check(used <= self.code.len())?;
        self.program.groups_used = self.program.groups_used.max(used);
        Ok(())
    }

    // Writing.

    fn here(&self) -> Pc {
        self.program.ops.len() as Pc
    }

    fn emit(&mut self, op: Op) -> usize {
        self.joinable = false;
        self.program.ops.push(op);
        self.program.ops.len() - 1
    }

    fn open(&mut self, end: usize, kind: Block) {
        self.joinable = false;
        self.open.push(Open { end, kind });
    }

    fn test(&mut self, rule: Rule, fold: Fold) -> u32 {
        let program = &mut *self.program;
        *self.tests.entry((rule, fold)).or_insert_with_key(|(rule, fold)| {
            program.tests.push(Test::new(rule.clone(), *fold, program.chars));
            program.tests.len() as u32 - 1
        })
    }

    fn literal(&mut self, c: u32) {
        let literals = &mut self.program.literals;
        match self.program.ops.last_mut() {
            Some(Op::Literals { len, .. }) if self.joinable => {
                literals.push(c);
                *len += 1;
            }
            Some(last @ Op::Literal(_)) if self.joinable => {
                if let Op::Literal(before) = *last {
                    *last = Op::Literals { at: literals.len() as u32, len: 2 };
                    literals.extend([before, c]);
                }
            }
            _ => {
                self.program.ops.push(Op::Literal(c));
                self.joinable = true;
            }
        }
    }

    // Instructions.

    /// Translates one operator of a block.
    fn one(&mut self, end: usize) -> Checked<()> {
        if self.at_character() {
            return self.character(end);
        }
        let operator = self.word(end)?;
        match operator {
            op::SUCCESS => drop(self.emit(Op::Success)),
            op::MARK => {
                let mark = self.word(end)?;
                check((mark as usize) < 2 * self.program.groups())?;
                self.uses_group(mark / 2)?;
                self.emit(Op::Mark(mark));
            }
            op::AT => {
                let at = At::from_code(self.word(end)?).ok_or(InvalidCode)?;
                self.emit(Op::At(at));
            }
            op::INFO => self.info(end)?,
            op::BRANCH => self.branch(end)?,
            op::REPEAT_ONE | op::MIN_REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => self.repeat_one(operator, end)?,
            op::REPEAT | op::POSSESSIVE_REPEAT => self.repeat(operator, end)?,
            op::ATOMIC_GROUP => {
                let target = self.skip(end)?;
                let body = self.body_end(target, 1)?;
                let at = self.emit(Op::Atomic { next: 0 });
                self.open(body, Block::Group { at });
            }
            op::ASSERT | op::ASSERT_NOT => self.assertion(operator, end)?,
            op::GROUPREF => self.group_ref(Fold::None, end)?,
            op::GROUPREF_IGNORE => self.group_ref(Fold::Ascii, end)?,
            op::GROUPREF_UNI_IGNORE => self.group_ref(Fold::Unicode, end)?,
            op::GROUPREF_LOC_IGNORE => self.group_ref(Fold::Locale, end)?,
            op::GROUPREF_EXISTS => self.conditional(end)?,
            op::JUMP => self.jump(end)?,
            _ => return Err(InvalidCode),
        }
        Ok(())
    }

    /// Whether the next operator takes one character.
    fn at_character(&self) -> bool {
        self.code.get(self.at).is_some_and(|&operator| {
            matches!(
                operator,
                op::FAILURE
                    | op::ANY
                    | op::ANY_ALL
                    | op::CATEGORY
                    | op::IN
                    | op::LITERAL
                    | op::NOT_LITERAL
                    | op::IN_IGNORE..=op::NOT_LITERAL_IGNORE
                    | op::IN_LOC_IGNORE..=op::NOT_LITERAL_LOC_IGNORE
                    | op::IN_UNI_IGNORE..=op::NOT_LITERAL_UNI_IGNORE
            )
        })
    }

    fn character(&mut self, end: usize) -> Checked<()> {
        let (rule, fold) = self.character_rule(end)?;
        match rule {
            Rule::Nothing => drop(self.emit(Op::Fail)),
            Rule::Literal { c, negated: false } if fold == Fold::None => self.literal(c),
            rule => {
                let test = self.test(rule, fold);
                self.emit(Op::Test(test));
            }
        }
        Ok(())
    }

    /// Reads an operator that takes one character.
    fn character_rule(&mut self, end: usize) -> Checked<(Rule, Fold)> {
        let operator = self.word(end)?;
        let fold = match operator {
            op::IN_IGNORE..=op::NOT_LITERAL_IGNORE => Fold::Ascii,
            op::IN_LOC_IGNORE..=op::NOT_LITERAL_LOC_IGNORE => Fold::Locale,
            op::IN_UNI_IGNORE..=op::NOT_LITERAL_UNI_IGNORE => Fold::Unicode,
            _ => Fold::None,
        };
        let rule = match operator {
            op::FAILURE => Rule::Nothing,
            op::ANY => Rule::NotNewline,
            op::ANY_ALL => Rule::Everything,
            op::CATEGORY => {
                let category = self.word(end)?;
                check(category < CATEGORIES)?;
                Rule::Category(category)
            }
            op::LITERAL | op::LITERAL_IGNORE | op::LITERAL_LOC_IGNORE | op::LITERAL_UNI_IGNORE => {
                Rule::Literal { c: self.word(end)?, negated: false }
            }
            op::NOT_LITERAL | op::NOT_LITERAL_IGNORE | op::NOT_LITERAL_LOC_IGNORE | op::NOT_LITERAL_UNI_IGNORE => {
                Rule::Literal { c: self.word(end)?, negated: true }
            }
            op::IN | op::IN_IGNORE | op::IN_LOC_IGNORE | op::IN_UNI_IGNORE => {
                let target = self.skip(end)?;
                self.set(target)?
            }
            _ => return Err(InvalidCode),
        };
        Ok((rule, fold))
    }

    /// Reads a set that ends, with its FAILURE, at `target`.
    fn set(&mut self, target: usize) -> Checked<Rule> {
        let end = self.body_end(target, 1)?;
        check(self.code[end] == op::FAILURE)?;
        let set = &self.code[self.at..end];
        let mut rest = set;
        while !rest.is_empty() {
            let (item, after) = next_item(rest).ok_or(InvalidCode)?;
            match item {
                Item::Category(category) => check(category < CATEGORIES)?,
                Item::Big(index, blocks) => {
                    check((0..256).all(|page| block_number(index, page) < blocks.len() / 8))?;
                }
                _ => {}
            }
            rest = after;
        }
        self.at = target;
        Ok(match *set {
            [op::CATEGORY, category] => Rule::Category(category),
            _ => Rule::Set(set.into()),
        })
    }

    fn info(&mut self, end: usize) -> Checked<()> {
        let first = self.at == 1;
        let target = self.skip(end)?;
        let (flags, min, _max) = (self.word(target)?, self.word(target)?, self.word(target)?);
        let has = |flag: u32| flags & flag != 0;
        check(flags & !(info::PREFIX | info::LITERAL | info::CHARSET) == 0)?;
        check(!(has(info::PREFIX) && has(info::CHARSET)) && (has(info::PREFIX) || !has(info::LITERAL)))?;
        if has(info::PREFIX) {
            let length = self.word(target)?;
            self.word(target)?;
            let length = length as usize;
            let overlap = self.at.checked_add(length).ok_or(InvalidCode)?;
            check(overlap.checked_add(length) == Some(target))?;
            check(self.code[overlap..target].iter().all(|&place| (place as usize) < length))?;
            self.at = target;
        } else if has(info::CHARSET) {
            self.set(target)?;
        }
        check(self.at == target)?;
        self.joinable = false;
        if first {
            self.program.min_width = min as usize;
        }
        Ok(())
    }

    fn branch(&mut self, end: usize) -> Checked<()> {
        let branch = self.emit(Op::Branch { at: 0, len: 0 });
        self.alternative(end, branch, Vec::new(), Vec::new(), None)
    }

    /// Begins the next alternative of a branch, or ends the branch.
    fn alternative(
        &mut self,
        end: usize,
        branch: usize,
        mut bodies: Vec<Pc>,
        jumps: Vec<usize>,
        target: Option<usize>,
    ) -> Checked<()> {
        let from = self.at;
        let next = self.skip(end)?;
        if next == from {
            check(target == Some(self.at))?;
            let after = self.here();
            let alternatives = &mut self.program.alternatives;
            let (at, len) = (alternatives.len() as u32, bodies.len() as u32);
            alternatives.extend(bodies.iter().map(|&body| Alternative { body, first: None }));
            self.program.ops[branch] = Op::Branch { at, len };
            for jump in jumps {
                self.program.ops[jump] = Op::Jump(after);
            }
            self.joinable = false;
            return Ok(());
        }
        let body = self.body_end(next, 2)?;
        bodies.push(self.here());
        self.open(body, Block::Alternative { branch, bodies, jumps, target });
        Ok(())
    }

    fn repeat_one(&mut self, operator: u32, end: usize) -> Checked<()> {
        let target = self.skip(end)?;
        let (min, max) = self.limits(end)?;
        let body = self.body_end(target, 1)?;
        let (rule, fold) = self.character_rule(body)?;
        check(self.at == body && self.word(end)? == op::SUCCESS)?;
        let test = self.test(rule, fold);
        self.program.runs.push(Run { test, min, max, tail: None, disjoint_narrow: false, disjoint: false });
        let run = self.program.runs.len() as u32 - 1;
        self.emit(match operator {
            op::REPEAT_ONE => Op::RepeatOne(run),
            op::MIN_REPEAT_ONE => Op::LazyOne(run),
            _ => Op::PossessiveOne(run),
        });
        Ok(())
    }

    fn repeat(&mut self, operator: u32, end: usize) -> Checked<()> {
        let target = self.skip(end)?;
        let (min, max) = self.limits(end)?;
        let body = self.body_end(target, 0)?;
        let index = self.program.loops.len();
        let possessive = operator == op::POSSESSIVE_REPEAT;
        self.emit(if possessive { Op::Possessive(index as u32) } else { Op::Repeat(index as u32) });
        let here = self.here();
        self.program.loops.push(Loop { min, max, body: here, until: here, first: None });
        self.open(body, if possessive { Block::PossessiveLoop { index } } else { Block::Loop { index } });
        Ok(())
    }

    fn assertion(&mut self, operator: u32, end: usize) -> Checked<()> {
        let target = self.skip(end)?;
        let back = self.word(end)?;
        let body = self.body_end(target, 1)?;
        let at = self.emit(if operator == op::ASSERT {
            Op::Assert { back, next: 0 }
        } else {
            Op::AssertNot { back, next: 0 }
        });
        self.open(body, Block::Group { at });
        Ok(())
    }

    fn group_ref(&mut self, fold: Fold, end: usize) -> Checked<()> {
        let group = self.group(end)?;
        self.emit(Op::GroupRef { group, fold });
        Ok(())
    }

    /// `GROUPREF_EXISTS group skip then… [JUMP skip else…]`; the first skip counts from the group.
    fn conditional(&mut self, end: usize) -> Checked<()> {
        let group = self.group(end)?;
        let from = self.at - 1;
        let target = from.checked_add(self.word(end)? as usize).ok_or(InvalidCode)?;
        check(self.at <= target && target <= end)?;
        let at = self.emit(Op::IfGroup { group, otherwise: 0 });
        self.open(target, Block::Then { at });
        Ok(())
    }

    /// A JUMP that is not a branch's: the end of a conditional's first part.
    fn jump(&mut self, end: usize) -> Checked<()> {
        check(self.at + 1 == end)?;
        let Some(Open { kind: Block::Then { at }, .. }) = self.open.pop() else {
            return Err(InvalidCode);
        };
        let outer = self.open.last().ok_or(InvalidCode)?.end;
        let target = self.skip(outer)?;
        check(target >= self.at)?;
        let jump = self.emit(Op::Jump(0));
        self.set_target(at, self.here());
        self.open(target, Block::Else { jump });
        Ok(())
    }

    /// Completes an instruction that could not know where to go on.
    fn set_target(&mut self, at: usize, target: Pc) {
        match &mut self.program.ops[at] {
            Op::Atomic { next } | Op::Assert { next, .. } | Op::AssertNot { next, .. } => *next = target,
            Op::IfGroup { otherwise, .. } => *otherwise = target,
            op => *op = Op::Jump(target),
        }
    }

    /// Ends a block and reads what must follow it.
    fn close(&mut self, block: Open) -> Checked<()> {
        // What follows a block belongs to the block around it.
        let outer = self.open.last().map_or(self.code.len(), |open| open.end);
        match block.kind {
            Block::Whole => drop(self.emit(Op::Success)),
            Block::Alternative { branch, bodies, mut jumps, target } => {
                check(self.word(outer)? == op::JUMP)?;
                let leads = self.skip(outer)?;
                check(target.is_none_or(|target| target == leads))?;
                jumps.push(self.emit(Op::Jump(0)));
                self.alternative(outer, branch, bodies, jumps, Some(leads))?;
            }
            Block::Loop { index } => {
                let until = match self.word(outer)? {
                    op::MAX_UNTIL => Op::MaxUntil(index as u32),
                    op::MIN_UNTIL => Op::MinUntil(index as u32),
                    _ => return Err(InvalidCode),
                };
                self.program.loops[index].until = self.emit(until) as Pc;
            }
            Block::PossessiveLoop { index } => {
                check(self.word(outer)? == op::SUCCESS)?;
                self.program.loops[index].until = self.emit(Op::Success) as Pc;
            }
            Block::Group { at } => {
                check(self.word(outer)? == op::SUCCESS)?;
                self.emit(Op::Success);
                self.set_target(at, self.here());
            }
            Block::Then { at } => self.set_target(at, self.here()),
            Block::Else { jump } => self.set_target(jump, self.here()),
        }
        Ok(())
    }
}
