"""Several hundred expressions over the builtin types, and what each gives or raises.

`python3.14 expressions.py --refresh` writes the results into `expressions.txt` anew; new expressions stand there on
lines of their own before.
"""

import os
import sys
import warnings

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'expressions.txt')
ARROW = '  ==>  '
warnings.simplefilter('ignore')


def outcome(expression):
    try:
        return repr(eval(expression, {}))
    except Exception as error:
        return f'{type(error).__name__}: {error}'.replace('\n', ' ')


def is_expression(line):
    """True unless a line is empty or begins the section of a type."""
    return line and not line.startswith('## ')


with open(TABLE, encoding='utf-8') as file:
    lines = file.read().splitlines()
if sys.argv[1:] == ['--refresh']:
    with open(TABLE, 'w', encoding='utf-8') as file:
        for line in lines:
            if is_expression(line):
                expression = line.partition(ARROW)[0]
                line = f'{expression}{ARROW}{outcome(expression)}'
            print(line, file=file)
else:
    wrong = []
    for line in filter(is_expression, lines):
        expression, _, expected = line.partition(ARROW)
        found = outcome(expression)
        if found != expected:
            wrong.append(f'{expression}\n  expected {expected}\n  found    {found}')
    assert not wrong, '\n' + '\n'.join(wrong)
