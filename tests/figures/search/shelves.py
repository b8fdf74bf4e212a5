# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, snapshots, repositories and indices that are not as they must be."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live import search_states as states
from ansible_collections.day2.ops.tests.live.search_help import NOBODY, Cluster

from ..rows import Row
from ..run import Run
from .judge import Case, Judge, state_of
from .nodes import INFO, REPOSITORY, RESTORE, SNAPSHOT

_DAILY = "daily-{now/d}"


def rows(run: Run, judge: Judge, cluster: Cluster) -> Iterator[Row]:
    """Yield a row for each."""
    repository, index = cluster.repository("good"), cluster.filled_index("data", 3)
    cluster.snapshot(repository, "good", index)
    yield judge.row("invalid names", cluster, _names(repository), url=[NOBODY])
    yield judge.row("a missing repository", cluster, _each(f"{cluster.mine}-missing", "no such repository|missing"))
    yield judge.row(
        "a missing snapshot",
        cluster,
        [Case(RESTORE, "no such snapshot|missing", {"repository": repository, "snapshot": "missing"})],
    )
    yield judge.row("a missing index", cluster, _missing_index(cluster, repository))
    yield judge.row("open indices in the way of a restore", cluster, _clashes(repository, index))
    yield _red(judge, cluster, repository, index)
    yield _read_only(judge, cluster, repository)
    yield _refused(judge, cluster, repository)
    yield _bad_states(judge, cluster, index)
    yield _deadline(judge, cluster, index)
    why_not = states.missing_for_full_disk()
    if why_not:
        run.say(f"  left out: a full disk ({why_not})")
    else:
        yield _full_disk(judge, cluster)


def newer(judge: Judge, made_by: Cluster, reader: Cluster) -> Iterator[Row]:
    """Yield the row of a snapshot that is newer than the cluster."""
    repository = states.newer_snapshot(made_by, reader, "newer")
    options = {"repository": repository, "snapshot": "newer"}
    yield judge.row("a snapshot that is newer than the cluster", reader, [Case(RESTORE, "newer|higher", options)])


def _names(repository: str) -> list[Case]:
    good = {"repository": repository, "name": "good"}
    folder = {"type": "fs", "settings": {"location": "/srv"}}
    return [
        Case(SNAPSHOT, "repository 'a b' has ' '", {**good, "repository": "a b"}),
        Case(SNAPSHOT, "upper case", {**good, "name": "Daily"}),
        Case(SNAPSHOT, "begins with _", {**good, "name": "_good"}),
        Case(SNAPSHOT, "no|not|cannot", {**good, "name": "daily-{now/x}"}),
        Case(SNAPSHOT, "upper case", {**good, "indices": ["Data"]}),
        Case(SNAPSHOT, "of another cluster", {**good, "indices": ["other:data"]}),
        Case(INFO, "has '/'", {"repository": "../etc"}),
        Case(RESTORE, "has '#'", {"repository": "a#b"}),
        Case(RESTORE, "upper case", {"repository": repository, "indices": ["Data"]}),
        Case(REPOSITORY, "has ','", {"name": "a,b", **folder}),
        Case(REPOSITORY, "is empty", {"name": "", **folder}),
    ]


def _each(repository: str, words: str) -> list[Case]:
    return [
        Case(SNAPSHOT, words, {"repository": repository, "name": _DAILY}),
        Case(INFO, words, {"repository": repository}),
        Case(RESTORE, words, {"repository": repository}),
    ]


def _missing_index(cluster: Cluster, repository: str) -> list[Case]:
    name = f"{cluster.mine}-nothing"
    return [
        Case(SNAPSHOT, "no such index", {"repository": repository, "name": _DAILY, "indices": [name]}),
        Case(RESTORE, name, {"repository": repository, "snapshot": "good", "indices": [name]}),
    ]


def _clashes(repository: str, index: str) -> list[Case]:
    there = {"repository": repository, "snapshot": "good", "indices": [index]}
    renamed = {"rename_pattern": ".+", "rename_replacement": index}
    return [Case(RESTORE, index, there), Case(RESTORE, index, {**there, **renamed})]


