//! What Python code can hand to `_sre.compile` must never panic, hang without asking the host, or ask for absurd memory.

mod common;

use common::Std;
use pyrope_sre::{Error, How, Matcher, Program, Subject};
use std::convert::Infallible;

const SUCCESS: u32 = 1;
const BRANCH: u32 = 7;
const JUMP: u32 = 15;
const LITERAL: u32 = 16;
const MARK: u32 = 17;
const MAX_UNTIL: u32 = 18;
const REPEAT: u32 = 23;
const REPEAT_ONE: u32 = 24;
const ATOMIC_GROUP: u32 = 27;
const MAXREPEAT: u32 = u32::MAX;

fn fullmatch(program: &Program, subject: &[u8]) -> bool {
    let mut check = || Ok::<(), Infallible>(());
    Matcher::new().run(program, Subject::Latin1(subject), 0, subject.len(), How::FullMatch, false, &mut check).unwrap()
}

fn roll(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % below as u64) as usize
}

#[test]
fn damaged_code_is_refused_or_runs() {
    let mut state = 0x2545_F491_4F6C_DD1D;
    let subject: Vec<u8> = b"aab(b) 12\n".repeat(3);
    let mut accepted = 0;
    for line in include_str!("cases.txt").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let code: Vec<u32> = fields[5].split(' ').map(|word| u32::from_str_radix(word, 16).unwrap()).collect();
        let groups: usize = fields[4].parse().unwrap();
        for _ in 0..20 {
            let mut code = code.clone();
            for _ in 0..=roll(&mut state, 2) {
                let at = roll(&mut state, code.len());
                match roll(&mut state, 4) {
                    0 => code[at] = roll(&mut state, 45) as u32,
                    1 => code[at] = u32::MAX - roll(&mut state, 3) as u32,
                    2 => code[at] = code[at].wrapping_add(roll(&mut state, 5) as u32).wrapping_sub(2),
                    _ => drop(code.remove(at)),
                }
                if code.is_empty() {
                    break;
                }
            }
            let Ok(program) = Program::new(&code, groups, &Std) else { continue };
            accepted += 1;
            let mut calls = 0;
            let mut check = || {
                calls += 1;
                if calls < 5 { Ok(()) } else { Err(()) }
            };
            for how in [How::Match, How::FullMatch, How::Search] {
                for (pos, end) in [(0, 30), (7, 20), (20, 7), (usize::MAX, usize::MAX)] {
                    let _ = Matcher::new().run(&program, Subject::Latin1(&subject), pos, end, how, false, &mut check);
                }
            }
        }
    }
    assert!(accepted > 1000);
}

#[test]
fn deep_nesting_takes_no_native_stack() {
    let depth = 200_000;
    let mut code = vec![LITERAL, 0x61];
    for _ in 0..4 {
        let mut outer = vec![ATOMIC_GROUP, code.len() as u32 + 2];
        outer.extend(&code);
        outer.push(SUCCESS);
        code = outer;
    }
    code.push(SUCCESS);
    assert!(fullmatch(&Program::new(&code, 0, &Std).unwrap(), b"a"));

    let mut nested = Vec::new();
    for level in 0..depth {
        let inner = 3 * (depth - level - 1) + 2;
        nested.extend([ATOMIC_GROUP, inner as u32 + 2]);
    }
    nested.extend([LITERAL, 0x61]);
    nested.extend(std::iter::repeat_n(SUCCESS, depth + 1));
    assert!(fullmatch(&Program::new(&nested, 0, &Std).unwrap(), b"a"));
}

#[test]
fn long_subjects_take_no_native_stack() {
    // (?:(a)|b)* with the alternatives ending in JUMPs.
    let body = [BRANCH, 9, MARK, 0, LITERAL, 0x61, MARK, 1, JUMP, 7, 5, LITERAL, 0x62, JUMP, 2, 0];
    let mut code = vec![REPEAT, body.len() as u32 + 3, 0, MAXREPEAT];
    code.extend(body);
    code.extend([MAX_UNTIL, SUCCESS]);
    let program = Program::new(&code, 1, &Std).unwrap();
    assert!(fullmatch(&program, &b"ab".repeat(1_000_000)));
    assert!(!fullmatch(&program, &[b"ab".repeat(300_000), b"c".to_vec()].concat()));
}

#[test]
fn the_host_can_interrupt() {
    // (?:a*)*b would be harmless; (?:aa*)*b without a b is exponential.
    let code =
        [REPEAT, 12, 0, MAXREPEAT, LITERAL, 0x61, REPEAT_ONE, 6, 0, MAXREPEAT, LITERAL, 0x61, SUCCESS, MAX_UNTIL];
    let code: Vec<u32> = code.into_iter().chain([LITERAL, 0x62, SUCCESS]).collect();
    let program = Program::new(&code, 0, &Std).unwrap();
    let subject = [b'a'; 60];
    let mut left = 100;
    let mut check = || {
        left -= 1;
        if left > 0 { Ok(()) } else { Err("enough") }
    };
    let result = Matcher::new().run(&program, Subject::Latin1(&subject), 0, 60, How::Match, false, &mut check);
    assert_eq!(result, Err(Error::Interrupted("enough")));
}

#[test]
fn groups_without_code_cost_nothing() {
    let program = Program::new(&[LITERAL, 0x61, SUCCESS], 1 << 29, &Std).unwrap();
    assert!(fullmatch(&program, b"a"));
    assert!(Program::new(&[MARK, (1 << 29) - 2, SUCCESS], 1 << 29, &Std).is_err());
    assert!(Program::new(&[SUCCESS], usize::MAX, &Std).is_err());
    assert!(Program::new(&[], 0, &Std).is_err());
}
