# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes in an archive, and records that somebody else wrote."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.archive_records import coded, decoded, reading_records


def test_bytes_come_back_as_they_were() -> None:
    assert decoded(coded(bytes(range(256)))) == bytes(range(256))


@pytest.mark.parametrize(
    "record", [{}, {"body": None}, {"body": 7}, {"body": "not base64"}, {"body": "\u00e4"}, "no record", None]
)
def test_what_is_no_record_is_told_in_one_line(record: Any) -> None:
    with pytest.raises(InputError) as error, reading_records("a list", "a field body"):
        decoded(record["body"])
    assert str(error.value) == "a record of the archive is not one of a list; expected a field body"


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(InputError, match="of ours"), reading_records("a list", "a field body"):
        raise InputError("of ours")
