# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STAND-IN for KEDA, whose operator does not run here: the kind ScaledObject, and somebody who says that one is ready.

The kind is KEDA's own definition where the cache of Go's modules has github.com/kedacore/keda/v2, else one with the
fields that KEDA documents (keda.sh/docs/latest/reference/scaledobject-spec). Nothing is scaled.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .kubernetes_help import Place

KIND = ("keda.sh", "v1alpha1")
NAME = "scaledobjects.keda.sh"
_MODULES = Path(os.environ.get("GOMODCACHE") or Path.home() / "go/pkg/mod")


def definition() -> dict[str, Any]:
    """Return what makes the cluster know ScaledObjects."""
    found = sorted(_MODULES.glob("github.com/kedacore/keda/v2@*/config/crd/bases/keda.sh_scaledobjects.yaml"))
    if found:
        whole: dict[str, Any] = yaml.safe_load(found[-1].read_text(encoding="utf-8"))
        return whole
    number, text = {"type": "integer", "format": "int32"}, {"type": "string"}
    target = dict.fromkeys(("apiVersion", "kind", "name", "envSourceContainerName"), text)
    trigger = {
        **dict.fromkeys(("type", "name", "metricType"), text),
        "useCachedMetrics": {"type": "boolean"},
        "metadata": {"type": "object", "additionalProperties": text},
        "authenticationRef": {"type": "object", "properties": {"name": text, "kind": text}},
    }
    counts = ("pollingInterval", "cooldownPeriod", "initialCooldownPeriod", "idleReplicaCount")
    spec = {
        **dict.fromkeys((*counts, "minReplicaCount", "maxReplicaCount"), number),
        "scaleTargetRef": {"type": "object", "properties": target, "required": ["name"]},
        "triggers": {
            "type": "array",
            "items": {"type": "object", "properties": trigger, "required": ["type", "metadata"]},
        },
    }
    schema = {
        "type": "object",
        "required": ["spec"],
        "properties": {
            "spec": {"type": "object", "properties": spec, "required": ["scaleTargetRef", "triggers"]},
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    version = {
        "name": KIND[1],
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
    names = {"plural": "scaledobjects", "singular": "scaledobject", "kind": "ScaledObject"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {"group": KIND[0], "names": names, "scope": "Namespaced", "versions": [version]},
    }


@contextmanager
def keda_here(place: Place) -> Iterator[threading.Event]:
    """Let the cluster know ScaledObjects; while the event is set, those of the place are said to be ready."""
    at_work, over = threading.Event(), threading.Event()
    thread = threading.Thread(target=_say_ready, args=(place, at_work, over))
    place.definitions.create_custom_resource_definition(definition())

    def known() -> bool:
        conditions = place.definitions.read_custom_resource_definition(NAME).status.conditions or []
        return any(one.type == "Established" and one.status == "True" for one in conditions)

    try:
        wait_for("the kind ScaledObject", known, seconds=60)
        thread.start()
        yield at_work
    finally:
        over.set()
        if thread.ident is not None:
            thread.join()
        place.definitions.delete_custom_resource_definition(NAME)


def _say_ready(place: Place, at_work: threading.Event, over: threading.Event) -> None:
    ready = {"type": "Ready", "status": "True", "reason": "StandIn", "message": ""}
    while not over.wait(0.3):
        if not at_work.is_set():
            continue
        for one in place.objects.list_namespaced_custom_object(*KIND, place.name, "scaledobjects")["items"]:
            if not one.get("status"):
                status = {"status": {"conditions": [ready]}}
                name = one["metadata"]["name"]
                place.objects.patch_namespaced_custom_object_status(*KIND, place.name, "scaledobjects", name, status)
