# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Source: the systemd journal, through journalctl and its JSON (systemd, "Journal JSON Format")."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied, NotThere, OpsError, one_line
from .base import Budget, Entry, Options
from .levels import OF_PRIORITY, level_of
from .lines import fields_of, text_of

SPEC = ArgSpec(
    options={"journal_unit": {"type": "str"}, "journal_directory": {"type": "path"}},
    required_by={"journal_directory": ["journal_unit"]},
)

_LONGEST = 1 << 20  # bytes of one entry as JSON
_FORBIDDEN = ("permission", "access", "Permission", "Access")


def read(options: Options, since: float, budget: Budget) -> Iterator[Entry]:
    """Yield the entries of the unit, the newest first; see :class:`.base.Source`.

    :raises NotThere: no journalctl, no journal, or one that never had a line of the unit: its name may be misspelt.
    """
    seen = False
    for entry in _entries(options, [f"--since=@{int(since)}"], budget):
        seen = True
        if entry.time >= since:
            yield entry
    if not seen and not budget.spent and not any(_entries(options, ["--lines=1"], budget)):
        raise NotThere("the journal has no line of the unit", on=options["journal_unit"], advice="check its name")


def _entries(options: Options, which: list[str], budget: Budget) -> Iterator[Entry]:
    directory = [f"--directory={options['journal_directory']}"] if options.get("journal_directory") else []
    command = [
        "journalctl",
        "--quiet",
        "--no-pager",
        "--reverse",
        "--output=json",
        "--output-fields=MESSAGE,PRIORITY",
        f"--unit={options['journal_unit']}",
        *directory,
        *which,
    ]
    with _running(command, budget) as stream:
        while line := stream.readline(_LONGEST):
            if not budget.afford(len(line)):
                return
            entry = _entry(line)
            if entry is not None:
                yield entry


@contextmanager
def _running(command: list[str], budget: Budget) -> Iterator[IO[bytes]]:
    """Run a program and hand out what it writes; it is ended when the time is up, or when no more is wanted.

    :raises NotThere: no such program. :raises AccessDenied: it may not read. :raises OpsError: any other failure.
    """
    with tempfile.TemporaryFile() as errors:
        try:
            # not AnsibleModule.run_command: it reads all there is, and the library runs without a module
            process = subprocess.Popen(  # pylint: disable=consider-using-with,ansible-bad-function
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
            )
        except OSError as error:
            raise NotThere(f"cannot run the program ({error.strerror})", on=command[0]) from error
        end = threading.Timer(budget.seconds_left, process.kill)
        end.start()
        try:
            with cast("IO[bytes]", process.stdout) as stream:
                yield stream
                read_all = not budget.spent and stream.read(1) == b""
        finally:
            end.cancel()
            process.kill()
            status = process.wait()
        if read_all:
            errors.seek(0)
            _refuse(status, one_line(errors.read(4096).decode("utf-8", "replace"), 200), budget)


def _refuse(status: int, said: str, budget: Budget) -> None:
    """Raise what journalctl came to; it complains with status 0 when it may not read, or finds no journal."""
    if budget.seconds_left == 0:
        budget.take(1)
    elif any(word in said for word in _FORBIDDEN):
        raise AccessDenied(f"journalctl says '{said}'", advice="run the check as root or a member of systemd-journal")
    elif said:
        raise NotThere(f"journalctl says '{said}'")
    elif status > 0 and status != 1:
        raise OpsError(f"journalctl ended with status {status}")


def _entry(line: bytes) -> Entry | None:
    """Return an entry; None for one that is cut."""
    try:
        given: dict[str, Any] = json.loads(line)
        text = text_of(_message(given.get("MESSAGE")))
        fields = fields_of(text)
        level = level_of(text, fields) or OF_PRIORITY[int(given.get("PRIORITY") or 6)]
        return Entry(int(given["__REALTIME_TIMESTAMP"]) / 1e6, text, fields, level)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _message(message: Any) -> bytes:
    """Return a message as bytes. What is no text is a list of numbers in JSON, and null what is too large."""
    if isinstance(message, list):
        return bytes(message)
    return (message or "").encode("utf-8", "replace")
