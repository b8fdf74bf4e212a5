# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which product answers, in the forms that servers and those before them give."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._search.product import Product, product_of

ON = "http://127.0.0.1:9200"
SEARCH = "You Know, for Search"
PROJECT = "The OpenSearch Project: https://opensearch.org/"


def about(number: Any, distribution: str = "", tagline: str = SEARCH) -> dict[str, Any]:
    version = {"number": number, **({"distribution": distribution} if distribution else {})}
    return {"cluster_name": "lab", "cluster_uuid": "u", "version": version, "tagline": tagline}


@pytest.mark.parametrize(
    ("said", "distribution", "version", "master", "pages"),
    [
        (about("7.0.0"), "elasticsearch", (7, 0), "master_timeout", False),
        (about("7.13.4"), "elasticsearch", (7, 13), "master_timeout", False),
        (about("7.17.28"), "elasticsearch", (7, 17), "master_timeout", True),
        (about("8.15.0-SNAPSHOT"), "elasticsearch", (8, 15), "master_timeout", True),
        (about("9.0.1"), "elasticsearch", (9, 0), "master_timeout", True),
        (about("1.3.19", "opensearch", PROJECT), "opensearch", (1, 3), "master_timeout", False),
        (about("2.19.1", "opensearch", PROJECT), "opensearch", (2, 19), "cluster_manager_timeout", False),
        (about("3.3.0", "opensearch", PROJECT), "opensearch", (3, 3), "cluster_manager_timeout", False),
        # one that passes for Elasticsearch: nobody knows its version
        (about("7.10.2", tagline=PROJECT), "opensearch", (1, 0), "master_timeout", False),
    ],
)
def test_products_and_what_differs(
    said: Any, distribution: str, version: tuple[int, int], master: str, pages: bool
) -> None:
    product = product_of(said, ON)
    assert (product.distribution, product.version) == (distribution, version)
    assert (product.master_timeout, product.pages_snapshots) == (master, pages)
    assert product.is_opensearch is (distribution == "opensearch")
    assert product.told() == {"distribution": distribution, "version": said["version"]["number"], "cluster": "lab"}


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        "text",
        {},
        {"version": "7.17.0"},
        {"version": {}},
        {"version": {"number": None}},
        {"version": {"number": "seven"}},
        {"version": {"number": {"a": 1}}},
    ],
)
def test_what_is_neither(said: Any) -> None:
    with pytest.raises(WrongType, match=f"this is neither Elasticsearch nor OpenSearch: {ON}"):
        product_of(said, ON)


def test_another_product_is_named() -> None:
    with pytest.raises(WrongType, match="this is other, neither Elasticsearch nor OpenSearch"):
        product_of(about("1.0.0", "other"), ON)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (about("6.8.23"), "elasticsearch 6.8.23 is too old: .*; 7.0 is the oldest"),
        (about("0.9.0", "opensearch"), "opensearch 0.9.0 is too old: .*; 1.0 is the oldest"),
    ],
)
def test_what_is_too_old(said: Any, words: str) -> None:
    with pytest.raises(OpsError, match=words):
        product_of(said, ON)


def test_names_are_fit_for_a_message() -> None:
    product = product_of({**about("7.17.0"), "cluster_name": "a\x1b[31m\nb" + "x" * 500}, ON)
    assert isinstance(product, Product)
    assert product.cluster.isprintable()
    assert len(product.cluster) == 100
