"""Writes the cases of engine.rs with the answers of the CPython 3.14 that runs this.

    python3.14 make_cases.py > cases.txt            the checked-in cases
    python3.14 make_cases.py 5000 SEED > FILE       random ones; run the test with SRE_CASES=FILE

A case is a line of fields between tabs: the pattern (for readers), how to match, pos, endpos, the number of groups,
code words in hexadecimal, the subject's code points in hexadecimal, its representation (1, 2, 4 or b), and the answer:
`-` or the spans of all groups and `lastindex`; for `scan` and `scanmatch`, the spans of all matches.
"""

import random
import re
import signal
import sys
from re import _compiler, _parser

WORDS = "the cat sat on the mat, and 12 dogs (3.14) barked_at\nall of them: aab abab aaabbb xyzzy foo=bar;\n"
CASES = [
    # pattern, flags, subjects
    (r"", 0, ["", "abc"]),
    (r"abc", 0, ["abc", "xxabcxx", "ab", "ababc"]),
    (r"a", 0, ["", "a", "ba"]),
    (r"a.c", 0, ["abc", "a\nc", "xxaxc"]),
    (r"a.c", re.S, ["a\nc"]),
    (r"^b", 0, ["ab\nb", "b"]),
    (r"^b", re.M, ["ab\nb", "b"]),
    (r"b$", 0, ["ab", "ab\n", "b\nb\n\n"]),
    (r"b$", re.M, ["ab\nc", "ab\n"]),
    (r"\Ab\Z", 0, ["b", "b\n"]),
    (r"\bcat\b", 0, [WORDS, "cats", "cat"]),
    (r"\Bat", 0, [WORDS, "at"]),
    (r"\B", 0, ["", "a", "ab"]),
    (r"\b", re.A, ["", "a", "é", "aé"]),
    (r"\w+", 0, [WORDS, "été_1 x", "日本 語"]),
    (r"\w+", re.A, ["été_1 x"]),
    (r"\d+\.\d*", 0, [WORDS, "٣.٤"]),
    (r"\s+", 0, [WORDS, "a\u2003\u00a0b"]),
    (r"\S+\W\D", 0, [WORDS]),
    (r"[a-cx]+", 0, [WORDS]),
    (r"[^a-cx\n ]+", 0, [WORDS]),
    (r"[\d_é]+", 0, ["abc_1é2", "٣_"]),
    (r"[a-zα-ω]+", 0, ["xx αβγ", "ΑΒ"]),
    (r"[^α-ω]+", 0, ["αβγabc", "αxΑ"]),
    (r"[\U0001F600-\U0001F64F]+", 0, ["hi 😀😁 there", "none"]),
    (r"[αβ日本語x-z]+", 0, ["語日xyβ", "q"]),
    (r"[αβ日本語é\u0400-\u04ff\w]+", re.A, ["語日xyβ", "жq"]),
    (r"HeLLo", re.I, ["hello", "xHELLOx"]),
    (r"[h-z]+", re.I, ["abcHIJK"]),
    (r"[h-z]+", re.I | re.A, ["abcHIJKſ"]),
    (r"straße", re.I, ["STRASSE", "STRAßE"]),
    (r"ÀÉ[à-ü]", re.I, ["àéÜ"]),
    (r"[^k]+", re.I, ["aKk\u212ab"]),
    (r"k", re.I, ["\u212a", "K"]),
    (r"ſ|µ", re.I, ["S", "μ", "µ"]),
    (r"[\U00010400-\U00010410]+", re.I, ["\U00010428\U00010401"]),
    (r"(a)(b)?(c)", 0, ["abc", "ac", "b"]),
    (r"(a|b)*", 0, ["abba", ""]),
    (r"(a|ab)(c|bcd)(d*)", 0, ["abcd", "abcdd"]),
    (r"(?:(a)|b)*", 0, ["ab", "ba", "abab"]),
    (r"((a)|(b))+", 0, ["ab", "ba"]),
    (r"(a*)*", 0, ["aaa", "", "b"]),
    (r"(a*)+", 0, ["aaa", "b"]),
    (r"(?:a|b)*?c", 0, ["abac", "aba"]),
    (r"(?:ab){2,3}", 0, ["ababab", "ab", "abababab"]),
    (r"(?:ab){2,3}?", 0, ["abababab"]),
    (r"(?:a?){3}b", 0, ["aab", "b", "aaaab"]),
    (r"(?:a?)*?y", 0, ["z", "aay"]),
    (r"(?:a??){2,4}$", 0, ["aaa", ""]),
    (r"a*?b", 0, ["aaab", "b"]),
    (r"a+?", 0, ["aaa"]),
    (r"a{2,4}?b", 0, ["aaaaab", "ab"]),
    (r".*foo", 0, [WORDS, "fofoofoo"]),
    (r".*?foo", 0, [WORDS, "fofoofoo"]),
    (r".+b", re.S, [WORDS]),
    (r'"[^"\\]*(?:\\.[^"\\]*)*"', 0, ['say "a \\"quoted\\" word" ok', '"', '""']),
    (r"(\w+)=(\w+);", 0, [WORDS]),
    (r"(?P<y>\d{4})-(?P<m>\d\d)", 0, ["on 2024-05-06", "24-05"]),
    (r"(.)\1", 0, ["abccd", "abc"]),
    (r"(a*)b\1", 0, ["aabaa", "aaba", "b"]),
    (r"(A)\1", re.I, ["aA", "ab"]),
    (r"(É)\1", re.I, ["éÉ"]),
    (r"(?:(a)|b)\1", 0, ["aa", "ba"]),
    (r"(<)?a(?(1)>|!)", 0, ["<a>", "a!", "<a!", "a>"]),
    (r"(<)?a(?(1)>)", 0, ["<a>", "a"]),
    (r"(?=ab)a", 0, ["ab", "aab", "aa"]),
    (r"(?=(a+))a*b\1", 0, ["baaabac"]),
    (r"(?!ab)a.", 0, ["abac", "ab"]),
    (r"(?<=ab)c", 0, ["abc", "c", "ac"]),
    (r"(?<!ab)c", 0, ["abc", "c", "ac"]),
    (r"(?<=(.)b)c\1", 0, ["abca", "abcb"]),
    (r"(?!(a))b|a", 0, ["b", "a"]),
    (r"(?>a+)b", 0, ["aaab", "aaa"]),
    (r"(?>a+)ab", 0, ["aaab"]),
    (r"(?>(a)|(b))*c", 0, ["abac"]),
    (r"a++b", 0, ["aaab", "aaa"]),
    (r"a*+a", 0, ["aaa"]),
    (r"(?:ab)++c", 0, ["ababc", "abab"]),
    (r"(?:a|ab)*+c", 0, ["aabc", "aac"]),
    (r"(?:(a)|b)?+b", 0, ["ab", "b", "bb"]),
    (r"(?:ab?){1,3}+a", 0, ["ababab", "aaaa"]),
    (r"(?:a?)*+b", 0, ["aab", "c"]),
    (r"(?:)*+x", 0, ["x"]),
    (r"(?i:a)b", 0, ["Ab", "AB"]),
    (r"(?-i:a)b", re.I, ["aB", "AB"]),
    (r"(?s:.)(?a:\w)", 0, ["\na", "\né"]),
    (r"if|else|elif|while|for", 0, ["x else y", "elif", "whilst", "forif"]),
    (r"(?:if|else|(elif)|w(h)ile)(?= )", 0, ["x else y", "while ", "elif "]),
    (r"[ab]|\d|x(?:y|z)", 0, ["..b", "5", "xz", "xq"]),
    (r"\$\{(\w+)\}|\$(\w+)", 0, ["a $b ${c} $", "$$x"]),
    (r"(?m)^\s*#.*$", 0, ["a\n  # c\nb # d", "#"]),
    (r"(a+|b+)*c", 0, ["aabbaac", "aabb"]),
    (r"(?:(x)|(y)|z)*?!", 0, ["xyz!", "zyx!"]),
    (r"((?:a|b)c)*d", 0, ["acbcd", "acbc"]),
    (r"(?:(\w+)(\s*))*;", 0, ["ab cd ef;", "ab cd"]),
    (r"([^,]*),([^,]*)", 0, ["a,b,c", ",", "x"]),
    (r"(?:[^,]*,){2}x", 0, ["a,b,x", "a,b,y,x"]),
    (r"x*", 0, ["axb", "xx"]),
    (r"(?:x|(?=y))", 0, ["xyx", "y"]),
    (r"(?<![\w.])\d+(?![\w.])", 0, ["a1 22 3.4 5", "7"]),
    (r"[a-z]+@([a-z]+)", 0, ["abc def@gh @x a@", "abc"]),
    (r"(\w{3,})=", 0, ["ab=abc=abcd =x", "é=日本語="]),
    (r"a++(?<!ba)b", 0, ["baab aab", "aaab"]),
    (r"\s+$", re.M, ["a  \n b  c \t\n", "  x"]),
    (r"^", re.M, ["a\n\nb\n", ""]),
    (r"^(?:b|\n)", re.M, ["a\n\nb\nb", "bb"]),
    (r"日本(語)?", 0, ["x日本語", "日本"]),
    (r"\u0130|i\u0307", re.I, ["i", "\u0130"]),
    (rb"a[\x80-\xff]+", 0, [b"xa\x80\xffb"]),
    (rb"\w+\b", 0, [b"caf\xe9 au lait"]),
    (rb"\w+|[A-Z]", re.L, [b"caf\xe9 \xc9", b"Z"]),
    (rb"A[b-d]\b(x)?\1?", re.I | re.L, [b"aC", b"AB x"]),
    (rb"(x)\1[^y]", re.I | re.L, [b"xXz", b"xxY"]),
]
HOWS = ["match", "fullmatch", "search", "scan", "scanmatch"]


