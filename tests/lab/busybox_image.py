# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container image of about 2 MB, made from this machine's statically linked busybox."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import docker

NAME = "day2-lab/busybox:latest"
_CHANGES = ["ENV PATH=/bin", 'CMD ["sh"]']


def missing() -> str:
    """Return why no image can be made here, or an empty text."""
    program = shutil.which("busybox")
    if program is None:
        return "no busybox on PATH (Debian: busybox-static)"
    return "" if _is_static(Path(program)) else f"{program} is not statically linked (Debian: busybox-static)"


def load(client: docker.DockerClient, name: str) -> None:
    """Make the image in the daemon, under the name REPOSITORY:TAG."""
    repository, _colon, tag = name.rpartition(":")
    client.api.import_image_from_data(_files(), repository=repository, tag=tag, changes=_CHANGES)


def _files() -> bytes:
    program = shutil.which("busybox") or "busybox"
    names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.add(Path(program).resolve(), "bin/busybox")
        for name in sorted(set(names) - {"busybox"}):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        for folder, mode in (("tmp", 0o1777), ("etc", 0o755), ("var", 0o755)):
            made = tarfile.TarInfo(folder)
            made.type, made.mode = tarfile.DIRTYPE, mode
            archive.addfile(made)
    return content.getvalue()


def _is_static(program: Path) -> bool:
    """Tell whether a program asks for no loader: then its ELF file has no .interp section."""
    return b".interp" not in program.read_bytes()
