# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kinds of backups that there are, each imported only when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable

from .._core.errors import OpsError
from .base import Kind


def _postgres() -> Kind:
    from . import postgres_kind

    return postgres_kind


def _redis() -> Kind:
    from . import redis_kind

    return redis_kind


def _config() -> Kind:
    from . import config_kind

    return config_kind


KINDS: Mapping[str, Callable[[], Kind]] = {"config": _config, "postgres": _postgres, "redis": _redis}


def kind_named(name: str) -> Kind:
    """Return the kind ``name``.

    :raises OpsError: a manifest names one that is not known here.
    """
    if name not in KINDS:
        raise OpsError(f"the backup is of the kind {name!r}, known are {', '.join(KINDS)}")
    return KINDS[name]()
