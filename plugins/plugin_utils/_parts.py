# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a module in several parts, with the result that the whole would have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleConnectionFailure
from ansible_collections.day2.ops.plugins.module_utils._queues.progress import exact

Call = Callable[[dict[str, Any]], dict[str, Any]]

# What tells how a part ended; it says nothing of one that follows.
_OF_THE_END = ("stop_reason", "stop_message", "msg", "failed", "warnings", "exception")
_CANNOT_GO_ON = "a part of the run does not tell how far it came, so it cannot go on; a very short password hides that"
# For less it is not worth to go on.
_LEAST_SECONDS = 0.01


class Parts:
    """Calls a module that works for ``max_seconds``, returns its ``progress``, and can ``continue_from`` there."""

    def __init__(self, call: Call, arguments: Mapping[str, Any], seconds: float) -> None:
        """Take what calls the module with arguments, the user's arguments, and how long a part is."""
        self._call = call
        self._arguments = dict(arguments)
        self._seconds = seconds
        self._most = _number(arguments.get("max_seconds"))
        self.result: dict[str, Any] = {}

    def run(self) -> Iterator[Mapping[str, Any]]:
        """Do part after part until there is a reason to stop; yield the progress after each but the last.

        ``result`` then holds the result of the whole.
        """
        worked, seconds, given = 0.0, self._seconds_before(), self._arguments
        while True:
            allotted = self._seconds if self._most is None else min(self._seconds, self._most - worked)
            part = self._part({**given, "max_seconds": allotted})
            self._add(part)
            progress = _exact(part.get("progress"))
            if part.get("failed") or part.get("unreachable") or part.get("stop_reason") != "time":
                return
            if not progress:
                self.result.update(failed=True, msg=_CANNOT_GO_ON)
                return
            worked += allotted if seconds is None else progress["seconds"] - seconds
            seconds = progress["seconds"]
            if self._most is not None and self._most - worked < _LEAST_SECONDS:
                self._tell_time(worked)
                return
            yield progress
            given = {name: value for name, value in self._arguments.items() if name != "resume"}
            given["continue_from"] = part["progress"]

    def _seconds_before(self) -> float | None:
        """Return for how long earlier calls have worked; None when only a journal knows."""
        if self._arguments.get("resume"):
            return None
        earlier = _exact(self._arguments.get("continue_from"))
        return _number(earlier.get("seconds")) or 0.0

    def _part(self, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._call(arguments)
        except AnsibleConnectionFailure as error:
            if not self.result:
                raise
            return {"unreachable": True, "msg": str(error)}  # with what was done by then

    def _add(self, part: dict[str, Any]) -> None:
        """Take a part's result into that of the whole. Its numbers count from the beginning of the run."""
        earlier = {name: value for name, value in self.result.items() if name not in _OF_THE_END}
        warnings = list(self.result.get("warnings") or [])
        warnings += [warning for warning in part.get("warnings") or [] if warning not in warnings]
        changed = bool(earlier.get("changed")) or bool(part.get("changed"))
        invocation = self._invocation(earlier, part)
        self.result = {
            **earlier,
            **part,
            **invocation,
            "changed": changed,
            **({"warnings": warnings} if warnings else {}),
        }
        if "resumed" in earlier:  # each part but the first goes on with an earlier one
            self.result["resumed"] = earlier["resumed"]
        if "stop_reason" not in part and earlier:
            self.result["stop_reason"] = "error"

    def _invocation(self, earlier: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
        """Return how the module was called, as the user did; nothing when it does not say."""
        if "invocation" in earlier:
            return {"invocation": earlier["invocation"]}
        told = part.get("invocation")
        if not isinstance(told, Mapping) or "module_args" not in told:
            return {}
        return {"invocation": {**told, "module_args": {**told["module_args"], "max_seconds": self._most}}}

    def _tell_time(self, worked: float) -> None:
        """Say for how long all parts worked, where the last one has said for how long it did itself."""
        of_part, of_all = self.result["stop_message"], f"{worked:.1f} s were worked, as long as max_seconds allows"
        self.result["stop_message"] = of_all
        self.result["msg"] = self.result["msg"].replace(of_part, of_all)


def _exact(progress: Any) -> Mapping[str, Any]:
    """Return a progress as it was before passwords were masked in it; an empty one when that cannot be told."""
    try:
        return exact(progress) if isinstance(progress, Mapping) else {}
    except ValueError:
        return {}


def _number(value: Any) -> float | None:
    """Return a number as the module will read it; None for what is none, which the module then refuses."""
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None
