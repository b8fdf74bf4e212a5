# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind kubernetes: workloads have their replicas, rolled out and ready, and no pod is stuck.

Needs requests, and kubernetes where a configuration is to be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .._core.argspec import ArgSpec
from .._core.errors import InputError, NotThere, one_line
from .._core.kubernetes_connection import LIBRARY, Api, where
from .._core.kubernetes_connection import SPEC as CONNECTION
from .base import Condition, Context, Options, Values
from .kubernetes_facts import WORKLOADS, Pod, Workload, has_failed, name_of, pod, selector_of
from .limits import COUNT, Limit, limit_conditions, limits_spec

POD = "pod"
LIMITS = (
    Limit("min_available", COUNT, "available", "ge"),
    Limit("max_restarts", COUNT, "restarts"),
)

SPEC = (
    CONNECTION
    + ArgSpec(
        options={
            "workload_kind": {"type": "str", "default": "deployment", "choices": [*WORKLOADS, POD]},
            "workload": {"type": "str"},
            "label_selector": {"type": "str"},
            "rollout_complete": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("workload", "label_selector")],
        required_one_of=[("workload", "label_selector")],
    )
    + limits_spec(LIMITS)
)
LIBRARIES: Sequence[str] = (LIBRARY, "requests")

_PAGE = 250
_MOST_PAGES = 4
_MOST_WORKLOADS = 20
_SHOWN = 20
_CONNECTION = tuple(name for name in CONNECTION.options if name not in ("namespace", "timeout"))


@dataclass(frozen=True)
class _Questions:
    """Asks one API for objects of one namespace, all before one deadline."""

    api: Api
    namespace: str
    deadline: float

    def one(self, group: str, kind: str, name: str) -> Mapping[str, Any]:
        """Return the object of a name; raises NotThere."""
        found: Mapping[str, Any] = self.api.get(f"{self._path(group, kind)}/{quote(name, safe='')}", {}, self.deadline)
        return found

    def many(self, group: str, kind: str, selector: str) -> Iterator[Mapping[str, Any]]:
        """Yield the objects with labels, page by page; raises InputError when there are too many of them."""
        query = {"labelSelector": selector, "limit": str(_PAGE)}
        for _page in range(_MOST_PAGES):
            answer = self.api.get(self._path(group, kind), query, self.deadline)
            yield from answer.get("items") or []
            rest = (answer.get("metadata") or {}).get("continue")
            if not rest:
                return
            query["continue"] = rest
        raise InputError(f"more than {_MOST_PAGES * _PAGE} {kind}", on=selector, advice="a check is of fewer")

    def _path(self, group: str, kind: str) -> str:
        return f"/{group}/namespaces/{quote(self.namespace, safe='')}/{kind}"


def probe(options: Options, context: Context) -> Values:
    """Return replicas, pods and what is wrong with them; see docs/checks/kubernetes.md for the values.

    :raises NotThere: no such workload, or none has the labels.
    :raises OpsError: or one of its kinds, as the connection does.
    """
    key = tuple(options.get(name) for name in _CONNECTION)
    api = context.shared((Api, key), lambda: Api(options))
    with context.few_at_once(where(options)):
        ask = _Questions(api, options["namespace"], api.deadline(options["timeout"]))
        if options["workload_kind"] == POD:
            return _of_pods(list(_pods_meant(ask, options)), options)
        return _of_workloads(ask, options)


def _of_workloads(ask: _Questions, options: Options) -> Values:
    plural, read = WORKLOADS[options["workload_kind"]]
    found = _meant(ask, "apis/apps/v1", plural, options)
    workloads = [read(one) for one in found]
    # What has failed for good has been replaced already: it is the number of replicas that counts.
    pods = [one for each in found for one in ask.many("api/v1", "pods", selector_of(each)) if not has_failed(one)]
    return _values(options, workloads, [state for state in map(pod, pods) if state])


def _meant(ask: _Questions, group: str, plural: str, options: Options) -> list[Mapping[str, Any]]:
    """Return the objects that the check is of; raises NotThere when there is none."""
    if options.get("workload"):
        return [ask.one(group, plural, options["workload"])]
    found = list(ask.many(group, plural, options["label_selector"]))
    if not found:
        said = f"no {options['workload_kind']} has the labels {one_line(options['label_selector'], 200)}"
        raise NotThere(said, on=f"namespace {options['namespace']}, {where(options)}")
    if plural != "pods" and len(found) > _MOST_WORKLOADS:
        raise InputError(
            f"{len(found)} {plural} have the labels {one_line(options['label_selector'], 200)}",
            on=", ".join(map(name_of, found[:5])),
            advice=f"a check is of {_MOST_WORKLOADS} at most",
        )
    return found


def _pods_meant(ask: _Questions, options: Options) -> Iterator[Pod]:
    """Yield the pods that the check is of, less those that have ended well."""
    yield from (state for state in map(pod, _meant(ask, "api/v1", "pods", options)) if state)


def _of_pods(pods: list[Pod], options: Options) -> Values:
    """Return the values of pods without a workload: each pod is a replica, available when it is ready."""
    alone = [Workload(one.name, 1, int(one.ready), int(one.ready), 1, "") for one in pods]
    return _values(options, alone, pods)


def _values(options: Options, workloads: list[Workload], pods: list[Pod]) -> Values:
    return {
        "workload_kind": options["workload_kind"],
        "namespace": options["namespace"],
        "workloads": [one.name for one in workloads][:_SHOWN],
        "desired": sum(one.desired for one in workloads),
        "ready": sum(one.ready for one in workloads),
        "available": sum(one.available for one in workloads),
        "updated": sum(one.updated for one in workloads),
        "unavailable": sum(one.unavailable for one in workloads),
        "rollout": [f"{one.name}: {one.rollout}" for one in workloads if one.rollout][:_SHOWN],
        "pods": len(pods),
        "pods_ready": sum(one.ready for one in pods),
        "restarts": max((one.restarts for one in pods), default=0),
        "troubles": [words for one in pods for words in one.troubles][:_SHOWN],
    }


def conditions(options: Options) -> list[Condition]:
    """Expect all replicas desired, one at least, or ``min_available``; rolled out; no pod in trouble; and limits."""
    found = [Condition("troubles", "eq", [])]
    if options.get("min_available") is None:
        found += [Condition("desired", "ge", 1), Condition("unavailable", "eq", 0)]
    if options["rollout_complete"]:
        found.append(Condition("rollout", "eq", []))
    return [*found, *limit_conditions(LIMITS, options)]
