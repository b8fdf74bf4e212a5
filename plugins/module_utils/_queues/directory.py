# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``directory``: files that wait in a folder for somebody to work on them."""

from __future__ import annotations

import os
import time
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from .._core.argspec import ArgSpec
from .._core.errors import InputError, NotThere, OpsError
from .base import AGE, DEAD, IN_FLIGHT, Depth, Measurer
from .dead_letters import ATOMIC, DROPS, IDS, ORDERS, PARKS, RESTORES, SWEEPS, DeadLetters, Terms
from .directory_scan import Folder
from .letters import FIELDS, ITEM

_FOLDERS = ("path", "in_flight", "dead", "park")


class Directory:
    """A folder where files are put, one where workers keep what they work on, one for what they gave up."""

    SPEC: ClassVar[ArgSpec] = (
        ArgSpec(
            options={
                "path": {"type": "path", "required": True},
                "pattern": {"type": "str", "default": "*"},
                "ignore": {"type": "list", "elements": "str", "default": [".*", "*.part", "*.tmp"]},
                "recurse": {"type": "bool", "default": False},
                "in_flight": {"type": "path"},
                "dead": {"type": "path"},
                "park": {"type": "path"},
                "error_suffix": {"type": "str"},
                "missing": {"type": "str", "default": "unknown", "choices": ["unknown", "empty"]},
            }
        )
        + ITEM
    )
    TAKES_DEFAULTS: ClassVar[bool] = False
    TRAITS: ClassVar[frozenset[str]] = frozenset({ATOMIC, SWEEPS, IDS, ORDERS, PARKS, DROPS, RESTORES})

    def __init__(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        """See :class:`.base.Queue`."""
        self.kind = kind
        self.name = name
        self.options = options
        given = [os.path.realpath(options[one]) for one in _FOLDERS if options.get(one)]
        if len(set(given)) < len(given):
            raise InputError(
                f"the queue {name} names one folder twice",
                on=", ".join(given),
                advice="path, in_flight, dead and park are different folders",
            )

    @property
    def told_by_item(self) -> frozenset[str]:
        """See :class:`.dead_letters.Redrivable`. A file tells when it was put there, and one beside it why."""
        return FIELDS - ({"failed_at", "error"} if self.options.get("error_suffix") else {"failed_at"})

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        told_by = {IN_FLIGHT: "in_flight", DEAD: "dead"}
        return frozenset({AGE, *(name for name, option in told_by.items() if self.options.get(option))})

    def place(self) -> Hashable:
        """See :class:`.base.Queue`. Each folder is one, as a network's file system may hang."""
        return ("directory", self.options["path"])

    def open(self) -> Measurer:
        """See :class:`.base.Queue`."""
        return DirectoryMeasurer()

    def folder(self, option: str) -> Folder:
        """Return the folder that an option names, with the rules on what counts in it."""
        path = str(self.options[option])
        return Folder(
            path,
            self.options["pattern"],
            tuple(self.options["ignore"]),
            bool(self.options["recurse"]),
            self.options.get("error_suffix") or "",
            tuple(str(self.options[one]) for one in _FOLDERS if self.options.get(one) and one != option),
        )

    @property
    def may_be_missing(self) -> bool:
        """Tell whether a folder that does not exist is an empty one."""
        return bool(self.options["missing"] == "empty")

    def measure(self) -> Depth:
        """Measure the queue.

        The folder is read before the one of what is in flight: a file on its way from one to the other is then seen at
        least once, never not at all.

        :raises OpsError: a folder that cannot be read, or is none.
        """
        missing: list[str] = []
        exists = True
        ready: int | None = None
        oldest_age: float | None = None
        try:
            ready, oldest = _count_and_oldest(self.folder("path"))
            oldest_age = max(time.time() - oldest / 1e9, 0.0) if oldest is not None else 0.0
        except NotThere:
            exists = False
            if self.may_be_missing:
                ready, oldest_age = 0, 0.0
            else:
                missing.append(str(self.options["path"]))
        in_flight, dead = (self._counted(option, missing) for option in ("in_flight", "dead"))
        return Depth(
            exists=exists,
            type="directory",
            ready=ready,
            in_flight=in_flight,
            dead=dead,
            oldest_age=oldest_age,
            note=_missing_note(missing),
        )

    def _counted(self, option: str, missing: list[str]) -> int | None:
        if not self.options.get(option):
            return None
        try:
            return self.folder(option).count()
        except NotThere:
            if self.may_be_missing:
                return 0
            missing.append(str(self.options[option]))
            return None

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .directory_letters import DirectoryLetters

        if not self.options.get("dead"):
            raise InputError(
                f"the queue {self.name} does not say where its dead letters are", advice="give dead: FOLDER"
            )
        return DirectoryLetters(self, terms)


def _count_and_oldest(folder: Folder) -> tuple[int, int | None]:
    """Return how many files there are, and when the oldest was written (ns since the epoch), None without any."""
    count, oldest = 0, None
    for found in folder.files():
        count += 1
        oldest = found.written if oldest is None else min(oldest, found.written)
    return count, oldest


def _missing_note(missing: Sequence[str]) -> str:
    if not missing:
        return ""
    what = f"folder {missing[0]} does" if len(missing) == 1 else f"folders {', '.join(missing)} do"
    return f"the {what} not exist; say `missing: empty` if that means that nothing is there"


class DirectoryMeasurer:
    """Reads folders; there is no connection."""

    def measure(self, queues: Sequence[Directory]) -> list[Depth | OpsError]:
        """See :class:`.base.Measurer`."""
        return [_depth_or_error(queue) for queue in queues]

    def close(self) -> None:
        """See :class:`.base.Measurer`."""


def _depth_or_error(queue: Directory) -> Depth | OpsError:
    try:
        return queue.measure()
    except OpsError as error:
        return error
