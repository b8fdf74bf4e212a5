# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories with PLAYED answers: those of real nodes, written down, where the lab has none that would give them.

Of two nodes of each product, one without path.repo; of S3, Google, Azure and URLs, by the servers' sources.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._search import repository
from ansible_collections.day2.ops.plugins.module_utils._search.answers import Answer, Conflict
from ansible_collections.day2.ops.plugins.module_utils._search.product import Product
from ansible_collections.day2.ops.plugins.module_utils._search.repository_nodes import SearchNode, refusing
from ansible_collections.day2.ops.plugins.module_utils._search.repository_settings import checked, moved, same, shown

URL = "http://127.0.0.1:9200"
MISSING = (404, {"error": {"type": "repository_missing_exception", "reason": "[backup] missing"}, "status": 404})
DONE = (200, {"acknowledged": True})
FS = {"type": "fs", "settings": {"location": "/srv/snapshots"}}
Said = tuple[int, Any]


def error(kind: str, reason: str, *causes: tuple[str, str]) -> Said:
    """Return an answer of 500 as both products write it, the innermost cause last."""
    cause: dict[str, Any] | None = None
    for name, why in reversed(causes):
        cause = {"type": name, "reason": why, **({"caused_by": cause} if cause else {})}
    return 500, {"error": {"type": kind, "reason": reason, **({"caused_by": cause} if cause else {})}, "status": 500}


class Played:
    """A cluster that answers as it is told: by method and the end of the path, a list one after the other."""

    def __init__(self, distribution: str = "opensearch", version: tuple[int, int] = (2, 19), **said: Any) -> None:
        self.product = Product(distribution, ".".join(map(str, version)), version, "lab", "uuid")
        self.where = URL
        self.asked: list[tuple[str, str, Any]] = []
        self._said: dict[str, Any] = {
            "get": MISSING,
            "put": DONE,
            "verify": (200, {"nodes": {"a": {"name": "one"}, "b": {"name": "two"}}}),
            "delete": DONE,
            "nodes": (200, {"nodes": {}}),
            **said,
        }

    def tried(self, method: str, path: str, query: Any = None, body: Any = None, within: Any = None) -> Answer:
        """See Client.tried."""
        self.asked.append((method, path, body))
        kind = {"POST": "verify"}.get(method, "nodes" if path.startswith("_nodes") else method.lower())
        said = self._said[kind]
        if isinstance(said, list):
            said = said.pop(0) if len(said) > 1 else said[0]
        if callable(said):
            said = said()
        if isinstance(said, OpsError):
            raise said
        return Answer(said[0], said[1], f"{URL}/{path}")

    def ask(self, method: str, path: str, query: Any = None, body: Any = None, within: Any = None) -> Any:
        """See Client.ask."""
        return self.tried(method, path, query, body).result()

    @property
    def changes(self) -> list[str]:
        """What was changed, in order."""
        return [method for method, _path, _body in self.asked if method in ("PUT", "DELETE")]


Had = Callable[..., Result]


@pytest.fixture
def had(monkeypatch: pytest.MonkeyPatch) -> Had:
    """Run the operation with a played cluster."""

    def run(cluster: Played, check_mode: bool = False, **options: Any) -> Result:
        @contextmanager
        def connected(_params: Any) -> Iterator[Played]:
            yield cluster

        monkeypatch.setattr(repository, "connected", connected)
        given = {"url": [URL], "name": "backup", **options}
        return repository.operate(repository.SPEC.validate(given, "test"), check_mode)

    return run


def stored(kind: str = "fs", **settings: Any) -> Said:
    """Return the answer on a repository that is there."""
    return 200, {"backup": {"type": kind, "settings": settings or {"location": "/srv/snapshots"}}}


