//! Argument binding: the parts that need no interpreter.

use pyrope_object::bind::{accepts_keywords, suggest};

#[test]
fn keywords_are_accepted_where_a_parameter_has_a_name() {
    let cases = [
        ("", true),
        ("($self, /)", false),
        ("($self, object, /)", false),
        ("($module, /, *coordinates)", false),
        ("($self, /, *others)", false),
        ("($self, key, default=<unrepresentable>, /)", false),
        ("($module, iterable, /, start=0)", true),
        ("($module, iterable, /, *, key=None, reverse=False)", true),
        ("($module, /, *args, sep=' ', end='\\n', file=None, flush=False)", true),
        ("($self, /, encoding='utf-8', errors='strict')", true),
        ("(self, /, *args, **kwargs)", true),
        ("($self, /, **kwargs)", true),
    ];
    for (signature, accepts) in cases {
        assert_eq!(accepts_keywords(signature), accepts, "{signature}");
    }
}

#[test]
fn suggestions_are_those_of_cpython() {
    let cases: [(&str, &[&str], Option<&str>); 6] = [
        ("starts", &["start"], Some("start")),
        ("keepend", &["keepends"], Some("keepends")),
        ("x", &["start"], None),
        ("blech", &["bluch", "Blech", "black"], Some("Blech")),
        ("noise", &["noise"], None),
        ("maxsplits", &["sep", "maxsplit"], Some("maxsplit")),
    ];
    for (name, candidates, nearest) in cases {
        assert_eq!(suggest::nearest(name, candidates.iter().copied()), nearest, "{name}");
    }
}
