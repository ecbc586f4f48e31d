"""Attributes beyond those that lie in the instance itself."""


class Plain:
    pass


def read(object):
    return object.a0, object.a5, object.a6, object.a7, object.a39


def forty():
    made = Plain()
    for number in range(40):
        setattr(made, f"a{number}", number)
    return made


first, second = forty(), Plain()
second.a39, second.a0, second.a5, second.a6, second.a7 = 1, 2, 3, 4, 5
for _ in range(40):
    assert read(first) == (0, 5, 6, 7, 39) and read(second) == (2, 3, 4, 5, 1)
second.a39 = "x"
assert read(second)[-1] == "x"
del first.a39
Plain.a39 = "class"
assert read(first)[-1] == "class" and read(second)[-1] == "x"
del Plain.a39
try:
    read(first)
except AttributeError as error:
    assert error.name == "a39"
else:
    raise AssertionError
assert first.__dict__["a38"] == 38 and read(second)[-1] == "x"