def spans(m):
    return " ".join(f"{s},{e}" for s, e in m.regs) + f" {m.lastindex or 0}"


def answer(pattern, how, subject, pos, endpos):
    if how.startswith("scan"):
        scanner = pattern.scanner(subject, pos, endpos)
        step = scanner.search if how == "scan" else scanner.match
        found = []
        while (m := step()) is not None:
            found.append(spans(m))
        return ";".join(found) or "-"
    m = getattr(pattern, how)(subject, pos, endpos)
    return spans(m) if m else "-"


def kinds(subject):
    if isinstance(subject, bytes):
        return "b"
    top = max(map(ord, subject), default=0)
    # A wider representation than needed is never made by Python, but the engine must not care.
    return "124" if top < 256 else "24" if top < 65536 else "4"


def case(source, flags, how, subject, pos, endpos, kind):
    parsed = _parser.parse(source, flags)
    code = " ".join(f"{word:x}" for word in _compiler._code(parsed, flags))
    pattern = re.compile(source, flags)
    points = " ".join(f"{c:x}" for c in (subject if isinstance(subject, bytes) else map(ord, subject)))
    result = answer(pattern, how, subject, pos, endpos)
    label = ascii(source) + (f" {pattern.flags:#x}")
    print(label, how, pos, endpos, pattern.groups, code, points, kind, result, sep="\t")


