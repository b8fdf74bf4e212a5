# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What runs the service on a host, and what it tells of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from .._core.errors import InputError, OpsError
from .._runtimes.base import Part
from .._runtimes.operation import described
from .found import Found
from .parts import Instance, Kind, judge, lacking
from .parts_kinds import KINDS


@dataclass(frozen=True)
class Service:
    """A service as it is described: what runs it, its parts, and how those are looked at."""

    runtime: Any
    parts: Sequence[Part]
    kind: Kind

    def instances(self, part: Part, lines: int) -> list[Instance]:
        """Return the instances of a part, with so many last lines. :raises OpsError: nothing can be told."""
        return self.kind.look(self.runtime, [part], lines)

    def published(self) -> list[dict[str, Any]]:
        """Return the ports that its description publishes. :raises OpsError: it cannot be told."""
        return self.kind.published(self.runtime, self.parts) if self.kind.published else []


_NONE = Service(None, (), Kind(lambda _runtime, _parts, _lines: []))


def service_of(found: Found, params: Mapping[str, Any]) -> Service:
    """Return the service; one without parts where there is none, or nothing of it is to be had.

    :raises InputError: it is described wrongly.
    """
    if not params["runtime"]:
        return _NONE
    try:
        runtime, parts = described(params["runtime"], [])
    except InputError:
        raise
    except OpsError as error:  # such as a project whose folder is gone
        found.not_known("the runtime", str(error))
        return _NONE
    return Service(runtime, parts, KINDS[params["runtime"]["kind"]]())


def look_at_parts(found: Found, service: Service, params: Mapping[str, Any]) -> list[Instance]:
    """Return the instances of all parts that can be told; say what is wrong with them."""
    instances: list[Instance] = []
    for part in service.parts:  # one by one: a part that is not there hides no other
        look = partial(service.instances, part, params["lines"])
        instances += found.tried(f"part {part.name}", look, [])
    for one in instances:
        found.findings += judge(one)
        if one.lines_unknown:
            found.not_known(f"last lines of {one.name}", one.lines_unknown)
    findings, unknown = lacking(instances, params["environment"])
    found.findings += findings
    for why in unknown:
        found.not_known(*why.split(": ", 1))
    found.data["parts"] = [one.told() for one in instances]
    return instances
