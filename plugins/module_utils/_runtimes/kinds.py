# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kinds of runtimes. A kind's file is imported when it is used; Ansible's packer finds them all here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .base import Runtime

Kind = tuple[ArgSpec, Callable[[Mapping[str, Any]], Runtime]]


def _compose() -> Kind:
    from . import compose

    return compose.SPEC, compose.Compose


def _process() -> Kind:
    from . import process

    return process.SPEC, process.Process


def _systemd() -> Kind:
    from . import systemd

    return systemd.SPEC, systemd.Systemd


def _kubernetes() -> Kind:
    from . import kubernetes

    return kubernetes.SPEC, kubernetes.Kubernetes


KINDS: Mapping[str, Callable[[], Kind]] = {
    "compose": _compose,
    "kubernetes": _kubernetes,
    "process": _process,
    "systemd": _systemd,
}
