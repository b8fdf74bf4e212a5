# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Running other programs: an argument list, never a shell; bounded in time and in output."""

from __future__ import annotations

import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import InputError, NotThere, OpsError, Unreachable, one_line

KEEP = 64 * 1024


@dataclass(frozen=True)
class Completed:
    """A program that ended: its status and the last 64 KiB of each of its streams (or as was asked), decoded.

    ``stdout_bytes`` is how much it wrote in all; when that is more than is kept, the beginning is gone.
    """

    status: int
    stdout: str
    stderr: str
    stdout_bytes: int = 0


class _Output:
    """One of a program's streams: its last bytes, and how many there were."""

    def __init__(self, keep: int) -> None:
        self.kept = b""
        self.total = 0
        self._keep = keep

    def go_on(self, handle: int) -> bool:
        """Take what there is; False when that was the end."""
        piece = os.read(handle, KEEP)
        self.total += len(piece)
        self.kept = (self.kept + piece)[-self._keep :]
        return bool(piece)

    def text(self) -> str:
        return self.kept.decode("utf-8", "replace")


class _Input:
    """What a program is to read."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def go_on(self, handle: int) -> bool:
        """Write as much as fits for sure; False when all is written, or the program wants no more."""
        try:
            self._left = self._left[os.write(handle, self._left[: select.PIPE_BUF]) :]
        except BrokenPipeError:
            return False
        return bool(self._left)


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
    chdir: str | None = None,
    keep: int = KEEP,
) -> Completed:
    """Run ``argv`` and wait for its end.

    :param timeout: seconds; then the program and its children are killed.
    :param environment: added to the present environment. Not for secrets: other users of the host may read it.
    :param expect_status: the exit status that is no error; None accepts each. Ended by a signal, it is negative.
    :param chdir: the folder to run in. :param keep: how many bytes of each of its streams are kept, the last.
    :raises NotThere: no such program or folder. :raises InputError: what no system takes as an argument.
    :raises Unreachable: time is up. :raises OpsError: any other status.
    """
    deadline = time.monotonic() + timeout
    with _start(argv, environment, stdin, chdir) as process:
        stdout, stderr = _Output(keep), _Output(keep)
        try:
            _exchange(process, _Input(stdin), stdout, stderr, deadline)
            process.wait(max(0.0, deadline - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise Unreachable(f"the program did not end within {timeout:g} s", on=argv[0]) from error
        finally:
            _kill_group(process)
    done = Completed(process.returncode, stdout.text(), stderr.text(), stdout.total)
    if expect_status is not None and done.status != expect_status:
        raise OpsError(f"the program ended with status {done.status}", on=argv[0], advice=one_line(done.stderr))
    return done


def _start(
    argv: Sequence[str], environment: Mapping[str, str] | None, stdin: bytes, chdir: str | None
) -> subprocess.Popen[bytes]:
    if chdir is not None and not os.path.isdir(chdir):
        raise NotThere("no such folder to run the program in", on=chdir)
    try:
        # not AnsibleModule.run_command: it knows no time-out, and the library runs without a module
        return subprocess.Popen(  # pylint: disable=ansible-bad-function
            list(argv),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            cwd=chdir,
            start_new_session=True,
        )
    except OSError as error:
        raise NotThere(f"cannot run the program ({error.strerror})", on=argv[0]) from error
    except ValueError as error:
        raise InputError(f"cannot run the program ({error})", on=argv[0]) from error


def _exchange(
    process: subprocess.Popen[bytes], stdin: _Input, stdout: _Output, stderr: _Output, deadline: float
) -> None:
    """Feed the program and read what it writes, until it and what holds its streams has closed them.

    Read as it comes and mostly thrown away, so that a flood costs no memory.

    :raises TimeoutError: time is up.
    """
    with selectors.DefaultSelector() as streams:
        for pipe, event, go_on in (
            (process.stdin, selectors.EVENT_WRITE, stdin.go_on),
            (process.stdout, selectors.EVENT_READ, stdout.go_on),
            (process.stderr, selectors.EVENT_READ, stderr.go_on),
        ):
            if pipe is not None:
                streams.register(pipe, event, go_on)
        while streams.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for key, _events in streams.select(left):
                if not key.data(key.fd):
                    streams.unregister(key.fileobj)
                    if process.stdin is key.fileobj:
                        process.stdin.close()  # so that the program sees its end
