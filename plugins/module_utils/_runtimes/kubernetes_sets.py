# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is particular to StatefulSets: pods that an update leaves alone, volume claims that outlive pods or do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import LIMITED, RECREATED, RESTARTED, ROLLED, SCALED, STOPPED, UPDATED, Ask

Object = Mapping[str, Any]
_REPLACED = (RESTARTED, ROLLED, LIMITED, UPDATED)
_SHOWN = 4  # claims that a message names
_POLICY = "its persistentVolumeClaimRetentionPolicy has whenScaled: Delete"


def refused(ask: Ask, found: Object) -> str:
    """Return why that cannot be done to a StatefulSet, to follow the name of a part; empty when it can."""
    if ask.intent in _REPLACED:
        return _not_replaced(found)
    lost = _claims(found, 0) if ask.intent in (STOPPED, RECREATED) and _deletes(found) else []
    return f"would lose {_named(lost)}: {_POLICY}" if lost else ""


def said_of(ask: Ask, found: Object) -> list[str]:
    """Return what somebody who does it to a StatefulSet should know, a few words each."""
    said = []
    kept = min(_partition(found), _replicas(found))
    if ask.intent in _REPLACED and kept:
        said.append(f"{kept} of {_replicas(found)} pods stay as they are, as the partition is {_partition(found)}")
    count = {SCALED: ask.count, STOPPED: 0}.get(ask.intent or "")
    claims = [] if count is None else _claims(found, count)
    if claims:
        ending = "s" if len(claims) == 1 else ""
        goes = f"go{'es' if ending else ''}, as {_POLICY}"
        said.append(f"{_named(claims)} {goes if _deletes(found) else f'stay{ending}'}")
    return said


def _not_replaced(found: Object) -> str:
    if (found["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
        return "has the updateStrategy OnDelete: its pods stay as they are until somebody removes them"
    replicas, partition = _replicas(found), _partition(found)
    if replicas and partition >= replicas:
        return f"has the partition {partition} and {replicas} replicas: all its pods would stay as they are"
    return ""


def _replicas(found: Object) -> int:
    replicas = found["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def _partition(found: Object) -> int:
    """Return below which number pods are not updated."""
    strategy: Object = found["spec"].get("updateStrategy") or {}
    return int((strategy.get("rollingUpdate") or {}).get("partition") or 0)


def _deletes(found: Object) -> bool:
    return (found["spec"].get("persistentVolumeClaimRetentionPolicy") or {}).get("whenScaled") == "Delete"


def _claims(found: Object, count: int) -> list[str]:
    """Return the volume claims of the pods that are too many for that count."""
    first = int((found["spec"].get("ordinals") or {}).get("start") or 0)
    templates = [one["metadata"]["name"] for one in found["spec"].get("volumeClaimTemplates") or []]
    numbers = range(first + count, first + _replicas(found))
    return [f"{template}-{found['metadata']['name']}-{number}" for number in numbers for template in templates]


def _named(claims: list[str]) -> str:
    more = len(claims) - _SHOWN
    shown = ", ".join(claims[:_SHOWN])
    return f"the volume claim{'' if len(claims) == 1 else 's'} {shown}{f' and {more} more' if more > 0 else ''}"
