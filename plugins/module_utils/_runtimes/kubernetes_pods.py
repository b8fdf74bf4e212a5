# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the pods of a workload tell that its status does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]
# Nothing of such a pod runs any more; those that have failed stay until they are collected.
_ENDED = ("Succeeded", "Failed")
# What controls the pods of Deployments and of StatefulSets; a Job may have the same labels.
_CONTROLLERS = ("ReplicaSet", "StatefulSet")


def at_work(pods: Sequence[Object]) -> list[str]:
    """Return the names of pods whose containers may still run, those that are ending among them."""
    return [_name(pod) for pod in pods if (pod.get("status") or {}).get("phase") not in _ENDED and _is_own(pod)]


def not_ready(pods: Sequence[Object]) -> list[str]:
    """Return the names of pods that are not ready."""
    return [_name(pod) for pod in pods if not _is_ready(pod)]


def _name(pod: Object) -> str:
    return str(pod["metadata"]["name"])


def _is_own(pod: Object) -> bool:
    owners = [one.get("kind") for one in pod["metadata"].get("ownerReferences") or [] if one.get("controller")]
    return not owners or owners[0] in _CONTROLLERS


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any((one.get("type"), one.get("status")) == ("Ready", "True") for one in conditions)
