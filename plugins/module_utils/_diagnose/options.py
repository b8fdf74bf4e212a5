# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What ``diagnose_info`` is told to look at, and whether that can be meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._logs.sources import SPEC as SOURCE

SPEC = ArgSpec(
    options={
        "runtime": {"type": "dict", "default": {}},
        "ports": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "port": {"type": "int", "required": True},
                "part": {"type": "str"},
                "pattern": {"type": "str"},
            },
        },
        "environment": {"type": "dict", "default": {}},
        "disks": {"type": "list", "elements": "path", "default": ["/", "/tmp", "/var"]},
        "logs": {"type": "list", "elements": "dict", "default": []},
        "lines": {"type": "int", "default": 20},
        "top": {"type": "int", "default": 10},
    }
)
_MOST = 200  # lines, and rows of a table
_LAST_PORT = 65535


def checked(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the options that count on this host. :raises InputError: something is described wrongly."""
    _check(params)
    return params if params["runtime"] else _without_parts(params)


def _check(params: Mapping[str, Any]) -> None:
    for name in ("lines", "top"):
        if not 1 <= params[name] <= _MOST:
            raise InputError(f"{name} is out of range", on=str(params[name]), advice=f"expected 1 to {_MOST}")
    for one in params["ports"]:
        if not 1 <= one["port"] <= _LAST_PORT:
            raise InputError("ports: no port of TCP", on=str(one["port"]), advice=f"expected 1 to {_LAST_PORT}")
    for part, names in params["environment"].items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputError(
                f"environment: {part} has no list of names", advice="expected such as {api: [DATABASE_URL]}"
            )
    _refuse_strangers(params)
    for number, source in enumerate(params["logs"]):
        SOURCE.validate({key: value for key, value in source.items() if key != "name"}, f"logs[{number}]")


def _refuse_strangers(params: Mapping[str, Any]) -> None:
    """:raises InputError: something names a part that is not described, where parts are."""
    if not params["runtime"]:
        return
    given = params["runtime"].get("parts")
    names = [str(one.get("name")) for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    wanted = {*params["environment"], *(one["part"] for one in params["ports"] if one["part"])}
    strangers = sorted(wanted - {*names})
    if strangers:
        known = ", ".join(names) or "none"
        raise InputError(f"no part {', '.join(strangers)} is described", advice=f"described are {known}")


def _without_parts(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a host where no part runs: what a group says of its parts is for others."""
    return {**params, "environment": {}, "ports": [one for one in params["ports"] if not one["part"]]}