def fixed():
    for source, flags, subjects in CASES:
        for subject in subjects:
            for kind in kinds(subject):
                for how in HOWS if kind in "1b" or kind == kinds(subject)[0] else ["search"]:
                    case(source, flags, how, subject, 0, len(subject), kind)
            if len(subject) > 2:
                case(source, flags, "scan", subject, 1, len(subject) - 1, kinds(subject)[0])


class Maker:
    """Random patterns over a small alphabet."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.groups = 0
        self.closed = []

    def pick(self, *choices):
        return self.random.choice(choices)

    def atom(self, depth):
        r = self.random.random()
        if depth <= 0 or r < 0.45:
            return self.pick("a", "b", "c", "a", "b", ".", "[ab]", "[^a]", r"\w", "é", "[bé]", "[^bc]", "ab", r"\s", "B", "\n")
        if r < 0.60:
            self.groups += 1
            mine = self.groups
            text = f"({self.branches(depth - 1)})"
            self.closed.append(mine)
            return text
        if r < 0.72:
            return f"(?:{self.branches(depth - 1)})"
        if r < 0.78 and self.closed:
            return f"\\{self.pick(*self.closed)}(?:)"
        if r < 0.82 and self.closed:
            return f"(?({self.pick(*self.closed)}){self.sequence(depth - 1)}|{self.sequence(depth - 1)})"
        if r < 0.86:
            return f"({self.pick('?=', '?!')}{self.branches(depth - 1)})"
        if r < 0.90:
            return f"({self.pick('?<=', '?<!')}{self.pick('a', 'b', 'ab', '[ab].', '^', '(?:ab|bc)')})"
        if r < 0.94:
            return f"(?>{self.branches(depth - 1)})"
        return self.pick("^", "$", r"\b", r"\B", r"\Z", "(?i:Ab)", "(?i:[é-ÿ])")

    def piece(self, depth):
        text = self.atom(depth)
        if text in ("^", "$", r"\b", r"\B", r"\Z") or self.random.random() < 0.5:
            return text
        if len(text) > 1 and text[0] not in "([\\":
            text = f"(?:{text})"
        count = self.pick("*", "+", "?", "*", "{2}", "{1,2}", "{0,3}", "{2,}")
        return text + count + self.pick("", "", "", "?", "?", "+")

    def sequence(self, depth):
        return "".join(self.piece(depth) for _ in range(self.random.randint(0, 3)))

    def branches(self, depth):
        return "|".join(self.sequence(depth) for _ in range(self.pick(1, 1, 1, 2, 2, 3)))

    def subject(self):
        return "".join(self.random.choices("aaabbbcé B\nA", k=self.random.randint(0, 9)))


def made(count, seed):
    maker = Maker(seed)
    while count > 0:
        maker.groups, maker.closed = 0, []
        source = maker.branches(3)
        flags = maker.pick(0, 0, 0, re.I, re.M, re.S, re.A)
        try:
            re.compile(source, flags)
        except (re.error, OverflowError, RuntimeError):
            continue
        for _ in range(3):
            subject = maker.subject()
            pos, endpos = 0, len(subject)
            if maker.random.random() < 0.2:
                pos, endpos = sorted(maker.random.choices(range(endpos + 1), k=2))
            count -= 1
            how, kind = maker.pick(*HOWS), maker.pick(*kinds(subject))
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            try:
                case(source, flags, how, subject, pos, endpos, kind)
            except TimeoutError:
                pass  # exponential
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)


def give_up(signum, frame):
    raise TimeoutError


signal.signal(signal.SIGALRM, give_up)
if len(sys.argv) > 1:
    made(int(sys.argv[1]), int(sys.argv[2]))
else:
    fixed()
    made(600, 314)