@pytest.mark.parametrize(
    ("kind", "given", "server", "equal"),
    [
        ("fs", {"location": "/srv/a", "compress": True}, {"location": "/srv/a", "compress": "true"}, True),
        ("fs", {"location": "/srv/a", "compress": "True"}, {"location": "/srv/a", "compress": "true"}, True),
        ("fs", {"location": "/srv/a/", "x": None}, {"location": "/srv/a"}, True),
        ("fs", {"location": "/srv/a//b"}, {"location": "/srv/a/b"}, True),
        ("fs", {"location": "/srv/a"}, {"location": "/srv/A"}, False),
        ("fs", {"location": "/srv/a"}, {"location": "/srv/a", "compress": "true"}, False),
        ("fs", {"location": "/a", "chunk_size": "512mb"}, {"location": "/a", "chunk_size": "536870912b"}, True),
        ("fs", {"location": "/a", "chunk_size": "512MB"}, {"location": "/a", "chunk_size": "0.5g"}, True),
        ("fs", {"location": "/a", "chunk_size": "512mb"}, {"location": "/a", "chunk_size": "513mb"}, False),
        ("s3", {"bucket": "1g", "base_path": "/a/"}, {"bucket": "1g", "base_path": "a"}, True),
        ("s3", {"bucket": "1g"}, {"bucket": "1024m"}, False),
        ("s3", {"bucket": "a", "max_retries": 3}, {"bucket": "a", "max_retries": "3"}, True),
        ("s3", {"bucket": "a", "max_retries": 3.0}, {"bucket": "a", "max_retries": "3"}, True),
        ("gcs", {"bucket": "a", "chunk_size": "-1"}, {"bucket": "a", "chunk_size": -1}, True),
        ("azure", {}, {}, True),
        ("azure", {"container": "a", "client": "b"}, {"container": "a", "client": "c"}, False),
        ("url", {"url": "http://127.0.0.1/a/"}, {"url": "http://127.0.0.1/a"}, True),
        (
            "fs",
            {"location": "/a", "a": {"b": {"c": 1}, "d": [1, "x"]}},
            {"location": "/a", "a.b.c": "1", "a.d": "1,x"},
            True,
        ),
    ],
)
def test_settings_are_compared_by_what_they_mean(
    had: Had, kind: str, given: dict[str, Any], server: dict[str, Any], equal: bool
) -> None:
    cluster = Played(get=(200, {"backup": {"type": kind, "settings": server}}))
    result = had(cluster, type=kind, settings=given)
    assert result.changed is not equal
    assert cluster.changes == ([] if equal else ["PUT"])
    assert same(checked(kind, given), checked(kind, server)) is equal


def test_what_is_sent_is_what_was_given(had: Had) -> None:
    cluster = Played()
    had(cluster, type="s3", settings={"bucket": "b", "compress": True, "max_retries": 3, "client": None})
    sent = next(body for method, _path, body in cluster.asked if method == "PUT")
    assert sent == {"type": "s3", "settings": {"bucket": "b", "compress": "true", "max_retries": "3"}}


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("fs", {}, "settings: location is missing; a repository of type fs needs it"),
        ("fs", {"location": ""}, "settings: location is missing"),
        ("s3", {"base_path": "x"}, "settings: bucket is missing"),
        ("gcs", {}, "settings: bucket is missing"),
        ("url", {}, "settings: url is missing"),
        ("url", {"url": "/srv/snapshots"}, "settings: url is none that a repository can have"),
        ("url", {"url": "http://[/"}, "settings: url is none that a repository can have"),
        ("url", {"url": "http://me:hunter2@127.0.0.1/"}, "settings: url holds a password"),
        (
            "s3",
            {"bucket": "b", "access_key": "hunter2"},
            "put s3.client.default.access_key, s3.client.default.secret_key",
        ),
        (
            "s3",
            {"bucket": "b", "client": "c", "secret_key": "hunter2"},
            "s3.client.c.secret_key into the keystore of each",
        ),
        ("s3", {"bucket": "b", "session_token": "hunter2"}, "session_token is a secret"),
        ("azure", {"account": "hunter2"}, "put azure.client.default.account, azure.client.default.key into"),
        ("azure", {"key": "hunter2"}, "settings: key is a secret"),
        ("azure", {"sas_token": "hunter2"}, "settings: sas_token is a secret"),
        ("gcs", {"bucket": "b", "service_account": "hunter2"}, "put gcs.client.default.credentials_file into"),
        ("gcs", {"bucket": "b", "a": {"credentials": "hunter2"}}, "settings: a.credentials is a secret"),
        (
            "fs",
            {"location": "/a", "password": "hunter2"},
            "everybody who may look at the repository reads its settings",
        ),
    ],
)
def test_wrong_settings_are_told_before_the_server_is_asked(
    had: Had, kind: str, settings: dict[str, Any], words: str
) -> None:
    cluster = Played()
    with pytest.raises(InputError) as caught:
        had(cluster, type=kind, settings=settings)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert cluster.asked == []


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a,b", "*", "_all", "_status", ".", "..", "a#b", "a\nb", "x" * 256])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_wrong_names_are_told_before_the_server_is_asked(had: Had, name: str, state: str) -> None:
    cluster = Played()
    with pytest.raises(InputError, match=r"^name "):
        had(cluster, name=name, state=state, **FS)
    assert cluster.asked == []


