//! The embedding API: interpreters come and go, and keep to their budgets.

use pyrope::{Interpreter, Settings};

fn settings() -> Settings {
    Settings { import_site: false, ..Settings::default() }
}

#[test]
fn interpreters_come_and_go() {
    for round in 0..4 {
        let python = Interpreter::start(settings()).expect("start-up");
        let program = "
import re, collections
class Node:
    def __init__(self): self.me = self
    def __del__(self): seen.append(1)
seen = []
nodes = [Node() for _ in range(100)]
assert re.match('a+', 'aaa')
names = collections.OrderedDict.fromkeys(range(50))
def generator():
    yield from range(10)
running = generator(); next(running)
";
        assert_eq!(python.run_string(program, "<test>"), 0, "round {round}");
    }
}

#[test]
fn two_at_a_time() {
    let first = Interpreter::start(settings()).expect("start-up");
    assert_eq!(first.run_string("x = 1", "<first>"), 0);
    let second = Interpreter::start(settings()).expect("start-up");
    assert_eq!(second.run_string("x", "<second>"), 1, "nothing is shared");
    drop(first);
    assert_eq!(second.run_string("x = [object() for _ in range(1000)]", "<second>"), 0);
}

#[test]
fn budget_of_memory() {
    let python = Interpreter::start(Settings { memory_limit: Some(48 << 20), ..settings() }).expect("start-up");
    for greedy in ["(0,) * 10**8", "'a' * 10**9", "[object() for _ in range(10**7)]", "x = None\nwhile True: x = (x,)"]
    {
        let program = format!("try:\n    exec({greedy:?})\nexcept MemoryError:\n    pass\nelse:\n    1/0");
        assert_eq!(python.run_string(&program, "<greedy>"), 0, "{greedy}");
        assert_eq!(python.run_string("assert sum(range(1000)) == 499500", "<after>"), 0, "{greedy}");
    }
}
