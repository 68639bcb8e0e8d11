# SPDX-License-Identifier: BSD-2-Clause
"""Manual pages and the example configuration: right in form, and saying what --help says."""

import pathlib
import re
import subprocess

from lib import help as help_text
from lib.outcome import Failure
from lib.registry import case

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["sockleak.8", "sockleak-agent.8", "sockleak.conf.5", "sockleak-json.7"]


def built(bench, name):
    """What `make man completion` made."""
    path = bench.programs.parent / name
    if not path.exists():
        raise Failure(f"expected {path} (run: make man completion)")
    return path


def rendered(bench, page):
    """As it is read: list of its lines, paragraphs unbroken."""
    done = subprocess.run(
        ["mandoc", "-T", "ascii", "-O", "width=990", str(built(bench, f"man/{page}"))],
        capture_output=True, text=True, check=True,
    )
    text = re.sub(r".\x08", "", done.stdout)
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]


def item_of(lines, head):
    """What stands below a line like "-p, --pid PID", and after it on the same line."""
    for number, line in enumerate(lines):
        if line == head or line.startswith(head + " "):
            return line[len(head):].strip() or lines[number + 1]
    return None


@case
def manual_lint(bench):
    for page in PAGES:
        done = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "warning", str(built(bench, f"man/{page}"))],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
        if done.stdout or done.returncode:
            raise Failure(f"expected no warning of {page}, seen: {done.stdout[:1000]}")


def check_option(lines, option, page):
    head = (f"-{option.letter}, " if option.letter else "") + f"--{option.name}"
    item = item_of(lines, head + (f" {option.argument}" if option.argument else ""))
    if item is None:
        raise Failure(f"expected {head} in {page}, seen: nothing")
    wanted = option.text.split(": ")[0]
    if wanted[1:].lower() not in item.lower():
        raise Failure(f"expected of {head} in {page}: {wanted!r}, seen: {item!r}")
    if option.default and f"Default: {option.default}" not in item and (
        "Default: " not in item
    ):
        raise Failure(f"expected the default {option.default} of {head} in {page}, seen: {item!r}")


@case
def manual_options(bench):
    """Each option of --help stands in the pages of its commands, and no page has another."""
    reported = help_text.read(bench)
    pages = {"sockleak.8": set(reported.commands) - {"agent"}, "sockleak-agent.8": {"agent"}}
    for page, commands in pages.items():
        lines = rendered(bench, page)
        mine = [option for option in reported.options if commands & set(option.commands)]
        if len(mine) < 10:
            raise Failure(f"expected options for {page} in --help, seen: {len(mine)}")
        for option in mine:
            check_option(lines, option, page)
        heads = {
            found.group(1) for found in
            (re.match(r"(?:-\w, )?--([a-z-]+)(?: [A-Z]+)?$", line) for line in lines) if found
        }
        others = heads - {option.name for option in mine}
        if others:
            raise Failure(f"expected no other option in {page}, seen: {others}")
    lines = rendered(bench, "sockleak.8")
    missing = [name for name in reported.commands if item_of(lines, name) is None]
    if missing:
        raise Failure(f"expected every command in sockleak.8, missing: {missing}")


@case
def manual_config(bench):
    """Each option of the agent is a key, in sockleak.conf(5) and in the file installed."""
    reported = help_text.read(bench)
    lines = rendered(bench, "sockleak.conf.5")
    config = built(bench, "sockleak.conf").read_text(encoding="utf-8")
    keys = re.findall(r"^#?([a-z][a-z-]*) = ", config, re.M)
    wanted = [
        option.name for option in reported.options
        if option.is_of("agent") and option.name not in ("config", "check-config", "help", "version")
    ]
    if keys != wanted:
        raise Failure(f"expected the keys {wanted} in sockleak.conf, seen: {keys}")
    for name in wanted:
        if not any(line.startswith(f"{name} = ") for line in lines):
            raise Failure(f"expected {name} in sockleak.conf(5), seen: nothing")


@case
def manual_config_defaults(bench):
    """The file as it is installed is right, also with each default it shows made explicit."""
    config = built(bench, "sockleak.conf").read_text(encoding="utf-8")
    config = re.sub(r"^(textfile) = .*/", rf"\1 = {bench.directory}/", config, flags=re.M)
    shown = re.findall(r"^#[a-z][a-z-]* = (?![A-Z]{2})", config, re.M)
    if len(shown) < 10:
        raise Failure(f"expected defaults in sockleak.conf, seen: {len(shown)}")
    explicit = re.sub(r"^#([a-z][a-z-]* = (?![A-Z]{1,}$))", r"\1", config, flags=re.M)
    for name, text in (("installed.conf", config), ("explicit.conf", explicit)):
        path = bench.directory / name
        path.write_text(text, encoding="utf-8")
        status, _, errors = bench.run("agent", "--config", path, "--check-config")
        if status:
            raise Failure(f"expected {name} to be right, seen: {errors}")
    path.write_text(explicit + "\nno-such-key = 1\n", encoding="utf-8")
    status, _, errors = bench.run("agent", "--config", path, "--check-config")
    if status != 2:
        raise Failure(f"expected a key that is none to be refused, seen: {status}: {errors}")


@case
def manual_json(bench):
    """Each field, class and counter in a table of docs/json.md is an item of sockleak-json(7)."""
    text = (SOURCE / "docs/json.md").read_text(encoding="utf-8")
    fields = re.findall(r"^\| `([a-z_]+)` \|", text, re.M)
    lines = rendered(bench, "sockleak-json.7")
    missing = [name for name in fields if item_of(lines, name) is None]
    if len(fields) < 80 or missing:
        raise Failure(f"expected {len(fields)} items in sockleak-json(7), missing: {missing}")
    marks = [line for line in lines if "`" in line or "](" in line]
    if marks:
        raise Failure(f"expected no Markdown in sockleak-json(7), seen: {marks[:3]}")
