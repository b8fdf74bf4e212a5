# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind compose: the services of a compose project are up, with as many containers as expected. Needs docker.

Compose keeps no state of its own; it labels containers, and what carries the labels of a project is the project.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._core.argspec import ArgSpec
from .._core.docker_connection import LIBRARY, connect, where
from .._core.docker_connection import SPEC as CONNECTION
from .._core.errors import InputError, NotThere, one_line
from .._core.libraries import load
from .base import Condition, Context, Options, Values
from .docker_facts import HEALTH_CHOICES, IF_ANY, container_values, fault_of
from .limits import COUNT, Limit, limit_conditions, limits_spec

if TYPE_CHECKING:
    from docker import APIClient

_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_ONE_OFF = "com.docker.compose.oneoff"

LIMITS = (Limit("max_restarts", COUNT, "restarts"),)


def replicas(value: object) -> dict[str, int]:
    """Return service -> containers expected, of such a dictionary or of a list of names (one each).

    Fit to be the ``type`` of an option.

    :raises ValueError: anything else, or no service at all.
    """
    if isinstance(value, str):
        value = [name.strip() for name in value.split(",") if name.strip()]
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return dict.fromkeys(value, 1)
    if isinstance(value, Mapping) and value:
        counts = {str(name): str(count) for name, count in value.items()}
        if all(count.isdigit() for count in counts.values()):
            return {name: int(count) for name, count in counts.items()}
    raise ValueError("expected a list of services, or a dictionary of services and how many containers each has")


SPEC = (
    CONNECTION
    + ArgSpec(
        options={
            "project": {"type": "str", "required": True},
            "services": {"type": replicas},
            "completed": {"type": "list", "elements": "str", "default": []},
            "health": {"type": "str", "default": IF_ANY, "choices": HEALTH_CHOICES},
            "allow_other": {"type": "bool", "default": True},
        }
    )
    + limits_spec(LIMITS)
)
LIBRARIES: Sequence[str] = (LIBRARY,)

_MOST_CONTAINERS = 200
_SHOWN = 20


def probe(options: Options, context: Context) -> Values:
    """Return the containers of each service and how many of them are ready; see docs/checks/compose.md.

    :raises NotThere: the project has no container, and no service was named that it must have; or no daemon.
    :raises OpsError: or one of its kinds, as the connection does.
    """
    with context.few_at_once(where(options)), connect(options) as client:
        containers = list(_containers(client, options))
    wanted = options.get("services") or {}
    if not containers and not wanted:
        raise NotThere(
            f"no container belongs to the project {one_line(options['project'], 100)}",
            on=where(options),
            advice="compose ls shows the names of projects; name services to have it fail when all are gone",
        )
    return summary(containers, options)


def _containers(client: APIClient, options: Options) -> Iterator[tuple[str, Values]]:
    """Yield service and state of each container of the project, less what ``compose run`` started."""
    found = client.containers(all=True, filters={"label": f"{_PROJECT}={options['project']}"})
    if len(found) > _MOST_CONTAINERS:
        raise InputError(
            f"the project has {len(found)} containers", on=options["project"], advice=f"at most {_MOST_CONTAINERS}"
        )
    lasting = [one for one in found if str(one["Labels"].get(_ONE_OFF, "")).lower() != "true"]
    for one in lasting:
        inspected = _inspect(client, str(one["Id"]))
        if inspected:
            service = one_line(one["Labels"].get(_SERVICE, ""), 100)
            yield service, container_values(inspected, time.time())


def _inspect(client: APIClient, container_id: str) -> Mapping[str, Any] | None:
    """Return what the daemon knows of a container; None when it has been removed since it was listed."""
    try:
        inspected: Mapping[str, Any] = client.inspect_container(container_id)
    except load("docker.errors").NotFound:
        return None
    return inspected


def summary(containers: Sequence[tuple[str, Values]], options: Options) -> Values:
    """Return the values of a project from the state of its containers.

    :param containers: service and :func:`.docker_facts.container_values` of each.
    """
    wanted: Mapping[str, int] = options.get("services") or {}
    named = {*wanted, *options["completed"]}
    services = {name: {"containers": 0, "ready": 0, "completed": 0, "restarts": 0} for name in sorted(named)}
    faults: list[str] = []
    for service, container in sorted(containers, key=lambda one: str(one[1]["container"])):
        counts = services.setdefault(service, {"containers": 0, "ready": 0, "completed": 0, "restarts": 0})
        fault = fault_of(container, options["health"])
        completed = service in options["completed"] and container["exit_code"] == 0
        counts["containers"] += 1
        counts["ready"] += not fault
        counts["completed"] += completed
        counts["restarts"] += container["restarts"]
        if fault and not completed and (service in named or not wanted):
            faults.append(f"{container['container']}: {fault}")
    return {
        "project": options["project"],
        "containers": len(containers),
        "services": services,
        "restarts": max((container["restarts"] for _service, container in containers), default=0),
        "not_ready": faults[:_SHOWN],
        "other_services": sorted({*services} - named)[:_SHOWN] if wanted else [],
    }


def conditions(options: Options) -> list[Condition]:
    """Expect of each service its containers, no container that is not ready, and no other service unless allowed."""
    wanted: Mapping[str, int] = options.get("services") or {}
    found = [Condition(f'services."{name}".ready', "ge", count) for name, count in wanted.items()]
    found += [Condition(f'services."{name}".completed', "ge", 1) for name in options["completed"]]
    found.append(Condition("not_ready", "eq", []))
    if not options["allow_other"]:
        found.append(Condition("other_services", "eq", []))
    return [*found, *limit_conditions(LIMITS, options)]
