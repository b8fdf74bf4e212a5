# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Bringing files of a backup from a bucket: straight to disk, compared, gone on with where a connection was cut."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Callable

from .._core.errors import OpsError, Unreachable
from .manifest import File
from .storage import Corrupt
from .storage_s3_bucket import Bucket, bare
from .streams import HashingFile

_TRIES = 5  # so many in a row that bring less than that:
_PROGRESS = 1 << 20
_PAUSE = 0.2  # seconds, doubled with each of them

Sleep = Callable[[float], None]


def receive(bucket: Bucket, key: str, target: Path, file: File, sleep: Sleep = time.sleep) -> None:
    """Bring the object ``key`` into the new file ``target``.

    :raises Corrupt: it is not what the manifest says. :raises Unreachable: the connection was cut again and again.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = bucket.head(key)
    if int(told["ContentLength"]) != file.size:
        raise Corrupt(
            f"{file.path} has {told['ContentLength']} bytes, the manifest says {file.size}", on=bucket.told(key)
        )
    with closing(HashingFile(target)) as sink:
        for piece in whole(bucket, key, file.size, bare(told.get("ETag")), sleep):
            sink.write(piece)
        if (sink.size, sink.sha256) != (file.size, file.sha256):
            raise Corrupt(f"{file.path} has another checksum than the manifest says", on=bucket.told(key))


def whole(bucket: Bucket, key: str, size: int, etag: str = "", sleep: Sleep = time.sleep) -> Iterator[bytes]:
    """Yield the content of an object of ``size`` bytes; where a connection was cut, the next one begins.

    :param etag: which it must have all the time. :raises Unreachable: the connection was cut again and again.
    """
    came, failures = 0, 0
    while came < size:
        before = came
        cut: OpsError = Unreachable("the connection was cut", on=bucket.told(key))
        try:
            for piece in bucket.stream(key, before, etag):
                came += len(piece)
                yield piece
        except Unreachable as error:
            cut = error
        failures = 0 if came - before >= _PROGRESS else failures + 1
        if came < size and failures >= _TRIES:
            raise Unreachable(f"{cut.failed}, {failures} times in a row", on=cut.on, advice=f"{came} bytes came")
        if came < size:
            sleep(_PAUSE * 2**failures)
