# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys of age and gpg that tests make, each in a folder of its own; agents of gpg end with it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Options = dict[str, Any]


def age_key(folder: Path, name: str = "key") -> tuple[str, str]:
    """Make a key; return the file with its private part, and the recipient that it belongs to."""
    if not shutil.which("age-keygen"):
        pytest.skip("age is not here")
    path = folder / f"{name}.age-key"
    subprocess.run(["age-keygen", "-o", str(path)], check=True, capture_output=True)
    told = subprocess.run(["age-keygen", "-y", str(path)], check=True, capture_output=True, text=True)
    return str(path), told.stdout.strip()


@contextmanager
def gpg_home(folder: Path, *addresses: str) -> Iterator[Path]:
    """Give a home of gpg with a key for each address."""
    if not shutil.which("gpg"):
        pytest.skip("gpg is not here")
    home = folder / "g"
    home.mkdir(mode=0o700)
    try:
        for address in addresses:
            _gpg(home, "--passphrase", "", "--quick-generate-key", address, "future-default", "default", "never")
        yield home
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)


def public_only(home: Path, folder: Path, address: str) -> Path:
    """Return another home that has the public part of a key only."""
    other = folder / "p"
    other.mkdir(mode=0o700)
    exported = _gpg(home, "--export", address)
    _gpg(other, "--import", data=exported)
    return other


def _gpg(home: Path, *arguments: str, data: bytes = b"") -> bytes:
    argv = ["gpg", "--batch", "--no-tty", "--quiet", "--homedir", str(home), *arguments]
    return subprocess.run(argv, input=data, check=True, capture_output=True).stdout
