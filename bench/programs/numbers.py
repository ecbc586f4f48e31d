"""Numbers: a sieve, floats, integers beyond a machine word."""
import pyperf


def sieve(n):
    flags = [True] * n
    for i in range(2, int(n**0.5) + 1):
        if flags[i]:
            for j in range(i * i, n, i):
                flags[j] = False
    return sum(flags) - 2


def work():
    x = 0.5
    for _ in range(20000):
        x = 3.7 * x * (1.0 - x)
    big = 1
    for i in range(1, 300):
        big *= i
    return sieve(20000), x, len(str(big))


pyperf.Runner().bench_func("own_numbers", work)
