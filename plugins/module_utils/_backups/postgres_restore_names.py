# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Names of tables as a manifest has them."""

from __future__ import annotations

from .._core.errors import OpsError

Name = tuple[str, str]


def table_name(text: str) -> Name:
    """Return schema and table of ``schema.table``, each in quotes where SQL needs them."""
    parts, quoted, start = [], False, 0
    for place, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == "." and not quoted:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    if len(parts) != 2:
        raise OpsError("the manifest names a table in a way that is none", on=text)
    plain = [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in parts]
    return plain[0], plain[1]
