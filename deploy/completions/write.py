"""Writes the completions of bash, zsh and fish: write.py VM7 VM7_SIM OUTDIR

Verbs and options come from `vm7 --json help` and `vm7-sim --help`. Only what may stand behind
some of them is said here.
"""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "docs/man"))
from told import run, sim_options  # noqa: E402

# of an option, or of what stands behind a verb
WORDS = {
    "plan --format": "text json markdown",
    "apply --format": "text json markdown",
    "reconcile --format": "text json markdown",
    "inventory --format": "yaml ansible json ssh-config hosts",
    "rights --pve": "8 9",
    "vm7-sim --pve": "8 9",
    "--log-format": "text json",
    "import": "leases config-env",
    "schema": "vm7.yaml pools.yaml controller.yaml",
}
FILES, FOLDERS = "<files>", "<folders>"


def told_by_sim(sim):
    """vm7-sim as if it were a verb."""
    options = [{"name": name[2:], "letter": "", "argument": argument or None, "help": text}
               for name, argument, text in sim_options(run(sim, "--help"))]
    return {"name": "vm7-sim", "options": options, "argument": None}


def follows(verb, option):
    """What may stand behind an option: words, FILES, FOLDERS or nothing."""
    for key in (f"{verb} --{option['name']}", f"--{option['name']}"):
        if key in WORDS:
            return WORDS[key]
    return {"FILE": FILES, "DIR": FOLDERS}.get(option["argument"], "")


class Told:
    def __init__(self, vm7):
        told = json.loads(run(vm7, "--json", "help"))
        by_name = {option["name"]: option for option in told["options"]}
        self.verbs = told["verbs"]
        self.common = [option for option in told["options"] if option["common"]]
        for verb in self.verbs:
            verb["options"] = [by_name[name] for name in verb["options"]]

    def words(self, verb):
        """What may stand behind a verb."""
        if verb["name"] == "help":
            return " ".join(one["name"] for one in self.verbs)
        return WORDS.get(verb["name"], "")

    def files(self):
        """The verbs whose further words are files."""
        return [verb["name"] for verb in self.verbs if "FILE..." in (verb["argument"] or "")]


def spelled(option):
    letter = [f"-{option['letter']}"] if option["letter"] else []
    return [*letter, f"--{option['name']}"]


# --- bash -------------------------------------------------------------------------------

def bash_values(verb, options):
    """Cases of what stands behind an option; of the same option of other verbs first."""
    for option in options:
        if option["argument"] is None:
            continue
        what = follows(verb, option)
        reply = {FILES: "files", FOLDERS: "folders", "": ":"}.get(what, f"words '{what}'")
        yield f"    {'|'.join(f'{verb}:{name}' for name in spelled(option))}) _vm7_{reply} ;;" \
            .replace("_vm7_:", ":")


BASH_HELPERS = """\
_vm7_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_vm7_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
_vm7_folders() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); }
"""


def bash(told):
    common = " ".join(name for option in told.common for name in spelled(option))
    values = [line for option in told.common for line in bash_values("*", [option])]
    for verb in told.verbs:
        values += bash_values(verb["name"], verb["options"])
    takers = sorted({name for verb in told.verbs for option in [*told.common, *verb["options"]]
                     if option["argument"] for name in spelled(option)})
    own = []
    for verb in told.verbs:
        names = " ".join(f"--{option['name']}" for option in verb["options"])
        own += [f"    {verb['name']}) words='{names}' ;;"] if names else []
    behind = [f"    {verb['name']}:{verb['name']}) _vm7_words '{told.words(verb)}' ;;"
              for verb in told.verbs if told.words(verb)]
    verbs = " ".join(verb["name"] for verb in told.verbs)
    return "\n".join([
        "# bash completion of vm7, made from vm7 help", "", BASH_HELPERS,
        "_vm7() {",
        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= words= i",
        "    COMPREPLY=()",
        "    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then "
        "prev=${COMP_WORDS[COMP_CWORD-2]}; fi",
        "    for ((i = 1; i < COMP_CWORD; i++)); do",
        "        case ${COMP_WORDS[i]} in",
        f"        {'|'.join(takers)}) [[ ${{COMP_WORDS[i+1]}} == = ]] && ((i++)); ((i++)) ;;",
        "        -*) ;;",
        "        *) verb=${COMP_WORDS[i]}; break ;;",
        "        esac",
        "    done",
        "    case $verb:$prev in",
        *values,
        "    *) _vm7_rest ;;",
        "    esac",
        "}", "",
        "_vm7_rest() {",
        "    case $verb in",
        *own,
        "    esac",
        f"    if [[ $cur == -* ]]; then _vm7_words \"$words {common}\"; return; fi",
        f"    [[ $verb ]] || {{ _vm7_words '{verbs}'; return; }}",
        "    case $verb:$prev in",
        *behind,
        *(f"    {verb}:*) _vm7_files ;;" for verb in told.files()),
        "    esac",
        "}", "",
        "complete -F _vm7 vm7", ""])


