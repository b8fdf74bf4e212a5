# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind compose: its containers, as docker tells of them. Docker's own templates keep the values of variables back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import NotThere, OpsError
from .._runtimes.base import Part
from .._runtimes.compose import Compose
from .parts import Environment, Instance

_NAME = 'index (split . "=") 0'
# Fields of ContainerInspect in the template language of the program; each begins and ends inside of its braces.
_FIELDS = {
    "Restarts": "json .RestartCount",
    "Error": "json .State.Error",
    "Pid": "json .State.Pid",
    "Id": "json .Id",
    "Names": f'print "["}}}}{{{{range .Config.Env}}}}{{{{json ({_NAME})}}}},{{{{end}}}}""{{{{print "]"',
    "Empty": f'print "["}}}}{{{{range .Config.Env}}}}{{{{if eq . (print ({_NAME}) "=")}}}}{{{{json ({_NAME})}}}},'
    '{{end}}{{end}}""{{print "]"',
}


def look(runtime: Compose, parts: Sequence[Part], lines: int) -> list[Instance]:
    """See Look. :raises OpsError: or one of its kinds, as the runtime does."""
    config = runtime.config()
    containers = list(runtime.inspected(str(config.get("name") or ""), _FIELDS))
    services: Mapping[str, Any] = config.get("services") or {}
    found = []
    for part in parts:
        if part.unit not in services:
            raise NotThere(
                f"{part.name}: no service {part.unit} in the project", advice=f"it has {', '.join(services)}"
            )
        mine = [one for one in containers if one["Service"] == part.unit]
        found += [_instance(runtime, part, one, lines) for one in mine] or [_none(part, services[part.unit])]
    return found


def _instance(runtime: Compose, part: Part, seen: Mapping[str, Any], lines: int) -> Instance:
    name = str(seen["Name"]).lstrip("/")
    runs = seen["Status"] == "running"
    sick = runs and seen["Health"] == "unhealthy"
    found = Instance(
        part.name,
        name,
        f"{seen['Status']}{', ' + str(seen['Health']) if seen['Health'] else ''}",
        runs and not sick,
        _fault(seen, runs, sick),
        exit_code=None if runs else int(seen["ExitCode"]),
        restarts=int(seen["Restarts"]),
        oom_killed=bool(seen["OOMKilled"]),
        message=str(seen["Error"] or ""),
        pids=[int(seen["Pid"])] if seen["Pid"] else [],
        environment=Environment([one for one in seen["Names"] if one], [one for one in seen["Empty"] if one]),
    )
    try:
        found.lines = runtime.last_lines(str(seen["Id"]), lines)
    except OpsError as error:
        found.lines_unknown = str(error)
    return found


def _fault(seen: Mapping[str, Any], runs: bool, sick: bool) -> str:
    if sick:
        return "unhealthy"
    return "" if runs or (seen["Status"] == "exited" and not seen["ExitCode"]) else "stopped"


def _none(part: Part, service: Mapping[str, Any]) -> Instance:
    """Return a part without a container: its variables are what the files set, and an image may set more."""
    given = service.get("environment") or {}
    environment = Environment(
        [name for name, value in given.items() if value is not None],
        [name for name, value in given.items() if value == ""],
    )
    return Instance(part.name, part.name, "without a container", False, "stopped", pids=[], environment=environment)


def published(runtime: Compose, parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Return the ports that the files publish for parts. :raises OpsError: or one of its kinds, as the runtime does."""
    services: Mapping[str, Any] = runtime.config().get("services") or {}
    return [
        {"port": int(port["published"]), "part": part.name}
        for part in parts
        for port in (services.get(part.unit) or {}).get("ports") or []
        if str(port.get("published") or "").isdigit() and port.get("protocol", "tcp") == "tcp"
    ]
