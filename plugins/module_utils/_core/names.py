# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Names that become names of files and folders."""

from __future__ import annotations

import re

from .errors import InputError

_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def service_name(name: str, what: str = "service") -> str:
    """Return ``name`` if it can name the folder of a service, or a file of ``what`` else.

    :raises InputError: it could lead out of the folder.
    """
    if not _SERVICE.fullmatch(name):
        raise InputError(
            f"not a usable {what} name", on=name, advice="expected letters, digits, '.', '_' or '-', 64 at most"
        )
    return name
