# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a small Debian with systemd, Python, sudo, cron and faketime, for hosts that run in a container.

They come from the mirror and the suite that this machine's apt uses.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .artifacts import Artifact, run
from .errors import LabError

ARCHIVE = "host.tar"
_PACKAGES = "systemd,systemd-sysv,dbus,python3,sudo,cron,procps,faketime"
_SUITES = Path("/etc/os-release")
# Of no use in a container, and half of its size.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")


def _recipe() -> str:
    return f"{_PACKAGES} {_suite()}"


def _build(folder: Path) -> None:
    argv = ["mmdebstrap", "--variant=minbase", f"--include={_PACKAGES}", "--dpkgopt=force-unsafe-io"]
    argv += [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    run([*argv, _suite(), str(folder / ARCHIVE), _mirror(_suite())])


def _suite() -> str:
    """Return this Debian's name (bookworm), or an empty text on another system."""
    pairs = dict(line.partition("=")[::2] for line in _SUITES.read_text(encoding="utf-8").splitlines())
    return pairs.get("VERSION_CODENAME", "").strip('"') if shutil.which("apt-get") else ""


def _mirror(suite: str) -> str:
    known = ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"]
    lines = subprocess.run(known, capture_output=True, text=True, check=True).stdout.splitlines()
    found = [line.split()[1] for line in lines if line.split()[0] == suite]
    if not found:
        raise LabError(f"apt's sources name no mirror for {suite}")
    return found[0]


HOST_IMAGE = Artifact("host", "image of a host with systemd", "servers", ("mmdebstrap", "apt-get"), _recipe, _build)
