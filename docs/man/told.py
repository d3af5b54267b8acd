"""What the programs tell about themselves."""

import re
import subprocess


def run(*command, text=None):
    return subprocess.run(command, input=text, text=True, check=True,
                          stdout=subprocess.PIPE).stdout


def sim_options(usage):
    """Name, argument ("" for none) and help of each option in vm7-sim --help.

    Rows have two columns; what goes on stands below the second.
    """
    rows = []
    for line in usage.split("\n\n")[1].splitlines():
        found = re.match(r"  (--\S+)(?: (\S+))?(?:  +(\S.*))?$", line)
        if found:
            rows.append([found[1], found[2] or "", found[3] or ""])
        else:
            rows[-1][2] = f"{rows[-1][2]} {line.strip()}".strip()
    return rows
