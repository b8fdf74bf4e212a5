# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Known faults by which dumping or restoring lets a database attack the host, and the versions without them.

From https://www.postgresql.org/support/security/; only those of pg_dump, pg_dumpall, pg_restore and of what they use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .postgres_tools import Tools


@dataclass(frozen=True)
class Advisory:
    """A fault, and the first minor version without it by major version.

    Major versions above these never had it; those below them are no longer mended.
    """

    name: str
    what: str
    mended: Mapping[int, int]


_OBJECTS = "who may create objects runs SQL as the role that dumps"
_NAMES = "names with line breaks run code where a dump is restored"
_SUPERUSER = "a superuser of the source runs code where a dump is restored by psql"
_LARGE_OBJECTS = "a server's superuser overwrites memory of pg_dump"
_ARCHIVES = "a crafted archive runs code in pg_restore"

ADVISORIES = (
    Advisory("CVE-2024-7348", _OBJECTS, {12: 20, 13: 16, 14: 13, 15: 8, 16: 4}),
    Advisory("CVE-2025-8714", _SUPERUSER, {13: 22, 14: 19, 15: 14, 16: 10, 17: 6}),
    Advisory("CVE-2025-8715", _NAMES, {13: 22, 14: 19, 15: 14, 16: 10, 17: 6}),
    Advisory("CVE-2026-6477", _LARGE_OBJECTS, {14: 23, 15: 18, 16: 14, 17: 10, 18: 4}),
    Advisory("CVE-2026-18408", _SUPERUSER, {14: 24, 15: 19, 16: 15, 17: 11, 18: 6}),
    Advisory("CVE-2026-116314", _ARCHIVES, {14: 25, 15: 20, 16: 16, 17: 12, 18: 7}),
)


def has(advisory: Advisory, version: int) -> bool:
    """Tell whether programs of that version (180006 is 18.6) have the fault."""
    major, minor = divmod(version, 10000)
    if major > max(advisory.mended):
        return False
    return minor < advisory.mended.get(major, minor + 1)


def warnings(tools: Tools) -> list[str]:
    """Return one line about the faults that the programs have, by name, or nothing."""
    found = [advisory for advisory in ADVISORIES if has(advisory, tools.version)]
    if not found:
        return []
    minors = [one.mended.get(tools.major) for one in found]
    known = [minor for minor in minors if minor is not None]
    mended = f"{tools.major}.{max(known)}" if len(known) == len(minors) else "a newer major version"
    told = "; ".join(f"{one.name}: {one.what}" for one in found)
    return [f"pg_dump {tools.text} in {tools.folder} has known faults that {mended} has not: {told}"]
