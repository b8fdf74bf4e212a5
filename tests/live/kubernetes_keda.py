# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that knows ScaledObjects and has nobody who heeds them, as where KEDA's operator is down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .kubernetes_help import Place

KIND = ("keda.sh", "v1alpha1")
_NAME = "scaledobjects.keda.sh"
_ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": _NAME},
    "spec": {
        "group": KIND[0],
        "names": {"plural": "scaledobjects", "singular": "scaledobject", "kind": "ScaledObject"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": KIND[1],
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {"type": "object", "properties": {"spec": _ANYTHING, "status": _ANYTHING}}
                },
            }
        ],
    },
}


@contextmanager
def keda_without_operator(place: Place) -> Iterator[None]:
    """Let the cluster know ScaledObjects."""
    place.definitions.create_custom_resource_definition(_DEFINITION)

    def known() -> bool:
        conditions = place.definitions.read_custom_resource_definition(_NAME).status.conditions or []
        return any(one.type == "Established" and one.status == "True" for one in conditions)

    try:
        wait_for("the kind ScaledObject", known, seconds=60)
        yield
    finally:
        place.definitions.delete_custom_resource_definition(_NAME)