def test_a_type_is_needed_to_register() -> None:
    with pytest.raises(InputError, match="state is present but all of the following are missing: type"):
        repository.SPEC.validate({"url": [URL], "name": "backup"}, "test")
    with pytest.raises(InputError, match="hdfs"):
        repository.SPEC.validate({"url": [URL], "name": "backup", "type": "hdfs"}, "test")


def on_node(number: str, words: str) -> Said:
    """Return how a verification fails on another than the elected node, in the words of both products."""
    return error("repository_verification_exception", f"[backup] [[{number}, '{words}']]")


NODES = (
    200,
    {
        "nodes": {
            "MKSdODNnSnOckPGP-ZgoWA": {
                "name": "one",
                "roles": ["cluster_manager", "data"],
                "settings": {"path": {"repo": ["/srv"]}},
            },
            "lOoxPSaKTouRROsLMtV0uQ": {"name": "two", "roles": ["data_hot"]},
            "lOoxPSaKTouRROsLMtV0ux": {"name": "three", "roles": ["ingest"]},
            "lOoxPSaKTouRROsLMtV0uy": {"name": "four", "settings": {"path": {"repo": "/var,/mnt"}}},
        }
    },
)
FROM_TWO = "RemoteTransportException[[two][127.0.0.1:9301][internal:admin/repository/verify]]; nested: "


def test_a_node_that_has_no_path_repo(had: Had) -> None:
    words = f"{FROM_TWO}RepositoryMissingException[[backup] missing];"
    cluster = Played(verify=on_node("lOoxPSaKTouRROsLMtV0uQ", words), nodes=NODES)
    with pytest.raises(OpsError) as caught:
        had(cluster, **FS)
    assert str(caught.value) == (
        "the repository fails its verification: node two: RepositoryMissingException[[backup] missing]: "
        f"{URL}/_snapshot/backup/_verify; it was unregistered again; add it, or a folder above it, to path.repo in "
        "opensearch.yml of each node that holds data or can be elected, and restart them: "
        "four (has /var, /mnt), two (has none)"
    )
    assert caught.value.details["failed_nodes"] == [
        {"node": "two", "said": "RepositoryMissingException[[backup] missing]"}
    ]
    assert cluster.changes == ["PUT", "DELETE"]


def test_several_nodes_say_different_things(had: Had) -> None:
    """As Elasticsearch 8 writes it for a node that could not make the repository."""
    two = f"{FROM_TWO}RepositoryException[[backup] repository type [fs] failed to create on current node];"
    five = (
        "RepositoryVerificationException[[backup] a file written by master to the store [/srv] cannot be accessed on "
        "the node [{five}{x}]. This might indicate that permissions don't allow reading files, [b]]"
    )
    reason = f"[backup] [[lOoxPSaKTouRROsLMtV0uQ, '{two}'], [lOoxPSaKTouRROsLMtV0u5, '{five}']]"
    cluster = Played("elasticsearch", (8, 15), verify=error("repository_verification_exception", reason), nodes=NODES)
    with pytest.raises(OpsError) as caught:
        had(cluster, **FS)
    assert [one["node"] for one in caught.value.details["failed_nodes"]] == ["two", "lOoxPSaKTouRROsLMtV0u5"]
    assert caught.value.details["failed_nodes"][1]["said"].endswith("don't allow reading files, [b]]")
    assert "elasticsearch.yml" in str(caught.value)


