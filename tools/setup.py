# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make .venv from requirements/dev.lock, and .collections through which the checkout is used live.

Runs on any Python 3.9+ that is there, because it is what looks for a newer one.
"""

from __future__ import annotations

import argparse
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements" / "dev.lock"
STAMP = VENV / "day2-setup.json"
SUPPORTED = ("3.14", "3.13", "3.12", "3.11")
PROBE = "import os, sys, ensurepip, venv; print('%d.%d.%d' % sys.version_info[:3], os.path.realpath(sys.executable))"

Stamp = dict[str, str]


class Interpreter(NamedTuple):
    """A Python that runs and can make virtual environments: its real path, behind shims and links."""

    path: str
    version: tuple[int, ...]


def say(text: str) -> None:
    print("setup: " + text, flush=True)


def stop(text: str) -> NoReturn:
    sys.exit("setup: " + text)


def probe(path: str) -> Interpreter | None:
    """Return the interpreter behind *path*, or None when it does not run (as pyenv's inactive shims) or lacks venv."""
    try:
        done = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    version, executable = done.stdout.strip().split(" ", 1)
    return Interpreter(executable, tuple(int(part) for part in version.split(".")))


def pyenv_interpreters(series: str) -> list[str]:
    """Return the paths of pyenv's own interpreters of a series (a glob), newest first; its shims may not run."""
    return sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python" + series)), reverse=True)


def candidates() -> Iterator[str]:
    """Yield possible interpreters, newest series first, `python3` last."""
    for series in SUPPORTED:
        on_path = shutil.which("python" + series)
        if on_path:
            yield on_path
        yield from pyenv_interpreters(series)
    default = shutil.which("python3")
    if default:
        yield default


def is_supported(interpreter: Interpreter) -> bool:
    return ".".join(str(part) for part in interpreter.version[:2]) in SUPPORTED


def newest_interpreter() -> Interpreter:
    for path in candidates():
        found = probe(path)
        if found and is_supported(found):
            return found
    stop(
        "no Python 3.11 to 3.14 with the venv and ensurepip modules was found on PATH or under ~/.pyenv/versions; "
        "install one (Debian: python3 and python3-venv) or name it: make setup PYTHON=/path/to/python3.12"
    )


def chosen_interpreter(wanted: str) -> Interpreter:
    if not wanted:
        return newest_interpreter()
    found = probe(wanted)
    if found is None:
        stop(f"PYTHON={wanted} does not run or has no venv and ensurepip modules")
    if not is_supported(found):
        stop(f"PYTHON={wanted} is not a Python 3.11 to 3.14")
    return found


def run(what: str, argv: list[str]) -> None:
    """Run one step on screen; stop with what failed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    try:
        done = subprocess.run(argv, cwd=str(ROOT), env=environment, check=False)
    except OSError as error:
        stop(f"{what} failed: {error}")
    if done.returncode != 0:
        stop(f"{what} failed (exit status {done.returncode}): see the lines above")


def pinned_uv() -> str:
    match = re.search(r"^uv==([^\s;\\]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if not match:
        stop("requirements/dev.lock does not pin uv; run make lock on a working checkout")
    return match.group(1)


def lock_digest() -> str:
    if not LOCK.is_file():
        stop("requirements/dev.lock is missing; the checkout is incomplete")
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def read_stamp() -> Stamp:
    try:
        content = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def is_warm(stamp: Stamp, wanted: str) -> bool:
    """Whether .venv is what the lock says, made by the wanted Python (any, when none is named) that is still there."""
    return (
        stamp.get("lock") == lock_digest()
        and stamp.get("root") == str(ROOT)
        and wanted in ("", stamp.get("wanted"))
        and (VENV / "bin" / "python").exists()
    )


def make_environment(interpreter: Interpreter) -> None:
    python = str(VENV / "bin" / "python")
    current = probe(python)
    stamp = read_stamp()
    if current is None or current.version != interpreter.version or stamp.get("root") != str(ROOT):
        say(f"making .venv with Python {'.'.join(map(str, interpreter.version))} ({interpreter.path})")
        shutil.rmtree(str(VENV), ignore_errors=True)
        run("making .venv", [interpreter.path, "-m", "venv", str(VENV)])
    STAMP.write_text(json.dumps({"root": str(ROOT)}), encoding="utf-8")
    uv = "uv==" + pinned_uv()
    say("installing " + uv)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", uv]
    run("installing uv with pip", pip)
    say("installing the packages of requirements/dev.lock (about 600 MB, a minute when cold)")
    run("installing the packages", [str(VENV / "bin" / "uv"), "pip", "sync", "--python", python, "--quiet", str(LOCK)])


def make_collections() -> None:
    """Make .collections/ansible_collections/day2/ops a link to the checkout.

    The __init__.py files make these folders win over the `ansible_collections` package of the ansible wheel
    when plain Python, pytest or mypy import; Ansible's own loader ignores them.
    """
    namespace = ROOT / ".collections" / "ansible_collections" / "day2"
    namespace.mkdir(parents=True, exist_ok=True)
    for package in (namespace.parent, namespace):
        (package / "__init__.py").touch()
    link = namespace / "ops"
    if link.is_symlink() and os.readlink(str(link)) == os.path.join("..", "..", ".."):
        return
    if link.is_symlink():
        link.unlink()
    if link.exists():
        stop(".collections/ansible_collections/day2/ops is in the way (a link to the checkout is expected): remove it")
    link.symlink_to(os.path.join("..", "..", ".."))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="", help="interpreter to use instead of the newest one found")
    wanted: str = parser.parse_args().python
    if not sys.platform.startswith("linux"):
        stop(f"Linux is expected, this is {sys.platform}")
    make_collections()
    if is_warm(read_stamp(), wanted):
        return
    began = time.monotonic()
    make_environment(chosen_interpreter(wanted))
    STAMP.write_text(json.dumps({"lock": lock_digest(), "root": str(ROOT), "wanted": wanted}), encoding="utf-8")
    say(f"ready in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
