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
import json
import os
import re
import sys

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
}
KNOWN = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "const",
    "minimum", "maximum", "minLength", "maxLength", "pattern", "items", "minItems",
    "properties", "required", "additionalProperties", "allOf", "if", "then",
}

PASSED = set()  # (reference, value) that agree
MAX_PASSED = 100_000


class Bad(Exception):
    """What is wrong with a line, or with the schema."""


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


def resolve(root, ref):
    """The subschema that a reference within this file names."""
    if not ref.startswith("#/"):
        raise Bad(f"$ref {ref} is not within the schema")
    node = root
    for part in ref[2:].split("/"):
        node = node[part]
    return node


def check_scalar(schema, value, where):
    """type, enum, const, and what applies to numbers and strings."""
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(TYPES[t](value) for t in types):
        raise Bad(f"{where}: {short(value)} is not {' or '.join(types)}")
    if "enum" in schema and not any(same(value, v) for v in schema["enum"]):
        raise Bad(f"{where}: {short(value)} is none of {short(schema['enum'])}")
    if "const" in schema and not same(value, schema["const"]):
        raise Bad(f"{where}: {short(value)} is not {short(schema['const'])}")
    if TYPES["number"](value):
        if value < schema.get("minimum", value):
            raise Bad(f"{where}: {value} is less than {schema['minimum']}")
        if value > schema.get("maximum", value):
            raise Bad(f"{where}: {value} is more than {schema['maximum']}")
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            raise Bad(f"{where}: {short(value)} is too short")
        if len(value) > schema.get("maxLength", len(value)):
            raise Bad(f"{where}: {short(value)} is too long")
        if "pattern" in schema and not pattern(schema["pattern"]).search(value):
            raise Bad(f"{where}: {short(value)} does not match {schema['pattern']}")


def check_object(root, schema, value, where):
    """required, properties, additionalProperties."""
    for key in schema.get("required", []):
        if key not in value:
            raise Bad(f"{where}: {key} is missing")
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for key in properties.keys() & value.keys():
        check(root, properties[key], value[key], f"{where}.{key}")
    if others is True:
        return
    for key in value.keys() - properties.keys():
        if others is False:
            raise Bad(f"{where}.{key}: is not in the schema")
        check(root, others, value[key], f"{where}.{key}")


def check_reference(root, ref, value, where):
    """What a reference names, against a value that may have passed it before: frames repeat."""
    if not isinstance(value, dict):
        check(root, resolve(root, ref), value, where)
        return
    known = (ref, repr(value))  # which tells true from 1
    if known in PASSED:
        return
    check(root, resolve(root, ref), value, where)
    if len(PASSED) >= MAX_PASSED:
        PASSED.clear()
    PASSED.add(known)


def check(root, schema, value, where="line"):
    """Raise Bad unless value is valid."""
    if isinstance(schema, bool):
        if not schema:
            raise Bad(f"{where}: nothing is allowed here")
        return
    if "$ref" in schema:
        check_reference(root, schema["$ref"], value, where)
    check_scalar(schema, value, where)
    if isinstance(value, dict):
        check_object(root, schema, value, where)
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            raise Bad(f"{where}: has too few items")
        for i, item in enumerate(value):
            check(root, schema.get("items", True), item, f"{where}[{i}]")
    for sub in schema.get("allOf", []):
        check(root, sub, value, where)
    if "if" in schema and "then" in schema:
        try:
            check(root, schema["if"], value, where)
        except Bad:
            return
        check(root, schema["then"], value, where)


def no_duplicates(pairs):
    """For json.loads(): it would silently keep the last of two equal keys."""
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise Bad(f"key {short(key)} stands twice in one object")
    return dict(pairs)


def no_constant(name):
    """For json.loads(): it would take NaN and Infinity."""
    raise Bad(f"{name} is not JSON")


def parse(line):
    """One line of bytes to a value."""
    if not line.endswith(b"\n"):
        raise Bad("is cut: no newline at its end")
    try:
        text = line[:-1].decode("utf-8")
        value = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
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


def main():
    """Validate stdin."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sockleak.schema.json")
    path = sys.argv[1] if len(sys.argv) > 1 else path
    try:
        with open(path, encoding="utf-8") as file:
            schema = json.load(file)
        check_schema(schema)
    except (OSError, ValueError, Bad) as error:
        print(f"validate.py: {path}: {error}", file=sys.stderr)
        return 2
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            check(schema, schema, parse(line))
        except Bad as error:
            print(f"line {number}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
