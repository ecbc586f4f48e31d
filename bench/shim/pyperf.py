"""Stands in for pyperf, so that any Python can run pyperformance's programs: one process, the best of several runs.

Prints `RESULT name seconds peak-memory-in-KiB`. BENCH_SECONDS says how long each benchmark is timed.
"""
import os
import sys
import time

try:
    import resource
except ImportError:
    resource = None

perf_counter = time.process_time
SECONDS = float(os.environ.get("BENCH_SECONDS", "1"))


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if resource else 0


def _report(name, once):
    end = perf_counter() + SECONDS / 4
    once()
    while perf_counter() < end:
        once()
    times, end = [once()], perf_counter() + SECONDS
    while perf_counter() < end or len(times) < 3:
        times.append(once())
    print(f"RESULT {name} {min(times):.9f} {_peak()}", flush=True)


class Runner:
    def __init__(self, *args, **options):
        import argparse

        self.argparser = argparse.ArgumentParser()
        self.metadata = {}
        self.args = None

    def parse_args(self, argv=None):
        self.args = self.argparser.parse_args(argv)
        return self.args

    def bench_func(self, name, function, *args, inner_loops=1, **options):
        def once():
            begin = perf_counter()
            function(*args)
            return (perf_counter() - begin) / inner_loops

        _report(name, once)

    def bench_async_func(self, name, function, *args, inner_loops=1, **options):
        import asyncio

        async def timed():
            begin = perf_counter()
            await function(*args)
            return (perf_counter() - begin) / inner_loops

        _report(name, lambda: asyncio.run(timed()))

    def bench_time_func(self, name, function, *args, inner_loops=1, **options):
        loops = 1
        while function(loops, *args) < 0.02 and loops < 1 << 20:
            loops *= 4
        _report(name, lambda: function(loops, *args) / loops / inner_loops)

    def timeit(self, name, stmt, setup="pass", **options):
        import timeit

        timer, loops = timeit.Timer(stmt, setup, perf_counter), 1
        while timer.timeit(loops) < 0.02:
            loops *= 4
        _report(name, lambda: timer.timeit(loops) / loops)


def python_implementation():
    return sys.implementation.name