def test_nodes_whose_names_the_login_may_not_know(had: Had) -> None:
    words = f"{FROM_TWO}RepositoryMissingException[[backup] missing];"
    denied = (403, {"error": {"type": "security_exception", "reason": "no permissions"}, "status": 403})
    with pytest.raises(OpsError) as caught:
        had(Played(verify=on_node("lOoxPSaKTouRROsLMtV0uQ", words), nodes=denied), **FS)
    assert "node lOoxPSaKTouRROsLMtV0uQ: RepositoryMissing" in str(caught.value)
    assert str(caught.value).endswith("restart them: see their log")


@pytest.mark.parametrize(
    ("kind", "settings", "said", "raised", "words"),
    [
        (
            "fs",
            {"location": "/x"},
            error(
                "repository_exception",
                "[backup] failed to create repository",
                (
                    "repository_exception",
                    "[backup] location [/x] doesn't match any of the locations specified by path.repo because this "
                    "setting is empty",
                ),
            ),
            OpsError,
            "the location /x is in no folder of path.repo",
        ),
        (
            "url",
            {"url": "http://127.0.0.1/x"},
            error(
                "repository_exception",
                "[backup] file url [http://127.0.0.1/x] doesn't match any of the locations specified by path.repo or "
                "repositories.url.allowed_urls",
            ),
            OpsError,
            "add it to repositories.url.allowed_urls in opensearch.yml of each node",
        ),
        (
            "url",
            {"url": "ftp://127.0.0.1/x"},
            error("repository_exception", "[backup] unsupported url protocol [ftp] from URL [ftp://127.0.0.1/x]"),
            OpsError,
            "see repositories.url.supported_protocols",
        ),
        (
            "gcs",
            {"bucket": "b"},
            error("repository_exception", "[backup] repository type [gcs] does not exist"),
            NotThere,
            "install the plugin repository-gcs on each node (opensearch-plugin install repository-gcs)",
        ),
        (
            "fs",
            {"location": "/x"},
            (
                409,
                {
                    "error": {
                        "type": "repository_conflict_exception",
                        "reason": "[backup] trying to modify or unregister repository that is currently used",
                    },
                    "status": 409,
                },
            ),
            Conflict,
            "wait until its snapshots and restores have ended",
        ),
        (
            "gcs",
            {"bucket": "b", "client": "other"},
            error(
                "repository_exception",
                "[backup] failed to create repository",
                ("illegal_argument_exception", "Unknown client name [other]. Existing client configs: default"),
            ),
            AccessDenied,
            "see gcs.client.other.credentials_file in the keystore of each node (opensearch-keystore add)",
        ),
        (
            "azure",
            {"container": "c"},
            error(
                "repository_exception",
                "[backup] failed to create repository",
                ("settings_exception", "Unable to find client with name [default]"),
            ),
            AccessDenied,
            "see azure.client.default.account and azure.client.default.key in the keystore",
        ),
        (
            "fs",
            {"location": "/x"},
            (
                403,
                {"error": {"type": "cluster_block_exception", "reason": "blocked by: [FORBIDDEN/6/cluster read-only]"}},
            ),
            AccessDenied,
            "lift the block first",
        ),
        ("fs", {"location": "/x"}, (400, None), InputError, "status is 400 (it has no body)"),
    ],
)
def test_a_refusal_is_explained_and_nothing_is_undone(
    had: Had, kind: str, settings: dict[str, Any], said: Said, raised: type[OpsError], words: str
) -> None:
    cluster = Played(put=said)
    with pytest.raises(raised) as caught:
        had(cluster, type=kind, settings=settings)
    assert words in str(caught.value)
    assert cluster.changes == ["PUT"]


