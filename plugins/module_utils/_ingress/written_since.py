# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What was written while the ingress was closed: by the service itself, or by somebody who lets clients in by it."""

from __future__ import annotations

from typing import Any

from .._core.errors import OpsError
from .base import OPEN, Options
from .outside import seen_from_outside


def is_ours(now: Any, put: Any, before: Any) -> bool:
    """Tell whether a document is the one that was put, which its service may have given more entries since.

    :param put: what it was to be while the ingress is closed. Its entries tell nothing where they were there before.
    """
    return bool(now == put) or (_has(now, put) and not _has(before, put))


def _has(document: Any, part: Any) -> bool:
    if isinstance(document, dict) and isinstance(part, dict) and part:
        return all(name in document and _has(document[name], inner) for name, inner in part.items())
    return bool(document == part)


def expect_open(options: Options, on: str, kept_at: str) -> None:
    """Look from outside, once, before what was kept gives way to what was written since.

    :param on: what was written.
    :param kept_at: where it is kept what it held before.
    :raises OpsError: clients are not seen to come in, so that what was kept may be the only one that lets them.
    """
    try:
        seen = seen_from_outside(options)
    except OpsError as error:
        seen = str(error)
    if seen != OPEN:
        raise OpsError(
            f"it was written while the ingress was closed, and clients meet: {seen}",
            on=on,
            advice=f"what it held before is kept in {kept_at}; remove that if what it holds now is to stay",
        )
