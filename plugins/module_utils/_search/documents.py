# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Documents of each index, counted exactly, a bounded number of indices at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .._core.errors import AccessDenied, OpsError, Unreachable
from .._core.portions import portioned
from .answers import Unavailable
from .connection import Client, part

_AT_ONCE = 100
_MOST_HALVINGS = 200
# The line of a request may be 4,096 bytes long (http.max_initial_line_length); names of indices 255 each.
_MOST_LETTERS = 3000
CLOSED = "close"


@dataclass(frozen=True)
class Index:
    """An index.

    :param open: whether it can be read. :param red: whether a primary of it is not there, or not yet. :param created:
        seconds since the epoch; None where the server does not say. :param held: whether the server says that it has
        documents, nested and just deleted ones too. :param green: whether all copies of its shards are there.
    """

    name: str
    open: bool
    red: bool
    created: float | None = None
    held: bool = False
    green: bool = True


def found(client: Client, patterns: Sequence[str], ignore_unavailable: bool = False) -> list[Index]:
    """Return the indices that names and patterns mean, hidden and closed ones too.

    :raises NotThere: a name without ``*`` is that of no index, unless that is to be ignored.
    """
    known = [one for one in patterns if not ignore_unavailable or _may_be(client, one)]
    if patterns and all(one.startswith("-") for one in known):
        return []
    if len(list(portions(known))) > 1:
        return list(_in_portions(client, known).values())
    return _listed(client, known)


def _in_portions(client: Client, patterns: Sequence[str]) -> dict[str, Index]:
    """Return what names and patterns mean that are too long for one question, each ``-`` for those before it."""
    known: dict[str, Index] = {}
    for out, some in groupby(patterns, lambda pattern: pattern.startswith("-")):
        names = [pattern.lstrip("-") for pattern in some]
        # one that is taken out need not be there
        for few in portions([one for one in names if not out or _may_be(client, one)]):
            for index in _listed(client, few):
                if out:
                    known.pop(index.name, None)
                else:
                    known[index.name] = index
    return known


def _listed(client: Client, patterns: Sequence[str]) -> list[Index]:
    wanted = ",".join(map(part, patterns)) or "*"
    query = {"format": "json", "h": "index,status,health,creation.date,docs.count", "expand_wildcards": "all"}
    rows = client.ask("GET", f"_cat/indices/{wanted}", query)
    return [_index(row) for row in rows]


def _index(row: Mapping[str, Any]) -> Index:
    begun = str(row.get("creation.date") or "")
    created = int(begun) / 1000 if begun.isdigit() else None
    held = str(row.get("docs.count") or "0") != "0"
    health = row.get("health")
    return Index(str(row["index"]), row["status"] != CLOSED, health == "red", created, held, health == "green")


def _may_be(client: Client, pattern: str) -> bool:
    """Tell whether something is there of that name; of a pattern it need not be.

    Told to ignore what is missing, both products wait for it in ``_cat/indices``, for half a minute.
    """
    if "*" in pattern:
        return True
    answer = client.tried("HEAD", part(pattern.lstrip("-")))
    if answer.status == 200:
        return True
    if answer.status == 404:
        return False
    raise answer.error()


def indices_of(client: Client, patterns: Sequence[str]) -> dict[str, bool]:
    """Return what :func:`found` does, as names, each with whether it is open."""
    return {one.name: one.open for one in found(client, patterns)}


def without_primary(client: Client, indices: Sequence[Index]) -> list[str]:
    """Return those of which a primary shard is on no node, so that it cannot be read. Such a cluster is red.

    An index whose primary only starts is red for a moment, too, and is none of them.
    """
    missing: set[str] = set()
    for some in portions(sorted(one.name for one in indices if one.red)):
        names = ",".join(map(part, some))
        # for an index that is gone by now the servers would wait longer; of a closed one no other interface tells
        query = {"level": "shards", "filter_path": "indices.*.shards", "timeout": "1s"}
        known = client.ask("GET", f"_cluster/health/{names}", query).get("indices") or {}
        missing.update(name for name, one in known.items() if any(map(_lost, one["shards"].values())))
    return sorted(missing)


def _lost(shard: Mapping[str, Any]) -> bool:
    return not (shard["primary_active"] or shard["initializing_shards"])


def documents(client: Client, indices: Sequence[str]) -> dict[str, int]:
    """Return how many documents each of these open indices holds, those just written too.

    :raises OpsError: not all shards answered, so that nobody knows.
    """
    counts: dict[str, int] = {}
    for some in portions(indices):
        names = ",".join(map(part, some))
        _refresh(client, names)
        counts.update(_counted(client, names, some))
    return counts


def _refresh(client: Client, names: str) -> None:
    """Have what was just written seen by the count, where the login may do that. A snapshot holds it in any case."""
    try:
        client.ask("POST", f"{names}/_refresh")
    except (AccessDenied, Unavailable):
        return


def _counted(client: Client, names: str, indices: Sequence[str]) -> dict[str, int]:
    body = {
        "size": 0,
        "track_total_hits": True,
        "aggs": {"indices": {"terms": {"field": "_index", "size": len(indices)}}},
    }
    answer = client.ask("POST", f"{names}/_search", {"allow_partial_search_results": False}, body)
    shards = answer["_shards"]
    if shards["successful"] < shards["total"] or answer.get("timed_out"):
        told = f"{shards['successful']} of {shards['total']} shards answered"
        raise OpsError(f"the documents cannot be counted: {told}", on=client.where)
    counts = {str(one["key"]): int(one["doc_count"]) for one in answer["aggregations"]["indices"]["buckets"]}
    return {name: counts.get(name, 0) for name in indices}


def countable(client: Client, indices: Sequence[str]) -> tuple[dict[str, int], dict[str, OpsError]]:
    """Return what :func:`documents` does of those indices that can be counted, and why the others cannot.

    Halves of a portion are asked for until those that spoil it are found, a bounded number of times, after which the
    rest of that portion counts as spoilt. :raises Unreachable: nobody answers.
    """
    counts: dict[str, int] = {}
    refused: dict[str, OpsError] = {}
    waiting = list(portions(indices))
    halvings = _MOST_HALVINGS
    while waiting:
        some = waiting.pop()
        try:
            counts.update(documents(client, some))
        except Unreachable:
            raise
        except OpsError as error:
            if len(some) == 1 or not halvings:
                refused.update(dict.fromkeys(some, error))
            else:
                halvings -= 1
                waiting += [some[: len(some) // 2], some[len(some) // 2 :]]
    return counts, refused


def portions(indices: Sequence[str]) -> Iterator[list[str]]:
    """Return the names in parts that fit into the address of a question."""
    return portioned(indices, lambda name: len(part(name)) + 1, _MOST_LETTERS, _AT_ONCE)


def total(counts: Mapping[str, Any]) -> int:
    """Return the sum."""
    return sum(int(one) for one in counts.values())
