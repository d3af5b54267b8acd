#!/usr/bin/env python3
"""Checks the plan of the house: who includes whom, and what the core may call.

    layers.py SOURCE_ROOT LIBCORE_A

Every broken rule is a line on standard error that says what to do instead.
"""

import pathlib
import re
import subprocess
import sys

# A room includes itself and what stands here. Tests may look into every room.
ROOMS = {
    "base": set(),
    "ipam": {"base"},
    "reconcile": {"base", "ipam"},
    "pve": {"base", "ipam", "reconcile"},
    "git": {"base"},
    "controller": {"base", "ipam", "reconcile", "pve", "git"},
    "tests": {"base", "ipam", "reconcile", "pve", "git", "controller"},
}

# The simulator is a cluster of its own: what it shares with vm7 it could not judge.
SIMULATOR = {"base"}

# Each outside library is known to one place: a header's prefix, and who may include it.
OUTSIDE = {
    "yaml.h": ["base/doc.c"],
    "curl/": ["base/http.c"],
    "git2": ["git/"],
    "uv.h": ["base/op.h", "base/op.c", "base/work.c", "base/nap.c", "base/http.c",
             "base/child.c", "base/child.h", "controller/", "tests/sim/", "tests/unit/"],
    "crypt.h": ["base/secret.c", "controller/", "tests/sim/"],
    "openssl/ssl": ["base/http.c", "tests/lib/peer.h", "tests/sim/"],
    "jansson.h": ["base/log.c", "ipam/", "reconcile/", "pve/", "controller/", "tests/"],
    "microhttpd.h": ["controller/door"],
    "cmocka.h": ["tests/"],
}

# The core is given everything it decides on, so it may only compute: any other function
# of the C library is refused, above all files, sockets, clocks, random numbers, locales.
PURE = set("""
    abort bsearch calloc free malloc qsort qsort_r realloc reallocarray
    memchr memcmp memcpy memmem memmove mempcpy memrchr memset rawmemchr stpcpy stpncpy
    strcasecmp strcasestr strchr strchrnul strcmp strcpy strcspn strdup strlen strncasecmp
    strncmp strncpy strndup strnlen strpbrk strrchr strsep strspn strstr strtok_r strverscmp
    sprintf strtol strtoll strtoul strtoull __isoc99_sscanf __isoc23_strtol __isoc23_strtoul
    __isoc23_strtoll __isoc23_strtoull snprintf vsnprintf asprintf vasprintf
    __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc tolower toupper isalnum isalpha
    isdigit islower isprint isspace isupper isxdigit
    inet_ntop inet_pton ntohl ntohs htonl htons gmtime_r timegm strptime strftime
    regcomp regexec regfree regerror fnmatch explicit_bzero div ldiv labs llabs
    pthread_once __errno_location __assert_fail _GLOBAL_OFFSET_TABLE_ __stack_chk_fail
""".split())

# Of the libraries that the core links, what only computes.
LIBRARY = re.compile(r"(yaml_|json_|jansson_|EVP_|CRYPTO_|OPENSSL_cleanse)")
LIBRARY_WAITS = re.compile(
    r"yaml_\w+_file$|json_(load|dump)(_file|fd|f|_callback)$|json_dumpfd$|json_object_seed$")

# Put in by the compiler.
COMPILER = re.compile(r"(__asan_|__ubsan_|__lsan_|__sanitizer_|__sancov_|__gcov_|__\w+_chk$"
                      r"|__start___sancov|__stop___sancov|__cxa_|_Unwind_"
                      r"|__u?(div|mod|mul)[dt]i[34]$)")

# Running out of memory ends the program, with a word about it.
LAST_WORDS = {"arena.c": {"stderr", "fputs", "fwrite"}}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def sources(root):
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.[ch]")):
            yield path.relative_to(root).as_posix()


def included(path):
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def check_own(root, name, header):
    """What is wrong with `#include "header"` in the file `name`, or None."""
    room = name.split("/")[0]
    other = header.split("/")[0]
    if (root / name).parent.joinpath(header).is_file() and other not in ROOMS:
        return None if room == "tests" else f'name it from the root: "{room}/{header}"'
    if other not in ROOMS:
        return "no header of ours; outside headers are included with <>"
    if not (root / header).is_file():
        return "there is no such header"
    if name.startswith("tests/sim/") and other not in SIMULATOR | {"tests"}:
        return "the simulator shares nothing with vm7 but base"
    if other != room and other not in ROOMS[room]:
        allowed = " and ".join(sorted(ROOMS[room])) or "nothing"
        return f"{room} may include {allowed}, besides itself"
    return None


def check_outside(name, header):
    for prefix, places in OUTSIDE.items():
        if header.startswith(prefix) and not any(name.startswith(p) for p in places):
            return f"only {', '.join(places)} may include <{header}>"
    return None


def check_includes(root):
    count = 0
    for name in sources(root):
        count += 1
        for number, own, outside in included(root / name):
            wrong = check_own(root, name, own) if own else check_outside(name, outside)
            if wrong:
                yield f"{name}:{number}: {own or outside}: {wrong}"
    if count < 10:
        yield f"{root}: only {count} sources found: is this the root of the project?"


def check_core(library):
    """Every symbol that an object of the core needs is the core's own or a pure one."""
    said = subprocess.run(["nm", "-P", "-A", str(library)], check=True, text=True,
                          capture_output=True).stdout
    own, needed = set(), []
    for line in said.splitlines():
        where, symbol, kind = line.split()[:3]
        if kind in "Uw":
            # libcore.a[base_arena.c.o]: or libcore.a[/path/libcore.a.p/base_arena.c.o]:
            member = re.search(r"\[(?:.*/)?(\w+?)\.c\.o\]", where)
            needed.append((member.group(1) if member else where, symbol))
        else:
            own.add(symbol)
    if not needed:
        yield f"{library}: nothing in it"
    for member, symbol in needed:
        spared = any(member.endswith("_" + name[:-2]) and symbol in symbols
                     for name, symbols in LAST_WORDS.items())
        fine = (symbol in own or symbol in PURE or COMPILER.match(symbol) or spared
                or LIBRARY.match(symbol) and not LIBRARY_WAITS.match(symbol))
        if not fine:
            yield (f"{member.replace('_', '/', 1)}.c: the core only computes, but this calls "
                   f"{symbol}: let the caller pass the result in")


def main():
    root, library = map(pathlib.Path, sys.argv[1:])
    broken = sorted({*check_includes(root), *check_core(library)})
    for line in broken:
        print(line, file=sys.stderr)
    sys.exit(1 if broken else 0)


main()