def _red(judge: Judge, cluster: Cluster, repository: str, index: str) -> Row:
    unassigned = cluster.unassigned_index()
    renamed = {"rename_pattern": "(.+)", "rename_replacement": "other-$1"}
    cases = [
        Case(SNAPSHOT, "red", {"repository": repository, "name": _DAILY}),
        Case(SNAPSHOT, unassigned, {"repository": repository, "name": _DAILY, "indices": [index, unassigned]}),
        Case(RESTORE, "red", {"repository": repository, "snapshot": "good", **renamed}),
    ]
    row = judge.row("a red cluster", cluster, cases)
    cluster.ask("DELETE", unassigned)
    return row


def _read_only(judge: Judge, cluster: Cluster, repository: str) -> Row:
    readonly = cluster.readonly_repository(repository)
    options = {"repository": readonly, "name": _DAILY}
    return judge.row("a read-only repository", cluster, [Case(SNAPSHOT, "read-only|readonly", options)])


def _refused(judge: Judge, cluster: Cluster, repository: str) -> Row:
    new, there = {"name": f"{cluster.mine}-new"}, {"name": repository}
    with states.unwritable(cluster, repository):
        location = {"location": str(cluster.folder(repository))}
        cases = [
            Case(REPOSITORY, "path.repo", {**new, "type": "fs", "settings": {"location": "/srv/elsewhere"}}),
            Case(REPOSITORY, "repository-s3", {**new, "type": "s3", "settings": {"bucket": "backups"}}),
            Case(REPOSITORY, "writ", {**there, "type": "fs", "settings": location}),
            Case(SNAPSHOT, "access_denied|AccessDenied", {"repository": repository, "name": _DAILY}),
        ]
        return judge.row("a repository that is refused, or that no node may write to", cluster, cases)


def _bad_states(judge: Judge, cluster: Cluster, index: str) -> Row:
    """Look for a good one where there is none, and for a better one than is there."""
    repository = states.failed_snapshot(cluster, "failed")
    states.partial_snapshot(cluster, repository, "partial")
    new = {"rename_pattern": "(.+)", "rename_replacement": "other-$1"}
    with states.unwritable(cluster, repository, "indices"):
        cases = [
            Case(RESTORE, "SUCCESS|whole|none", {"repository": repository, **new}),
            Case(RESTORE, "FAILED", {"repository": repository, "snapshot": "failed", **new}),
            Case(RESTORE, "PARTIAL", {"repository": repository, "snapshot": "partial", **new}),
        ]
        told = judge.here.said(INFO, cluster, repository=repository, rpo="26h")
        if told.get("last_success") is not None or told.get("rpo_state") != "missed":
            judge.bad.append(f"es_snapshot_info counts one: {told.get('msg')}")
        row = judge.row("only PARTIAL and FAILED snapshots", cluster, cases)
    cluster.ask("DELETE", index.replace("data", "failed-data"))
    return row


def _deadline(judge: Judge, cluster: Cluster, index: str) -> Row:
    """Let the time pass while a snapshot runs on, which then becomes good by itself."""
    repository = cluster.slow_repository("late", "50kb")
    cluster.fill(index, 100)
    before = state_of(cluster)
    options = {"repository": repository, "name": "late", "indices": [index], "wait_timeout": "1s"}
    judge.called(cluster, [Case(SNAPSHOT, "is not done within 1.*, and goes on: .*es_snapshot_info", options)])
    wait_for("the end of the snapshot", lambda: cluster.state(repository, "late") != "IN_PROGRESS", 60)
    if cluster.state(repository, "late") != "SUCCESS":
        judge.bad.append(f"the snapshot is {cluster.state(repository, 'late')}")
    return judge.told("a deadline that passes", cluster, {**before, repository: {"late": "SUCCESS"}})


def _full_disk(judge: Judge, cluster: Cluster) -> Row:
    with states.small_disk(cluster) as repository:
        cluster.snapshot(repository, "good", f"{cluster.mine}-data")
        states.fill_disk(cluster.folder(repository))
        options = {"repository": repository, "name": _DAILY, "retention": {"last": 1}}
        row = judge.row("a full disk", cluster, [Case(SNAPSHOT, "No space left on device", options)])
        cluster.ask("DELETE", f"_snapshot/{repository}")
    return row