@pytest.mark.parametrize(
    ("kind", "cause", "words"),
    [
        (
            "s3",
            "SdkClientException: Unable to load credentials from any of the providers in the chain",
            "see s3.client.default.access_key and s3.client.default.secret_key in the keystore of each node "
            "(opensearch-keystore add), unless the nodes have a role; POST _nodes/reload_secure_settings",
        ),
        (
            "s3",
            "The AWS Access Key Id you provided does not exist (InvalidAccessKeyId)",
            "see s3.client.default.access",
        ),
        ("s3", "The request signature we calculated does not match", "see s3.client.default.access_key"),
        ("s3", "Access Denied (Service: S3; Error Code: AccessDenied)", "see what the nodes' keys may do there"),
        ("s3", "The specified bucket does not exist (NoSuchBucket)", "The specified bucket does not exist"),
        (
            "azure",
            "Server failed to authenticate the request: AuthenticationFailed",
            "see azure.client.default.account",
        ),
    ],
)
def test_a_verification_that_fails_for_keys(had: Had, kind: str, cause: str, words: str) -> None:
    said = error(
        "repository_verification_exception", "[backup] path is not accessible on cluster-manager node", ("io", cause)
    )
    cluster = Played(verify=said)
    with pytest.raises(OpsError) as caught:
        had(cluster, type=kind, settings={"bucket": "b"})
    assert words in str(caught.value)
    assert cause.split(" (")[0] in str(caught.value)
    assert cluster.changes == ["PUT", "DELETE"]


@pytest.mark.parametrize(
    ("version", "distribution", "words"),
    [
        ((7, 17), "elasticsearch", "elasticsearch-plugin install repository-s3"),
        ((8, 0), "elasticsearch", "the module repository-s3, which comes with elasticsearch, is missing"),
        ((3, 3), "opensearch", "opensearch-plugin install repository-s3"),
    ],
)
def test_a_plugin_or_a_module(had: Had, version: tuple[int, int], distribution: str, words: str) -> None:
    said = error("repository_exception", "[backup] repository type [s3] does not exist")
    with pytest.raises(NotThere) as caught:
        had(Played(distribution, version, put=said), type="s3", settings={"bucket": "b"})
    assert words in str(caught.value)


@pytest.mark.parametrize(("version", "netty"), [((3, 3), True), ((2, 19), False)])
def test_a_certificate_that_the_nodes_do_not_trust(had: Had, version: tuple[int, int], netty: bool) -> None:
    """As OpenSearch 3.3 says it when an authority of one's own has signed the service's certificate."""
    cause = ("i_o_exception", "Delete operation timed out after 30 seconds")
    said = error("repository_verification_exception", "[backup] cannot delete test data at [x]", cause)
    with pytest.raises(OpsError, match="its Java must trust the service's certificate") as caught:
        had(Played("opensearch", version, verify=said), type="s3", settings={"bucket": "b"})
    assert ("s3_async_client_type: netty" in str(caught.value)) is netty


