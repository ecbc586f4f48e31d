"""math, cmath, _random, struct, array, binascii: values and errors."""

import array
import binascii
import cmath
import math
import _random
import _struct


def raises(kind, message, function):
    try:
        function()
    except kind as error:
        assert str(error) == message, str(error)
    else:
        assert False, message


assert math.fsum([0.1] * 10) == 1.0 and math.sumprod([0.1] * 10, [1] * 10) == 1.0 and math.hypot(3, 4) == 5.0
assert math.comb(100, 50) == 100891344545564193334812497256 and math.perm(10, 3) == 720 and math.factorial(20) == 2432902008176640000
assert math.gcd(10**30, 15) == 5 and math.lcm(4, 6, 10**20) == 3 * 10**20 and math.isqrt(10**50 - 1) == 10**25 - 1
assert math.nextafter(1, 2, steps=3) == 1.0000000000000007 and math.ulp(0) == 5e-324 and math.log(10**400) == 921.0340371976182
assert math.frexp(5e-324) == (0.5, -1073) and math.gamma(5) == 24.0 and math.fma(2, 3, 4) == 10.0
raises(ValueError, "expected a positive input, got 0.0", lambda: math.log(0.0))
raises(ValueError, "expected a nonnegative input, got -1.0", lambda: math.sqrt(-1))
raises(OverflowError, "math range error", lambda: math.exp(1000))
raises(OverflowError, "intermediate overflow in fsum", lambda: math.fsum([1e308, 1e308]))

assert cmath.sqrt(-1) == 1j and repr(cmath.acos(2)) == "-1.3169578969248166j" and cmath.log(1, 1j) == 0
raises(ValueError, "math domain error", lambda: cmath.log(0))

generator = _random.Random(42)
assert [generator.random() for _ in range(2)] == [0.6394267984578837, 0.025010755222666936]
assert generator.getrandbits(100) == 176140902141063639299770569303

assert _struct.pack(">bhiq?3s2pef", 1, -2, 3, -4, True, b"ab", b"xyz", 1.5, 2.5).hex() == (
    "01fffe00000003fffffffffffffffc0161620001783e0040200000")
assert _struct.unpack("<Hd", _struct.pack("<Hd", 65535, -0.5)) == (65535, -0.5) and _struct.calcsize("bi") == 8
raises(_struct.error, "'B' format requires 0 <= number <= 255", lambda: _struct.pack("B", 256))
raises(_struct.error, "unpack requires a buffer of 4 bytes", lambda: _struct.unpack("i", b"abc"))

numbers = array.array("h", [3, 1, 2])
numbers[1:1] = array.array("h", [9, 8])
del numbers[::2]
assert numbers == array.array("h", [9, 1]) and numbers.tobytes() == b"\x09\x00\x01\x00" and numbers * 2 == array.array("h", [9, 1, 9, 1])
raises(OverflowError, "signed short integer is greater than maximum", lambda: numbers.append(2**15))

assert binascii.a2b_base64("Y!W@J#j") == b"abc" and binascii.b2a_base64(b"a", newline=False) == b"YQ=="
assert binascii.hexlify(b"abcde", "-", -2) == b"6162-6364-65" and binascii.crc32(b"abc") == 891568578
raises(binascii.Error, "Incorrect padding", lambda: binascii.a2b_base64("YWJ"))
