"""Exceptions: raised and caught in one function and across several, and `with`."""
import pyperf


class Guard:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return kind is KeyError


def deep(n):
    if n == 0:
        raise KeyError("x")
    deep(n - 1)


def work():
    caught = 0
    for i in range(2000):
        try:
            raise ValueError(i)
        except ValueError as error:
            caught += error.args[0]
        with Guard():
            deep(3)
        try:
            {}[i]
        except KeyError:
            caught += 1
    return caught


pyperf.Runner().bench_func("own_exceptions", work)
