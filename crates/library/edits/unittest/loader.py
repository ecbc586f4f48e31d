# Abstract test cases are for others to derive from.
<<<
import os
import re
===
import inspect
import os
import re
>>>
<<<
        if testCaseClass in (case.TestCase, case.FunctionTestCase):
===
        if testCaseClass in (case.TestCase, case.FunctionTestCase) or inspect.isabstract(testCaseClass):
>>>
<<<
                and obj not in (case.TestCase, case.FunctionTestCase)
            ):
===
                and obj not in (case.TestCase, case.FunctionTestCase)
                and not inspect.isabstract(obj)
            ):
>>>
<<<
              issubclass(parent, case.TestCase)):
            name = parts[-1]
===
              issubclass(parent, case.TestCase)):
            if inspect.isabstract(parent):
                raise TypeError(f"Cannot instantiate abstract test case {parent.__name__}")
            name = parts[-1]
>>>
