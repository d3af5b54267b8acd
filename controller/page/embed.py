#!/usr/bin/env python3
"""Makes text files part of a C program.

    embed.py OUT FILE...

The file page.css becomes `const char page_file_css[]`, and so on.
"""

import pathlib
import sys


def literal(line):
    plain = line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    return '\t"' + plain.replace("\t", "\\t") + '\\n"\n'


def main():
    out, *files = map(pathlib.Path, sys.argv[1:])
    text = '#include "controller/page/files.h"\n'
    for file in files:
        lines = file.read_text(encoding="ascii").splitlines()
        text += f"\nconst char page_file_{file.suffix[1:]}[] =\n"
        text += "".join(map(literal, lines)) + ";\n"
    out.write_text(text, encoding="ascii")


main()
