# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test on a copy of the checkout, with nothing from the user's home and no download but packages.

`python -m ansible_collections.day2.ops.tools.ansible_test sanity|units|targets|integration [arguments...]`
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.day2.ops.tools import mirror, setup
from ansible_collections.day2.ops.tools.paths import BIN, BUILD, PACKAGE, PYTHON, ROOT, WORK
from ansible_collections.day2.ops.tools.steps import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HOME = WORK / "home"
# The pip versions whose bootstrap script ansible-core 2.18 to 2.21 ask for.
GET_PIP_VERSIONS = ("24_2", "25_2")
# The oldest Python that plugins/ runs on; tests/config.yml says the same to sanity.
OLDEST_TARGET = "3.9"
LOCK = WORK / "integration.lock"
LAB_DIR = BUILD / "lab-integration"
LAB = (str(PYTHON), "-m", f"{PACKAGE}.tests.lab")


def prepare_home() -> None:
    """Fill the private home with the bootstrap scripts that ansible-test looks for before it downloads."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in GET_PIP_VERSIONS:
        shutil.copyfile(ROOT / "tools" / "get_pip.py", cache / f"get_pip_{version}.py")


def search_path(programs: Path) -> str:
    """Return PATH: *programs* first, no pyenv shims (inactive ones fail), then every real interpreter."""
    inherited = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if not part.endswith("/shims")]
    interpreters = sorted({str(Path(path).parent) for path in setup.pyenv_interpreters("3.*")})
    return os.pathsep.join([str(programs), *inherited, *interpreters])


def environment(programs: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return {**kept, "HOME": str(HOME), "PATH": search_path(programs)}


def series_of(programs: Path) -> str:
    """Return the Python series of an environment, such as "3.13".

    Raises FileNotFoundError when its Python does not run.
    """
    interpreter = setup.probe(str(programs / "python"))
    if interpreter is None:
        raise FileNotFoundError(f"{programs / 'python'} does not run; make setup makes it anew")
    return f"{interpreter.version[0]}.{interpreter.version[1]}"


def run(command: str, arguments: Sequence[str], programs: Path) -> int:
    """Run one ansible-test command with the ansible-test in the folder *programs*; return its exit status."""
    prepare_home()
    argv = [str(programs / "ansible-test"), command, "--color", "no", *arguments]
    return status_of(argv, cwd=mirror.refresh(), env=environment(programs))


def sanity(arguments: Sequence[str], programs: Path = BIN) -> int:
    """Run sanity on every Python that is here."""
    return run("sanity", ("--local", *arguments), programs)


def units(arguments: Sequence[str], programs: Path = BIN) -> int:
    """Run the unit tests on the Python of *programs*."""
    return run("units", ("--local", "--python", series_of(programs), *arguments), programs)


def targets(arguments: Sequence[str], programs: Path = BIN) -> int:
    """Run the unit tests of modules and module_utils on the oldest Python that a managed host may have."""
    if shutil.which(f"python{OLDEST_TARGET}", path=search_path(programs)) is None:
        print(f"left out, the interpreter is not on this machine: unit tests on Python {OLDEST_TARGET}", flush=True)
        return 0
    hosts = ("--controller", f"origin:python={series_of(programs)}", "--target-python", f"venv/{OLDEST_TARGET}")
    return run("units", (*hosts, "--requirements", *arguments), programs)


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other run of this checkout uses the integration lab; the lock goes with its process."""
    WORK.mkdir(exist_ok=True)
    with LOCK.open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another integration run of this checkout is under way; waiting for its end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def with_lab(work: Callable[[], int]) -> int:
    """Run *work* while the lab is up, and take the lab down whatever happens.

    The targets find the lab's connection facts in the file that their variable `lab_state` names.
    """
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with alone():
        return in_lab(work)


def in_lab(work: Callable[[], int]) -> int:
    try:
        status = status_of([*LAB, "up", "--dir", str(LAB_DIR), "--only", "redis,postgres,service"])
        if status != 0:
            return status
        if status_of([*LAB, "up", "--dir", str(LAB_DIR), "--only", "opensearch"]) != 0:
            print("left out, OpenSearch does not run on this machine: the target search", flush=True)
        facts = mirror.MIRROR / "tests" / "integration" / mirror.INTEGRATION_CONFIG
        facts.parent.mkdir(parents=True, exist_ok=True)
        facts.write_text(f"lab_state: {LAB_DIR / 'state.json'}\n", encoding="utf-8")
        return work()
    finally:
        status_of([*LAB, "down", "--dir", str(LAB_DIR)])


def integration_in_lab(arguments: Sequence[str], programs: Path = BIN) -> int:
    """Run the integration targets against a lab that is already up."""
    return run("integration", ("--local", "--python", series_of(programs), *arguments), programs)


def integration(arguments: Sequence[str], programs: Path = BIN) -> int:
    return with_lab(lambda: integration_in_lab(arguments, programs))


COMMANDS: dict[str, Callable[[Sequence[str], Path], int]] = {
    "sanity": sanity,
    "units": units,
    "targets": targets,
    "integration": integration,
}


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(__doc__)
        return 2
    return COMMANDS[sys.argv[1]](sys.argv[2:], BIN)


if __name__ == "__main__":
    sys.exit(main())
