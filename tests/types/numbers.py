"""int, float, complex, bool."""
assert 2 ** 100 == 1267650600228229401496703205376 and -7 // 2 == -4 and -7 % 3 == 2 and divmod(-7, 3) == (-3, 2)
assert 10 ** 18 * 10 ** 18 == 10 ** 36 and (1 << 200) >> 199 == 2 and ~5 == -6
assert int('ff', 16) == 255 and int('0b101', 0) == 5 and int('-1_000') == -1000 and int(3.99) == 3
assert hex(255) == '0xff' and bin(-5) == '-0b101' and oct(8) == '0o10'
assert (255).to_bytes(2, 'big') == b'\x00\xff' and int.from_bytes(b'\x01\x00', 'little') == 1
assert pow(3, 200, 13) == 9 and pow(3, -1, 7) == 5 and (10).bit_length() == 4 and (7).bit_count() == 3
assert 7 / 2 == 3.5 and 1e300 * 1e10 == float('inf') and repr(0.1 + 0.2) == '0.30000000000000004'
assert repr(1e16) == '1e+16' and repr(1e15) == '1000000000000000.0' and str(1e-5) == '1e-05' and repr(-0.0) == '-0.0'
assert round(2.5) == 2 and round(3.14159, 2) == 3.14 and round(1234, -2) == 1200
assert (0.5).as_integer_ratio() == (1, 2) and (1.5).hex() == '0x1.8000000000000p+0' and float.fromhex('0x1.8p1') == 3.0
assert hash(1) == hash(1.0) == hash(True) and hash(2 ** 61 - 1) == 0 and hash(-1) == -2
assert (1 + 2j) * (3 - 1j) == 5 + 5j and abs(3 + 4j) == 5.0 and repr(1 - 0j) == '(1-0j)' and complex('1+2j') == 1 + 2j
assert True + True == 2 and isinstance(True, int) and str(True) == 'True' and (True & False) is False
assert f'{1234567:,}' == '1,234,567' and f'{255:#x}' == '0xff' and f'{3.14159:8.3f}' == '   3.142' and f'{0.5:%}' == '50.000000%'
assert f'{-5:05d}' == '-0005' and f'{1e10:g}' == '1e+10' and '%05.1f|%x|%r' % (3.14159, 255, 'a') == "003.1|ff|'a'"


def error(call):
    try:
        call()
    except Exception as e:
        return f'{type(e).__name__}: {e}'


assert error(lambda: 1 / 0) == 'ZeroDivisionError: division by zero'
assert error(lambda: int('x')) == "ValueError: invalid literal for int() with base 10: 'x'"
assert error(lambda: 1 + 'a') == "TypeError: unsupported operand type(s) for +: 'int' and 'str'"
assert error(lambda: float('abc')) == "ValueError: could not convert string to float: 'abc'"
assert error(lambda: 1 << -1) == 'ValueError: negative shift count'
assert error(lambda: 10.0 ** 400).startswith('OverflowError')
big = 3 ** 1000
assert big // 3 ** 999 == 3 and big % 10 == 1 and len(str(big)) == 478 and int(str(big)) == big

# Two shortest texts equally near: the one with an even last digit, unless it is that of another float.
assert repr(2.0**-25) == "2.9802322387695312e-08"
assert repr(-(2.0**-25)) == "-2.9802322387695312e-08"
assert repr(2.0**-24) == "5.960464477539063e-08"
assert repr(2.0**-44) == "5.684341886080802e-14"
