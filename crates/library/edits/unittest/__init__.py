# Not of CPython.
<<<
# XXX: RUSTPYTHON
# This is very useful to reduce platform difference boilerplates in tests.
def expectedFailureIf(condition, reason):
    assert reason.startswith("TODO: RUSTPYTHON")
    if condition:
        return expectedFailure
    else:
        return lambda x: x

# XXX: RUSTPYTHON
# Even more useful because most of them are windows only.
def expectedFailureIfWindows(reason):
    import sys
    return expectedFailureIf(sys.platform == 'win32', reason)

# XXX: RUSTPYTHON
# For a rare case when the parent class test fails but the child pass.
def expectedSuccess(test_item):
    test_item.__unittest_expecting_failure__ = False
    return test_item
===
>>>
