# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run units and integration with every ansible-core we support, on every controller Python that is here.

Each combination has an environment of its own, .work/matrix/CORE-PYTHON; sanity runs for the newest core only.
"""

from __future__ import annotations

import re
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.day2.ops.tools import ansible_test, setup
from ansible_collections.day2.ops.tools.paths import BIN, ROOT, WORK
from ansible_collections.day2.ops.tools.steps import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

UV = str(BIN / "uv")
MATRIX = WORK / "matrix"
CONSTRAINTS = MATRIX / "constraints.txt"
PREPARED = "day2-matrix-constraints.txt"
SETTLED_BY_CORE = ("ansible", "resolvelib")


class Core(NamedTuple):
    """An ansible-core series: the ansible package that brings it and the controller Pythons that it runs on."""

    version: str
    package: str
    pythons: tuple[str, ...]


CORES = (
    Core("2.18", "ansible>=11,<12", ("3.11", "3.12", "3.13")),
    Core("2.19", "ansible>=12,<13", ("3.11", "3.12", "3.13")),
    Core("2.20", "ansible>=13,<14", ("3.12", "3.13", "3.14")),
    Core("2.21", "ansible>=14,<15", ("3.12", "3.13", "3.14")),
)
NEWEST = CORES[-1].version
OUR_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


class Row(NamedTuple):
    """One line of the table: a combination, what was run and what came out, its wall time in seconds."""

    core: str
    python: str
    stage: str
    outcome: str
    seconds: float


def interpreters() -> dict[str, str]:
    """Return the interpreter here for each Python series that any core supports."""
    found: dict[str, str] = {}
    for path in setup.candidates():
        interpreter = setup.probe(path)
        if interpreter:
            found.setdefault(".".join(str(part) for part in interpreter.version[:2]), interpreter.path)
    return found


def write_constraints() -> None:
    """Write the versions of the lock, less those that depend on the ansible-core in question."""
    MATRIX.mkdir(parents=True, exist_ok=True)
    pins = re.findall(r"^\w[^\\\n]*==[^\\\n]*", (ROOT / "requirements" / "dev.lock").read_text("utf-8"), re.MULTILINE)
    kept = [pin.strip() for pin in pins if not pin.startswith(SETTLED_BY_CORE)]
    CONSTRAINTS.write_text("\n".join(kept) + "\n", encoding="utf-8")


def prepare(core: Core, python: str, interpreter: str) -> Path:
    """Make the environment of one combination unless it is there already; return its folder of programs.

    Raises RuntimeError when uv fails.
    """
    environment = MATRIX / f"{core.version}-{python}"
    stamp = environment / PREPARED
    if stamp.is_file() and stamp.read_bytes() == CONSTRAINTS.read_bytes():
        return environment / "bin"
    install = ("pip", "install", "--quiet", "--python", str(environment), "--constraint", str(CONSTRAINTS))
    tests = ("--requirements", str(ROOT / "requirements" / "tests.in"))
    for argv in (
        (UV, "venv", "--quiet", "--seed", "--clear", "--python", interpreter, str(environment)),
        (UV, *install, *tests, core.package),
    ):
        if status_of(argv) != 0:
            raise RuntimeError(f"no environment for ansible-core {core.version} on Python {python}")
    stamp.write_bytes(CONSTRAINTS.read_bytes())
    return environment / "bin"


def timed(core: str, python: str, stage: str, work: Callable[[], int]) -> Row:
    print(f"\n=== core {core}, Python {python}: {stage}", flush=True)
    began = time.monotonic()
    status = work()
    outcome = "passed" if status == 0 else f"FAILED ({status})"
    return Row(core, python, stage, outcome, time.monotonic() - began)


EVERYWHERE: dict[str, Callable[[Sequence[str], Path], int]] = {
    "units": ansible_test.units,
    "integration": ansible_test.integration_in_lab,
}
# These look at every Python by themselves.
ONCE: dict[str, Callable[[Sequence[str], Path], int]] = {
    "targets": ansible_test.targets,
    "sanity": ansible_test.sanity,
}


def stages(core: Core, python: str) -> Mapping[str, Callable[[Sequence[str], Path], int]]:
    """Return what to run for one combination."""
    return {**EVERYWHERE, **ONCE} if (core.version, python) == (NEWEST, OUR_PYTHON) else EVERYWHERE


def combination(core: Core, python: str, interpreter: str) -> Iterator[Row]:
    try:
        programs = prepare(core, python, interpreter)
    except RuntimeError as error:
        yield Row(core.version, python, "environment", f"FAILED ({error})", 0.0)
        return
    for stage, work in stages(core, python).items():
        yield timed(core.version, python, stage, partial(work, (), programs))


def table(rows: list[Row]) -> str:
    lines = [f"{'core':6} {'Python':7} {'stage':12} {'seconds':>8}  outcome"]
    lines += [f"{row.core:6} {row.python:7} {row.stage:12} {row.seconds:8.1f}  {row.outcome}" for row in rows]
    return "\n".join(lines)


def left_out(here: dict[str, str]) -> str:
    missing = [f"{core.version} on {python}" for core in CORES for python in core.pythons if python not in here]
    return "left out, the interpreter is not on this machine: " + (", ".join(missing) or "nothing")


def run_matrix() -> int:
    here = interpreters()
    rows = [
        row
        for core in CORES
        for python in core.pythons
        if python in here
        for row in combination(core, python, here[python])
    ]
    failed = sum(row.outcome != "passed" for row in rows)
    print(f"\n{table(rows)}\n{left_out(here)}\nmatrix: {len(rows) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def main() -> int:
    write_constraints()
    return ansible_test.with_lab(run_matrix)


if __name__ == "__main__":
    sys.exit(main())
