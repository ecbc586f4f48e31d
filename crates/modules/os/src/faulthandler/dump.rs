//! What a traceback of `faulthandler` looks like.

use pyrope_object::interpreter::Interpreter;
use pyrope_object::{Str, Vm};

use crate::system::os_call;

/// Frames of a thread that are shown.
const MAX_FRAMES: usize = 100;
/// Threads that are shown.
const MAX_THREADS: usize = 100;
/// Characters of a name that are shown.
const MAX_NAME: usize = 500;

/// What CPython says where it cannot look at the C stack.
pub const NO_C_STACK: &str =
    "\nCurrent thread's C stack trace (most recent call first):\n  <cannot get C stack on this system>\n";

/// Writes all of a text, whatever becomes of it.
pub fn write(fd: i32, text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let written = os_call!(libc::write(fd, rest.as_ptr().cast(), rest.len()));
        match usize::try_from(written) {
            Ok(count @ 1..) => rest = &rest[count.min(rest.len())..],
            _ if crate::system::errno() == libc::EINTR => {}
            _ => return,
        }
    }
}

/// Appends a name in printable ASCII.
fn push_name(name: &Str, out: &mut String) {
    for c in name.code_points().take(MAX_NAME) {
        match c {
            0x20..0x7F => out.push(c as u8 as char),
            0..0x100 => out.push_str(&format!("\\x{c:02x}")),
            0x100..0x10000 => out.push_str(&format!("\\u{c:04x}")),
            _ => out.push_str(&format!("\\U{c:08x}")),
        }
    }
    if name.len() > MAX_NAME {
        out.push_str("...");
    }
}

fn push_frames(thread: &Vm, out: &mut String) {
    let mut count = 0;
    pyrope_vm::each_line(thread, |code, line| {
        count += 1;
        if count > MAX_FRAMES {
            return;
        }
        out.push_str("  File \"");
        push_name(&code.filename(), out);
        match line {
            Some(line) => out.push_str(&format!("\", line {line} in ")),
            None => out.push_str("\", line ??? in "),
        }
        push_name(&code.name, out);
        out.push('\n');
    });
    match count {
        0 => out.push_str("  <no Python frame>\n"),
        count if count > MAX_FRAMES => out.push_str("  ...\n"),
        _ => {}
    }
}

/// The name that a thread has in the system, with a space and in brackets.
fn shown_name(ident: u64) -> String {
    let mut name = [0u8; 32];
    let failed = os_call!(libc::pthread_getname_np(ident as libc::pthread_t, name.as_mut_ptr().cast(), name.len()));
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    if failed != 0 || end == 0 { String::new() } else { format!(" [{}]", String::from_utf8_lossy(&name[..end])) }
}

/// The stack of one thread.
pub fn one_thread(interp: &Interpreter, ident: u64) -> String {
    let mut text = String::from("Stack (most recent call first):\n");
    interp.for_each_thread(|thread| {
        if thread.ident.get() == ident {
            push_frames(thread, &mut text);
        }
    });
    text
}

/// The stacks of all threads, youngest first; `current` is called so.
pub fn all_threads(interp: &Interpreter, current: Option<u64>) -> String {
    let mut parts = Vec::new();
    interp.for_each_thread(|thread| {
        let ident = thread.ident.get();
        let called = if current == Some(ident) { "Current thread" } else { "Thread" };
        let mut text = format!("{called} 0x{ident:016x}{} (most recent call first):\n", shown_name(ident));
        push_frames(thread, &mut text);
        parts.push(text);
    });
    let more = parts.len() > MAX_THREADS;
    parts.reverse();
    parts.truncate(MAX_THREADS);
    let mut text = parts.join("\n");
    if more {
        text.push_str("\n...\n");
    }
    text
}
