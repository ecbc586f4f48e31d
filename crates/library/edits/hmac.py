# The one-shot form in Python checks its key and the block's size as the class does.
<<<
def _compute_digest_fallback(key, msg, digest):
    digest_cons = _get_digest_constructor(digest)
===
def _compute_digest_fallback(key, msg, digest):
    if not isinstance(key, (bytes, bytearray)):
        raise TypeError(f"key: expected bytes or bytearray, but got {type(key).__name__!r}")
    digest_cons = _get_digest_constructor(digest)
>>>
<<<
    blocksize = getattr(inner, 'block_size', 64)
===
    blocksize = _block_size(inner, HMAC.blocksize)
>>>
<<<
        if hasattr(self._inner, 'block_size'):
            blocksize = self._inner.block_size
            if blocksize < 16:
                warnings.warn(f"block_size of {blocksize} seems too small; "
                              f"using our default of {self.blocksize}.",
                              RuntimeWarning, 2)
                blocksize = self.blocksize  # pragma: no cover
        else:
            warnings.warn("No block_size attribute on given digest object; "
                          f"Assuming {self.blocksize}.",
                          RuntimeWarning, 2)
            blocksize = self.blocksize  # pragma: no cover
===
        blocksize = _block_size(self._inner, self.blocksize)
>>>
<<<
    def _init_old(self, key, msg, digestmod):
        import warnings

===
    def _init_old(self, key, msg, digestmod):
>>>
<<<
class HMAC:
===
def _block_size(digest, default):
    """The digest's, or the default with a warning for the caller of who calls this."""
    size = getattr(digest, 'block_size', None)
    if size is not None and size >= 16:
        return size
    import warnings
    if size is None:
        message = f"No block_size attribute on given digest object; Assuming {default}."
    else:
        message = f"block_size of {size} seems too small; using our default of {default}."
    warnings.warn(message, RuntimeWarning, 3)
    return default


class HMAC:
>>>
