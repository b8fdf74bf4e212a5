# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``dlq_archive`` does: take dead letters out into a file, and put them back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import letter_filter
from .archive_export import Export
from .archive_import import Import
from .archive_letters import Meant
from .dead_letter_options import QUEUE, described_queue, need
from .dead_letters import DROPS, RESTORES
from .letter_filter import Filter

EXPORT, IMPORT = "export", "import"

SPEC = QUEUE + ArgSpec(
    options={
        "action": {"type": "str", "default": EXPORT, "choices": [EXPORT, IMPORT]},
        "path": {"type": "path", "required": True},
        "filter": {"type": "dict", "options": letter_filter.SPEC.options},
        "limit": {"type": "int", "default": 100_000},
        "remove": {"type": "bool", "default": True},
    }
)


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option, a damaged archive, before anything is changed.
    :raises OpsError: with what had been done by then in ``details``.
    """
    if params["limit"] < 1:
        raise InputError("limit must be at least 1", on=str(params["limit"]))
    queue = described_queue(params)
    need(queue, RESTORES, "dlq_archive")
    path = Path(params["path"])
    if not path.parent.is_dir():
        raise InputError("the folder of the archive does not exist", on=str(path.parent), advice="make it first")
    if params["action"] == IMPORT:
        return Import(queue, path).result(check_mode)
    if params["remove"]:
        need(queue, DROPS, "remove")
    meant = Meant(Filter(params["filter"]), params["limit"], clock)
    return Export(queue, path, meant, bool(params["remove"])).result(check_mode)
