# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of a lab of the figures' own, and the modules that are called for them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.search_server import SearchServer
from ansible_collections.day2.ops.tests.live.search_help import Cluster

from ..errors import FigureError
from ..modules import Module
from ..run import Run

AREA = "search"
REPOSITORY, SNAPSHOT = Module("es_repository"), Module("es_snapshot")
INFO, RESTORE = Module("es_snapshot_info"), Module("es_snapshot_restore")
# Both with a slice of a few minutes, the first of them else.
PRODUCTS = ("opensearch", "elasticsearch")
Options = dict[str, Any]


@dataclass(frozen=True)
class Nodes:
    """A lab with nodes in it, and a folder for the files of modules."""

    lab: Lab
    folder: Path
    clusters: dict[str, Cluster]

    @property
    def first(self) -> Cluster:
        """The one that all figures are of."""
        return next(iter(self.clusters.values()))

    def said(self, module: Module, cluster: Cluster, **options: Any) -> Options:
        """Run a module to its end; what it said. Raises FigureError when that is not one line of JSON."""
        done = module.called(self.folder, {"url": [cluster.url], **options})
        found = module.result(done.output)
        if "msg" not in found and "changed" not in found:
            raise FigureError(f"{module.name} said nothing: {done.output[-300:]}")
        return found

    def restart(self, cluster: Cluster) -> None:
        """Start the node again after it was killed, and wait until it knows its shards."""
        self.lab.mend(cluster.name)
        cluster.await_calm()


@contextlib.contextmanager
def nodes(run: Run, *names: str, heap: str = "512m") -> Iterator[Nodes]:
    """Have nodes of these names, and other servers; all that is made in them goes with them.

    heap: the most memory of a node.
    Raises FigureError when one of them does not answer as it must for the figures to go on.
    """
    with patch.object(SearchServer, "heap", heap), run.folder() as folder, run.lab(folder, list(names)) as lab:
        clusters: dict[str, Any] = {name: lab.facts[name] for name in names if name in PRODUCTS}  # type: ignore[literal-required]
        try:
            yield Nodes(lab, folder, {name: Cluster(name, facts) for name, facts in clusters.items()})
        except requests.RequestException as error:
            raise FigureError(f"{', '.join(clusters)}: {error}") from error
