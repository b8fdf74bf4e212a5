# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Metrics of scheduled backups: a file for node_exporter's textfile collector, one for each job.

The collector takes several files with the same metrics as long as their HELP is the same. No series has a time stamp,
as the collector refuses them, and none is there when there is nothing to tell: no last success before the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from .._core.files import atomic_write
from .manifest import LEVELS
from .scheduled_state import State, lock_file, state_file, success_file

_MEANINGS = {
    "last_success_timestamp_seconds": "When the job last ended well, Unix time.",
    "last_run_timestamp_seconds": "When the job last ended, Unix time.",
    "last_run_success": "Whether the last run ended well: 1, or 0.",
    "duration_seconds": "How long the last run took.",
    "level": "How far the last good backup was proven: 0 to 4.",
    "size_bytes": "Size of the last good backup.",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def file_of_metrics(folder: Path, name: str) -> Path:
    """Return the file of the job ``name``."""
    return folder / f"day2_backup_{_UNSAFE.sub('_', name)}.prom"


def exposition(name: str, kind: str, state: State) -> str:
    """Return the metrics of one job in the text format of Prometheus."""
    labels = f'{{name="{_escaped(name)}",kind="{_escaped(kind)}"}}'
    return "".join(_lines(labels, _values(state)))


def _values(state: State) -> Mapping[str, float | None]:
    return {
        "last_success_timestamp_seconds": state.last_success,
        "last_run_timestamp_seconds": state.last_run,
        "last_run_success": float(state.succeeded),
        "duration_seconds": state.seconds,
        "level": None if state.level is None else float(LEVELS.index(state.level)),
        "size_bytes": state.size,
    }


def _lines(labels: str, values: Mapping[str, float | None]) -> Iterator[str]:
    for short, value in values.items():
        if value is not None:
            name = f"day2_backup_{short}"
            yield f"# HELP {name} {_MEANINGS[short]}\n# TYPE {name} gauge\n{name}{labels} {value:.16g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def write_metrics(folder: Path, name: str, kind: str, state: State) -> None:
    """Write the file of a job, readable for all. :raises OpsError: the folder is missing or cannot be written."""
    atomic_write(file_of_metrics(folder, name), exposition(name, kind, state).encode(), mode=0o644)


def remove_traces(state_dir: Path | None, textfile_dir: Path | None, name: str) -> None:
    """Remove what runs of a job have written, but backups: metrics of what does not run any more would raise alerts."""
    traces = [] if state_dir is None else [one(state_dir, name) for one in (state_file, success_file, lock_file)]
    traces += [] if textfile_dir is None else [file_of_metrics(textfile_dir, name)]
    for path in traces:
        with suppress(OSError):
            path.unlink()
