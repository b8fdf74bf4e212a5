# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind command: a program ends as expected and writes what is expected. Standard library only; never a shell.

The arguments may hold secrets, so no message has more of them than the program's name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.command import KEEP, Completed, run
from .._core.errors import InputError, OpsError, one_line, printable
from .._core.option_types import regular_expression
from .base import CONDITION_OPTIONS, Condition, Context, Options, Values
from .limits import MAX_LATENCY, limit_conditions, limits_spec
from .nagios import result_of

LIMITS = (MAX_LATENCY,)

SPEC = ArgSpec(
    options={
        "argv": {"type": "list", "elements": "str", "required": True},
        "chdir": {"type": "path"},
        "environment": {"type": "dict", "default": {}},
        "status": {"type": "list", "elements": "int", "default": [0]},
        "contains": {"type": "str"},
        "matches": {"type": regular_expression},
        "json": {"type": "list", "elements": "dict", "options": CONDITION_OPTIONS, "default": []},
        "nagios": {"type": "bool", "default": False},
    },
    mutually_exclusive=[("nagios", "status"), ("nagios", "json")],
) + limits_spec(LIMITS)
LIBRARIES: Sequence[str] = ()


def probe(options: Options, _context: Context) -> Values:
    """Run the program once; return status, latency (s) and bytes (of standard output), with nagios output and perfdata.

    Hidden, for conditions: ``_stdout`` (text) and ``_json`` when json conditions need it.

    :raises InputError: argv is empty, or not for any program. :raises NotThere: no such program or folder.
    :raises Unreachable: time is up. :raises OpsError: another status than expected, too much output, no JSON.
    """
    argv = options["argv"]
    if not argv or not argv[0]:
        raise InputError("argv is empty", advice="expected a program and its arguments")
    environment = {str(name): str(value) for name, value in options["environment"].items()}
    started = time.monotonic()
    done = run(argv, options["timeout"], environment, expect_status=None, chdir=options.get("chdir"))
    latency = time.monotonic() - started
    if done.stdout_bytes > KEEP:
        raise OpsError(f"the program wrote more than {KEEP} bytes", on=argv[0], advice="let it write less")
    read = result_of if options["nagios"] else _plain
    return {
        "status": done.status,
        "latency": round(latency, 4),
        "bytes": done.stdout_bytes,
        "_stdout": printable(done.stdout, keep="\n\t"),
        **read(done, options),
    }


def _plain(done: Completed, options: Options) -> Values:
    wanted = options["status"]
    if done.status not in wanted:
        expected = ", ".join(map(str, wanted))
        raise OpsError(_ended(done, expected), on=options["argv"][0], advice=one_line(done.stderr, 200))
    return {"_json": _json(done.stdout, options["argv"][0])} if options["json"] else {}


def _ended(done: Completed, expected: str) -> str:
    ended = f"was ended by signal {-done.status}" if done.status < 0 else f"ended with status {done.status}"
    return f"the program {ended}, expected {expected}"


def _json(text: str, program: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        begins = f"it begins with '{one_line(text, 40)}'" if text.strip() else "it is empty"
        raise OpsError("the output is not JSON", on=program, advice=begins) from error


def conditions(options: Options) -> list[Condition]:
    """Hold output and latency against what was given; a program that ends as expected is proof enough."""
    text = [Condition("_stdout", op, options[op]) for op in ("contains", "matches") if options.get(op) is not None]
    return [
        *text,
        *[Condition.from_options(given, "_json." if given["path"] else "_json") for given in options["json"]],
        *limit_conditions(LIMITS, options),
    ]
