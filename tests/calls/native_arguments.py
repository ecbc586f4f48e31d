"""The words of errors when a native function's arguments do not fit: expression, exception, message."""

CASES = """
[].append()                      | TypeError     | list.append() takes exactly one argument (0 given)
[].append(1, 2)                  | TypeError     | list.append() takes exactly one argument (2 given)
[].append(object=1)              | TypeError     | list.append() takes no keyword arguments
[].clear(1)                      | TypeError     | list.clear() takes no arguments (1 given)
[].clear(x=1)                    | TypeError     | list.clear() takes no keyword arguments
[].pop(1, 2)                     | TypeError     | pop expected at most 1 argument, got 2
[].pop(x=1)                      | TypeError     | list.pop() takes no keyword arguments
[].pop('a')                      | TypeError     | 'str' object cannot be interpreted as an integer
[].pop(2**70)                    | OverflowError | Python int too large to convert to C ssize_t
[].insert(1)                     | TypeError     | insert expected 2 arguments, got 1
[].index()                       | TypeError     | index expected at least 1 argument, got 0
[].sort(1)                       | TypeError     | sort() takes no positional arguments
[].sort(x=1)                     | TypeError     | sort() got an unexpected keyword argument 'x'
[].sort(key=1, reverse=2, x=3)   | TypeError     | sort() takes at most 2 keyword arguments (3 given)
list.append()                    | TypeError     | unbound method list.append() needs an argument
list.append(1)                   | TypeError     | descriptor 'append' for 'list' objects doesn't apply to a 'int' object
list.pop(1, 2, 3)                | TypeError     | descriptor 'pop' for 'list' objects doesn't apply to a 'int' object
list.append.__get__([])()        | TypeError     | list.append() takes exactly one argument (0 given)
int.real.__get__('a')            | TypeError     | descriptor 'real' for 'int' objects doesn't apply to a 'str' object
type('L', (list,), {})().append() | TypeError    | list.append() takes exactly one argument (0 given)
sorted()                         | TypeError     | sorted expected 1 argument, got 0
sum()                            | TypeError     | sum() takes at least 1 positional argument (0 given)
sum(1, 2, 3)                     | TypeError     | sum() takes at most 2 arguments (3 given)
sum([], **{1: 2})                | TypeError     | keywords must be strings
round()                          | TypeError     | round() missing required argument 'number' (pos 1)
round(1, x=1)                    | TypeError     | round() got an unexpected keyword argument 'x'
round(1, number=2)               | TypeError     | argument for round() given by name ('number') and position (1)
pow(1)                           | TypeError     | pow() missing required argument 'exp' (pos 2)
pow(1, 2, 3, 4)                  | TypeError     | pow() takes at most 3 arguments (4 given)
len()                            | TypeError     | len() takes exactly one argument (0 given)
len(obj=1)                       | TypeError     | len() takes no keyword arguments
globals(1)                       | TypeError     | globals() takes no arguments (1 given)
divmod(1)                        | TypeError     | divmod expected 2 arguments, got 1
getattr(1)                       | TypeError     | getattr expected at least 2 arguments, got 1
iter(1, 2, 3)                    | TypeError     | iter expected at most 2 arguments, got 3
print(x=1)                       | TypeError     | print() got an unexpected keyword argument 'x'
compile(1, 2)                    | TypeError     | compile() missing required argument 'mode' (pos 3)
compile(1, 2, 3, 4, 5, 6, 7)     | TypeError     | compile() takes at most 6 positional arguments (7 given)
chr(None)                        | TypeError     | 'NoneType' object cannot be interpreted as an integer
'a'.split(1, 2, 3, x=1)          | TypeError     | split() takes at most 2 arguments (4 given)
'a'.split(sep=1, b=2, c=3)       | TypeError     | split() takes at most 2 keyword arguments (3 given)
'a'.split(maxsplits=1)           | TypeError     | split() got an unexpected keyword argument 'maxsplits'. Did you mean 'maxsplit'?
'a'.splitlines(keepend=1)        | TypeError     | splitlines() got an unexpected keyword argument 'keepend'. Did you mean 'keepends'?
'a'.encode(1)                    | TypeError     | encode() argument 'encoding' must be str, not int
'a'.encode(None)                 | TypeError     | encode() argument 'encoding' must be str, not None
'a'.encode('\\0')                | ValueError    | embedded null character
'a'.replace('a')                 | TypeError     | replace() takes at least 2 positional arguments (1 given)
'a'.replace(1, 2)                | TypeError     | replace() argument 1 must be str, not int
'a'.center(2**70)                | OverflowError | Python int too large to convert to C ssize_t
'a'.expandtabs(2**40)            | OverflowError | Python int too large to convert to C int
str.maketrans(x=1)               | TypeError     | str.maketrans() takes no keyword arguments
dict.fromkeys()                  | TypeError     | fromkeys expected at least 1 argument, got 0
(1).to_bytes(1, 'big', 2)        | TypeError     | to_bytes() takes at most 2 positional arguments (3 given)
(1).to_bytes(1, 2)               | TypeError     | to_bytes() argument 'byteorder' must be str, not int
(1).__format__(1)                | TypeError     | __format__() argument must be str, not int
(1).__round__(x=1)               | TypeError     | int.__round__() takes no keyword arguments
object.__dir__(1, 2)             | TypeError     | object.__dir__() takes no arguments (1 given)
"""


def check(line):
    source, kind, message = (part.strip() for part in line.split("|"))
    try:
        eval(source)
    except Exception as error:
        found = type(error).__name__, str(error)
        assert found == (kind, message), f"{source}: {found}"
    else:
        assert False, f"{source}: no exception"


for line in CASES.strip().splitlines():
    check(line)
