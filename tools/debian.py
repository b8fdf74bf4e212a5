# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages: which are known here, and installing some without starting any service of theirs."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

POLICY = Path("/usr/sbin/policy-rc.d")
SYSTEMD_UNITS = ("/lib/systemd/system/", "/usr/lib/systemd/system/")


def known(names: Collection[str]) -> set[str]:
    """Return those of the names that apt can install; its lists are updated first when it knows one not."""
    found = _candidates(names)
    if found != set(names):
        _run(["apt-get", "update", "--quiet"])
        found = _candidates(names)
    return found


def install(names: Sequence[str]) -> str:
    """Install the packages in one call; returns what went wrong in a line, empty when nothing did.

    No service is started, now or when the machine starts again: tests start servers of their own.
    """
    argv = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *names]
    before = _services()
    with services_stay_off():
        done = _run(argv)
        if done.returncode != 0:  # lists that name packages which are gone
            _run(["apt-get", "update", "--quiet"])
            done = _run(argv)
    _disable(_services() - before)
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.startswith(("E:", "dpkg: error"))]
    return "" if done.returncode == 0 else "; ".join(lines[:2])[:300] or f"exit status {done.returncode}"


@contextlib.contextmanager
def services_stay_off() -> Iterator[None]:
    """Forbid that installing starts services, in the way that Debian's policy manual has for it.

    A policy that the machine has already is left in force.
    """
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def _candidates(names: Collection[str]) -> set[str]:
    shown = _run(["apt-cache", "policy", *names]).stdout
    return {
        name
        for name, version in re.findall(r"^(\S+):\n.*\n  Candidate: (.+)", shown, re.MULTILINE)
        if version != "(none)"
    }


def _services() -> set[str]:
    return {
        unit.name
        for folder in SYSTEMD_UNITS
        for kind in ("service", "socket")
        for unit in Path(folder).glob(f"*.{kind}")
    }


def _disable(units: Collection[str]) -> None:
    named = sorted(unit for unit in units if "@" not in unit)
    if named and shutil.which("systemctl"):
        _run(["systemctl", "disable", *named])


def _run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    return subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
