# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind kubernetes: Deployments and StatefulSets, as the API tells of them. A rollout that is not over is not ready."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from .._checks.kubernetes_facts import WORKLOADS, selector_of
from .._core.argspec import ArgSpec
from .._core.errors import InputError, NotThere
from .._core.kubernetes_connection import SPEC as CONNECTION
from .._core.kubernetes_connection import Api, where
from .base import AUTOSCALED, LIMITED, RENEWED, RESTARTED, ROLLED, SCALED, STARTED, STOPPED, UPDATED, Ask, Part, State
from .kubernetes_autoscalers import Autoscaler, governing
from .kubernetes_pods import at_work, not_ready
from .kubernetes_sets import refused, said_of

SPEC: ArgSpec = CONNECTION
# How many there were when somebody stopped it from here, so that as many are started again.
REPLICAS = "day2.ops/replicas"
_SET = "StatefulSet"
_KINDS = {"deployment": ("Deployment", "deployments"), "statefulset": (_SET, "statefulsets")}
# What makes the controller replace pods.
_REPLACED = (RESTARTED, ROLLED, LIMITED, UPDATED)
_QUANTITY = re.compile(r"(?P<number>[\d.]+)(?P<unit>m|[kKMGTPE]i?)?")
_UNITS = {"m": 1e-3, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60}

Object = Mapping[str, Any]


class Kubernetes:
    """See Runtime."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options
        self._options = options
        self._api = Api(options)
        self._found: dict[str, Object] = {}
        self._scalers: dict[str, list[Autoscaler]] = {}

    def look(self, parts: Sequence[Part]) -> Mapping[str, State]:
        """See Runtime.look."""
        return {part.name: self._state(part) for part in parts}

    def _state(self, part: Part) -> State:
        _kind, plural, name = unit_of(part)
        try:
            found = self._ask(f"apis/apps/v1/namespaces/{self._namespace}/{plural}/{quote(name, safe='')}")
        except NotThere as error:
            said = f"{part.name}: no {part.unit} in the namespace {self._namespace}"
            raise NotThere(said, on=where(self._options)) from error
        self._found[part.name] = found
        state = _state_of(part, found)
        # No status counts the pods that are ending, and they may do so for minutes.
        return replace(state, restless=at_work(self._pods(found))) if not (state.asked or state.running) else state

    @property
    def _namespace(self) -> str:
        return quote(self._options["namespace"], safe="")

    def _ask(self, path: str, query: Mapping[str, str] | None = None) -> Object:
        found: Object = self._api.get(f"/{path}", query or {}, self._api.deadline(self._options["timeout"]))
        return found

    def cannot(self, ask: Ask, part: Part, state: State) -> str:
        """See Runtime.cannot."""
        if ask.intent == RENEWED:
            return "runs images that are neither built nor pulled here: rolling_update gives it another"
        own = refused(ask, self._found[part.name]) if unit_of(part)[0] == _SET else ""
        return own or self._undone(ask, part, state)

    def _undone(self, ask: Ask, part: Part, state: State) -> str:
        """Return which autoscaler would undo it; empty when none would."""
        wanted = {SCALED: ask.count, STOPPED: 0, STARTED: state.present}.get(ask.intent or "")
        if wanted is None:
            return ""
        undoing = [one for one in self._autoscalers(part) if one.undoes(wanted)]
        # what is started is scaled from then on by what scales it
        undoing = [one for one in undoing if ask.intent != STARTED or one.holds is not None]
        if not undoing:
            return ""
        advice = (
            "autoscaler=suspend holds it at a count" if undoing[0].holds is None else "autoscaler=resume lets it go"
        )
        return f"{undoing[0].said()}, which would undo it ({advice})"

    def _autoscalers(self, part: Part) -> list[Autoscaler]:
        kind, _plural, name = unit_of(part)
        if part.name not in self._scalers:
            self._scalers[part.name] = governing(self._ask, self._namespace, kind, name)
        return self._scalers[part.name]

    def work(self, ask: Ask, part: Part, state: State) -> Mapping[str, Any]:
        """Return the object and its container, and what is to be changed of that."""
        kind, _plural, name = unit_of(part)
        found = self._found[part.name]
        change: dict[str, Any] = {}
        limits: dict[str, Any] = {}
        if ask.cpus is not None:
            limits["cpu"] = f"{round(ask.cpus * 1000)}m" if ask.cpus else None
        if ask.memory is not None:
            limits["memory"] = str(ask.memory) if ask.memory else None
        if limits:
            change["resources"] = {"limits": limits}
        if ask.image:
            change["image"] = ask.image
        autoscaled = ask.intent == AUTOSCALED
        return {
            "kind": kind,
            "object": name,
            "remember": str(state.present),
            "selector": [selector_of(found)],
            "container": {"name": _container(found)["name"], **change},
            "notes": said_of(ask, found) if kind == _SET else [],
            "stuck": self._stuck(found) if kind == _SET and ask.intent in _REPLACED else [],
            **({"autoscalers": [one.shown(ask.count) for one in self._autoscalers(part)]} if autoscaled else {}),
        }

    def _stuck(self, found: Object) -> list[str]:
        """Return the pods of a StatefulSet that are not ready.

        Its controller waits for each before it replaces any, also by what would let it get ready: somebody has to
        remove them (kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback).
        """
        return not_ready(self._pods(found))

    def _pods(self, found: Object) -> Sequence[Object]:
        query = {"labelSelector": selector_of(found)}
        return list(self._ask(f"api/v1/namespaces/{self._namespace}/pods", query).get("items") or [])

    def means(self) -> Mapping[str, Any]:
        """Return where it is."""
        return {"namespace": self._options["namespace"], "remembered": REPLICAS}


def unit_of(part: Part) -> tuple[str, str, str]:
    """Return kind, plural and name of ``deployment/worker``; a bare name is a Deployment's.

    :raises InputError: of another kind.
    """
    kind, slash, name = part.unit.partition("/")
    if not slash:
        kind, name = "deployment", part.unit
    if kind.lower() not in _KINDS or not name:
        raise InputError(
            f"{part.name}: no kind of unit", on=part.unit, advice="expected deployment/NAME or statefulset/NAME"
        )
    return (*_KINDS[kind.lower()], name)


def _container(found: Object) -> Object:
    """Return the workload's own container: the first, as tools that add others add them behind."""
    first: Object = found["spec"]["template"]["spec"]["containers"][0]
    return first


