# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the daemon's JSON says of a container (Docker Engine API: ContainerInspect, ContainerStats), as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.errors import one_line
from .._core.moments import moment
from .base import Values

RUNNING = "running"
HEALTHY = "healthy"
# What has not ended has no exit status; the API writes 0 all the same.
_NOT_ENDED = (RUNNING, "paused", "created")

# How the option health takes a container: it must be healthy if it has a health check, must have one, or need not be.
IF_ANY = "if_any"
IGNORE = "ignore"
HEALTH_CHOICES = [IF_ANY, HEALTHY, IGNORE]


def container_values(inspected: Mapping[str, Any], now: float) -> Values:
    """Return the state of a container, null where it has none.

    :param inspected: the answer of ContainerInspect.
    :param now: seconds since the epoch, by the daemon's clock or one that goes like it.
    """
    state: Mapping[str, Any] = inspected["State"]
    config: Mapping[str, Any] = inspected.get("Config") or {}
    health: Mapping[str, Any] = state.get("Health") or {}
    status = str(state["Status"])
    health_status = health.get("Status")
    started = moment(state.get("StartedAt"))
    is_up = status == RUNNING
    return {
        "container": one_line(str(inspected["Name"]).lstrip("/"), 200),
        "id": str(inspected["Id"])[:12],
        "image": one_line(config.get("Image", ""), 300),
        "status": one_line(status, 40),
        # The API writes "none" or leaves it out when the image and the run define no health check.
        "health": None if health_status in (None, "", "none") else one_line(health_status, 40),
        "restarts": int(inspected.get("RestartCount", 0)),
        "oom_killed": bool(state.get("OOMKilled")),
        "exit_code": None if status in _NOT_ENDED else int(state["ExitCode"]),
        "uptime": round(max(0.0, now - started), 1) if is_up and started else None,
        "error": one_line(state.get("Error", ""), 200),
    }


def fault_of(container: Values, health: str) -> str:
    """Return what is wrong with a container that should run, in a few words; empty when nothing is.

    :param container: of :func:`container_values`. :param health: one of ``HEALTH_CHOICES``.
    """
    if container["status"] != RUNNING:
        return _not_running(container)
    if health == IGNORE or (container["health"] is None and health == IF_ANY):
        return ""
    return "" if container["health"] == HEALTHY else str(container["health"] or "without a health check")


def _not_running(container: Values) -> str:
    words = [str(container["status"])]
    if container["exit_code"] is not None:
        words.append(f"with {container['exit_code']}")
    if container["oom_killed"]:
        words.append("(out of memory)")
    return " ".join(words)


def limits_of(inspected: Mapping[str, Any]) -> tuple[int | None, float | None]:
    """Return the limits that a container was started with: memory in bytes and CPUs; None without one."""
    host: Mapping[str, Any] = inspected.get("HostConfig") or {}
    cpus = (host.get("NanoCpus") or 0) / 1e9
    quota = host.get("CpuQuota") or 0
    if not cpus and quota > 0:
        cpus = quota / (host.get("CpuPeriod") or 100_000)  # the kernel's own period, in microseconds
    return host.get("Memory") or None, cpus or None


def memory_used(sample: Mapping[str, Any]) -> int | None:
    """Return the bytes that a container uses, less the file cache that the kernel gives back, as ``docker stats`` does.

    None when the daemon has no number: the container does not run, or its host does not count memory.
    """
    memory: Mapping[str, Any] = sample.get("memory_stats") or {}
    usage = memory.get("usage")
    if usage is None:
        return None
    counted: Mapping[str, Any] = memory.get("stats") or {}
    given_back = counted.get("inactive_file", counted.get("total_inactive_file", 0))  # cgroup version 2, 1
    return max(0, int(usage) - int(given_back))


def cpu_percent(first: Mapping[str, Any], second: Mapping[str, Any]) -> float | None:
    """Return the CPU time between two samples in percent of one CPU, by the container's own clock of samples.

    None when either has no number, or no time went by.
    """
    before, after = _cpu_nanoseconds(first), _cpu_nanoseconds(second)
    began, ended = moment(first.get("read")), moment(second.get("read"))
    if before is None or after is None or began is None or ended is None or ended <= began:
        return None
    return round(max(0, after - before) / 1e9 / (ended - began) * 100, 2)


def _cpu_nanoseconds(sample: Mapping[str, Any]) -> int | None:
    usage = ((sample.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage")
    return None if usage is None else int(usage)


def percent_of(value: float | None, limit: float | None) -> float | None:
    """Return ``value`` in percent of ``limit``; None when either is not known."""
    return None if value is None or not limit else round(100 * value / limit, 2)
