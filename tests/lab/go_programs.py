# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are built from their published Go modules: the control plane of Kubernetes, KEDA, docker compose."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

from .artifacts import PROGRAMS, Artifact, run
from .errors import LabError

_CONTROL_PLANE = PROGRAMS / "control_plane"
_COMPOSE = PROGRAMS / "compose"
_COMPOSE_MODULE = "github.com/docker/compose/v2"
_KEDA = PROGRAMS / "keda"
_KEDA_MODULE = "github.com/kedacore/keda/v2"


def _recipe(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.is_file())


def _build_control_plane(folder: Path) -> None:
    _build(_CONTROL_PLANE, folder / "control_plane", "-s -w", ".")


def _build_compose(folder: Path) -> None:
    version = f"-X {_COMPOSE_MODULE}/internal.Version={compose_version()}"
    _build(_COMPOSE, folder / "docker-compose", f"-s -w {version}", f"{_COMPOSE_MODULE}/cmd")


def compose_version() -> str:
    """Return the version of compose that go.mod asks for, as v2.0.0."""
    lines = (_COMPOSE / "go.mod").read_text(encoding="utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.strip().startswith(f"{_COMPOSE_MODULE} "))


def _build_keda(folder: Path) -> None:
    """Make the operator, the server of metrics (adapter), and the folder of what makes a cluster know their kinds."""
    parts = [f"{_KEDA_MODULE}/cmd/{part}" for part in ("operator", "adapter")]
    _build(_KEDA, folder, "-s -w", *parts)
    definitions = _module_folder(_KEDA, _KEDA_MODULE) / "config" / "crd" / "bases"
    (folder / "definitions").mkdir()
    for path in definitions.glob("*.yaml"):
        shutil.copyfile(path, folder / "definitions" / path.name)


def _module_folder(source: Path, module: str) -> Path:
    argv = ["go", "list", "-m", "-f", "{{.Dir}}", module]
    done = subprocess.run(argv, cwd=source, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"no folder of {module}: {done.stderr.strip()[:300]}")
    return Path(done.stdout.strip())


def _build(source: Path, place: Path, flags: str, *packages: str) -> None:
    """Build packages. :param place: the program, or the folder for several, which are called as their packages."""
    # It takes minutes of all processors: whatever else the machine does goes first.
    argv = ["nice", "-n", "19", "go", "build", "-trimpath", "-ldflags", flags, "-o", str(place), *packages]
    run(argv, cwd=source, CGO_ENABLED="0")


CONTROL_PLANE = Artifact(
    "kubernetes",
    "control plane of Kubernetes",
    "kubernetes",
    ("go",),
    partial(_recipe, _CONTROL_PLANE),
    _build_control_plane,
)
COMPOSE = Artifact("compose", "docker compose", "compose", ("go",), partial(_recipe, _COMPOSE), _build_compose)
KEDA = Artifact("keda", "KEDA", "keda", ("go",), partial(_recipe, _KEDA), _build_keda)


def compose_argv() -> list[str]:
    """Return how docker compose is called: what was built, else Debian's of version 1, else nothing."""
    if COMPOSE.folder.is_dir():
        return [str(COMPOSE.folder / "docker-compose")]
    debian = shutil.which("docker-compose")
    return [debian] if debian else []
