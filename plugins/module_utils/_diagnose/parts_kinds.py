# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How the parts of each kind of runtime are looked at. A kind's file is imported only when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable

from .parts import Kind


def _compose() -> Kind:
    from . import parts_compose

    return Kind(parts_compose.look, parts_compose.published)


def _kubernetes() -> Kind:
    from . import parts_kubernetes

    return Kind(parts_kubernetes.look)


def _process() -> Kind:
    from . import parts_process

    return Kind(parts_process.look)


def _systemd() -> Kind:
    from . import parts_systemd

    return Kind(parts_systemd.look)


# By the names of _runtimes.kinds.
KINDS: Mapping[str, Callable[[], Kind]] = {
    "compose": _compose,
    "kubernetes": _kubernetes,
    "process": _process,
    "systemd": _systemd,
}