def _state_of(part: Part, found: Object) -> State:
    workload = WORKLOADS[unit_of(part)[0].lower()][1](found)
    desired, ready = workload.desired, workload.ready
    if workload.rollout:  # some of those that are ready are to go
        ready = min(ready, workload.updated, max(0, desired - 1))
    running = int((found.get("status") or {}).get("replicas") or 0)
    remembered = (found["metadata"].get("annotations") or {}).get(REPLICAS, "")
    limits = (_container(found).get("resources") or {}).get("limits") or {}
    memory = _quantity(limits.get("memory"))
    return State(
        present=desired or (int(remembered) if remembered.isdigit() else 0) or part.count or 1,
        running=running,
        asked=desired,
        ready=ready,
        image=str(_container(found).get("image", "")) or None,
        cpus=_quantity(limits.get("cpu")),
        memory=None if memory is None else int(memory),
        faults=[workload.rollout] if workload.rollout else [],
    )


def _quantity(text: Any) -> float | None:
    """Return a quantity of Kubernetes (``500m``, ``64Mi``, ``2``) as a number; None when there is none."""
    match = _QUANTITY.fullmatch(str(text)) if text is not None else None
    if match is None:
        return None
    unit = match["unit"] or ""
    return round(float(match["number"]) * {**_UNITS, **_BINARY, "": 1.0}[unit], 6)