def bash_sim(sim):
    return "\n".join([
        "# bash completion of vm7-sim, made from vm7-sim --help", "", BASH_HELPERS,
        "_vm7_sim() {",
        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=vm7-sim",
        "    COMPREPLY=()",
        "    case $verb:$prev in",
        *bash_values("vm7-sim", sim["options"]),
        f"    *) _vm7_words '{' '.join('--' + option['name'] for option in sim['options'])}' ;;",
        "    esac",
        "}", "",
        "complete -F _vm7_sim vm7-sim", ""])


# --- zsh --------------------------------------------------------------------------------

def zsh_text(text):
    return re.sub(r"([\\\[\]:])", r"\\\1", text).replace("'", "'\\''")


def zsh_action(what):
    return {FILES: "_files", FOLDERS: "_files -/", "": " "}.get(what, f"({what})")


def zsh_options(verb, options):
    for option in options:
        value = ""
        if option["argument"]:
            value = f":{zsh_text(option['argument'])}:{zsh_action(follows(verb, option))}"
        for name in spelled(option):
            joined = "=" if value and name.startswith("--") else ""
            again = "*" if option.get("repeatable") else ""
            yield f"        '{again}{name}{joined}[{zsh_text(option['help'])}]{value}'"


def zsh(told, sim):
    lines = ["#compdef vm7 vm7-sim", "# zsh completion, made from vm7 help", "",
             "_vm7_verbs() {", "    local -a verbs=("]
    lines += [f"        '{verb['name']}:{zsh_text(verb['summary'])}'" for verb in told.verbs]
    lines += ["    )", "    _describe verb verbs", "}", "",
              "_vm7_of_vm7() {", "    local curcontext=$curcontext state line",
              "    local -a common=(", *zsh_options("", told.common), "    )",
              "    _arguments -C $common '1: :_vm7_verbs' '*:: :->verb'",
              "    [[ $state == verb ]] || return 0",
              "    case $line[1] in"]
    for verb in told.verbs:
        behind = [f"'1: :{zsh_action(told.words(verb))}'"] if verb["argument"] else []
        behind += ["'*: :_files'"] if verb["name"] in told.files() else []
        lines += [f"    {verb['name']})", "        local -a own=(",
                  *zsh_options(verb["name"], verb["options"]), "        )",
                  f"        _arguments $common $own {' '.join(behind)} ;;"]
    return "\n".join([*lines, "    esac", "}", "",
                      "if [[ $service == vm7-sim ]]; then", "    local -a own=(",
                      *zsh_options("vm7-sim", sim["options"]), "    )", "    _arguments $own",
                      "else", "    _vm7_of_vm7", "fi", ""])


# --- fish -------------------------------------------------------------------------------

def fish_text(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_option(command, verb, option):
    line = f"complete -c {command}"
    if verb:
        line += f" -n '__fish_seen_subcommand_from {verb}'"
    if option["letter"]:
        line += f" -s {option['letter']}"
    line += f" -l {option['name']} -d {fish_text(option['help'])}"
    if option["argument"]:
        what = follows(verb or command, option)
        line += {FILES: " -rF", FOLDERS: " -xa '(__fish_complete_directories)'",
                 "": " -x"}.get(what, f" -xa '{what}'")
    return line


def fish(told):
    verbs = " ".join(verb["name"] for verb in told.verbs)
    first = f"not __fish_seen_subcommand_from {verbs}"
    lines = ["# fish completion of vm7, made from vm7 help", "complete -c vm7 -f"]
    lines += [fish_option("vm7", "", option) for option in told.common]
    for verb in told.verbs:
        lines.append(f"complete -c vm7 -n '{first}' -a {verb['name']} "
                     f"-d {fish_text(verb['summary'])}")
        lines += [fish_option("vm7", verb["name"], option) for option in verb["options"]]
        if told.words(verb):
            lines.append(f"complete -c vm7 -n '__fish_seen_subcommand_from {verb['name']}; and "
                         f"test (count (commandline -opc)) -eq 2' -fa '{told.words(verb)}'")
    lines += [f"complete -c vm7 -n '__fish_seen_subcommand_from {verb}; and "
              "test (count (commandline -opc)) -gt 2' -F" for verb in told.files()]
    return "\n".join([*lines, ""])


def fish_sim(sim):
    lines = ["# fish completion of vm7-sim, made from vm7-sim --help", "complete -c vm7-sim -f"]
    lines += [fish_option("vm7-sim", "", option) for option in sim["options"]]
    return "\n".join([*lines, ""])


def main():
    vm7, sim_program, outdir = sys.argv[1:]
    told, sim = Told(vm7), told_by_sim(sim_program)
    made = {"vm7.bash": bash(told), "vm7-sim.bash": bash_sim(sim), "_vm7": zsh(told, sim),
            "vm7.fish": fish(told), "vm7-sim.fish": fish_sim(sim)}
    for name, text in made.items():
        (pathlib.Path(outdir) / name).write_text(text)


if __name__ == "__main__":
    main()
