"""int, bool, float, complex: arithmetic at the seams between small and big, errors, text."""


def raises(kind, message, function):
    try:
        function()
    except kind as error:
        assert str(error) == message, (str(error), message)
    else:
        assert False, message


# Where a machine word ends.
for edge in (2**61, 2**62, 2**63, 2**64, 2**127):
    for n in (edge - 1, edge, edge + 1, -edge, -edge - 1):
        assert (n + 1) - 1 == n and (n * 3) // 3 == n and -(-n) == n and ~~n == n
        assert n << 70 >> 70 == n and (n ^ 5) ^ 5 == n and int(str(n)) == n and int(hex(n), 16) == n
        q, r = divmod(n, 7)
        assert q * 7 + r == n and 0 <= r < 7
        q, r = divmod(n, -7)
        assert q * -7 + r == n and -7 < r <= 0
        assert hash(n) == hash(n % (2**61 - 1) if n >= 0 else -(-n % (2**61 - 1))) or n < 0
assert (-(2**70)) >> 3 == -(2**67) and -1 >> 200 == -1 and (-(2**70) - 1) >> 1 == -(2**69) - 1
assert 7 // -2 == -4 and -7 % 3 == 2 and 7 % -3 == -2 and -7 // 2 == -4

# Correct rounding of int / int and of int to float.
assert (10**40 + 1) / 10**40 == 1.0 and 2**1074 / 2**1073 == 2.0 and 1 / 2**1074 == 5e-324 and 1 / 10**400 == 0.0
assert float(2**53 + 1) == 2.0**53 and float(2**53 + 3) == 2.0**53 + 4 and float(2**200 + 2**147 + 1) == 2.0**200 + 2.0**148
assert 2**53 + 1 > 2.0**53 and not 2**53 + 1 == 2.0**53 and 10**400 < float("inf")

raises(OverflowError, "int too large to convert to float", lambda: float(10**400))
raises(OverflowError, "integer division result too large for a float", lambda: 10**400 / 3)
raises(ZeroDivisionError, "division by zero", lambda: 1 // 0)
raises(ZeroDivisionError, "zero to a negative power", lambda: 0**-1)
raises(ValueError, "negative shift count", lambda: 1 << -1)
raises(OverflowError, "too many digits in integer", lambda: 1 << 2**70)
raises(MemoryError, "", lambda: 1 << 2**62)
raises(ValueError, "base is not invertible for the given modulus", lambda: pow(2, -1, 4))
assert pow(3, 10**20, 10**9 + 7) == pow(3, 10**20 % (10**9 + 6), 10**9 + 7) and pow(2, 3, -5) == -2

raises(ValueError, "invalid literal for int() with base 10: '1__0'", lambda: int("1__0"))
raises(ValueError, "int() base must be >= 2 and <= 36, or 0", lambda: int("1", 1))
raises(TypeError, "int() can't convert non-string with explicit base", lambda: int(1, 10))
assert int(" \u2003٣_4 ") == 34 and int(b"0x1F", 0) == 31 and int("z", 36) == 35

assert (-129).to_bytes(2, "little", signed=True) == b"\x7f\xff" and int.from_bytes(b"\xff\x00", signed=True) == -256
raises(OverflowError, "int too big to convert", lambda: (256).to_bytes(1))
raises(OverflowError, "can't convert negative int to unsigned", lambda: (-1).to_bytes(1))
assert [round(n, -1) for n in (5, 15, 25, -15)] == [0, 20, 20, -20]

# Floats.
assert 7.5 // -2 == -4.0 and -7.5 % 2 == 0.5 and str(-0.0 % 5) == "0.0" and 1e16 == 10**16 and repr(1e16) == "1e+16"
assert (-8) ** (1 / 3) == 1.0000000000000002 + 1.7320508075688772j and 2.0**-1075 == 0.0
assert (0.1).as_integer_ratio() == (3602879701896397, 36028797018963968) and round(2.675, 2) == 2.67
assert float.fromhex("0x1.8p3") == 12.0 and (1.5).hex() == "0x1.8000000000000p+0"
raises(ValueError, "cannot convert float NaN to integer", lambda: int(float("nan")))
raises(ValueError, "could not convert string to float: '1x'", lambda: float("1x"))

# Mixed complex arithmetic leaves the imaginary part alone.
assert repr(-0.0 - 1j) == "(-0-1j)" and repr(2 * complex(1, float("inf"))) == "(2+infj)" and (1 + 2j) / 3 == complex(1 / 3, 2 / 3)
raises(ZeroDivisionError, "zero to a negative or complex power", lambda: 0j**-1)
assert complex(" ( 1_0+2j ) ") == 10 + 2j and hash(1 + 0j) == hash(1)

assert f"{255:#06x}|{-5:+d}|{12345678:_}|{1234.5:,.2f}|{0.5:%}|{2j:.1f}" == "0x00ff|-5|12_345_678|1,234.50|50.000000%|0.0+2.0j"
assert True & False is False and True | 2 == 3 and repr(True) == "True" and str(True + True) == "2"

# Where two shortest texts are equally near, the one with the even last digit is taken.
assert repr(93191810640046.125) == '93191810640046.12' and repr(1331298639406636.25) == '1331298639406636.2'
assert repr(1331298639406636.75) == '1331298639406636.8' and repr(5e-324) == '5e-324'
