# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-playbook says, in short, for somebody who sees it for the first time: a line for each thing done."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

_TASK = re.compile(r"^TASK \[(?:[\w.]+ : )?(.*?)\] \*+$")
_PLAY = re.compile(r"^PLAY (\[|RECAP)")
_RESULT = re.compile(r"^(ok|changed|skipping|included): ")
_RECAP = re.compile(r"^(\S+) +: (ok=\d+) +(changed=\d+) +(unreachable=\d+) +(failed=\d+)")
# What only prepares something, and says nothing.
_QUIET = re.compile(r"^(Validating arguments|Forget|Sum up|Remember|Tell others|Choose)")


class Told:
    """Takes the lines of a playbook's output; says those that tell what is done, with the seconds since its start."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._began = clock()
        self._task = ""  # one that was begun and not said
        self._at = 0.0

    def take(self, line: str) -> None:
        """Take one line, without its end."""
        task = _TASK.match(line)
        if task:
            self._task, self._at = task.group(1), self._clock() - self._began
        elif _PLAY.match(line) or not line.strip():
            return
        elif recap := _RECAP.match(line):
            self._say(f"            {', '.join([f'{recap.group(1)}: {recap.group(2)}', *recap.groups()[2:]])}")
        elif result := _RESULT.match(line):
            self._result(result.group(1))
        else:
            self._begin()
            self._say(f"            {_plain(line)}")

    def _result(self, result: str) -> None:
        if result in ("ok", "changed") and not _QUIET.match(self._task):
            self._begin()

    def _begin(self) -> None:
        """Say which task it is, once."""
        if self._task:
            self._say(f"  {self._at:6.1f} s  {self._task}")
        self._task = ""


def _plain(line: str) -> str:
    """Return a line of text without the dress that Ansible puts on a message."""
    message = re.match(r"^ +msg: (['\"]?)(.*?)\1$", line)
    return message.group(2) if message else line.strip()
