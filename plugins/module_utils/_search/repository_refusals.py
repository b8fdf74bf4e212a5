# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Why a cluster refuses a repository, and what to do about it: the servers' own words say the first only.

The words are those of both products, which share them (``FsRepository``, ``URLRepository``, ``RepositoriesService``
and the services of the clients of S3, Google and Azure).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

from .._core.errors import AccessDenied, NotThere, OpsError
from .answers import Answer, Conflict
from .connection import Client
from .product import Product
from .repositories import Repository
from .repository_nodes import nodes_of, refusing
from .repository_settings import AZURE, FS, GCS, S3, keystore_names

_READ = 20_000


@dataclass(frozen=True)
class Hint:
    """What a refusal means: ``what`` in place of the server's words, where ours are plainer."""

    kind: type[OpsError]
    advice: str
    what: str = ""


_Explain = Callable[[Client, Repository], Hint]


def refused(client: Client, repository: Repository, answer: Answer) -> OpsError:
    """Return what the answer to a change of the repository means."""
    hint = hint_of(client, repository, text_of(answer))
    if hint is None:
        return answer.error()
    what = hint.what or f"status is {answer.status} ({answer.reason or answer.begins()})"
    return hint.kind(what, on=answer.on, advice=hint.advice)


def text_of(answer: Answer) -> str:
    """Return all that the answer says, the causes of causes too."""
    return json.dumps(answer.body, ensure_ascii=False)[:_READ]


def hint_of(client: Client, repository: Repository, text: str) -> Hint | None:
    """Return what the words of a server mean; None when they have to speak for themselves."""
    for pattern, explain in _KNOWN:
        if pattern.search(text):
            return explain(client, repository)
    return None


def _configuration(product: Product) -> str:
    return f"{product.distribution}.yml"


def path_repo(client: Client, repository: Repository) -> Hint:
    """Explain that a node may not use the folder."""
    location = repository.settings.get("location", "")
    told = refusing(nodes_of(client).values(), location) or "see their log"
    return Hint(
        OpsError,
        f"add it, or a folder above it, to path.repo in {_configuration(client.product)} of each node that holds data "
        f"or can be elected, and restart them: {told}",
        f"the location {location} is in no folder of path.repo",
    )


def _url(client: Client, repository: Repository) -> Hint:
    return Hint(
        OpsError,
        f"add it to repositories.url.allowed_urls in {_configuration(client.product)} of each node, or for file: to "
        "path.repo, and restart them",
        f"the url {repository.settings.get('url', '')} is in neither repositories.url.allowed_urls nor path.repo",
    )


def _protocol(client: Client, _repository: Repository) -> Hint:
    return Hint(OpsError, f"see repositories.url.supported_protocols in {_configuration(client.product)} of each node")


def missing_type(client: Client, repository: Repository) -> Hint:
    """Explain that what reads and writes such repositories is not installed."""
    product, part = client.product, f"repository-{repository.type}"
    kind = repository.type
    if kind in (S3, GCS, AZURE) and (product.is_opensearch or product.version < (8, 0)):
        advice = f"install the plugin {part} on each node ({product.distribution}-plugin install {part}), restart them"
    else:
        advice = f"the module {part}, which comes with {product.distribution}, is missing on its nodes"
    return Hint(NotThere, advice, f"the cluster knows no repositories of type {kind}")


def _in_use(_client: Client, _repository: Repository) -> Hint:
    return Hint(Conflict, "wait until its snapshots and restores have ended; indices mounted from it have to go first")


def _keys(client: Client, repository: Repository) -> Hint:
    names = keystore_names(repository.type, repository.settings)
    if not names:
        return Hint(AccessDenied, "")
    role = ", unless the nodes have a role" if repository.type == S3 else ""
    return Hint(
        AccessDenied,
        f"see {' and '.join(names)} in the keystore of each node ({client.product.distribution}-keystore add){role}; "
        "POST _nodes/reload_secure_settings has them read anew",
    )


def _not_writable(_client: Client, repository: Repository) -> Hint:
    if repository.type != FS:
        return Hint(AccessDenied, "see what the nodes' keys may do there")
    location = repository.settings.get("location", "")
    return Hint(
        AccessDenied,
        f"the user that the nodes run as must own or be able to write to {location}, or set readonly",
    )


def _not_there(_client: Client, repository: Repository) -> Hint:
    if repository.type != FS:
        return Hint(NotThere, "each node must reach the same place with the same rights")
    return Hint(NotThere, f"{repository.settings.get('location', '')} must be the same shared folder on each node")


def _tls(client: Client, repository: Repository) -> Hint:
    advice = "see the node's log; where it tells of TLS, its Java must trust the service's certificate"
    if repository.type == S3 and client.product.is_opensearch and client.product.version >= (3, 0):
        # Its deletions go by a client of C code (CRT), which knows the system's authorities only.
        advice += ", and the settings need s3_async_client_type: netty"
    return Hint(OpsError, advice)


# The first that is found counts.
_WORDS: Mapping[str, _Explain] = {
    r"path\.repo or repositories\.url\.allowed_urls": _url,
    r"any of the locations specified by path\.repo": path_repo,
    r"unsupported url protocol": _protocol,
    r"repository type \[[^\]]*\] does not exist": missing_type,
    r"trying to modify or unregister repository": _in_use,
    r"unable to (?:load|find|locate)[^\"]*(?:credentials|client)|unknown[^\"]*client name|InvalidAccessKeyId"
    r"|SignatureDoesNotMatch|access key id you provided|request signature we calculated"
    r"|could not find an? (?:default )?credential|AuthenticationFailed|invalid_grant": _keys,
    r"TLS \(SSL\) negotiation failed|PKIX path building failed|Delete operation timed out": _tls,
    r"access_?denied_?exception|AccessDenied\b|read-only file system": _not_writable,
    r"no_such_file_exception|NoSuchFileException|cannot be accessed on the node": _not_there,
}
_KNOWN = [(re.compile(words, re.IGNORECASE), explain) for words, explain in _WORDS.items()]
