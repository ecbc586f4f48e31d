//! `-X importtime`: what each import costs.

use std::cell::Cell;
use std::time::{Duration, Instant};

use pyrope_object::layout::Str;
use pyrope_object::{Value, Vm};

use crate::sys::SysState;

/// How deep imports are nested, and what the inner ones of the current level took together.
#[derive(Default)]
struct TimingState {
    header_shown: Cell<bool>,
    depth: Cell<usize>,
    inner: Cell<Duration>,
}

/// An import under way.
pub(super) struct Timer {
    start: Instant,
    outer: Duration,
}

fn level(vm: &Vm) -> u8 {
    vm.state::<SysState>().launch.borrow().import_time
}

fn show(columns: [&str; 2], name: &str, state: &TimingState) {
    if !state.header_shown.replace(true) {
        eprintln!("import time: self [us] | cumulative | imported package");
    }
    eprintln!(
        "import time: {:>9} | {:>10} | {:width$}{name}",
        columns[0],
        columns[1],
        "",
        width = 2 * state.depth.get()
    );
}

/// A module's name with backslashes for surrogates.
fn shown(name: &Str) -> String {
    let text = |c: u32| char::from_u32(c).map_or_else(|| format!("\\u{c:04x}"), String::from);
    name.code_points().map(text).collect()
}

/// Starts the clock, if imports are timed.
pub(super) fn begin(vm: &Vm) -> Option<Timer> {
    if level(vm) == 0 {
        return None;
    }
    let state = vm.state::<TimingState>();
    state.depth.set(state.depth.get() + 1);
    Some(Timer { start: Instant::now(), outer: state.inner.take() })
}

impl Timer {
    /// Tells what the import took.
    pub(super) fn end(self, name: &Value, vm: &Vm) {
        let state = vm.state::<TimingState>();
        let whole = self.start.elapsed();
        let own = whole.saturating_sub(state.inner.get());
        state.inner.set(self.outer + whole);
        state.depth.set(state.depth.get().saturating_sub(1));
        if let Some(name) = name.downcast::<Str>() {
            show([&own.as_micros().to_string(), &whole.as_micros().to_string()], &shown(name), &state);
        }
    }
}

/// Tells that a module was there already, at level 2.
pub(super) fn cached(name: &Value, vm: &Vm) {
    if level(vm) > 1
        && let Some(name) = name.downcast::<Str>()
    {
        show(["cached   ", "cached    "], &shown(name), &vm.state::<TimingState>());
    }
}
