"""`_hashlib` and `bz2`: digests by name, keyed digests, keys from passwords; streams piece by piece."""

import _hashlib
import bz2
import hashlib
import hmac


def raises(kind, text, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        assert str(error) == text, str(error)
        return
    raise AssertionError(f"{kind} was not raised")


for name in hashlib.algorithms_guaranteed:
    digest = hashlib.new(name, b"abc")
    other = getattr(hashlib, name)()
    other.update(b"a")
    copy = other.copy()
    other.update(b"bc")
    copy.update(memoryview(b"bc"))
    size = (8,) if name.startswith("shake") else ()
    assert digest.digest(*size) == other.digest(*size) == copy.digest(*size) and digest.name == name
    assert digest.hexdigest(*size) == digest.digest(*size).hex()

assert hashlib.sha256(b"abc").hexdigest() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
assert _hashlib.new("SHA512-256", b"abc").hexdigest().startswith("53048e2681941ef9")
assert hashlib.new("ripemd160").hexdigest() == "9c1185a5c5e9fc54612808977ee8f548b2258d31"
raises(TypeError, "Strings must be encoded before hashing", hashlib.sha1, "a")
raises(ValueError, "unsupported hash type nothing", hashlib.new, "nothing")

assert hmac.new(b"k", b"m", "sha256").hexdigest() == "b60090e3052297aeb5a080889ce2fc4bca957e756faeb4df7d31800ca1e771ec"
assert hmac.digest(b"k" * 200, b"m", "md5") == hmac.HMAC(b"k" * 200, b"m", hashlib.md5).digest()
raises(TypeError, "Missing required parameter 'digestmod'.", _hashlib.hmac_new, b"k")

key = hashlib.pbkdf2_hmac("sha1", b"password", b"salt", 2, 25)
assert key[:20].hex() == "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957" and len(key) == 25
assert hashlib.pbkdf2_hmac("sha256", b"p", b"s", 1) == hmac.digest(b"p", b"s\0\0\0\1", "sha256")
raises(ValueError, "iteration value must be greater than 0.", hashlib.pbkdf2_hmac, "sha1", b"", b"", 0)
assert hashlib.scrypt(b"", salt=b"", n=16, r=1, p=1).hex().startswith("77d6576238657b203b19ca42c18a0497")
raises(ValueError, "n must be a power of 2.", hashlib.scrypt, b"", salt=b"", n=3, r=1, p=1)

text = b"the quick brown fox " * 5000
packed = bz2.compress(text)
assert packed[:4] == b"BZh9" and bz2.decompress(packed) == text == bz2.decompress(packed[:0] + packed)
assert bz2.decompress(packed + bz2.compress(b"more", 1)) == text + b"more"
assert bz2.compress(b"").hex() == "425a683917724538509000000000"
stream = bz2.BZ2Decompressor()
pieces = [stream.decompress(packed + b"tail", 1000)]
while not stream.eof:
    assert not stream.needs_input
    pieces.append(stream.decompress(b"", 7000))
assert b"".join(pieces) == text and stream.unused_data == b"tail"
raises(EOFError, "End of stream already reached", stream.decompress, b"")
raises(OSError, "Invalid data stream", bz2.decompress, b"nothing like it")
broken = bz2.BZ2Decompressor()
raises(OSError, "Invalid data stream", broken.decompress, b"nothing like it")
raises(ValueError, "Decompressor is unusable after a previous error", broken.decompress, b"")
raises(ValueError, "compresslevel must be between 1 and 9", bz2.BZ2Compressor, 10)
single = bz2.BZ2Compressor()
assert bz2.decompress(b"".join(single.compress(bytes([byte])) for byte in text[:500]) + single.flush()) == text[:500]
raises(ValueError, "Repeated call to flush()", single.flush)
