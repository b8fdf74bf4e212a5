# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which host has made a backup: several may share a storage, and there a catalogue."""

from __future__ import annotations

import socket

from .._core.errors import one_line
from .manifest import Manifest

MADE_ON = "made_on"  # in what a manifest says of the server


def this_host() -> str:
    """Return the name of this host."""
    return socket.gethostname()


def other_host(manifest: Manifest) -> str:
    """Return the name of the other host that has made a backup; empty for ours, or where the manifest does not say."""
    host = manifest.server.get(MADE_ON)
    return "" if host in (None, this_host()) else one_line(host, 80)


def told_of_another(name: str, manifest: Manifest, where: str) -> list[str]:
    """Return a warning when another host has made the backup ``name`` that is in a storage."""
    host = other_host(manifest)
    made = f"{name} in {where} was made on {host}, not on {this_host()}"
    return [f"{made}: give each host a prefix or a name of its own"] if host else []
