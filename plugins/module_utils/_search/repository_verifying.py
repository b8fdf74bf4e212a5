# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A repository proven by the cluster itself: the elected node writes a file there, each node adds one to it.

One that is only read is looked at and not written to, by OpenSearch; Elasticsearch asks its nodes no more than whether
they know it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._core.errors import OpsError, one_line
from .answers import Answer
from .connection import Client, part
from .repositories import Repository
from .repository_nodes import SearchNode, nodes_of
from .repository_refusals import Hint, hint_of, missing_type, path_repo, text_of
from .repository_settings import FS

# ``[[ID, 'WORDS'], [ID, 'WORDS']]``, as VerificationFailure of both products writes it
_FAILURE = re.compile(r"\[([\w-]{10,40}), '(.*?)'\](?=, \[|\])", re.DOTALL)
_NESTED = "; nested: "
# A node that could not make the repository does not know it.
_UNKNOWN_THERE = re.compile(r"RepositoryMissingException|failed to create on current node")
_SHOWN = 5


def verified(client: Client, repository: Repository, query: Mapping[str, Any]) -> list[str]:
    """Return the names of the nodes that can use the repository, all of them.

    :raises OpsError: one cannot; its ``details`` have ``failed_nodes``, which said what. Nobody answers.
    """
    answer = client.tried("POST", f"_snapshot/{part(repository.name)}/_verify", query)
    if not answer.good:
        raise _failed(client, repository, answer)
    nodes = answer.body.get("nodes") if isinstance(answer.body, Mapping) else None
    if not isinstance(nodes, Mapping) or not nodes:
        raise OpsError("the repository was verified by no node", on=answer.on)
    return sorted(one_line(found.get("name") or number, 60) for number, found in nodes.items())


def _failed(client: Client, repository: Repository, answer: Answer) -> OpsError:
    said = _said(client, answer)
    told = "; ".join(f"node {node}: {words}" for node, words in list(said.items())[:_SHOWN])
    hint = _hint(client, repository, answer)
    kind = hint.kind if hint is not None else OpsError
    return kind(
        f"the repository fails its verification: {told or answer.reason or answer.begins()}",
        on=answer.on,
        advice=hint.advice if hint is not None else "",
        failed_nodes=[{"node": node, "said": words} for node, words in said.items()],
    )


def _hint(client: Client, repository: Repository, answer: Answer) -> Hint | None:
    text = text_of(answer)
    if answer.status != 404 and _UNKNOWN_THERE.search(text):
        return (path_repo if repository.type == FS else missing_type)(client, repository)
    return hint_of(client, repository, text)


def _said(client: Client, answer: Answer) -> dict[str, str]:
    """Return what each node that failed said, by its name; nothing where it was the elected one alone."""
    error = answer.body.get("error") if isinstance(answer.body, Mapping) else None
    reason = str(error.get("reason") or "") if isinstance(error, Mapping) else ""
    failures = _FAILURE.findall(reason)
    if not failures:
        return {}
    nodes: Mapping[str, SearchNode] = nodes_of(client)
    names = {number: nodes[number].name if number in nodes else number for number, _words in failures}
    return {names[number]: _innermost(words) for number, words in failures}


def _innermost(words: str) -> str:
    """Return the cause at the bottom of what a node said, without how it came here."""
    return one_line(words.rpartition(_NESTED)[2].rstrip("; "), 200)
