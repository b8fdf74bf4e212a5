# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind elasticsearch: a cluster of Elasticsearch or OpenSearch is well, has room and takes writes. Needs requests.

Asks for ``/``, ``_cluster/health``, ``_cluster/state/blocks`` and, where an option wants it, ``_nodes/stats/fs``,
``_cluster/settings`` and ``_count``, which both products have in the same form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .._core.argspec import ArgSpec
from .._core.errors import InputError, Unreachable, one_line
from .._core.http import without_user
from .._search import answers
from .._search.answers import Unavailable
from .._search.product import Product, product_of
from .asking import Server, asking_spec, refuse_denied, understood
from .base import UNKNOWN, Condition, Context, Options, Values
from .elasticsearch_watermarks import NAMES, QUERY, settings_of, watermark
from .limits import COUNT, PERCENT, Limit, limit_conditions, limits_spec

GREEN, YELLOW = "green", "yellow"
_ACCEPTED = {GREEN: [GREEN], YELLOW: [GREEN, YELLOW]}
_MAX_BYTES = 4 << 20
_SHOWN = 20
# The block that a node puts on indices when its disk is over the flood stage; others are put there by people.
_FLOOD_STAGE = "12"
_WHOSE = "an Elasticsearch or OpenSearch"

LIMITS = (
    Limit("max_unassigned_shards", COUNT, "unassigned_shards"),
    Limit("max_pending_tasks", COUNT, "pending_tasks"),
    Limit("min_nodes", COUNT, "nodes", "ge"),
    Limit("max_disk_percent", PERCENT, "disk_percent", unit="%", null_means="no node tells", detail="_fullest"),
    Limit("min_documents", COUNT, "documents", "ge", null_means="some shards did not answer"),
    Limit("max_documents", COUNT, "documents", null_means="some shards did not answer"),
)

SPEC = (
    ArgSpec(
        options={
            "url": {"type": "list", "elements": "str", "required": True},
            "status": {"type": "str", "default": YELLOW, "choices": list(_ACCEPTED)},
            "index": {"type": "str"},
            "disk_watermark": {"type": "str", "choices": list(NAMES)},
            "allow_read_only": {"type": "bool", "default": False},
        },
        required_by={"min_documents": ["index"], "max_documents": ["index"]},
    )
    + limits_spec(LIMITS)
    + asking_spec(_MAX_BYTES)
)
LIBRARIES: Sequence[str] = ("requests",)


def probe(options: Options, context: Context) -> Values:
    """Ask the first of the nodes named that answers for its version and the cluster's state.

    :raises Unreachable: no node answers. :raises AccessDenied: the login. :raises NotThere: no such index.
    :raises WrongType: another kind of server. :raises OpsError: it answers, and not as it should.
    """
    server, about = _first_that_answers(options, context)
    product = product_of(about, without_user(server.url))
    known = {"url": without_user(server.url), **product.told()}
    values = understood(server.url, _WHOSE, lambda: {**known, **_health(server, product)})
    if not options["allow_read_only"]:
        values.update(understood(server.url, _WHOSE, lambda: _blocks(server)))
    if options["max_disk_percent"] is not None or options["disk_watermark"] is not None:
        values.update(understood(server.url, _WHOSE, lambda: _disks(server, options["disk_watermark"])))
    if options["index"] is not None:
        values["documents"] = understood(server.url, _WHOSE, lambda: _documents(server, options["index"]))
    return values


def _first_that_answers(options: Options, context: Context) -> tuple[Server, Any]:
    """Return the node and what it says of itself. Each node gets its share of the time that is left.

    :raises Unreachable: none answers; the reason is that of the last.
    """
    urls, left = options["url"], float(options["timeout"])
    if not urls:
        raise InputError("url is empty", advice="expected the address of at least one node")
    for number, url in enumerate(urls):
        server = Server({**options, "timeout": left}, context, url)
        share = left / (len(urls) - number)
        try:
            return server, _ask(server, "/", within=share)
        except Unreachable as error:
            last, left = error, max(server.left, 0.001)
    if len(urls) == 1:
        raise last
    raise Unreachable(f"none of {len(urls)} nodes answers; the last: {last.failed}", on=last.on)


def _ask(server: Server, path: str, query: Mapping[str, Any] | None = None, within: float | None = None) -> Any:
    """Return the JSON of a good answer, and raise what a bad one says."""
    answer = server.get(path, query, within)
    refuse_denied(answer.status, answer.url)
    return answers.understood(answer).result()


