# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A policy by which the server itself makes snapshots, in one vocabulary, and what each product's file offers.

The two products name and nest the same things differently, and each can do something that the other cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from .._core.durations import duration
from .._core.errors import NotThere, OpsError, one_line
from .answers import Answer
from .connection import Client
from .policy_schedule import Times
from .snapshots import Snapshot


@dataclass(frozen=True)
class Retention:
    """What is kept. :param max_age: seconds; None for no bound, as for ``max_count``."""

    max_age: float | None = None
    min_count: int | None = None
    max_count: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What the user wants. :param snapshot_name: with our dates. :param retention: None for what the server has."""

    name: str
    times: Times
    snapshot_name: str | None
    repository: str
    indices: tuple[str, ...]
    ignore_unavailable: bool
    include_global_state: bool
    partial: bool
    enabled: bool
    retention: Retention | None


@dataclass(frozen=True)
class Policy:
    """What is compared: schedule and name of snapshots in the words of the product."""

    schedule: str
    snapshot_name: str | None
    repository: str
    indices: tuple[str, ...]
    ignore_unavailable: bool
    include_global_state: bool
    partial: bool
    enabled: bool
    retention: Retention | None

    def told(self) -> dict[str, Any]:
        """Return it for a result and a diff."""
        return {**asdict(self), "indices": list(self.indices)}


@dataclass(frozen=True)
class Found:
    """What the server has. :param raw: its own answer, of which what we do not know is kept in an update."""

    policy: Policy
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class Status:
    """What the server says of its runs, moments in seconds since the epoch; None where it says nothing.

    :param running: whether it makes snapshots by this policy at all. :param failed: why the last run failed.
    """

    running: bool | None = None
    next_run: float | None = None
    last_success: float | None = None
    last_failure: float | None = None
    failed: str | None = None
    in_progress: bool = False

    def told(self) -> dict[str, Any]:
        """Return it for a result."""
        return asdict(self)


class Policies(Protocol):
    """The policies of a cluster."""

    def planned(self, wanted: Wanted, found: Found | None) -> Policy:
        """Return what the server has once it has what is wanted. :raises InputError: the product cannot do that."""

    def found(self, name: str) -> Found | None:
        """Return the policy of that name; None when there is none. :raises NotThere: the server has no policies."""

    def put(self, name: str, planned: Policy, found: Found | None) -> None:
        """Make or change it. :raises OpsError: the server refuses."""

    def remove(self, name: str) -> None:
        """Remove it; its snapshots stay. :raises OpsError: the server refuses."""

    def status(self, name: str, found: Found) -> Status:
        """Return what the server says of its runs. :raises OpsError: it does not say."""

    def names(self, name: str) -> str:
        """Return the pattern of the names of its snapshots."""

    def made(self, name: str, snapshot: Snapshot) -> bool:
        """Whether the policy has made the snapshot."""


def kept(wanted: Wanted, found: Found | None) -> Retention | None:
    """Return the retention that holds: the one wanted, or else the server's. An empty one is none."""
    if wanted.retention is None:
        return found.policy.retention if found else None
    return None if wanted.retention == Retention() else wanted.retention


def retention_of(max_age: Any, min_count: Any, max_count: Any) -> Retention | None:
    """Return what a server keeps, as it writes it. :raises OpsError: it cannot be read."""
    try:
        made = Retention(
            max_age=None if max_age is None else duration(str(max_age)),
            min_count=None if min_count is None else int(min_count),
            max_count=None if max_count is None else int(max_count),
        )
    except (TypeError, ValueError) as error:
        raise OpsError("the retention of the policy cannot be read", advice=one_line(error)) from error
    return None if made == Retention() else made


def time_value(seconds: float) -> str:
    """Return seconds as the servers take them, in the largest unit without a fraction: ``30d``, ``26h``."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def indices_of(written: Any) -> tuple[str, ...]:
    """Return the indices of a policy, which a server keeps as a list or as text with commas; all when it has none."""
    if not written:
        return ("*",)
    return tuple(str(written).split(",")) if isinstance(written, str) else tuple(map(str, written))


def flag(written: Any, default: bool) -> bool:
    """Return a flag, which a server keeps as it was given: as text too. :param default: the server's own."""
    return default if written is None else str(written).lower() == "true"


def moment_of(milliseconds: Any) -> float | None:
    """Return a server's moment in seconds since the epoch; None for none."""
    return int(milliseconds) / 1000 if milliseconds else None


def lacking(client: Client, answer: Answer, what: str, advice: str) -> OpsError:
    """Return what a server's refusal means: that it has no policies, as it knows no such path; or else its error."""
    if answer.body is None or answer.status not in (400, 404, 405):
        return answer.error()
    product = client.product
    label = "OpenSearch" if product.is_opensearch else "Elasticsearch"
    return NotThere(f"this {label} {product.number} has no {what}", on=client.where, advice=advice)
