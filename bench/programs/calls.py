"""Calls: plain, with defaults, with keywords, of methods and of classes."""
import pyperf


class Account:
    def __init__(self, owner, balance=0):
        self.owner, self.balance = owner, balance

    def add(self, amount, *, note=None):
        self.balance += amount
        return self


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def work():
    total = fib(18)
    for i in range(5000):
        total += Account("a").add(i).add(1, note="n").balance + Account(owner="b", balance=i).balance
    return total


pyperf.Runner().bench_func("own_calls", work)
