# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The options that all modules of backups share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .manifest import LEVELS

_LONGEST = 200

# Where backups are: of all modules.
PLACE = ArgSpec(
    options={
        "path": {"type": "path", "required": True},
        "name": {"type": "str"},
        "storage": {"type": "dict"},
        "encryption": {"type": "dict"},
        "command_timeout": {"type": "raw", "default": "6h"},
    }
)
# Of those that make one.
MAKING = PLACE + ArgSpec(
    options={
        "verify": {"type": "str", "choices": list(LEVELS)},
        "rehearsal": {"type": "dict"},
        "retention": {"type": "dict"},
        "keep_local": {"type": "bool", "default": True},
    }
)
# Of those that read one.
READING = PLACE + ArgSpec(options={"backup": {"type": "str", "default": "newest"}})


def catalog_name(given: str | None, default: str) -> str:
    """Return the name of the catalogue's folder: what was given, or what is backed up, made fit to name a folder.

    Different names become different folders: what is no letter, digit, ``.``, ``_`` or ``-`` is written as %XX.

    :raises InputError: it is empty or too long.
    """
    text = default if given is None else given
    name = quote(text, safe="").replace("~", "%7E")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if not 0 < len(name) <= _LONGEST:
        raise InputError("name: expected 1 to 200 characters, counted as %XX where unusual")
    return name


def root_of(options: Mapping[str, Any]) -> Path:
    """Return the folder of all catalogues.

    :raises InputError: it is not absolute.
    """
    path = Path(str(options["path"]))
    if not path.is_absolute() or ".." in path.parts:
        raise InputError("path: expected an absolute path without ..", on=str(path))
    return path
