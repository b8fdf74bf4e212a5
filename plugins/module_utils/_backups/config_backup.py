# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``config_backup`` does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError
from .._core.result import Result
from .cipher import cipher_of
from .config_globs import Patterns
from .config_scan import Wanted
from .config_source import ConfigSource, named
from .creating import back_up
from .options import MAKING, root_of

DEFAULT_NAME = "config"
SPEC = MAKING + ArgSpec(
    options={
        "paths": {"type": "list", "elements": "str", "required": True},
        "excludes": {"type": "list", "elements": "str", "default": []},
        "follow_links": {"type": "bool", "default": False},
        "one_file_system": {"type": "bool", "default": False},
        "max_size": {"type": "raw", "default": "1GiB"},
        "renew_after": {"type": "raw"},
    }
)
# ansible-vault has all in memory, some twenty times over.
MOST_IN_VAULT = 16 << 20
_SIZE = re.compile(r"\s*(?P<number>\d+(\.\d+)?)\s*(?P<unit>[kKMGT]?)(?P<two>i?)B?\s*\Z")
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``. :raises OpsError: no backup was made; earlier ones are as they were.
    """
    if not params["paths"]:
        raise InputError("paths: expected at least one")
    renew = params["renew_after"]
    most, limit = _limit(params)
    excludes = Patterns(params["excludes"], "excludes")
    wanted = Wanted(params["paths"], excludes, params["follow_links"], params["one_file_system"], never=root_of(params))
    source = ConfigSource(
        wanted.scan,
        most,
        named(params["paths"]),
        excludes.texts,
        params["follow_links"],
        encryption_told(params),
        params["verify"] or "L0",
        None if renew is None else seconds_of("renew_after", renew),
        limit=limit,
    )
    return back_up(source, params, check_mode, DEFAULT_NAME)


def _limit(params: Mapping[str, Any]) -> tuple[int, str]:
    """Return how many bytes may be backed up at most, and what says so."""
    most = bytes_of("max_size", params["max_size"])
    in_vault = (params.get("encryption") or {}).get("method") == "ansible-vault"
    return (MOST_IN_VAULT, "ansible-vault") if in_vault and most > MOST_IN_VAULT else (most, "max_size")


def encryption_told(params: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a manifest says of the encryption that is asked for."""
    cipher = cipher_of(params.get("encryption"))
    return None if cipher is None else cipher.told()


def bytes_of(option: str, value: object) -> int:
    """Return a size in bytes: a number of them, or text such as ``500MB`` or ``1GiB``. :raises InputError: neither."""
    found = _SIZE.match(str(value)) if isinstance(value, (int, float, str)) else None
    if found is None or isinstance(value, bool):
        raise InputError(f"{option}: expected bytes, or a number with kB, MB, GB, KiB, MiB or GiB", on=str(value))
    return int(float(found["number"]) * (1024 if found["two"] else 1000) ** _POWERS[found["unit"]])
