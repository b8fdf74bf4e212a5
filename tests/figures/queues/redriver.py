# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that does what the module dlq_reprocess does, to be killed or measured: options in, a result out as JSON.

It says "ready" when all is imported, begins when a line comes in, and ends with a line of JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.libraries import load
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_operation import SPEC, operate

from ..errors import FigureError


class Redriver:
    """The process, seen from outside."""

    def __init__(self, options: dict[str, Any]) -> None:
        argv = [sys.executable, "-m", __spec__.name, json.dumps(options)]
        self._child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._in, self._out = self._child.stdin, self._child.stdout
        if self._out.readline() != b"ready\n":
            raise FigureError("the process that redrives did not start")

    def begin(self) -> None:
        """Let it work."""
        self._in.write(b"\n")
        self._in.flush()

    def kill(self) -> None:
        """Kill it at once, wherever it is."""
        self._child.kill()
        self._close()

    def wait(self) -> dict[str, Any]:
        """Return its result, once it has ended by itself."""
        text = self._out.read()
        self._close()
        if self._child.returncode != 0:
            raise FigureError(f"the process that redrives ended with status {self._child.returncode}")
        result: dict[str, Any] = json.loads(text)
        return result

    def _close(self) -> None:
        self._child.wait()
        self._in.close()
        self._out.close()


@contextmanager
def redriving(options: dict[str, Any]) -> Iterator[Redriver]:
    """Have a process at work; at the end of the block it is killed, if it still runs."""
    process = Redriver(options)
    process.begin()
    try:
        yield process
    finally:
        process.kill()


def main() -> None:
    """Be that process."""
    params = SPEC.validate(json.loads(sys.argv[1]), "options")
    load("redis")
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        result = operate(params, False)
        told = {"failed": result.failed, "msg": result.msg, **result.data}
    except OpsError as error:
        told = {"failed": True, "msg": str(error), **error.details}
    told["peak_kib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(told))


if __name__ == "__main__":
    main()
