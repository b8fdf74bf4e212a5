# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind container: one container of docker is in the state expected and keeps within its limits. Needs docker."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._core.argspec import ArgSpec
from .._core.docker_connection import LIBRARY, connect, where
from .._core.docker_connection import SPEC as CONNECTION
from .._core.errors import InputError, NotThere, one_line
from .base import PASS, UNKNOWN, Condition, Context, Options, Values
from .docker_facts import (
    HEALTH_CHOICES,
    HEALTHY,
    IF_ANY,
    IGNORE,
    RUNNING,
    container_values,
    cpu_percent,
    limits_of,
    memory_used,
    percent_of,
)
from .limits import BYTES, COUNT, PERCENT, SECONDS, Limit, limit_conditions, limits_spec

if TYPE_CHECKING:
    from docker import APIClient


def container_name(value: object) -> str:
    """Return ``value`` as the name or id of a container. Fit to be the ``type`` of an option.

    :raises ValueError: docker would not take it for one.
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", str(value)):
        return str(value)
    raise ValueError("expected letters, digits, and after the first of them _, . and -")


_NO_NUMBER = "it does not run, or the daemon counts none"
MEMORY = (
    Limit("max_memory", BYTES, "memory", unit="bytes", null_means=_NO_NUMBER),
    Limit("max_memory_percent", PERCENT, "memory_percent", unit="%", null_means="the container has no memory limit"),
)
CPU = (
    Limit("max_cpu_percent", "float", "cpu_percent", unit="%", null_means=_NO_NUMBER),
    Limit("max_cpu_limit_percent", PERCENT, "cpu_limit_percent", unit="%", null_means="the container has no CPU limit"),
)
LIMITS = (
    Limit("max_restarts", COUNT, "restarts"),
    Limit("min_uptime", SECONDS, "uptime", "ge", "s", "it does not run"),
    *MEMORY,
    *CPU,
)

SPEC = (
    CONNECTION
    + ArgSpec(
        options={
            "container": {"type": container_name},
            "labels": {"type": "dict"},
            "state": {"type": "str", "default": RUNNING, "choices": [RUNNING, "exited", "paused", "created"]},
            "health": {"type": "str", "default": IF_ANY, "choices": HEALTH_CHOICES},
            "exit_code": {"type": "int"},
            "image": {"type": "str"},
            "stats": {"type": "bool"},
        },
        mutually_exclusive=[("container", "labels")],
        required_one_of=[("container", "labels")],
    )
    + limits_spec(LIMITS)
)
LIBRARIES: Sequence[str] = (LIBRARY,)

# Seconds between the two samples that the use of CPU is taken from; docker stats has the same.
_CPU_WINDOW = 1.0
_SHOWN_NAMES = 5


def probe(options: Options, context: Context) -> Values:
    """Return the state of the container, and what it uses when an option asks for that; docs/checks/container.md.

    :raises NotThere: no such container, or no daemon. :raises InputError: several containers have the labels.
    :raises OpsError: or one of its kinds, as the connection does.
    """
    with context.few_at_once(where(options)), connect(options) as client:
        inspected = client.inspect_container(_name(client, options))
        values = container_values(inspected, time.time())
        return {**values, **_use(client, inspected, options)}


def _name(client: APIClient, options: Options) -> str:
    """Return the name or id of the one container that is meant."""
    if options.get("container"):
        return str(options["container"])
    wanted = [f"{name}={value}" for name, value in (options.get("labels") or {}).items()]
    if not wanted:
        raise InputError("neither container nor labels name a container", on=where(options))
    found = client.containers(all=True, filters={"label": wanted})
    if not found:
        raise NotThere(f"no container has the labels {one_line(', '.join(wanted), 200)}", on=where(options))
    if len(found) > 1:
        names = ", ".join(str(one["Names"][0]).lstrip("/") for one in found[:_SHOWN_NAMES])
        raise InputError(
            f"{len(found)} containers have the labels {one_line(', '.join(wanted), 200)}",
            on=one_line(names, 200),
            advice="a check is of one container; add a label, or use the kind compose",
        )
    return str(found[0]["Id"])


def _use(client: APIClient, inspected: Mapping[str, Any], options: Options) -> Values:
    """Return memory (bytes) and CPU (percent of one CPU) with their limits, those that an option asks for."""
    wants_cpu = bool(options.get("stats")) or _any_given(CPU, options)
    if not (wants_cpu or _any_given(MEMORY, options)):
        return {}
    memory_limit, cpu_limit = limits_of(inspected)
    first = _sample(client, inspected)
    memory = memory_used(first)
    values: Values = {
        "memory": memory,
        "memory_limit": memory_limit,
        "memory_percent": percent_of(memory, memory_limit),
    }
    if wants_cpu:
        if inspected["State"]["Running"]:
            time.sleep(min(_CPU_WINDOW, options["timeout"] / 4))  # the use of CPU is one over time
        cpu = cpu_percent(first, _sample(client, inspected))
        share = percent_of(cpu, cpu_limit * 100 if cpu_limit else None)
        values.update(cpu_percent=cpu, cpu_limit=cpu_limit, cpu_limit_percent=share)
    return values


def _sample(client: APIClient, inspected: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return one sample; the daemon would wait a second or two for another, and knows one-shot since Docker 20.10."""
    sample: Mapping[str, Any] = client.stats(inspected["Id"], stream=False, one_shot=True)
    return sample


def _any_given(limits: Sequence[Limit], options: Options) -> bool:
    return any(options.get(limit.option) is not None for limit in limits)


def conditions(options: Options) -> list[Condition]:
    """Expect the state, no death for want of memory, health while it runs, status 0 once it has exited; and limits."""
    state = options["state"]
    found = [Condition("status", "eq", state), Condition("oom_killed", "eq", False)]
    if state == RUNNING and options["health"] != IGNORE:
        null_is = PASS if options["health"] == IF_ANY else UNKNOWN
        found.append(
            Condition("health", "in", [HEALTHY], null_means="the container has no health check", null_is=null_is)
        )
    code = options.get("exit_code")
    if code is None and state == "exited":
        code = 0
    if code is not None:
        found.append(Condition("exit_code", "eq", code))
    if options.get("image"):
        found.append(Condition("image", "eq", options["image"]))
    return [*found, *limit_conditions(LIMITS, options)]
