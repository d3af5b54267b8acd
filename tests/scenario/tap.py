"""Runs the tests of one file and prints the result as TAP.

A test is named by the first line of its docstring, which begins with its row:
`"V-11 plan changes nothing"`. Arguments on the command line pick tests whose name
contains one of them.
"""

import sys
import time
import traceback
import unittest


def _name(test):
    return (test.shortDescription() or test.id()).replace("#", "")


def _comment(text):
    for line in text.splitlines():
        print("#", line)


def _trail(test):
    """What the test has to say about itself: commands, answers, requests."""
    tell = getattr(test, "trail", None)
    if tell is None:
        return ""
    try:
        return tell()
    except Exception:  # the report of a failure must not hide the failure
        return traceback.format_exc()


class _Result(unittest.TestResult):
    """Prints each test as it ends; parts that failed (subTest) fail their test."""

    def __init__(self):
        super().__init__()
        self.number = 0
        self.parts = []
        self.skip_reason = None
        self.problem = None

    def startTest(self, test):
        super().startTest(test)
        self.parts = []
        self.skip_reason = None
        self.problem = None
        self.started = time.monotonic()

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.parts.append((subtest, self._exc_info_to_string(err, test)))
        super().addSubTest(test, subtest, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._note(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._note(test, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.skip_reason = reason

    def _note(self, test, err):
        text = self._exc_info_to_string(err, test)
        self.problem = text if self.problem is None else self.problem + "\n" + text
        if not hasattr(test, "_testMethodName"):  # a class or module that failed to start
            self.number += 1
            print(f"not ok {self.number} - {test}")
            _comment(text)

    def stopTest(self, test):
        super().stopTest(test)
        self.number += 1
        took = time.monotonic() - self.started
        if self.problem is None and not self.parts:
            skip = f" # SKIP {self.skip_reason}" if self.skip_reason else ""
            print(f"ok {self.number} - {_name(test)}{skip}")
            print(f"# {took:.1f} s")
        else:
            print(f"not ok {self.number} - {_name(test)}")
            for part, text in self.parts:
                _comment(f"--- {part._subDescription()}\n{text}")
            if self.problem:
                _comment(self.problem)
            _comment(getattr(test, "last_trail", "") or _trail(test))
        sys.stdout.flush()


def _flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _flatten(item)
        else:
            yield item


def main():
    wanted = [word.lower() for word in sys.argv[1:]]
    found = _flatten(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]))
    tests = [t for t in found if not wanted or any(w in _name(t).lower() for w in wanted)]
    tests.sort(key=_name)
    print("TAP version 13")
    print(f"1..{len(tests)}")
    sys.stdout.flush()
    result = _Result()
    unittest.TestSuite(tests).run(result)
    sys.exit(0 if result.wasSuccessful() and tests else 1)
