# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's server of the S3 protocol: does as the tests of backups need it to."""

from __future__ import annotations

import hashlib
import uuid
from contextlib import suppress
from pathlib import Path

from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.s3_server import client
from ansible_collections.day2.ops.tests.lab.state import S3Facts


def test_objects_are_kept_over_a_restart_and_no_argument_holds_the_secret(lab: Lab, s3: S3Facts) -> None:
    key = f"{uuid.uuid4().hex}/a"
    client(s3).put_object(Bucket=s3["bucket"], Key=key, Body=b"abc")
    lab.break_server("s3", "stop")
    lab.mend("s3")
    assert client(s3).get_object(Bucket=s3["bucket"], Key=key)["ETag"] == f'"{hashlib.md5(b"abc").hexdigest()}"'
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            assert s3["secret_key"].encode() not in path.read_bytes()
    client(s3).delete_object(Bucket=s3["bucket"], Key=key)
