"""Whether a request is one that Proxmox takes, going by a dump of its own API schema.

Not a mirror of the simulator's checks: written from what pve-common's JSONSchema.pm does
(check_object, check_prop, check_format, parse_property_string), so that a misreading in the
simulator does not hide the same one in vm7.
"""

import functools
import json
import pathlib
import re

from pveformats import CHECKS, words

SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared"
# How a boolean is written: as a parameter, and as a key of a property string.
IN_API = {"0", "1"}
IN_PROPERTIES = IN_API | {"no", "off", "false", "yes", "on", "true"}
# What would need rules beyond those below: such a method is refused as unchecked.
COMBINED = ("allOf", "oneOf", "anyOf")


@functools.cache
def published(pve):
    """The schema of this version of Proxmox; None where there is no dump of it."""
    file = dump_of(pve)
    return Schema(json.loads(file.read_text())) if file.exists() else None


def dump_of(pve):
    return SHARED / f"pve-schema-{pve}.json"


class Schema:
    def __init__(self, dump):
        self.paths = dump["paths"]
        self.formats = dump["formats"]

    # --- requests ------------------------------------------------------------------

    def mistakes(self, method, path, params):
        """What Proxmox would refuse in this request: [] when nothing."""
        found = self._method(method, path)
        if found is None:
            return [f"no such method: {method} {path}"]
        schema, in_path = found
        values = {**params, **in_path}
        return self._object(schema["parameters"], values, "", IN_API)

    def _method(self, method, path):
        """The method's schema and the parameters in the path; literal names go first."""
        fitting = []
        for pattern, methods in self.paths.items():
            found = _path_pattern(pattern).fullmatch(path)
            if found and method in methods:
                fitting.append((len(found.groupdict()), methods[method], found.groupdict()))
        return min(fitting, key=lambda row: row[0])[1:] if fitting else None

    def _object(self, schema, values, where, booleans):
        if any(key in schema for key in COMBINED):
            return [f"{where or 'parameters'}: no check for combined schemas"]
        rules = schema.get("properties", {})
        wrong = []
        for name, value in values.items():
            rule = _rule(rules, name)
            if rule is not None:
                wrong += self._value(rule, value, where + name, booleans)
                wrong += _requires(rule, values, where + name)
            elif not schema.get("additionalProperties", 1):
                wrong.append(f"{where}{name}: not in the schema")
        for name, rule in rules.items():
            if name not in values and _required(rule):
                wrong.append(f"{where}{name}: missing")
        return wrong

    # --- values --------------------------------------------------------------------

    def _value(self, rule, value, where, booleans):
        if any(key in rule for key in COMBINED):
            return [f"{where}: no check for combined schemas"]
        kind = rule.get("type", "string")
        if kind == "array":
            items = value if isinstance(value, list) else [value]
            return [text for item in items
                    for text in self._value(rule.get("items", {}), item, where, booleans)]
        if isinstance(value, list):
            if not rule.get("format", "").endswith("-list"):
                return [f"{where}: given {len(value)} times"]
            value = ",".join(value)
        value = _text(value)
        wrong = _TYPES[kind](rule, value, booleans)
        if not wrong and "enum" in rule and value not in map(str, rule["enum"]):
            wrong = f"'{value}' is none of {', '.join(map(str, rule['enum']))}"
        if wrong:
            return [f"{where}: {wrong}"]
        return self._format(rule["format"], value, where) if "format" in rule else []

    def _format(self, name, value, where):
        if name.endswith("-opt"):
            return [] if value == "" else self._format(name.removesuffix("-opt"), value, where)
        if name.endswith("-list") and name not in self.formats:
            return [text for word in words(value)
                    for text in self._format(name.removesuffix("-list"), word, where)]
        known = self.formats.get(name, {})
        if known.get("kind") == "property-string":
            return self._property_string(known["properties"], value, where)
        if "pattern" in known:
            good = re.search(_pattern(known["pattern"]), value)
        elif name in CHECKS:
            good = CHECKS[name](value)
        else:
            return [f"{where}: no check for format '{name}'"]
        return [] if good else [f"{where}: '{value}' is no {name}"]

    def _property_string(self, rules, text, where):
        values, wrong = {}, []
        for part in text.split(","):
            if not part:
                continue
            for name, value in _part(rules, part):
                if name in values:
                    wrong.append(f"{where}.{name}: twice")
                values[name] = value
        inner = {"properties": {k: v for k, v in rules.items() if "alias" not in v},
                 "additionalProperties": 0}
        return wrong + self._object(inner, values, where + ".", IN_PROPERTIES)


def _part(rules, part):
    """The properties that "key=value" or a bare value stands for."""
    key, equals, value = part.partition("=")
    if not equals:
        bare = [name for name, rule in rules.items() if rule.get("default_key")]
        return [(bare[0], part)] if bare else [(part, "")]
    found = []
    while "alias" in rules.get(key, {}):
        if "keyAlias" in rules[key]:
            found.append((rules[key]["keyAlias"], key))
        key = rules[key]["alias"]
    return [*found, (key, value)]


# --- rules of one value ------------------------------------------------------------


def _number(rule, value):
    if "minimum" in rule and float(value) < rule["minimum"]:
        return f"{value} is less than {rule['minimum']}"
    if "maximum" in rule and float(value) > rule["maximum"]:
        return f"{value} is more than {rule['maximum']}"
    return None


def _integer(rule, value, _):
    return _number(rule, value) if re.fullmatch(r"[+-]?\d+", value) else f"'{value}' is no integer"


def _real(rule, value, _):
    good = re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", value)
    return _number(rule, value) if good else f"'{value}' is no number"


def _boolean(_, value, booleans):
    return None if value.lower() in booleans else f"'{value}' is no boolean"


def _string(rule, value, _):
    if len(value) > rule.get("maxLength", len(value)):
        return f"longer than {rule['maxLength']}"
    if len(value) < rule.get("minLength", 0):
        return f"shorter than {rule['minLength']}"
    if "pattern" in rule and not re.search(f"^(?:{_pattern(rule['pattern'])})$", value):
        return f"'{value}' does not match {rule['pattern']}"
    return None


_TYPES = {"integer": _integer, "number": _real, "boolean": _boolean, "string": _string}


def _text(value):
    """A value as the wire has it: JSON bodies bring numbers and booleans."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _required(rule):
    return not rule.get("optional") and "alias" not in rule and "index_range" not in rule


def _requires(rule, values, where):
    needed = rule.get("requires")
    return [f"{where}: needs {needed}"] if needed and needed not in values else []


def _rule(rules, name):
    """The rule for a name; "net3" is of the family "net[n]" when that goes so far."""
    family = re.fullmatch(r"(.*?)(0|[1-9]\d*)", name)
    if name in rules or not family:
        return rules.get(name)
    rule = rules.get(family[1] + "[n]")
    first, last = rule.get("index_range", (0, -1)) if rule else (0, -1)
    return rule if first <= int(family[2]) <= last else None


@functools.cache
def _pattern(perl):
    """Perl prints qr// with its flags as (?^i:...); Python says (?i:...)."""
    return re.sub(r"\(\?\^u?(i?):", r"(?\1:", perl)


@functools.cache
def _path_pattern(path):
    """{x} is one part of a path; {volume} at its end is all that is left."""
    text = re.sub(r"\{volume\}$", "(?P<volume>.+)", path)
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text))
