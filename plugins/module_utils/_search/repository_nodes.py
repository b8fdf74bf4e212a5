# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the cluster's nodes say of themselves that matters to repositories: names, and which folders they may use."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .._core.errors import OpsError, one_line
from .connection import Client

_FIELDS = "nodes.*.name,nodes.*.roles,nodes.*.settings.path.repo"
_MASTERS = ("master", "cluster_manager")
_SHOWN = 8


@dataclass(frozen=True)
class SearchNode:
    """A node.

    :param folders: those of its setting ``path.repo``. :param uses: whether it reads and writes repositories, as those
        do that hold data or can be elected.
    """

    name: str
    folders: tuple[str, ...]
    uses: bool

    def allows(self, location: str) -> bool:
        """Tell whether a repository may have its files there; a relative one is below the first of the folders."""
        if not posixpath.isabs(location):
            return bool(self.folders)
        place = posixpath.normpath(location)
        return any(
            posixpath.commonpath([place, folder]) == folder
            for folder in map(posixpath.normpath, self.folders)
            if posixpath.isabs(folder)
        )

    def told(self) -> str:
        """Return it for a message."""
        return f"{self.name} (has {', '.join(self.folders) or 'none'})"


def nodes_of(client: Client) -> Mapping[str, SearchNode]:
    """Return the nodes by their ids; none when the cluster does not tell.

    It is for messages only, so that another error than the one to be told is of no use.
    """
    try:
        answer = client.ask("GET", "_nodes/settings", {"filter_path": _FIELDS})
        return {str(number): _node(found) for number, found in answer["nodes"].items()}
    except (OpsError, AttributeError, KeyError, TypeError):
        return {}


def _node(found: Mapping[str, object]) -> SearchNode:
    settings = found.get("settings")
    paths = settings.get("path") if isinstance(settings, Mapping) else None
    folders = paths.get("repo") if isinstance(paths, Mapping) else None
    if isinstance(folders, str):
        folders = folders.split(",")
    roles = found.get("roles")
    return SearchNode(
        name=one_line(found["name"], 60),
        folders=tuple(str(one).strip() for one in folders or ()),
        uses=not isinstance(roles, list) or any(one in _MASTERS or str(one).startswith("data") for one in roles),
    )


def refusing(nodes: Iterable[SearchNode], location: str) -> str:
    """Return for a message the nodes that do not allow the location, or all, when each says that it does."""
    using = [one for one in nodes if one.uses]
    found = sorted((one for one in using if not one.allows(location)), key=lambda one: one.name) or using
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(one.told() for one in found[:_SHOWN]) + more
