# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What scales a workload by itself: HorizontalPodAutoscalers (autoscaling/v2), and KEDA's ScaledObjects.

Either can be held at a number, so that nobody undoes a number that people have set: an autoscaler of Kubernetes by
bounds that are that number, with the former ones in an annotation; KEDA's by its own annotation for that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .._core.errors import AccessDenied, NotThere

Object = Mapping[str, Any]
HPA, SCALED_OBJECT = "HorizontalPodAutoscaler", "ScaledObject"
# The bounds that an autoscaler had before it was held from here.
BOUNDS = "day2.ops/autoscaler"
# https://keda.sh/docs/latest/reference/scaledobject-spec/: scales to that number and pauses there.
PAUSED = "autoscaling.keda.sh/paused-replicas"
# The same, wherever it is.
RESTS = "autoscaling.keda.sh/paused"
_NOT = ("0", "f", "F", "false", "False", "FALSE")
_PATHS = {
    HPA: "apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    SCALED_OBJECT: "apis/keda.sh/v1alpha1/namespaces/{}/scaledobjects",
}
_VERSIONS = {HPA: "autoscaling/v2", SCALED_OBJECT: "keda.sh/v1alpha1"}
# What a ScaledObject means when it does not say how many.
_KEDA_LEAST, _KEDA_MOST = 0, 100
# What the server keeps of an object, and takes from nobody else.
_SERVERS = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")


@dataclass(frozen=True)
class Autoscaler:
    """One that scales a workload.

    :param holds: the number it is held at, None where it scales. :param rests: it scales nothing, whatever there is.
    """

    kind: str
    name: str
    least: int
    most: int
    holds: int | None
    definition: Object
    rests: bool = False

    def undoes(self, count: int) -> bool:
        """Tell whether it would change that number of instances."""
        if self.kind == HPA and count == 0:
            return False  # one whose workload has no replicas is not active
        return self.holds != count and not self.rests

    def said(self) -> str:
        """Return what is said of it, to follow the name of a part."""
        if self.rests:
            return f"is left alone by the {self.kind} {self.name}, which is paused"
        said = f"is scaled by the {self.kind} {self.name} from {self.least} to {self.most}"
        return said if self.holds is None else f"is held at {self.holds} by the {self.kind} {self.name}"

    def shown(self, count: int | None) -> dict[str, Any]:
        """Return what the tasks of roles need. :param count: the number that it may have to be held at."""
        return {
            "kind": self.kind,
            "name": self.name,
            "said": self.said(),
            "holds": self.holds,
            "rests": self.rests,
            "definition": self.definition,
            "released": _released(self),
            **({} if count is None else {"held": _held(self, count)}),
        }


def governing(ask: Callable[[str], Object], namespace: str, kind: str, name: str) -> list[Autoscaler]:
    """Return what scales a workload.

    :param ask: returns what is at a path of the API. :param namespace: fit for a path.
    :raises OpsError: it cannot be told.
    """
    scalers = [_autoscaler(SCALED_OBJECT, one) for one in _keda(ask, namespace) if _target(one) == (kind, name)]
    for one in ask(_PATHS[HPA].format(namespace)).get("items") or []:
        if _target(one) == (kind, name) and _owner(one) not in [scaler.name for scaler in scalers]:
            scalers.append(_autoscaler(HPA, one))
    return scalers


def _keda(ask: Callable[[str], Object], namespace: str) -> Sequence[Object]:
    try:
        found: Sequence[Object] = ask(_PATHS[SCALED_OBJECT].format(namespace)).get("items") or []
    except (NotThere, AccessDenied):
        # No KEDA. Who may not read its objects is told so whether it is there or not; it makes an autoscaler of
        # Kubernetes for each, and that is seen.
        return []
    return found


def _target(found: Object) -> tuple[str, str]:
    target = found["spec"].get("scaleTargetRef") or {}
    return str(target.get("kind") or "Deployment"), str(target.get("name"))


def _owner(found: Object) -> str | None:
    """Return the name of the ScaledObject that an autoscaler of Kubernetes was made for."""
    owners = found["metadata"].get("ownerReferences") or []
    return next((str(one.get("name")) for one in owners if one.get("kind") == SCALED_OBJECT), None)


def _autoscaler(kind: str, found: Object) -> Autoscaler:
    spec, annotations = found["spec"], found["metadata"].get("annotations") or {}
    if kind == HPA:
        least, most = int(spec.get("minReplicas") or 1), int(spec["maxReplicas"])
        holds = most if BOUNDS in annotations and least == most else None
    else:
        least, most = int(spec.get("minReplicaCount") or _KEDA_LEAST), int(spec.get("maxReplicaCount") or _KEDA_MOST)
        paused = str(annotations.get(PAUSED, ""))
        holds = int(paused) if paused.isdigit() else None
    metadata = {name: value for name, value in found["metadata"].items() if name not in _SERVERS}
    whole = {"apiVersion": _VERSIONS[kind], "kind": kind, "metadata": metadata, "spec": spec}
    rests = kind == SCALED_OBJECT and holds is None and annotations.get(RESTS, _NOT[0]) not in _NOT
    return Autoscaler(kind, str(metadata["name"]), least, most, holds, whole, rests)


def _held(one: Autoscaler, count: int) -> Object:
    """Return it as it is when it leaves that number alone. None are held by no autoscaler: it is not active then."""
    if one.kind == SCALED_OBJECT:
        return _with(one, {PAUSED: str(count)}, {})
    if count == 0:
        return one.definition
    kept = (one.definition["metadata"].get("annotations") or {}).get(BOUNDS)
    bounds = kept or json.dumps({name: one.definition["spec"].get(name) for name in ("minReplicas", "maxReplicas")})
    return _with(one, {BOUNDS: bounds}, {"minReplicas": count, "maxReplicas": count})


def _released(one: Autoscaler) -> Object:
    """Return it as it is when it scales again; as it is now where it does."""
    if one.rests:
        return _with(one, {RESTS: None}, {})
    if one.holds is None:
        return one.definition
    if one.kind == SCALED_OBJECT:
        return _with(one, {PAUSED: None}, {})
    bounds = json.loads(one.definition["metadata"]["annotations"][BOUNDS])
    return _with(one, {BOUNDS: None}, bounds)


def _with(one: Autoscaler, annotations: Mapping[str, str | None], spec: Mapping[str, Any]) -> Object:
    metadata = one.definition["metadata"]
    every = {**(metadata.get("annotations") or {}), **annotations}
    said = {name: value for name, value in every.items() if value is not None}
    without = {name: value for name, value in metadata.items() if name != "annotations"}
    return {
        **one.definition,
        "metadata": {**without, **({"annotations": said} if said else {})},
        "spec": {name: value for name, value in {**one.definition["spec"], **spec}.items() if value is not None},
    }
