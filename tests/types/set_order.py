"""Sets iterate in the order of CPython's table; frozensets hash as there."""


def numbers(seed):
    while True:
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        yield seed >> 33


draw = numbers(42)


def digest(items):
    total = 0
    for item in items:
        total = (total * 1000003 ^ item) % 2 ** 48
    return total


seen = []
for _ in range(100):
    a, b = set(), set()
    for _ in range(next(draw) % 60):
        key = next(draw) % 50
        if next(draw) % 4:
            a.add(key)
        else:
            a.discard(key)
        b.add(next(draw) % 80 * (1 << next(draw) % 40))
    seen += [digest(a), digest(b), digest(a | b), digest(a & b), digest(a - b), digest(a ^ b), hash(frozenset(b))]
    a |= b
    a -= frozenset(range(9))
    a ^= {1, 2, 3}
    seen += [digest(a), digest(a.pop() for _ in range(len(a)))]
assert digest(seen) == 10060514805795
