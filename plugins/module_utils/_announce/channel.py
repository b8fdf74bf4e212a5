# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A channel: what it is called, and how a message goes out by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Union

from .._core.deadline import Deadline
from .message import Message


@dataclass(frozen=True)
class Sent:
    """The channel was told. ``kept`` is what its next message needs; ``remark``, what is wrong all the same."""

    kept: Mapping[str, Any] = field(default_factory=dict)
    remark: str = ""


# None: the channel has nothing to say of such an event.
Way = Callable[[Message, Mapping[str, Any], Deadline], Union[Sent, None]]


@dataclass(frozen=True)
class Channel:
    """``send(message, kept, deadline)`` raises OpsError; no error may hold an address, which may be a password."""

    name: str
    send: Way
