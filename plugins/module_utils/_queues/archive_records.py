# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the kinds of queues share that write letters into an archive and put them back: bytes in JSON, and distrust."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from .._core.errors import InputError


def coded(value: bytes) -> str:
    """Return bytes as a text for JSON."""
    return base64.b64encode(value).decode()


def decoded(text: str) -> bytes:
    """Return the bytes of such a text. :raises ValueError: :raises TypeError: it is none."""
    return base64.b64decode(text, validate=True)


@contextmanager
def reading_records(kind: str, expected: str) -> Iterator[None]:
    """Explain what cannot be read of records while the block runs.

    :param kind: whose they should be, for messages. :param expected: what they should have.
    :raises InputError: something of them is missing, or is not what it should be.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(f"a record of the archive is not one of {kind}", advice=f"expected {expected}") from None
