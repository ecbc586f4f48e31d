# The syntax of type parameters and aliases, annotations that are computed late, templates.
def first[T, *Ts, **P](x: T) -> T:
    return x


T, Ts, P = first.__type_params__
assert (T.__name__, Ts.__name__, P.__name__) == ("T", "Ts", "P") and T.__infer_variance__
assert first(3) == 3 and first.__annotations__ == {"x": T, "return": T}


def bounded[B: int, C: (str, bytes), D = float](x: B) -> D: ...


B, C, D = bounded.__type_params__
assert B.__bound__ is int and C.__constraints__ == (str, bytes) and D.__default__ is float


class Box:
    item: T

    def get[K](self, key: K) -> T:
        return key


assert Box.__annotations__ == {"item": T} and Box().get(1) == 1
assert Box.get.__type_params__[0].__name__ == "K"
type Pair[T] = tuple[T, Later]
Later = str
assert Pair.__name__ == "Pair" and Pair.__value__.__args__[1] is str


class Annotated:
    before: Undefined
    after: int = 3


try:
    Annotated.__annotations__
except NameError as error:
    assert error.name == "Undefined"
Undefined = bool
assert Annotated.__annotations__ == {"before": bool, "after": int}

name = "x"
template = t"a{name!r:>5}b{1 + 1}"
assert template.strings == ("a", "b", "")
assert [(i.value, i.expression, i.conversion, i.format_spec) for i in template.interpolations] == [
    ("x", "name", "r", ">5"),
    (2, "1 + 1", None, ""),
]
assert f"{name!r:>5}|{3.14159:.{2}f}|{name=}" == "  'x'|3.14|name='x'"
