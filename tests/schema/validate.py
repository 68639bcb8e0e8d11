#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check JSON Lines on stdin against a JSON Schema: validate.py [SCHEMA] < LINES

SCHEMA is sockleak.schema.json beside this file unless given. At the first bad
line prints its number and the cause and exits 1; 0 when all are good; 2 when the
schema itself is unusable. Needs nothing but python3.

Knows the part of JSON Schema 2020-12 that the schema uses. A keyword it does not
know is an error in the schema, so that nothing stays unchecked in silence.
Stricter than a JSON parser has to be: no duplicate keys, no NaN or Infinity, no
invalid UTF-8, no lone surrogates, no empty lines, and a newline at the end of
the last line.
"""
import gc
import json
import os
import re
import sys

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sockleak.schema.json")
# Exact types, as json.loads() makes them: to Python true is an integer, too.
TYPES = {
    "object": {dict}, "array": {list}, "string": {str}, "boolean": {bool}, "null": {type(None)},
    "number": {int, float}, "integer": {int},
}
KNOWN = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "const",
    "minimum", "maximum", "minLength", "maxLength", "pattern", "items", "minItems",
    "properties", "required", "additionalProperties", "allOf", "if", "then",
}


class Bad(Exception):
    """What is wrong with a line, or with the schema; `where` in it is added on the way out."""

    def __init__(self, what, where=""):
        super().__init__(what)
        self.what, self.where = what, where

    def __str__(self):
        return f"{self.where}: {self.what}" if self.where else self.what

    def inside(self, where):
        """The same, of a value that holds the one that is wrong."""
        return Bad(self.what, where + self.where)


def same(a, b):
    """Equal as JSON: true is not 1."""
    return type(a) is type(b) and a == b


def short(value):
    """A value for a message."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def pattern(regex):
    """Python's $ also matches before a final newline; JSON Schema's does not."""
    return re.compile(regex[:-1] + r"\Z" if regex.endswith("$") else regex)


def check_schema(schema, where="#"):
    """Refuse keywords that check() would pass over."""
    if isinstance(schema, bool):
        return
    unknown = set(schema) - KNOWN
    if unknown:
        raise Bad(f"{where}: unknown keyword {sorted(unknown)[0]}")
    for key in ("$defs", "properties"):
        for name, sub in schema.get(key, {}).items():
            check_schema(sub, f"{where}/{key}/{name}")
    for key in ("items", "additionalProperties", "if", "then"):
        if key in schema:
            check_schema(schema[key], f"{where}/{key}")
    for i, sub in enumerate(schema.get("allOf", [])):
        check_schema(sub, f"{where}/allOf/{i}")


def check_type(types):
    """Each check_... returns what raises Bad unless a value agrees with one keyword."""
    types = [types] if isinstance(types, str) else types
    allowed = frozenset().union(*(TYPES[name] for name in types))

    def check(value):
        if type(value) not in allowed:
            raise Bad(f"{short(value)} is not {' or '.join(types)}")

    return check


def check_enum(values):
    def check(value):
        if not any(same(value, known) for known in values):
            raise Bad(f"{short(value)} is none of {short(values)}")

    return check


def check_const(wanted):
    def check(value):
        if not same(value, wanted):
            raise Bad(f"{short(value)} is not {short(wanted)}")

    return check


def check_range(schema):
    least = schema.get("minimum", float("-inf"))
    most = schema.get("maximum", float("inf"))

    def check(value):
        if type(value) not in TYPES["number"]:
            return
        if value < least:
            raise Bad(f"{value} is less than {least}")
        if value > most:
            raise Bad(f"{value} is more than {most}")

    return check


def check_text(schema):
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", float("inf"))
    regex = pattern(schema["pattern"]) if "pattern" in schema else None

    def check(value):
        if not isinstance(value, str):
            return
        if len(value) < shortest:
            raise Bad(f"{short(value)} is too short")
        if len(value) > longest:
            raise Bad(f"{short(value)} is too long")
        if regex and not regex.search(value):
            raise Bad(f"{short(value)} does not match {schema['pattern']}")

    return check


def check_object(root, schema):
    """required, properties, additionalProperties."""
    required = schema.get("required", [])
    properties = {
        name: compiled(root, sub) for name, sub in schema.get("properties", {}).items()
    }
    others = compiled(root, schema.get("additionalProperties", True))

    def check(value):
        if not isinstance(value, dict):
            return
        for key in required:
            if key not in value:
                raise Bad(f"{key} is missing")
        for key, member in value.items():
            try:
                properties.get(key, others)(member)
            except Bad as error:
                raise error.inside(f".{key}") from error

    return check


