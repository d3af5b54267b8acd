"""Writes the manual pages: pages.py SCDOC VM7 VM7_SIM README VERSION OUTDIR PAGE.scd...

A page is prose in scdoc with lines that ask for what the program itself says:

    @verbs                        what vm7 help tells of each verb
    @options common               the options of all verbs; of some verbs: `@options own`
    @sim                          the options of vm7-sim
    @exits                        the exit codes, from the README
    @keys FILE [PATH] [-KEY]...   the keys of a file, below PATH, without some
    @more FILE PATH OTHER         the keys below PATH that OTHER does not have
    @lacks FILE PATH OTHER        the names of those that only OTHER has
"""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
from told import run, sim_options  # noqa: E402

DURATION = "[smhd]$"


def plain(text):
    """A text of the program's, safe in scdoc."""
    return re.sub(r"([\\*_`~]|^[-.#])", r"\\\1", text, flags=re.MULTILINE)


def sentence(text):
    """Some help texts are the ends of sentences."""
    if not re.match(r"vm7\b|https?:|[a-z]+@", text):
        text = text[:1].upper() + text[1:]
    return plain(text if text.endswith((".", "?")) else text + ".")


def entry(head, body):
    return f"{head}\n\t{body}\n"


# --- keys of files ----------------------------------------------------------------------

def kind(schema):
    """What may stand there, in words."""
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind(one) for one in schema["anyOf"]))
    if list(schema.get("properties", {})) == ["secret"]:
        return "{secret: NAME}"
    if schema["type"] == "object" and schema.get("additionalProperties"):
        return "by name: " + kind(schema["additionalProperties"])
    if schema["type"] == "array":
        return "list of: " + kind(schema["items"])
    if schema["type"] == "integer":
        return f"{schema['minimum']} to {schema['maximum']}"
    if schema.get("pattern", "").endswith(DURATION):
        return "duration"
    return {"object": "mapping", "boolean": "true or false", "string": "text",
            "null": "null"}[schema["type"]]


def inside(schema):
    """Where the keys inside a value are, and what is written before them."""
    for one in schema.get("anyOf", [schema]):
        named, items = one.get("additionalProperties"), one.get("items", {})
        if "properties" in one and list(one["properties"]) != ["secret"]:
            return "", one
        if isinstance(named, dict) and "properties" in named:
            return ".NAME", named
        for item in items.get("anyOf", [items]):
            if "properties" in item:
                return "[]", item
    return None


def keys(schema, skipped, prefix=""):
    for name, value in schema["properties"].items():
        if name in skipped:
            continue
        facts = [kind(value)]
        if name in schema.get("required", []):
            facts.append("needed")
        if "default" in value:
            facts.append("default " + json.dumps(value["default"]).strip('"'))
        yield entry(f"*{plain(prefix + name)}* ({plain(', '.join(facts))})",
                    sentence(value["description"]))
        if inside(value):
            more, within = inside(value)
            yield from keys(within, (), f"{prefix}{name}{more}.")


def below(schema, path):
    for name in path.split("."):
        schema = inside(schema["properties"][name])[1]
    return schema


# --- what the tables tell ---------------------------------------------------------------

def prose(text):
    """Paragraphs, however their lines were broken for a terminal."""
    return [plain(" ".join(part.split())) for part in text.split("\n\n")]


def verbs(told):
    for verb in told["verbs"]:
        head = f"*{verb['name']}*" + (f" {plain(verb['argument'])}" if verb["argument"] else "")
        body = [sentence(verb["summary"]), *prose(verb["about"] or "")]
        if verb["options"]:
            body.append("Options: " + ", ".join(f"*--{name}*" for name in verb["options"]) + ".")
        yield entry(head, "\n\n\t".join(part for part in body if part))


def options(told, common):
    for option in told["options"]:
        if option["common"] != common:
            continue
        names = [f"*-{option['letter']}*"] if option["letter"] else []
        names.append(f"*--{option['name']}*")
        argument = f" {plain(option['argument'])}" if option["argument"] else ""
        takers = [verb["name"] for verb in told["verbs"] if option["name"] in verb["options"]]
        yield entry(", ".join(names) + argument, sentence(option["help"]) +
                    ("" if common else f" ({', '.join(takers)})"))


def simulator(usage):
    for name, argument, text in sim_options(usage):
        yield entry(f"*{name}*" + (f" {plain(argument)}" if argument else ""), sentence(text))


def exits(readme):
    table = readme.split("\n## Exit codes\n")[1].split("\n## ")[0]
    for code, meaning in re.findall(r"^\| (\d+) \| (.+) \|$", table, re.MULTILINE):
        yield entry(f"*{code}*", sentence(meaning.replace("`", "")))


class Pages:
    def __init__(self, vm7, sim, readme):
        self.vm7 = vm7
        self.readme = readme.read_text()
        self.usage = run(sim, "--help")
        self.told = json.loads(run(vm7, "--json", "help"))

    def schema(self, file):
        return json.loads(run(self.vm7, "schema", file))

    def keys(self, file, *words):
        skipped = [word[1:] for word in words if word.startswith("-")]
        path = [word for word in words if not word.startswith("-")]
        schema = self.schema(file)
        return keys(below(schema, path[0]) if path else schema, skipped)

    def more(self, file, path, other):
        known = below(self.schema(file), other)["properties"]
        return self.keys(file, path, *(f"-{key}" for key in known))

    def lacks(self, file, path, other):
        schema = self.schema(file)
        have = below(schema, path)["properties"]
        return [", ".join(f"*{plain(key)}*" for key in below(schema, other)["properties"]
                          if key not in have) + ".\n"]

    def asked(self, line):
        word, *words = line[1:].split()
        return "\n".join({
            "verbs": lambda: verbs(self.told),
            "options": lambda which: options(self.told, which == "common"),
            "sim": lambda: simulator(self.usage),
            "exits": lambda: exits(self.readme),
            "keys": self.keys,
            "more": self.more,
            "lacks": self.lacks,
        }[word](*words)).rstrip("\n")

    def page(self, text):
        return "\n".join(self.asked(line) if line.startswith("@") else line
                         for line in text.split("\n"))


def main():
    scdoc, vm7, sim, readme, version, outdir, *names = sys.argv[1:]
    pages = Pages(vm7, sim, pathlib.Path(readme))
    for name in map(pathlib.Path, names):
        text = pages.page(name.read_text().replace("@VERSION@", version))
        (pathlib.Path(outdir) / name.stem).write_text(run(scdoc, text=text))


if __name__ == "__main__":
    main()