def test_settings_that_cannot_be_put_back_are_told(had: Had) -> None:
    failed = error("repository_verification_exception", "[backup] not accessible", ("io", "cut"))
    busy = (409, {"error": {"type": "repository_conflict_exception", "reason": "in use"}})
    cluster = Played(get=stored(location="/srv/old"), put=[DONE, busy], verify=failed)
    with pytest.raises(OpsError, match=r"it stays as registered, as that could not be undone \(repository_conflict"):
        had(cluster, **FS)
    gone = Unreachable("no answer (cut)", on=URL)
    cluster = Played(get=[MISSING, stored()], verify=failed, delete=gone)
    with pytest.raises(OpsError, match=r"it stays as registered, as that could not be undone \(no answer \(cut\)\)"):
        had(cluster, **FS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", ["put", "verify"])
def test_a_run_that_is_ended_leaves_what_was_before(had: Had, number: signal.Signals, moment: str) -> None:
    def ended() -> Said:
        os.kill(os.getpid(), number)
        return DONE

    given: dict[str, Any] = {moment: ended}
    cluster = Played(**given)
    with pytest.raises(OpsError, match=rf"^interrupted by {number.name}: {URL}; it was unregistered again"):
        had(cluster, **FS)
    assert cluster.changes == ["PUT", "DELETE"]
    given = {moment: [ended, DONE] if moment == "put" else ended}
    cluster = Played(get=stored(location="/srv/old"), **given)
    with pytest.raises(OpsError, match="it has its earlier settings again"):
        had(cluster, **FS)
    assert cluster.asked[-1][2] == {"type": "fs", "settings": {"location": "/srv/old"}}


def test_nobody_has_verified_it(had: Had) -> None:
    with pytest.raises(OpsError, match="verified by no node"):
        had(Played(verify=(200, {"nodes": {}})), **FS)


@pytest.mark.parametrize("lost", [Unreachable("no answer (cut)", on=URL), (504, None), (502, None)])
def test_an_answer_that_is_lost_is_looked_up(had: Had, lost: Any) -> None:
    done = Played(get=[MISSING, stored()], put=lost)
    assert had(done, **FS).changed
    assert done.changes == ["PUT"]
    with pytest.raises(Unreachable) as caught:
        had(Played(get=MISSING, put=lost), **FS)
    assert "nobody knows" not in str(caught.value)
    nobody = Unreachable("no answer (down)", on=URL)
    with pytest.raises(Unreachable, match="nobody knows whether it was done"):
        had(Played(get=[MISSING, nobody], put=lost), **FS)
    assert had(Played(get=[stored(), MISSING], delete=lost), state="absent").changed
    with pytest.raises(Unreachable):
        had(Played(get=stored(), delete=lost), state="absent")
    with pytest.raises(Unreachable, match="nobody knows whether it was done"):
        had(Played(get=[stored(), nobody], delete=lost), state="absent")


def test_not_all_nodes_have_acknowledged(had: Had) -> None:
    late = (200, {"acknowledged": False})
    assert had(Played(get=[MISSING, stored()], put=late), **FS).changed
    with pytest.raises(OpsError, match="not all nodes have taken the repository in time"):
        had(Played(put=late), **FS)


def test_gone_meanwhile_is_gone(had: Had) -> None:
    assert had(Played(get=stored(), delete=MISSING), state="absent").changed


@pytest.mark.parametrize(
    "said",
    [
        (404, None),
        (404, {"error": "no handler"}),
        (200, {}),
        (200, []),
        (200, {"backup": {"settings": {}}}),
        (200, None),
    ],
)
def test_an_answer_that_is_not_the_clusters_own_is_never_nothing(had: Had, said: Said) -> None:
    cluster = Played(get=said)
    for options in (FS, {"state": "absent"}):
        with pytest.raises(OpsError):
            had(cluster, **options)
    assert cluster.changes == []


def test_another_type_is_a_change_that_is_shown(had: Had) -> None:
    result = had(Played(get=stored("url", url="file:///srv/snapshots")), **FS)
    assert result.changed
    assert result.diff is not None
    assert (result.diff["before"]["type"], result.diff["after"]["type"]) == ("url", "fs")
    assert result.warnings


def test_a_secret_that_somebody_else_registered_does_not_show(had: Had) -> None:
    result = had(Played(get=stored("s3", bucket="b", secret_key="hunter2")), type="s3", settings={"bucket": "b"})
    assert result.changed
    assert "hunter2" not in str(result)
    assert shown({"secret_key": "x", "bucket": "b"}) == {"bucket": "b", "secret_key": "********"}


@pytest.mark.parametrize(
    ("some", "others", "elsewhere"),
    [
        ({"location": "/a"}, {"location": "/a/"}, False),
        ({"location": "/a", "compress": "true"}, {"location": "/a"}, False),
        ({"bucket": "a"}, {"bucket": "a", "base_path": "b"}, True),
    ],
)
def test_another_place(some: dict[str, str], others: dict[str, str], elsewhere: bool) -> None:
    assert moved(some, others) is elsewhere


@pytest.mark.parametrize(
    ("folders", "location", "allowed"),
    [
        (("/srv",), "/srv/a", True),
        (("/srv/",), "/srv", True),
        (("/srv",), "/srv2", False),
        (("/srv",), "/srv/../etc", False),
        (("/a", "/srv"), "/srv/a", True),
        (("relative",), "/srv", False),
        (("/srv",), "relative", True),
        ((), "relative", False),
    ],
)
def test_what_path_repo_allows(folders: tuple[str, ...], location: str, allowed: bool) -> None:
    assert SearchNode("one", folders, True).allows(location) is allowed


def test_many_nodes_are_cut_short() -> None:
    nodes = [SearchNode(f"n{number:02}", (), True) for number in range(12)]
    told = refusing(nodes, "/srv")
    assert told.startswith("n00 (has none), ")
    assert told.endswith("n07 (has none) and 4 more")
    assert refusing([SearchNode("one", ("/srv",), True)], "/srv/a") == "one (has /srv)"