def check_array(root, schema):
    least = schema.get("minItems", 0)
    check_item = compiled(root, schema.get("items", True))

    def check(value):
        if not isinstance(value, list):
            return
        if len(value) < least:
            raise Bad("has too few items")
        for i, item in enumerate(value):
            try:
                check_item(item)
            except Bad as error:
                raise error.inside(f"[{i}]") from error

    return check


def check_condition(root, schema):
    applies, check_then = compiled(root, schema["if"]), compiled(root, schema["then"])

    def check(value):
        try:
            applies(value)
        except Bad:
            return
        check_then(value)

    return check


def anything(_):
    """The schema `true`."""


def nothing(_):
    """The schema `false`."""
    raise Bad("is not in the schema")


REFERENCES = {}  # what a $ref of the schema names, once it is compiled


def check_reference(root, ref):
    """By name when a value is checked, since a schema may refer to one that holds it."""
    if not ref.startswith("#/"):
        raise Bad(f"$ref {ref} is not within the schema")
    if ref not in REFERENCES:
        REFERENCES[ref] = anything
        node = root
        for part in ref[2:].split("/"):
            node = node[part]
        REFERENCES[ref] = compiled(root, node)
    return lambda value: REFERENCES[ref](value)


def checks_of(root, schema):
    """What each keyword of a schema asks for."""
    if "$ref" in schema:
        yield check_reference(root, schema["$ref"])
    if "type" in schema:
        yield check_type(schema["type"])
    if "enum" in schema:
        yield check_enum(schema["enum"])
    if "const" in schema:
        yield check_const(schema["const"])
    if schema.keys() & {"minimum", "maximum"}:
        yield check_range(schema)
    if schema.keys() & {"minLength", "maxLength", "pattern"}:
        yield check_text(schema)
    if schema.keys() & {"required", "properties", "additionalProperties"}:
        yield check_object(root, schema)
    if schema.keys() & {"items", "minItems"}:
        yield check_array(root, schema)
    for sub in schema.get("allOf", []):
        yield compiled(root, sub)
    if "if" in schema and "then" in schema:
        yield check_condition(root, schema)


def compiled(root, schema):
    """A schema as a function that raises Bad unless a value is valid: it is read only once."""
    if isinstance(schema, bool):
        return anything if schema else nothing
    checks = list(checks_of(root, schema))
    if len(checks) == 1:
        return checks[0]

    def check(value):
        for one in checks:
            one(value)

    return check


def no_duplicates(pairs):
    """For json.loads(): it would silently keep the last of two equal keys."""
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Bad(f"key {short(twice)} stands twice in one object")
    return value


def no_constant(name):
    """For json.loads(): it would take NaN and Infinity."""
    raise Bad(f"{name} is not JSON")


def finite(text):
    """For json.loads(): it would read 1e999 as infinity."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Bad(f"a number is out of range: {text}")
    return value


# The only way in which a half of a surrogate pair gets into valid UTF-8.
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(line):
    """One line of bytes to a value."""
    if not line.endswith(b"\n"):
        raise Bad("is cut: no newline at its end")
    try:
        text = line[:-1].decode("utf-8")
        value = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant,
                           parse_float=finite)
        if SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise Bad(f"invalid UTF-8 at byte {error.start + 1}") from error
    except UnicodeEncodeError as error:
        raise Bad("lone surrogate in a string") from error
    except json.JSONDecodeError as error:
        raise Bad(f"not JSON at column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise Bad("nested too deep") from error
    except ValueError as error:
        raise Bad(f"a number is out of range: {error}") from error
    return value


def read(path=SCHEMA):
    """A schema as a function that raises Bad unless a value is valid. OSError, ValueError, Bad."""
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    check_schema(schema)
    return compiled(schema, schema)


def fault(check, lines):
    """What is wrong with the first bad one of some lines of bytes, or None."""
    for number, line in enumerate(lines, 1):
        try:
            check(parse(line))
        except Bad as error:
            return f"line {number}: {error}"
    return None


def main():
    """Validate stdin."""
    path = sys.argv[1] if len(sys.argv) > 1 else SCHEMA
    try:
        check = read(path)
    except (OSError, ValueError, Bad) as error:
        print(f"validate.py: {path}: {error}", file=sys.stderr)
        return 2
    gc.disable()  # values of JSON have no circles
    wrong = fault(check, sys.stdin.buffer)
    if wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
