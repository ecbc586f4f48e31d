"""The ledger: which tests of CPython's suite do not pass, and why.

A section for each judged module, in brackets; a line for each test that does not pass, with its outcome and a reason:

    [test_dict]
    DictTest.test_example  failed  counts objects of CPython's allocator

A module without lines passes in full. A line for `*` stands for the whole module.
"""


import os
import re


def version(path):
    """The version of CPython whose tests the ledger is of."""
    with open(path, encoding='utf-8') as file:
        return re.search(r"CPython (\S+)'s suite", file.readline())[1]


def read(path):
    """The judged modules, in order, each with its entries: name of the test → (outcome, reason)."""
    modules, entries = {}, None
    with open(path, encoding='utf-8') as file:
        for line in file:
            line = line.strip()
            if line.startswith('[') and line.endswith(']'):
                entries = modules.setdefault(line[1:-1], {})
            elif line and not line.startswith('#'):
                name, outcome, *reason = line.split(None, 2)
                entries[name] = outcome, ''.join(reason)
    return modules


def read_names(path):
    """The names in a file, one a line; `#` begins a comment."""
    with open(path, encoding='utf-8') as file:
        return {line.strip() for line in file if line.strip() and not line.startswith('#')}


def write(path, modules, version):
    """Writes modules and entries as `read` gives them."""
    with open(path, 'w', encoding='utf-8') as file:
        print(f"# Tests of CPython {version}'s suite that do not pass; tools/conformance reads and updates this file.", file=file)
        for module in sorted(modules):
            print(f'\n[{module}]', file=file)
            for name, (outcome, reason) in sorted(modules[module].items()):
                print(f'{name}  {outcome}  {reason}'.rstrip(), file=file)


def read_times(path):
    """The CPU seconds of each module: module → name of the Python → seconds."""
    times = {}
    if os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            for module, *pairs in map(str.split, file):
                if module != '#':
                    times[module] = {name: float(seconds) for name, seconds in (pair.split('=') for pair in pairs)}
    return times


def write_times(path, times):
    """Writes times as `read_times` gives them."""
    with open(path, 'w', encoding='utf-8') as file:
        print("# CPU seconds of the modules of CPython's suite, each in a process of its own, under each Python.", file=file)
        for module in sorted(times):
            print(module, *(f'{name}={seconds:.2f}' for name, seconds in sorted(times[module].items())), file=file)


def entries_of(results):
    """The entries that a run's results make: what neither passed nor was skipped."""
    bad = {name: found for name, found in results.items() if found[0] not in ('passed', 'skipped')}
    return {name: (outcome, lasting(why)) for name, (outcome, why) in bad.items()}


def lasting(why):
    """The start of a reason, without what differs from run to run: folders and addresses."""
    why = re.sub(r'(?:/[\w.\-]+)+/([\w.\-]+)', r'\1', why)
    return re.sub(r'\b0x[0-9a-f]{6,}', '0x…', why)[:120]


def merged(old, new):
    """New entries, with the reasons that somebody wrote for the same outcome before."""
    return {name: old[name] if name in old and old[name][0] == entry[0] else entry for name, entry in new.items()}
