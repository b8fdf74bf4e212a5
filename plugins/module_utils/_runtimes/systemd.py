# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind systemd: units, and instances of a template such as ``worker@{number}.service``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.systemctl import SYSTEM, USER, show
from .base import RENEWED, UPDATED, Ask, Part, State
from .numbered import forgotten, names_of, state_of, work_of

SPEC = ArgSpec(options={"scope": {"type": "str", "choices": [SYSTEM, USER], "default": SYSTEM}})
_SECONDS = 10.0
_PROPERTIES = ("LoadState", "ActiveState", "CPUQuotaPerSecUSec", "MemoryMax", "MemoryLimit")
_RUNS = ("active", "reloading", "refreshing")
_RESTS = ("inactive", "failed")
_MICROSECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
_INFINITE = ("", "infinity", str(2**64 - 1))


class Systemd:
    """See Runtime."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._scope: str = options["scope"]

    def look(self, parts: Sequence[Part]) -> Mapping[str, State]:
        """See Runtime.look."""
        return {part.name: self._state(part) for part in parts}

    def _state(self, part: Part) -> State:
        seen = {name: show(name, _PROPERTIES, self._scope, _SECONDS) for name in names_of(part)}
        running = [one for one in seen.values() if one.get("ActiveState") in _RUNS]
        limits = {(_cpus(one), _memory(one)) for one in running or list(seen.values())[:1]}
        cpus, memory = limits.pop() if len(limits) == 1 else (None, None)

        def runs(name: str) -> bool:
            return seen[name].get("ActiveState") in _RUNS

        def stirs(name: str) -> bool:
            return not runs(name) and seen[name].get("ActiveState") not in _RESTS

        return state_of(part, runs, "one unit", stirs, cpus=cpus, memory=memory)

    def cannot(self, ask: Ask, part: Part, state: State) -> str:
        """See Runtime.cannot."""
        image = "is a unit of systemd, which has no image" if ask.intent in (UPDATED, RENEWED) else ""
        return image or forgotten(ask, part, state)

    def work(self, ask: Ask, part: Part, state: State) -> Mapping[str, Any]:
        """Return the instances to work on, and properties for limits."""
        properties = []
        if ask.cpus is not None:
            properties.append(f"CPUQuota={ask.cpus * 100:g}%" if ask.cpus else "CPUQuota=")
        if ask.memory is not None:
            properties.append(f"MemoryMax={ask.memory or 'infinity'}")
        return {
            **work_of(ask, part, state),
            "properties": properties,
            "all": [*state.instances, *state.restless] or [names_of(part)[0]],
        }

    def means(self) -> Mapping[str, Any]:
        """Return whose systemd it is."""
        return {"scope": self._scope}


def _cpus(properties: Mapping[str, str]) -> float | None:
    """Return how many CPUs a unit may use, of a length of time such as ``1s 500ms`` a second; None without a limit."""
    text = properties.get("CPUQuotaPerSecUSec", "")
    if text in _INFINITE:
        return None
    found = re.findall(r"([\d.]+)(us|ms|s|min)", text)
    return round(sum(float(number) * _MICROSECONDS[unit] for number, unit in found), 6) or None


def _memory(properties: Mapping[str, str]) -> int | None:
    """Return how many bytes a unit may use; the older property is that of cgroups version 1."""
    text = properties.get("MemoryMax", properties.get("MemoryLimit", ""))
    return int(text) if text not in _INFINITE and text.isdigit() else None
