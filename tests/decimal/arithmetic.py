# The native _decimal: results, signals, contexts. CPython's test_decimal says the rest.
import pickle
from _decimal import *
from fractions import Fraction

D = Decimal


def raises(kind, call, *args, conditions=None, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        if conditions is not None:
            assert [c.__name__ for c in error.args[0]] == conditions, error.args
        return str(error)
    raise AssertionError(f"{kind.__name__} not raised")


assert repr(D("1.10") + 2) == "Decimal('3.10')"
assert str(D(1) / 7) == "0.1428571428571428571428571429"
assert str(D("1E+3") * D("1.50")) == "1.50E+3"
assert divmod(D(-7), 2) == (-3, -1) and D(-7) // 2 == -3 and D(7).remainder_near(4) == -1
assert str(D(2).sqrt()) == "1.414213562373095048801688724" and str(D(100).sqrt()) == "10"
assert str(D(1).exp()) == "2.718281828459045235360287471"
assert str(D("1.0000000000000000001").ln()) == "9.999999999999999999500000000E-20"
assert str(D(2).log10()) == "0.3010299956639811952137388947" and D("1E-7").log10() == -7
assert str(D(4) ** D("0.5")) == "2.000000000000000000000000000" and D(2) ** -2 == D("0.25")
assert pow(D(3), 4, 5) == 1
assert D(10) ** 40 == 10**40 and int(D(10) ** 40) == 10**40
assert D("0.1") == Fraction(1, 10) and D("0.5") == 0.5 and hash(D("0.5")) == hash(0.5) and hash(D(7)) == hash(7)
assert D.from_float(0.1) != D("0.1") and D("1.25").as_integer_ratio() == (5, 4)
assert D("-12.50").as_tuple() == DecimalTuple(1, (1, 2, 5, 0), -2)
assert pickle.loads(pickle.dumps(D("1.50"))).as_tuple() == D("1.50").as_tuple()

# Conditions of InvalidOperation and other signals.
raises(InvalidOperation, lambda: D(0) / 0, conditions=["DivisionUndefined"])
raises(InvalidOperation, lambda: divmod(D(1), 0), conditions=["InvalidOperation", "DivisionByZero"])
raises(InvalidOperation, D, "x", conditions=["ConversionSyntax"])
raises(DivisionByZero, lambda: D(1) / 0)
raises(Overflow, lambda: D("1E999999") * 10)
raises(TypeError, lambda: D(1) + 1.0)

with localcontext(prec=5, rounding=ROUND_DOWN) as c:
    c.clear_flags()
    assert str(D(2) / 3) == "0.66666" and c.flags[Inexact] and not c.flags[Overflow]
    c.traps[Inexact] = True
    raises(Inexact, lambda: D(1) / 3)
    c.flags = {signal: False for signal in c.flags}
    assert "flags=[]" in repr(c)
assert getcontext().prec == 28 and not getcontext().traps[Inexact]

c = Context(prec=3, Emin=-2, Emax=2, clamp=1, traps=[])
assert str(c.create_decimal("0.001234")) == "0.0012" and c.flags[Underflow] and c.flags[Subnormal]
assert str(c.multiply(100, 100)) == "Infinity" and c.flags[Overflow]
assert pickle.loads(pickle.dumps(c)).prec == 3
assert str(IEEEContext(64).divide(1, 3)) == "0.3333333333333333"
raises(ValueError, setattr, c, "prec", 0)
raises(AttributeError, delattr, c, "prec")

# No digits that do not fit: an error, not a crash; what is exact needs none.
with localcontext(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN) as c:
    assert D(1) / 8 == D("0.125") and D("1E+100").sqrt() == D("1E+50")
    raises(MemoryError, lambda: D(1) / 3)
    raises(MemoryError, lambda: D("1E999999999999") + 1)
raises(MemoryError, lambda: int(D("1E999999999999")))

# Large numbers.
with localcontext(prec=20_000):
    big = D(7) ** 20_000
    assert str(big) == str(D(7) ** 10_000 * D(7) ** 10_000) and int(big) == 7**20_000
    root = D(2).sqrt()
    assert abs(root * root - 2) < D("1E-19998")

assert format(D("1234567.891"), ",.2f") == "1,234,567.89" and format(D("1.5"), "%") == "150%"
assert format(D(5), "08,") == "0,000,005" and format(D("0E-15"), ".6e") == "0.000000e-9"
assert format(D("6.09e+23"), "#") == "6.09E+23" and f"{D('-0.001'):z.1f}" == "0.0"
override = {"decimal_point": ",", "thousands_sep": ".", "grouping": "\3"}
assert D("1234.5").__format__("n", override) == "1.234,5"
assert raises(ValueError, format, D(1), "xx") == "invalid format string"
assert D("\u0663_1 ") == 31
