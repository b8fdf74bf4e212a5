# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Running other programs: an argument list, never a shell; bounded in time and in output."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import NotThere, OpsError, Unreachable, one_line

_KEEP = 64 * 1024


@dataclass(frozen=True)
class Completed:
    """A program that ended: its status and the last 64 KiB of each of its streams, decoded."""

    status: int
    stdout: str
    stderr: str


def _tail(data: bytes) -> str:
    return data[-_KEEP:].decode("utf-8", "replace")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started; its own group was made for that."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def run(
    argv: Sequence[str],
    timeout: float,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    expect_status: int | None = 0,
) -> Completed:
    """Run ``argv`` and wait for its end.

    :param timeout: seconds; then the program and its children are killed.
    :param environment: added to the present environment. Not for secrets: other users of the host may read it.
    :param expect_status: the exit status that is no error; None accepts each.
    :raises NotThere: no such program. :raises Unreachable: time is up. :raises OpsError: any other status.
    """
    try:
        # not AnsibleModule.run_command: it knows no time-out, and the library runs without a module
        process = subprocess.Popen(  # pylint: disable=consider-using-with,ansible-bad-function
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    except OSError as error:
        raise NotThere(f"cannot run the program ({error.strerror})", on=argv[0]) from error
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"the program did not end within {timeout:g} s", on=argv[0]) from error
    finally:
        _kill_group(process)
    done = Completed(process.returncode, _tail(stdout), _tail(stderr))
    if expect_status is not None and done.status != expect_status:
        raise OpsError(f"the program ended with status {done.status}", on=argv[0], advice=one_line(done.stderr))
    return done
