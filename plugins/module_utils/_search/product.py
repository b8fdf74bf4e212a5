# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which of the two products a cluster runs, and what differs between them and between their versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import OpsError, WrongType, one_line

ELASTICSEARCH, OPENSEARCH = "elasticsearch", "opensearch"
_NUMBER = re.compile(r"(\d+)\.(\d+)")
# What both are since: older ones have other forms of what we read.
_OLDEST: Mapping[str, tuple[int, int]] = {ELASTICSEARCH: (7, 0), OPENSEARCH: (1, 0)}


@dataclass(frozen=True)
class Product:
    """What a cluster says of itself.

    :param number: the version as told: ``2.19.1``. :param version: its first two numbers. :param uuid: of the cluster.
    """

    distribution: str
    number: str
    version: tuple[int, int]
    cluster: str
    uuid: str

    @property
    def is_opensearch(self) -> bool:
        """Whether it is OpenSearch."""
        return self.distribution == OPENSEARCH

    @property
    def master_timeout(self) -> str:
        """How the option is named that bounds a wait for the elected node: OpenSearch renamed it with version 2."""
        return "cluster_manager_timeout" if self.is_opensearch and self.version >= (2, 0) else "master_timeout"

    @property
    def pages_snapshots(self) -> bool:
        """Whether a list of snapshots can be had in parts (``size``, ``after``): Elasticsearch since 7.14."""
        return not self.is_opensearch and self.version >= (7, 14)

    def told(self) -> dict[str, str]:
        """Return it for a result."""
        return {"distribution": self.distribution, "version": self.number, "cluster": self.cluster}


def product_of(about: Any, on: str) -> Product:
    """Return what the answer to ``GET /`` says.

    An OpenSearch that was told to pass for Elasticsearch 7.10 (``compatibility.override_main_response_version``) is
    known by its tagline. Which version it is then it does not tell: it is taken for the oldest.

    :raises WrongType: this is neither. :raises OpsError: it is too old.
    """
    version = about.get("version") if isinstance(about, Mapping) else None
    match = _NUMBER.match(str(version.get("number", ""))) if isinstance(version, Mapping) else None
    if match is None or not isinstance(version, Mapping):
        raise WrongType("this is neither Elasticsearch nor OpenSearch", on=on)
    passes = OPENSEARCH in str(about.get("tagline", "")).lower()
    known = OPENSEARCH if passes else str(version.get("distribution") or ELASTICSEARCH)
    if known not in _OLDEST:
        raise WrongType(f"this is {one_line(known, 40)}, neither Elasticsearch nor OpenSearch", on=on)
    numbers = _OLDEST[known] if passes and not version.get("distribution") else (int(match[1]), int(match[2]))
    if numbers < _OLDEST[known]:
        oldest = ".".join(map(str, _OLDEST[known]))
        raise OpsError(f"{known} {one_line(version['number'], 20)} is too old", on=on, advice=f"{oldest} is the oldest")
    return Product(
        distribution=known,
        number=one_line(version["number"], 40),
        version=numbers,
        cluster=one_line(about.get("cluster_name", ""), 100),
        uuid=one_line(about.get("cluster_uuid", ""), 40),
    )
