# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service as files: this machine's Python, the libraries it needs and the service, to be root of a container.

    root = DemoFiles(folder).make()

Nothing is fetched, so it is of this machine's kind of Linux and no image to be given away.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import util
from pathlib import Path

from .. import busybox_image
from ..errors import LabError

LAB = Path(__file__).resolve().parents[1]
PACKAGES = ("redis", "hiredis", "psycopg", "psycopg_binary", "psycopg_binary.libs", "typing_extensions")
_CODE = "/opt/demo"
_UNUSED = ("site-packages", "dist-packages", "test", "idlelib", "turtledemo", "ensurepip", "config-*", "*.a")
_PYTHON = os.path.realpath(sys.executable)


def missing() -> str:
    """Return why they cannot be made here, or an empty text."""
    return busybox_image.missing() or ("" if shutil.which("ldd") else "no ldd on PATH, which tells what a Python needs")


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line of a program of the service, inside."""
    return [_PYTHON, "-m", f"ansible_collections.day2.ops.tests.lab.demo.{module}", *arguments]


ENVIRONMENT = {"PYTHONPATH": _CODE, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


class DemoFiles:
    """A folder that becomes the root of the service's containers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> Path:
        """Write it, and return the folder; raises LabError when this machine's Python cannot be told what it needs."""
        self._copy(_PYTHON)
        for place in sorted({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}):
            shutil.copytree(place, self._inside(place), ignore=shutil.ignore_patterns(*_UNUSED), dirs_exist_ok=True)
        code = self._inside(_CODE)
        lab = code / "ansible_collections/day2/ops/tests/lab"
        shutil.copytree(LAB, lab, ignore=shutil.ignore_patterns("__pycache__", "programs", "brokers"))
        for package in PACKAGES:
            _copy_package(package, code)
        for needed in _needed(self._programs()):
            if not needed.startswith(str(self.folder)):  # what a package brings by itself
                self._copy(needed)
        self._add_shell()
        return self.folder

    def _programs(self) -> Iterator[Path]:
        yield self._inside(_PYTHON)
        yield from self.folder.rglob("*.so*")

    def _add_shell(self) -> None:
        self._copy(os.path.realpath(shutil.which("busybox") or "busybox"), "/bin/busybox")
        for name in ("sh", "cat"):
            (self.folder / "bin" / name).symlink_to("busybox")
        for name in ("tmp", "etc", "proc", "dev", "sys"):
            (self.folder / name).mkdir(exist_ok=True)

    def _copy(self, path: str, to: str = "") -> None:
        target = self._inside(to or path)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(os.path.realpath(path), target)

    def _inside(self, path: str) -> Path:
        return self.folder / path.lstrip("/")


def _copy_package(name: str, code: Path) -> None:
    """Copy a package of this environment; one that is not there is one that the service does without."""
    found = util.find_spec(name.partition(".")[0])
    if found is None or found.origin is None:
        return
    origin = Path(found.origin)
    if origin.name != "__init__.py":
        shutil.copy2(origin, code / origin.name)
        return
    place = origin.parent.parent / name
    if place.is_dir():
        shutil.copytree(place, code / name, ignore=shutil.ignore_patterns("__pycache__"))


def _needed(programs: Iterable[Path]) -> set[str]:
    """Return the libraries of this machine that the programs are linked with, and what loads them."""
    done = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False)
    words = (line.split() for line in done.stdout.splitlines())
    found = {next((word for word in line if word.startswith("/")), "") for line in words}
    libraries = {path.rstrip(":") for path in found if path and not path.endswith(":")}
    if not libraries:
        raise LabError(f"ldd does not tell what {_PYTHON} needs: {done.stderr.strip()[:200]}")
    return libraries
