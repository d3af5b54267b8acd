#!/usr/bin/env python3
"""Counts what meson ran: each case of a test that tells its cases, else the test itself.

    count.py BUILD/meson-logs/LOGBASE

Prints `passed failed skipped`. A test that failed as a whole, whatever its cases said
(crashed, timed out, planned more than it ran), is one failure more; a test that ran
nothing is one too.
"""

import json
import sys
import xml.etree.ElementTree as tree

BAD = {"FAIL", "ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS"}


def verdict(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def suites(report):
    try:
        return list(tree.parse(report).getroot().iter("testsuite"))
    except FileNotFoundError:  # meson found nothing to run
        return []


def tests(log):
    try:
        with open(log, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except FileNotFoundError:
        return []


def show(name, told):
    """What a test had to say about the cases that failed; meson keeps that to itself."""
    lines, room = [], 0
    for line in told.splitlines():
        if line.startswith("not ok"):
            room = 60
        elif line.startswith("ok "):
            room = 0
        if room > 0:
            lines.append("    " + line)
            room -= 1
    if lines:
        print(f"{name}:", *lines[:400], sep="\n", file=sys.stderr)


def main():
    base = sys.argv[1]
    count = {"passed": 0, "failed": 0, "skipped": 0}
    failed_in = set()  # names as in the log, "project:suites / name", or the name alone
    for suite in suites(base + ".junit.xml"):
        alone = "." not in suite.get("name")  # tests without cases share one suite
        for case in suite.iter("testcase"):
            result = verdict(case)
            count[result] += 1
            if result == "failed":
                print(f"FAIL  {suite.get('name')}: {case.get('name')}", file=sys.stderr)
                failed_in.add(case.get("name") if alone else suite.get("name").split(".", 1)[1])
    ran = tests(base + ".json")
    for test in ran:
        name = test["name"]
        nothing = test["result"] == "SKIP" and test["returncode"] != 77 \
            and "# SKIP" not in test["stdout"]
        if test["result"] in BAD:
            show(name, test["stdout"])
        counted = name in failed_in or name.split(" / ", 1)[-1] in failed_in
        if (test["result"] in BAD or nothing) and not counted:
            print(f"{name}: failed as a whole", file=sys.stderr)
            count["failed"] += 1
            count["skipped"] -= nothing
    if not ran:
        print(f"{base}: no test ran", file=sys.stderr)
        count["failed"] += 1
    print(count["passed"], count["failed"], count["skipped"])


main()
