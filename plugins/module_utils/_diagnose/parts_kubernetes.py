# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind kubernetes: the pods of a workload, as the API tells of them. Secrets are never read, nor their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .._core.errors import OpsError
from .._core.kubernetes_connection import Api
from .._runtimes.base import Part
from .._runtimes.kubernetes import Kubernetes, unit_of
from .parts import Environment, Instance

Object = Mapping[str, Any]
_SECONDS = 10.0
# Why a container waits -> a name in ADVICE; ContainerState and the kubelet's own words.
_WAITING = {
    "ErrImagePull": "image",
    "ImagePullBackOff": "image",
    "InvalidImageName": "image",
    "ErrImageNeverPull": "image",
    "CreateContainerConfigError": "configuration",
    "CreateContainerError": "configuration",
    "RunContainerError": "configuration",
}


def look(runtime: Kubernetes, parts: Sequence[Part], lines: int) -> list[Instance]:
    """See Look. :raises OpsError: or one of its kinds, as the API does."""
    return Pods(runtime.options).look(parts, lines)


class Pods:
    """The pods of parts in one namespace."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """:param options: validated by the runtime's specification."""
        self._api = Api(options)
        self._place = f"namespaces/{quote(options['namespace'], safe='')}"

    def look(self, parts: Sequence[Part], lines: int) -> list[Instance]:
        """Return the instances of parts, as Look says."""
        found = []
        for part in parts:
            _kind, plural, name = unit_of(part)
            workload = self._get(f"/apis/apps/v1/{self._place}/{plural}/{quote(name, safe='')}")
            container = workload["spec"]["template"]["spec"]["containers"][0]
            environment = self._environment(container)
            labels = (workload["spec"]["selector"].get("matchLabels") or {}).items()
            selector = ",".join(f"{label}={value}" for label, value in labels)
            pods = self._get(f"/api/v1/{self._place}/pods", labelSelector=selector).get("items") or []
            mine = [self._instance(part, pod, container["name"], environment, lines) for pod in pods]
            if not mine and workload["spec"].get("replicas", 1):
                why = "; ".join(_conditions(workload))
                mine = [Instance(part.name, part.name, "without a pod", False, "stopped", message=why)]
                mine[0].environment = environment
            found += mine
        return found

    def _get(self, path: str, **query: str) -> Object:
        found: Object = self._api.get(path, query, self._api.deadline(_SECONDS))
        return found

    def _instance(self, part: Part, pod: Object, container: str, environment: Environment, lines: int) -> Instance:
        name = pod["metadata"]["name"]
        found = instance_of(part.name, pod, container)
        found.environment = environment
        try:
            path = f"/api/v1/{self._place}/pods/{quote(name, safe='')}/log"
            query = {"container": container, "tailLines": str(lines)}
            found.lines = self._api.get_text(path, query, self._api.deadline(_SECONDS)).splitlines()[-lines:]
        except OpsError as error:
            found.lines_unknown = str(error)
        return found

    def _environment(self, container: Object) -> Environment:
        """Return the names that the workload's container is given, those of its ConfigMaps among them."""
        given = container.get("env") or []
        names = [one["name"] for one in given]
        empty = [one["name"] for one in given if one.get("value", "x" if one.get("valueFrom") else "") == ""]
        for source in container.get("envFrom") or []:
            if "secretRef" in source:
                secret = source["secretRef"]["name"]
                return Environment(unknown=f"some come from the Secret {secret}, which is not read")
            prefix = source.get("prefix") or ""
            try:
                config = self._get(f"/api/v1/{self._place}/configmaps/{quote(source['configMapRef']['name'], safe='')}")
            except OpsError as error:
                return Environment(unknown=str(error))
            names += [prefix + name for name in config.get("data") or {}]
            empty += [prefix + name for name, value in (config.get("data") or {}).items() if not value]
        return Environment(names, empty)


def instance_of(part: str, pod: Object, container: str) -> Instance:
    """Return what a pod's status says of one of its containers."""
    status: Object = pod.get("status") or {}
    seen: Object = next((one for one in status.get("containerStatuses") or [] if one["name"] == container), {})
    state: Object = seen.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    last: Object = ended or (seen.get("lastState") or {}).get("terminated") or {}
    runs = bool(seen.get("ready")) and "running" in state
    messages = [waiting.get("message"), ended.get("message"), *_conditions(pod)]
    return Instance(
        part,
        pod["metadata"]["name"],
        str(waiting.get("reason") or ended.get("reason") or status.get("phase") or "unknown"),
        runs,
        "" if runs else _fault(status, waiting, state),
        exit_code=last.get("exitCode"),
        restarts=seen.get("restartCount"),
        oom_killed=last.get("reason") == "OOMKilled",
        message="" if runs else "; ".join(str(one) for one in messages if one),
    )


def _fault(status: Object, waiting: Object, state: Object) -> str:
    if waiting.get("reason") in _WAITING:
        return _WAITING[waiting["reason"]]
    if any(one.get("reason") == "Unschedulable" for one in status.get("conditions") or []):
        return "no_room"
    return "unhealthy" if "running" in state else "stopped"


def _conditions(found: Object) -> Iterator[str]:
    """Yield what conditions say that do not hold."""
    for one in (found.get("status") or {}).get("conditions") or []:
        if one.get("status") == "False" and one.get("message"):
            yield str(one["message"])
