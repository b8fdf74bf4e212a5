# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Optional libraries: imported where used, taken from the private environment when the host has none."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from .errors import MissingLibrary

_PACKAGES = {"dns": "dnspython", "psycopg": "psycopg[binary]"}
_lock = threading.RLock()


def private_site_packages() -> list[Path]:
    """Return the folders in which the role ``bootstrap`` may have put libraries, in order of preference.

    ``DAY2_VENV`` names the environment; without it the places are ``/opt/day2/venv`` and ``~/.local/share/day2/venv``.
    Only the folder of the running Python version counts, as compiled libraries fit no other. An environment belongs to
    the version that it was made with; that of another one is in a folder of it, ``/opt/day2/venv/python3.12``.
    """
    named = os.environ.get("DAY2_VENV")
    roots = [Path(named)] if named else [Path("/opt/day2/venv"), Path("~/.local/share/day2/venv").expanduser()]
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return [home / "lib" / python / "site-packages" for root in roots for home in (root, root / python)]


def load(name: str) -> ModuleType:
    """Import the module ``name`` (dotted) and return it. Safe to call from several threads.

    The host's own libraries win; the private environment is looked at only when they lack ``name``.

    :raises MissingLibrary: it is in neither place.
    """
    with _lock:
        try:
            return importlib.import_module(name)
        except ImportError as error:
            if _grow_path():
                return load(name)
            raise MissingLibrary(package_of(name), sys.executable) from error


def package_of(name: str) -> str:
    """Return what to give to pip for the module ``name`` (dotted)."""
    top = name.partition(".")[0]
    return _PACKAGES.get(top, top)


def _grow_path() -> bool:
    """Append the private environments to the import path; True when that added any."""
    added = [str(folder) for folder in private_site_packages() if folder.is_dir() and str(folder) not in sys.path]
    sys.path.extend(added)
    importlib.invalidate_caches()
    return bool(added)


def load_if_there(*names: str) -> None:
    """Import those of the modules that can be imported, so that what needs them later finds them ready."""
    for name in names:
        with suppress(MissingLibrary):
            load(name)
