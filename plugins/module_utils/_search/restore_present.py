# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a cluster has already: indices, their aliases and data streams, from its state in one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .answers import Unavailable
from .connection import Client

_FIELDS = (
    "blocks.global.*.description",
    "metadata.indices.*.state",
    "metadata.indices.*.aliases",
    "metadata.indices.*.settings.index.number_of_shards",
    "metadata.data_stream.data_stream.*.indices.index_name",
)
# The block (GatewayService: STATE_NOT_RECOVERED_BLOCK) of a cluster that has just begun and knows of no index yet.
_NOT_RECOVERED = "1"


@dataclass(frozen=True)
class Index:
    """An index that is there. :param stream: the data stream that it is of; None for none."""

    open: bool
    aliases: tuple[str, ...]
    shards: int | None
    stream: str | None = None


@dataclass(frozen=True)
class Present:
    """What is there."""

    indices: Mapping[str, Index]
    streams: frozenset[str]

    def leads_to(self, alias: str) -> list[str]:
        """Return the indices that an alias leads to; none when there is no such alias."""
        return sorted(name for name, index in self.indices.items() if alias in index.aliases)

    def what(self, name: str) -> str:
        """Return what has that name, in words; empty when nothing does."""
        index = self.indices.get(name)
        if index is not None:
            return f"{'an open' if index.open else 'a closed'} index"
        if name in self.streams:
            return "a data stream"
        return "an alias" if self.leads_to(name) else ""

    def clashes(self, names: Iterable[str]) -> list[str]:
        """Return a part of a line for each name that is taken: ``orders is an open index``."""
        return [f"{name} is {self.what(name)}" for name in sorted(names) if self.what(name)]


def present(client: Client) -> Present:
    """Return what is there. :raises Unavailable: the cluster does not know yet. :raises OpsError: nobody can say."""
    state = client.ask("GET", "_cluster/state/metadata,blocks", {"filter_path": ",".join(_FIELDS)})
    if _NOT_RECOVERED in ((state.get("blocks") or {}).get("global") or {}):
        raise Unavailable("the cluster has just begun and does not know its indices yet", on=client.where)
    found = state.get("metadata") or {}
    streams = ((found.get("data_stream") or {}).get("data_stream")) or {}
    of = {str(one["index_name"]): str(name) for name, stream in streams.items() for one in stream["indices"]}
    return Present(
        {
            str(name): Index(
                open=index["state"] == "open",
                aliases=tuple(map(str, index.get("aliases") or ())),
                shards=_shards(index),
                stream=of.get(name),
            )
            for name, index in (found.get("indices") or {}).items()
        },
        frozenset(map(str, streams)),
    )


def _shards(index: Mapping[str, Mapping[str, Mapping[str, str]]]) -> int | None:
    told = index.get("settings", {}).get("index", {}).get("number_of_shards")
    return None if told is None else int(told)
