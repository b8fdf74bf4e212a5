# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The newest report of a name: what the last run of a playbook came to."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import show_duration
from .._core.errors import InputError, OpsError
from .._core.files import read_json
from .._core.result import Result
from .._history.trend import moment

SPEC = ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "dir": {"type": "path", "default": "reports"},
    }
)

_TIME = r"-\d{8}T\d{6}Z\.json"


def operate(params: Mapping[str, Any], _check_mode: bool = False) -> Result:
    """Return the newest report of a name in a folder; ``found`` is false when there is none.

    :raises InputError: a name that leads out of the folder. :raises OpsError: the newest one cannot be read.
    """
    if "/" in params["name"] or params["name"].startswith("."):
        raise InputError("not a usable report name", on=params["name"], advice="expected a name without '/'")
    folder = Path(params["dir"]).expanduser().absolute()
    newest = _newest(folder, params["name"])
    if newest is None:
        return Result(msg=f"no report {params['name']} in {folder}", data={"found": False, "dir": str(folder)})
    return Result(msg=str(newest), data={"found": True, "dir": str(folder), "json": str(newest), **_told(newest)})


def _newest(folder: Path, name: str) -> Path | None:
    """Return the file whose name, which ends in the time of its making, comes last."""
    shape = re.compile(re.escape(name) + _TIME)
    try:
        found = sorted(path for path in folder.iterdir() if shape.fullmatch(path.name))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OpsError(f"cannot read the folder ({error.strerror})", on=str(folder)) from error
    return found[-1] if found else None


def _told(path: Path) -> dict[str, Any]:
    report = read_json(path)
    try:
        age = max(0.0, time.time() - moment(report["generated_at"]))
        return {
            "status": str(report["status"]),
            "summary": str(report["summary"]),
            "generated_at": report["generated_at"],
            "age": age,
            "age_text": show_duration(age),
            "failures": {
                name: [*host["failures"], *host.get("warnings", [])] for name, host in report["hosts"].items()
            },
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OpsError("the file is no report", on=str(path)) from error
