# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a finding is: something that was seen, ranked, with what it means and what to do next.

The table says of each kind of finding how bad it is and in which order causes are looked at: what makes other things
fail comes before what fails because of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import one_line
from .._core.masking import masked

CRITICAL, WARNING, NOTE = "critical", "warning", "note"
SEVERITIES = (CRITICAL, WARNING, NOTE)
_LONGEST = 300


@dataclass(frozen=True)
class Advice:
    """What is known of a kind of finding: how bad it is, what it means, what to do next."""

    severity: str
    means: str
    then: str


# In the order in which causes are looked at.
ADVICE: Mapping[str, Advice] = {
    "unreachable": Advice(
        CRITICAL, "nothing is known of the host, and what runs there may be down", "look at the host and its network"
    ),
    "disk": Advice(
        CRITICAL,
        "what writes there fails or is about to: databases, queues, logs",
        "free room: day2.ops.cleanup, or find what grew with du -x",
    ),
    "out_of_memory": Advice(
        CRITICAL,
        "it was killed as memory ran out, and will be again under the same load",
        "raise the limit (day2.ops.scale with memory), or find what grew among the top processes",
    ),
    "port_taken": Advice(
        CRITICAL,
        "the part cannot listen there, so it does not start",
        "end the other process or give one of them another port",
    ),
    "environment": Advice(
        CRITICAL,
        "the part lacks a setting that it cannot do without, and ends or fails when it needs it",
        "add the name to the unit, the compose file or the Deployment, then day2.ops.emergency_restart",
    ),
    "image": Advice(
        CRITICAL,
        "the image cannot be had, so nothing can start from it",
        "check its name and the registry's login; day2.ops.rolling_update takes another",
    ),
    "configuration": Advice(
        CRITICAL, "the runtime refuses how the part is described", "mend what the message names, then start it again"
    ),
    "no_room": Advice(
        CRITICAL, "no node has room for it", "lower what it asks for, or add a node; kubectl describe pod tells more"
    ),
    "dependency": Advice(CRITICAL, "what needs it fails or waits", "mend it first: other findings may follow from it"),
    "stopped": Advice(
        CRITICAL, "the part does not work", "read its last lines below, mend the cause, then day2.ops.emergency_restart"
    ),
    "unhealthy": Advice(
        CRITICAL,
        "it runs, and its own health check says no",
        "read its last lines below, and look at what it depends on",
    ),
    "restarts": Advice(
        WARNING, "it starts and ends again and again", "read its last lines: the first error after a start is the cause"
    ),
    "port_silent": Advice(
        WARNING, "nobody can reach the service there", "see whether the part runs, and where its settings let it listen"
    ),
    "locks": Advice(
        WARNING, "statements wait for one another", "look who blocks: the reason names it; pg_terminate_backend ends it"
    ),
    "transactions": Advice(
        WARNING,
        "locks are held and dead rows stay while it is open",
        "look at the application that it names; pg_terminate_backend ends it",
    ),
    "statements": Advice(
        WARNING,
        "whoever asks this waits",
        "EXPLAIN (ANALYZE, BUFFERS) it; day2.ops.postgres_maintenance tells of bloat",
    ),
    "sessions": Advice(
        WARNING, "soon nobody else gets a connection", "look who has them below; bound the pools of the service"
    ),
    "commands": Advice(
        WARNING,
        "a Redis does one thing at a time: all others waited",
        "look which commands; avoid KEYS and large ranges",
    ),
    "clients": Advice(
        WARNING,
        "a client that does not read what it asked for takes the server's memory",
        "look which client it is, below; CLIENT KILL ends its connection",
    ),
    "connections": Advice(
        WARNING, "connections pile up, and in the end none can be made", "look at the process at this end of them"
    ),
    "no_answer": Advice(
        WARNING, "packets get lost or dropped on the way", "look at firewalls and at whether the other host is up"
    ),
    "memory": Advice(WARNING, "the next larger request may be killed", "look at the top processes; day2.ops.capacity"),
    "cpu": Advice(WARNING, "work waits for a CPU", "look at the top processes; day2.ops.scale brings more instances"),
    "answer": Advice(
        CRITICAL, "clients see this", "look at the findings above; else at the last lines of what answers there"
    ),
    "workers": Advice(
        CRITICAL,
        "items are taken and not worked on",
        "see whether workers run; day2.ops.emergency_restart brings them back",
    ),
    "queue": Advice(WARNING, "items wait or died", "see whether workers run and what failed: day2.ops.reprocess_dlq"),
    "log": Advice(NOTE, "the log tells of errors", "read them below; the first of a row is the cause of the others"),
    "check": Advice(CRITICAL, "the check says so", "see the check's page in the documentation"),
}
_ORDER = tuple(ADVICE)


@dataclass(frozen=True)
class Finding:
    """Something that was seen.

    :param about: a name in ``ADVICE``. :param what: what was seen, on which thing. :param severity: another than that
        of the table. :param then: what to do next, when more is known than the table knows.
    """

    about: str
    what: str
    severity: str = ""
    then: str = ""

    def told(self) -> dict[str, str]:
        """Return it for people and programs, less what can be told to be a secret."""
        advice = ADVICE[self.about]
        return {
            "severity": self.severity or advice.severity,
            "about": self.about,
            "what": masked(one_line(self.what, _LONGEST)),
            "means": advice.means,
            "next": masked(one_line(self.then, _LONGEST)) or advice.then,
        }


def ranked(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return findings as :meth:`Finding.told` gives them, the worst first, causes before what follows from them."""

    def rank(finding: Mapping[str, Any]) -> tuple[int, int]:
        return SEVERITIES.index(finding["severity"]), _ORDER.index(finding["about"])

    return [dict(finding) for finding in sorted(findings, key=rank)]
