# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that is a Service of Kubernetes, or the number of pods of its workloads.

A Service is pointed away from its pods by one label more in its selector, which no pod has: the rest of the selector
stays as it is, and is what it was once that label is gone. Workloads are scaled to no pod; how many there were stands
in an annotation that comes and goes with the number, in one request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .._core.argspec import ArgSpec
from .._core.errors import InputError, NotThere, OpsError
from .._core.kubernetes_connection import SPEC as CONNECTION
from .._core.kubernetes_connection import Api, Conflict, where
from . import outside
from .base import CLOSED, HALF, OPEN, Options
from .outside import seen_from_outside

__all__ = ["SPEC", "position", "seen_from_outside", "turn"]

SPEC = (
    ArgSpec(
        options={
            "api": {"type": "dict", "default": {}},
            "namespace": {"type": "str", "default": "default"},
            "service": {"type": "str"},
            "workloads": {"type": "list", "elements": "str", "default": []},
        },
    )
    + outside.SPEC
)
# The label of the selector, and the annotation of a workload.
MARK = "day2.ops/ingress"
REPLICAS = "day2.ops/ingress-replicas"
_PLURALS = {"deployment": "deployments", "statefulset": "statefulsets"}
# Controllers write to a workload too, each time its pods change.
_TRIES = 10

Object = Mapping[str, Any]


class _Cluster:
    """Reads and changes objects of one namespace."""

    def __init__(self, options: Options) -> None:
        given = {name: value for name, value in options["api"].items() if value is not None}
        self._options = CONNECTION.validate({**given, "namespace": options["namespace"]}, "switch: api")
        self._api = Api(self._options)

    def get(self, what: str) -> Object:
        """Return the object at ``services/NAME`` or the like. :raises NotThere: there is none."""
        try:
            found: Object = self._api.get(self._path(what), {}, self._deadline())
        except NotThere as error:
            said = f"no {what} in the namespace {self._options['namespace']}"
            raise NotThere(said, on=where(self._options)) from error
        return found

    def change(self, what: str, seen: Object, change: Mapping[str, Any]) -> None:
        """Merge ``change`` into what was ``seen``. :raises Conflict: it is another by now."""
        metadata = {**change.get("metadata", {}), "resourceVersion": seen["metadata"]["resourceVersion"]}
        self._api.patch(self._path(what), {**change, "metadata": metadata}, self._deadline())

    def _deadline(self) -> float:
        return self._api.deadline(self._options["timeout"])

    def _path(self, what: str) -> str:
        plural, _slash, name = what.partition("/")
        group = "api/v1" if plural == "services" else "apis/apps/v1"
        return f"/{group}/namespaces/{quote(self._options['namespace'], safe='')}/{plural}/{quote(name, safe='')}"


def position(options: Options) -> str:
    """Ask the API. :raises OpsError: it does not answer, or has no such object."""
    cluster = _Cluster(options)
    if options.get("service"):
        return CLOSED if MARK in _selector(cluster.get(_names(options)[0]), options) else OPEN
    found = [cluster.get(name) for name in _names(options)]
    if not any(map(_replicas, found)):
        return CLOSED
    return HALF if any(_noted(one) is not None for one in found) else OPEN


def turn(options: Options, state: str) -> None:
    """Change each object. :raises OpsError: the API refuses, or nobody knows how many pods there were."""
    cluster = _Cluster(options)
    changing = _of_service if options.get("service") else _closing if state == CLOSED else _opening
    names = _names(options)
    if changing is _opening and all(_noted(cluster.get(name)) is None for name in names):
        raise OpsError(
            "the ingress was closed by somebody else: how many pods there were is not known",
            on=", ".join(names),
            advice="scale it by hand",
        )
    for name in names:
        _changed(cluster, name, lambda seen: changing(seen, options, state))


def _changed(cluster: _Cluster, name: str, change: Any) -> None:
    """Change an object as it asks for by what it is, anew when it is another by then."""
    for left in reversed(range(_TRIES)):
        seen = cluster.get(name)
        wanted = change(seen)
        if not wanted:
            return
        try:
            cluster.change(name, seen, wanted)
            return
        except Conflict:
            if not left:
                raise


def _of_service(seen: Object, options: Options, state: str) -> dict[str, Any]:
    selector = _selector(seen, options)
    if (MARK in selector) == (state == CLOSED):
        return {}
    return {"spec": {"selector": {MARK: CLOSED if state == CLOSED else None}}}


def _closing(seen: Object, _options: Options, _state: str) -> dict[str, Any]:
    replicas = _replicas(seen)
    if not replicas:  # of ours the note stands; of somebody else's there is none, and it stays at nothing
        return {}
    return {"metadata": {"annotations": {REPLICAS: str(replicas)}}, "spec": {"replicas": 0}}


def _opening(seen: Object, _options: Options, _state: str) -> dict[str, Any]:
    noted = _noted(seen)
    if noted is None:
        return {}
    return {
        "metadata": {"annotations": {REPLICAS: None}},
        **({} if _replicas(seen) else {"spec": {"replicas": noted}}),  # who started some meanwhile knows how many
    }


def _names(options: Options) -> Sequence[str]:
    """Return what is switched, each as the API has it. :raises InputError: nothing is, or both kinds are."""
    if bool(options.get("service")) == bool(options["workloads"]):
        raise InputError("switch: give either service or workloads")
    if options.get("service"):
        return [f"services/{options['service']}"]
    return [_workload(name) for name in options["workloads"]]


def _workload(given: str) -> str:
    kind, _slash, name = given.partition("/")
    if kind.lower() not in _PLURALS or not name:
        raise InputError("switch: no kind of workload", on=given, advice="expected deployment/NAME or statefulset/NAME")
    return f"{_PLURALS[kind.lower()]}/{name}"


def _selector(service: Object, options: Options) -> Mapping[str, str]:
    selector: Mapping[str, str] = service["spec"].get("selector") or {}
    if not selector:
        raise InputError(
            "the Service has no selector that could be pointed away",
            on=f"{options['namespace']}/{options['service']}",
            advice="give workloads",
        )
    return selector


def _replicas(workload: Object) -> int:
    return int(workload["spec"].get("replicas", 1))


def _noted(workload: Object) -> int | None:
    """Return how many pods there were when it was closed from here. :raises OpsError: somebody changed the note."""
    note = (workload["metadata"].get("annotations") or {}).get(REPLICAS)
    if note is None:
        return None
    if not str(note).isdigit():
        on = workload["metadata"]["name"]
        raise OpsError(f"the annotation {REPLICAS} is no number", on=on, advice="expected how many pods there were")
    return int(note)
