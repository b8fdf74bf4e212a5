# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What came of a job's runs: kept from run to run, so that a failure does not forget the last success."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .._core.errors import OpsError, one_line
from .._core.files import read_json, write_json
from .manifest import LEVELS

OK, FAILED, BAD_CONFIGURATION = 0, 1, 2


@dataclass(frozen=True)
class Outcome:
    """How one run ended.

    :param status: 0 well, 1 not, 2 the configuration is bad. :param msg: one line.
    :param data: what the module returned. :param warnings: of the module.
    """

    status: int
    msg: str
    data: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """What is known of a job. Moments are seconds since the epoch; None is: there was none, or it was not told.

    :param level, size: of the last run that ended well.
    """

    last_run: float | None = None
    last_success: float | None = None
    succeeded: bool = False
    seconds: float | None = None
    level: str | None = None
    size: int | None = None
    msg: str = ""


def after(state: State, outcome: Outcome, began: float, ended: float) -> State:
    """Return the state after a run."""
    run = replace(state, last_run=ended, seconds=round(max(0.0, ended - began), 3), msg=one_line(outcome.msg))
    if outcome.status != OK:
        return replace(run, succeeded=False)
    level, size = outcome.data.get("level"), outcome.data.get("size")
    return replace(
        run,
        succeeded=True,
        last_success=ended,
        level=level if level in LEVELS else None,
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
    )


def state_file(folder: Path, name: str) -> Path:
    """Return the file that keeps the state of the job ``name``."""
    return folder / f"{name}.json"


def lock_file(folder: Path, name: str) -> Path:
    """Return the file that a run of the job ``name`` locks."""
    return folder / f"{name}.lock"


def success_file(folder: Path, name: str) -> Path:
    """Return the file that is written anew by each run of the job ``name`` that ends well."""
    return folder / f"{name}.success"


def read_state(folder: Path, name: str) -> State:
    """Return the state that was kept; an empty one when there is none, or none that can be read."""
    try:
        kept = read_json(state_file(folder, name))
        return State(**{key: kept[key] for key in State.__dataclass_fields__ if key in kept})
    except (OpsError, TypeError):
        return State()


def write_state(folder: Path, name: str, state: State) -> None:
    """Keep the state. :raises OpsError: it cannot be written."""
    write_json(state_file(folder, name), asdict(state))
    if state.succeeded:
        write_json(success_file(folder, name), asdict(state), mode=0o644)
