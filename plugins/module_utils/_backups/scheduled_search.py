# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A snapshot of a search cluster as a schedule makes it: the repository registered where it is not, then the snapshot.

A cluster that was made anew knows no repository; a night without a snapshot because of that would be seen too late.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.result import Result
from .._search.connection import SPEC as CONNECTION
from .._search.making import SPEC as MAKING
from .._search.making import operate as make
from .._search.repository import SPEC as REGISTERING
from .._search.repository import operate as register
from .jobs_search import REPOSITORY

SPEC = MAKING + ArgSpec(options={"register": {"type": "dict", "options": REPOSITORY.options}})


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Do the work of the modules ``es_repository`` and ``es_snapshot``; the outcome is that of the snapshot.

    :param params: validated by ``SPEC``.
    :raises OpsError: the repository cannot be registered, or the snapshot is not whole.
    """
    registered = _registered(params, check_mode)
    made = make({name: params[name] for name in MAKING.options}, check_mode)
    data = {**made.data, "backup": made.data.get("snapshot"), "level": "L0"}
    told = [registered.msg] if registered is not None and registered.changed else []
    return Result(
        changed=made.changed or bool(told),
        failed=made.failed,
        msg="; ".join([*told, made.msg]),
        data=data,
        warnings=made.warnings,
    )


def _registered(params: Mapping[str, Any], check_mode: bool) -> Result | None:
    """Return what became of the repository; None where it is somebody else's to register."""
    wanted = params["register"]
    if not wanted or not wanted.get("type"):
        return None
    given = {name: params[name] for name in CONNECTION.options if params.get(name) is not None}
    return register(REGISTERING.validate({**given, **_said(wanted)}, "register"), check_mode)


def _said(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
