x = 5; name = "w"
t = t"a{x}b{name!r:>5}{x}"
assert t.strings == ("a", "b", "", "") and t.values == (5, "w", 5)
assert repr(t.interpolations[1]) == "Interpolation('w', 'name', 'r', '>5')"
assert [type(p).__name__ for p in t] == ["str", "Interpolation", "str", "Interpolation", "Interpolation"]
assert (t + t).strings == ("a", "b", "", "a", "b", "", "")
try: t + "x"
except TypeError as e: assert str(e) == 'can only concatenate string.templatelib.Template (not "str") to string.templatelib.Template', e
match t.interpolations[0]:
    case type_ if type_.expression == "x": pass
assert type(t)().strings == ("",) and list(t"") == []
