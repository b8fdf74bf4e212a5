# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A failed job of rq as a dead letter: what can be read of it without opening what may be a pickle."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.moments import moment
from .letters import Letter
from .redis_letters import as_text
from .redis_payloads import GONE

# Of what was compressed, so much is read at most (bytes).
_MOST = 4 << 20
TOO_LARGE = "too large to be read"
# What rq writes into the fields of a result's type.
_RESULTS = {b"3": "stopped", b"5": "no retries are left"}
# Each of these lines has a time of its own; without it they are alike.
_ABANDONED = re.compile(r"(Moved to \w+, due to \w+), at .*")
_CALL = re.compile(r"([A-Za-z_][\w.]*)\(")


@dataclass(frozen=True)
class FailedJob:
    """What Redis holds of a job that failed.

    :param id: as it stands in the registry.
    :param score: when it is forgotten, seconds since the epoch, as Redis wrote it.
    :param fields: of the job's hash; empty when that is gone. :param result: the fields of its latest result.
    :param result_id: of that, which begins with milliseconds since the epoch by the server's clock.
    :param results: how many results there are.
    """

    id: bytes
    score: bytes
    fields: Mapping[bytes, bytes] = field(default_factory=dict)
    result: Mapping[bytes, bytes] = field(default_factory=dict)
    result_id: bytes = b""
    results: int = 0

    @property
    def there(self) -> bool:
        """Tell whether rq can read it: it refuses a hash without data."""
        return b"data" in self.fields

    @property
    def ended(self) -> bytes:
        """Return when it ended as rq wrote it: not the same for two runs of a job."""
        return self.fields.get(b"ended_at", b"")

    @property
    def died(self) -> float | None:
        """Return when it failed, seconds since the epoch: by the server's clock, with an old rq by a worker's."""
        if self.result_id:
            return int(self.result_id.partition(b"-")[0]) / 1000
        return moment(self.ended)

    @property
    def retries(self) -> str:
        """Return how many retries it should have when all of them are given back; empty when it never had any.

        rq counts down and keeps the number it began with nowhere. It keeps the pauses between retries, of which there
        is one for each where there are several.
        """
        if b"retries_left" not in self.fields:
            return ""
        try:
            pauses = len(json.loads(self.fields.get(b"retry_intervals", b"")))
        except (ValueError, RecursionError, TypeError):
            pauses = 1
        return str(max(pauses, 1, _whole(self.fields[b"retries_left"]) or 0))

    def letter(self) -> Letter:
        """Return the letter."""
        if not self.there:
            return Letter(id=as_text(self.id), failed_at=self.died, gone=GONE, error=self._error(), handle=self)
        body, call, fault = self._call()
        return Letter(
            id=as_text(self.id),
            body=body,
            decoded=call,
            error=self._error(),
            type=_function(call, self.fields.get(b"description", b"")),
            failed_at=self.died,
            attempts=self._attempts(),
            fault=fault,
            handle=self,
        )

    def _call(self) -> tuple[bytes | None, Any, str]:
        """Return the call when it is JSON, as it is and decoded, and why it cannot be read. What is a pickle, or was
        written by another serializer, stays closed."""
        data = unzipped(self.fields[b"data"])
        if not data:  # empty stands for what was too large to be sent
            return None, None, TOO_LARGE
        if not data.startswith(b"["):
            return None, None, ""
        try:
            function, _instance, args, kwargs = json.loads(data)
        except (ValueError, RecursionError):
            return None, None, ""
        return data, {"function": function, "args": args, "kwargs": kwargs}, ""

    def _error(self) -> str | None:
        """Return the last line of what was raised."""
        raised = self.result.get(b"exc_string")
        if raised is not None:
            try:
                raised = base64.b64decode(raised, validate=True)
            except binascii.Error:
                return None
        text = unzipped(raised or self.fields.get(b"exc_info") or b"")
        lines = (text or b"").decode("utf-8", "replace").strip().splitlines()
        if not lines:
            return _RESULTS.get(self.result.get(b"type", b""))
        return _ABANDONED.sub(r"\1", lines[-1].strip())

    def _attempts(self) -> int | None:
        """Return how often it ran; None when that is not known, as rq counts retries down from a forgotten number."""
        returned = _whole(self.fields.get(b"number_of_retries"))
        if returned is not None:
            return returned + 1
        return None if b"retries_left" in self.fields else self.results or None


def unzipped(raw: bytes, most: int = _MOST) -> bytes | None:
    """Return what was compressed, or ``raw`` when it was not; None when it is larger than ``most``."""
    try:
        data = zlib.decompressobj().decompress(raw, most + 1)
    except zlib.error:
        data = raw
    return data if len(data) <= most else None


def _function(call: Any, description: bytes) -> str | None:
    """Return the name of the function: of the call itself, or as the description has it when nobody wrote another."""
    if call and isinstance(call["function"], str):
        return str(call["function"])
    found = _CALL.match(description.decode("utf-8", "replace"))
    return found.group(1) if found else None


def _whole(written: bytes | None) -> int | None:
    try:
        return int(written or b"")
    except ValueError:
        return None
