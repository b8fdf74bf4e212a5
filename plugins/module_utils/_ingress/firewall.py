# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that is a table of nftables of its own, which is there while the ingress is closed.

It comes and goes in one step and nothing else is touched, so that what was is what is left. Its chains see packets
before addresses are translated: a port that a container engine publishes is closed like any other.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re

from .._core.argspec import ArgSpec
from .._core.command import run
from .._core.errors import AccessDenied, InputError, OpsError, one_line
from . import outside
from .base import CLOSED, HALF, OPEN, Options
from .outside import seen_from_outside

__all__ = ["SPEC", "position", "seen_from_outside", "turn"]

SPEC = (
    ArgSpec(
        options={
            "ports": {"type": "list", "elements": "int", "required": True},
            "allow_from": {"type": "list", "elements": "str", "default": ["127.0.0.0/8", "::1"]},
            "cut": {"type": "bool", "default": False},
            "table": {"type": "str", "default": "day2_ingress"},
            "nft": {"type": "str", "default": "nft"},
            "command_timeout": {"type": "float", "default": 30.0},
        }
    )
    + outside.SPEC
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}")
# Before the translation of addresses (-100).
_HOOKS = ("prerouting", "output")
_PRIORITY = -150
_LAST_PORT = 65535


def position(options: Options) -> str:
    """Look for the table. :raises OpsError: nft does not let us look."""
    _rules(options)  # what is wrong with the options is told first
    done = run([options["nft"], "-j", "list", "tables"], options["command_timeout"], expect_status=None)
    if done.status:
        raise _refused(options, done.stderr)
    tables = [one["table"] for one in json.loads(done.stdout)["nftables"] if "table" in one]
    if not any((one["family"], one["name"]) == ("inet", _table(options)) for one in tables):
        return OPEN
    listed = run([options["nft"], "list", "table", "inet", _table(options)], options["command_timeout"])
    # by other rules of ours
    return CLOSED if f"chain {_chain(options, _HOOKS[0])} " in listed.stdout else HALF


def turn(options: Options, state: str) -> None:
    """Make the table, or remove it. :raises OpsError: nft refuses."""
    table = f"table inet {_table(options)}"
    # what is declared can be deleted, there or not; all of the text is one step
    script = f"{table}\ndelete {table}\n"
    if state == CLOSED:
        script += f"{table} {{\n{_rules(options)}}}\n"
    argv = [options["nft"], "-f", "-"]
    done = run(argv, options["command_timeout"], stdin=script.encode(), expect_status=None)
    if done.status:
        raise _refused(options, done.stderr)


def _rules(options: Options) -> str:
    ports = options["ports"]
    if not ports or not all(1 <= port <= _LAST_PORT for port in ports):
        raise InputError("switch: ports are not those of TCP", advice=f"expected numbers from 1 to {_LAST_PORT}")
    allowed = _networks(options["allow_from"])
    lines = [
        f"ip{'6' if version == 6 else ''} saddr {{ {', '.join(sorted(found))} }} accept"
        for version, found in sorted(allowed.items())
        if found
    ]
    # what begins a connection; the tracking of connections would call those new that it has not seen begin
    first = "" if options["cut"] else "tcp flags & (fin | syn | rst | ack) == syn "
    numbers = ", ".join(str(port) for port in sorted(set(ports)))
    # only what is for this host: what it passes on for others, or asks of others, has such ports too
    shut = f"fib daddr type local tcp dport {{ {numbers} }} {first}reject with tcp reset"
    return "".join(
        f"chain {_chain(options, hook)} {{\ntype filter hook {hook} priority {_PRIORITY}; policy accept;\n"
        + "".join(f"{line}\n" for line in [*lines, shut])
        + "}\n"
        for hook in _HOOKS
    )


def _networks(given: list[str]) -> dict[int, set[str]]:
    """Return the networks, by version of IP. :raises InputError: one is none."""
    found: dict[int, set[str]] = {4: set(), 6: set()}
    for one in given:
        try:
            network = ipaddress.ip_network(one)
        except ValueError as error:
            raise InputError("switch: allow_from has no address or network", on=one, advice=one_line(error)) from error
        found[network.version].add(str(network))
    return found


def _table(options: Options) -> str:
    if not _NAME.fullmatch(options["table"]):
        raise InputError("switch: table is no name of a table", on=options["table"], advice="expected letters and _")
    return str(options["table"])


def _chain(options: Options, hook: str) -> str:
    """Return a name that tells these rules from others."""
    given = json.dumps([sorted(options["ports"]), sorted(options["allow_from"]), options["cut"]])
    return f"{hook}_{hashlib.sha256(given.encode()).hexdigest()[:8]}"


def _refused(options: Options, said: str) -> OpsError:
    if "not permitted" in said.lower():
        return AccessDenied("nft may not do that", on=str(options["nft"]), advice="it needs root: become")
    return OpsError("nft refuses", on=str(options["nft"]), advice=one_line(said, 200))
