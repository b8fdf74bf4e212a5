# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What objects of the Kubernetes API say of a workload and its pods (API groups apps/v1 and v1).

When a rollout is complete is told as ``kubectl rollout status`` tells it, less what is available: that is told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Callable

from .._core.errors import one_line

Object = Mapping[str, Any]

# What a container waits for while it starts as it should.
_STARTING = ("ContainerCreating", "PodInitializing")


@dataclass(frozen=True)
class Workload:
    """Replicas of a workload, and what is left to do of its rollout (empty when it is complete)."""

    name: str
    desired: int
    ready: int
    available: int
    updated: int
    rollout: str

    @property
    def unavailable(self) -> int:
        """Return how many of the replicas desired are not available."""
        return max(0, self.desired - self.available)


@dataclass(frozen=True)
class Pod:
    """A pod that has not ended well: whether it is ready, most restarts of one container, and what is wrong."""

    name: str
    ready: bool
    restarts: int
    troubles: tuple[str, ...]


def name_of(found: Object) -> str:
    """Return the name of an object, fit for a message."""
    return one_line((found.get("metadata") or {}).get("name", ""), 253)


def selector_of(found: Object) -> str:
    """Return the label selector of a workload's pods in the form that queries take."""
    selector: Object = (found.get("spec") or {}).get("selector") or {}
    parts = [f"{name}={value}" for name, value in (selector.get("matchLabels") or {}).items()]
    parts += [_expression(rule) for rule in selector.get("matchExpressions") or []]
    return ",".join(parts)


def _expression(rule: Object) -> str:
    key, values = rule["key"], ",".join(rule.get("values") or [])
    forms: dict[str, str] = {
        "Exists": key,
        "DoesNotExist": f"!{key}",
        "In": f"{key} in ({values})",
        "NotIn": f"{key} notin ({values})",
    }
    return forms[str(rule["operator"])]


def deployment(found: Object) -> Workload:
    """Return the state of a Deployment."""
    spec, status = found["spec"], found.get("status") or {}
    desired, updated = spec.get("replicas", 1), _count(status, "updatedReplicas")
    available, existing = _count(status, "availableReplicas"), _count(status, "replicas")
    rollout = _first(
        (_unobserved(found), "the new specification is not taken up yet"),
        (_condition(status, "Progressing").get("reason") == "ProgressDeadlineExceeded", "it takes longer than it may"),
        (updated < desired, f"{updated} of {desired} replicas are new"),
        (existing > updated, f"{existing - updated} old replicas are left"),
    )
    return Workload(name_of(found), desired, _count(status, "readyReplicas"), available, updated, rollout)


def stateful_set(found: Object) -> Workload:
    """Return the state of a StatefulSet; one that is updated on deletion has no rollout to wait for."""
    spec, status = found["spec"], found.get("status") or {}
    desired, updated = spec.get("replicas", 1), _count(status, "updatedReplicas")
    strategy: Object = spec.get("updateStrategy") or {}
    kept_back = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    wanted = max(0, desired - kept_back)
    rolls = strategy.get("type") != "OnDelete" and status.get("updateRevision") != status.get("currentRevision")
    rollout = _first(
        (_unobserved(found), "the new specification is not taken up yet"),
        (rolls and updated < wanted, f"{updated} of {wanted} replicas are new"),
    )
    # availableReplicas came with Kubernetes 1.22.
    ready = _count(status, "readyReplicas")
    available = _count(status, "availableReplicas") if "availableReplicas" in status else ready
    return Workload(name_of(found), desired, ready, available, updated, rollout)


def daemon_set(found: Object) -> Workload:
    """Return the state of a DaemonSet, which has one replica for each node that is to run it."""
    status: Object = found.get("status") or {}
    desired, updated = _count(status, "desiredNumberScheduled"), _count(status, "updatedNumberScheduled")
    rolls = ((found["spec"].get("updateStrategy") or {}).get("type")) != "OnDelete"
    rollout = _first(
        (_unobserved(found), "the new specification is not taken up yet"),
        (rolls and updated < desired, f"{updated} of {desired} replicas are new"),
    )
    available = _count(status, "numberAvailable")
    return Workload(name_of(found), desired, _count(status, "numberReady"), available, updated, rollout)


# Kind of workload -> what the API calls many of them, and what reads one.
WORKLOADS: dict[str, tuple[str, Callable[[Object], Workload]]] = {
    "deployment": ("deployments", deployment),
    "statefulset": ("statefulsets", stateful_set),
    "daemonset": ("daemonsets", daemon_set),
}


def _first(*rules: tuple[bool, str]) -> str:
    return next((words for holds, words in rules if holds), "")


def _count(status: Object, name: str) -> int:
    """Return a number of replicas; the API leaves out what is 0."""
    return int(status.get(name) or 0)


def _unobserved(found: Object) -> bool:
    """Tell whether the status is of an earlier specification than the one that holds now."""
    observed = (found.get("status") or {}).get("observedGeneration") or 0
    return bool(observed < (found["metadata"].get("generation") or 0))


def _condition(status: Object, name: str) -> Object:
    found: list[Object] = status.get("conditions") or []
    return next((condition for condition in found if condition.get("type") == name), {})


def pod(found: Object) -> Pod | None:
    """Return the state of a pod; None for one that has ended well or is being deleted."""
    status: Object = found.get("status") or {}
    if found["metadata"].get("deletionTimestamp") or status.get("phase") == "Succeeded":
        return None
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    name = name_of(found)
    return Pod(
        name=name,
        ready=_condition(status, "Ready").get("status") == "True",
        restarts=max((int(container.get("restartCount") or 0) for container in containers), default=0),
        troubles=tuple(f"{name}: {one_line(words, 120)}" for words in _troubles(status, containers)),
    )


def has_failed(found: Object) -> bool:
    """Tell whether a pod has ended for good and badly: evicted, or a restart policy that does not restart it."""
    return bool((found.get("status") or {}).get("phase") == "Failed")


def _troubles(status: Object, containers: list[Object]) -> Iterator[str]:
    if status.get("phase") == "Failed":
        yield f"failed, {status.get('reason') or 'without a reason'}"
    scheduled = _condition(status, "PodScheduled")
    if scheduled.get("status") == "False":
        yield str(scheduled.get("reason") or "not scheduled")
    for container in containers:
        words = _trouble(container.get("state") or {}, container.get("lastState") or {})
        if words:
            yield f"{container.get('name')} {words}"


def _trouble(state: Object, before: Object) -> str:
    """Return what is wrong with a container: why it waits, and how it ended before; or how it has ended."""
    waiting: Object = state.get("waiting") or {}
    ended: Object = state.get("terminated") or {}
    if waiting and waiting.get("reason") not in _STARTING:
        last: Object = before.get("terminated") or {}
        return str(waiting.get("reason") or "waits") + (f" ({_end(last)})" if last else "")
    return _end(ended) if ended.get("exitCode") else ""


def _end(ended: Object) -> str:
    return f"{ended.get('reason') or 'ended'}, status {ended.get('exitCode')}"