def _health(server: Server, product: Product) -> Values:
    """Return the cluster's health. The server is told how long it may wait for a master to be elected."""
    health = _ask(server, "_cluster/health", {product.master_timeout: f"{int(server.left * 800)}ms"})
    unassigned = int(health["unassigned_shards"])
    total = unassigned + sum(int(health[name]) for name in ("active_shards", "initializing_shards"))
    return {
        "status": one_line(health["status"], 20),
        "nodes": int(health["number_of_nodes"]),
        "data_nodes": int(health["number_of_data_nodes"]),
        "shards": total,
        "unassigned_shards": unassigned,
        "relocating_shards": int(health["relocating_shards"]),
        "pending_tasks": int(health["number_of_pending_tasks"]),
        "timed_out": bool(health["timed_out"]),
        "_shards": f"{unassigned} of {total} shards are unassigned" if unassigned else "",
    }


def _blocks(server: Server) -> Values:
    """Return what may not be written to: because of a full disk or the whole cluster, and because somebody said so."""
    blocks = _ask(server, "_cluster/state/blocks")["blocks"]
    by_index = {name: _writes_blocked(found) for name, found in blocks.get("indices", {}).items()}
    flooded = sorted(name for name, found in by_index.items() if _FLOOD_STAGE in found)
    chosen = sorted(name for name, found in by_index.items() if found and _FLOOD_STAGE not in found)
    whole = [
        one_line(block.get("description", ""), 100) for block in _writes_blocked(blocks.get("global", {})).values()
    ]
    names = [one_line(name, 100) for name in flooded[:_SHOWN]]
    return {
        "read_only": len(flooded) + len(whole),
        "read_only_indices": names,
        "write_blocked": len(chosen),
        "_read_only": "; ".join([*whole, *([f"disk over flood stage: {', '.join(names[:5])}"] if names else [])]),
    }


def _writes_blocked(blocks: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return those of the blocks that forbid to write and not to read: a closed index is no reason to worry."""
    return {
        number: block
        for number, block in blocks.items()
        if "write" in block["levels"] and "read" not in block["levels"]
    }


def _disks(server: Server, limit: str | None) -> Values:
    """Return how full the disks of the nodes are, the fullest first. :param limit: the watermark that counts."""
    nodes = list(_ask(server, "_nodes/stats/fs")["nodes"].values())
    disks = sorted(((_used_percent(node["fs"]["total"]), one_line(node["name"], 100)) for node in nodes), reverse=True)
    fullest = f"node {disks[0][1]}" if disks else ""
    return {
        "disk_percent": disks[0][0] if disks else None,
        "disks": [{"node": name, "used_percent": percent} for percent, name in disks[:_SHOWN]],
        "_fullest": fullest,
        **({} if limit is None else _watermarks(server, nodes, limit)),
    }


def _watermarks(server: Server, nodes: Sequence[Mapping[str, Any]], limit: str) -> Values:
    """Return the cluster's own watermarks, and which nodes' disks are over the one that counts."""
    settings = settings_of(_ask(server, "_cluster/settings", QUERY))
    known = {name: watermark(name, settings) for name in NAMES}
    over = sorted(one_line(node["name"], 100) for node in nodes if known[limit].is_passed(*_bytes_of(node)))
    return {
        "watermarks": {name: one.written for name, one in known.items()},
        "watermarks_enabled": settings.get("threshold_enabled", "true") == "true",
        "over_watermark": over[:_SHOWN],
        "_over": f"the {limit} watermark is {known[limit].written}",
    }


def _bytes_of(node: Mapping[str, Any]) -> tuple[int, int]:
    total = node["fs"]["total"]
    return int(total["total_in_bytes"]), int(total["available_in_bytes"])


def _used_percent(total: Mapping[str, Any]) -> float:
    return round(100 - 100 * int(total["available_in_bytes"]) / int(total["total_in_bytes"]), 2)


def _documents(server: Server, index: str) -> int | None:
    """Return how many documents the index or pattern has; None when some of the shards did not answer.

    Shards that are not assigned anywhere are in the total, and in neither successful nor failed.

    :raises NotThere: nothing has that name, which is never 0 documents.
    """
    path = f"{quote(index, safe='*,')}/_count"
    try:
        counted = _ask(server, path, {"allow_no_indices": "false"})
    except Unavailable:
        return None
    shards = counted["_shards"]
    return int(counted["count"]) if shards["successful"] >= shards["total"] else None


def conditions(options: Options) -> list[Condition]:
    """Expect a status that is good enough, no index that a full disk made read-only, and the limits given."""
    accepted = _ACCEPTED[options["status"]]
    op, wanted = ("eq", accepted[0]) if len(accepted) == 1 else ("in", accepted)
    writable = [] if options["allow_read_only"] else [Condition("read_only", "le", 0, detail="_read_only")]
    over = [] if options["disk_watermark"] is None else [Condition("over_watermark", "eq", [], detail="_over")]
    return [
        Condition("timed_out", "eq", False, otherwise=UNKNOWN),
        Condition("status", op, wanted, detail="_shards"),
        *writable,
        *over,
        *limit_conditions(LIMITS, options),
    ]
