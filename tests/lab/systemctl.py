# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A systemctl on this machine that is the one of the lab's systemd host: each call is handed on into the container."""

from __future__ import annotations

import sys
from pathlib import Path

from .state import SystemdHostFacts

_PROGRAM = """\
#!{python} -S
import os, sys
sys.path[:0] = {path!r}
import docker
client = docker.APIClient(base_url={url!r})
environment = {{name: os.environ[name] for name in ("LC_ALL", "TZ", "SYSTEMD_COLORS")}}
call = client.exec_create({container!r}, ["systemctl", *sys.argv[1:]], environment=environment)["Id"]
out, err = client.exec_start(call, demux=True)
sys.stdout.buffer.write(out or b"")
sys.stderr.buffer.write(err or b"")
sys.exit(client.exec_inspect(call)["ExitCode"])
"""


def write_systemctl(facts: SystemdHostFacts, folder: Path) -> Path:
    """Write the program into ``folder``, which is to be first on PATH; returns its file."""
    text = _PROGRAM.format(
        python=sys.executable,
        path=[place for place in sys.path if place],
        url=facts["docker_url"],
        container=facts["container"],
    )
    program = folder / "systemctl"
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return program
