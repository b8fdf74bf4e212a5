# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of pg_dump, what is known of its versions, and how its words are read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import (
    postgres_dump_advisories,
    postgres_dump_compression,
    postgres_dump_toc,
)
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_dump_command import SPEC, DumpCommand, wish_of
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_dump_compression import Compression, parsed
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_dump_errors import explained
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_tools import Tools
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)


def pg_dump(folder: Path, stderr: str, version: int = 170012) -> Tools:
    """Return programs of which pg_dump fails with these words."""
    path = folder / "pg_dump"
    path.write_text(f"#!{sys.executable}\nimport sys\nsys.exit({stderr!r})\n")
    path.chmod(0o755)
    return Tools(folder, version)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none", Compression("none")),
        ("gzip", Compression("gzip")),
        ("gzip:9", Compression("gzip", 9)),
        ("zstd:22", Compression("zstd", 22)),
        ("lz4:12", Compression("lz4", 12)),
    ],
)
def test_a_compression_is_a_method_and_a_level(text: str, expected: Compression) -> None:
    assert parsed(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text", ["", "bzip2", "gzip:0", "gzip:10", "zstd:23", "none:1", "zstd:", "zstd:-1", "gzip:1\n"]
)
def test_what_is_no_compression_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="compression: "):
        parsed(text)


@pytest.mark.parametrize(
    ("compression", "old", "new"),
    [("none", "0", "none"), ("gzip", "6", "gzip"), ("gzip:1", "1", "gzip:1")],
)
def test_old_programs_are_asked_by_a_number(compression: str, old: str, new: str) -> None:
    assert parsed(compression).argument(Tools(Path("/x"), 150018)) == f"--compress={old}"
    assert parsed(compression).argument(Tools(Path("/x"), 160001)) == f"--compress={new}"


def test_the_best_that_the_programs_can_is_taken(tmp_path: Path) -> None:
    able = pg_dump(tmp_path, "pg_dump: error: connection to server on socket failed")
    assert postgres_dump_compression.chosen(None, able) == (Compression("zstd", 1), [])
    assert postgres_dump_compression.chosen("lz4", able) == (Compression("lz4"), [])
    unable = pg_dump(tmp_path, "pg_dump: error: this build does not support compression with ZSTD")
    compression, warnings = postgres_dump_compression.chosen(None, unable)
    assert compression == Compression("gzip", 1)
    assert "cannot compress by zstd; gzip:1 is used" in warnings[0]
    with pytest.raises(NotThere, match=r"pg_dump 17\.12 cannot compress by zstd"):
        postgres_dump_compression.chosen("zstd:3", unable)
    assert postgres_dump_compression.chosen(None, Tools(tmp_path, 150020))[0] == Compression("gzip", 1)


@pytest.mark.parametrize(
    ("version", "names", "mended"),
    [
        (180007, "", ""),
        (170012, "", ""),
        (190000, "", ""),
        (170006, "CVE-2026-6477 CVE-2026-18408 CVE-2026-116314", "17.12"),
        (170005, "CVE-2025-8714 CVE-2025-8715 CVE-2026-6477 CVE-2026-18408 CVE-2026-116314", "17.12"),
        (160003, "CVE-2024-7348 CVE-2025-8714 CVE-2025-8715 CVE-2026-6477 CVE-2026-18408 CVE-2026-116314", "16.16"),
        (130022, "CVE-2026-6477 CVE-2026-18408 CVE-2026-116314", "a newer major version"),
    ],
)
def test_versions_with_known_faults_are_told_by_name(version: int, names: str, mended: str) -> None:
    warnings = postgres_dump_advisories.warnings(Tools(Path("/bin"), version))
    assert len(warnings) == bool(names)
    for warning in warnings:
        assert [word.rstrip(":") for word in warning.split() if word.startswith("CVE-")] == names.split()
        assert f"has known faults that {mended} has not" in warning


def wish(**given: Any) -> Any:
    valid = SPEC.validate({name: value for name, value in given.items() if name != "encryption"}, "test")
    return wish_of({**valid, "encryption": given.get("encryption")})


def test_without_options_a_directory_is_written_by_two() -> None:
    default = wish()
    assert (default.format, default.jobs, default.compression, default.lock_wait, default.filters) == (
        "directory",
        2,
        None,
        300.0,
        {},
    )
    encrypted = wish(encryption={"method": "age"})
    assert (encrypted.format, encrypted.jobs) == ("custom", 1)


@pytest.mark.parametrize(
    "given",
    [
        {"format": "directory", "encryption": {"method": "age"}},
        {"format": "custom", "jobs": 2},
        {"encryption": {"method": "age"}, "jobs": 2},
        {"jobs": 0},
        {"compression": "fast"},
        {"lock_wait_timeout": "soon"},
    ],
)
def test_options_that_contradict_each_other_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        wish(**given)


def test_each_pattern_is_one_argument_and_the_servers_tables_are_never_meant() -> None:
    asked = wish(tables=["a b", "$(touch x)"], exclude_schemas=["--x"], lock_wait_timeout="2s")
    command = DumpCommand(Tools(Path("/bin"), 180000), asked, Compression("zstd", 1))
    argv = command.dump({"PGUSER": "me"}, "0-1", Path("/there"), Path("/there/dump")).argv
    assert argv == [
        "/bin/pg_dump",
        "--format=directory",
        "--no-password",
        "--lock-wait-timeout=2000",
        "--table=a b",
        "--table=$(touch x)",
        "--exclude-schema=--x",
        "--exclude-table=pg_catalog.*",
        "--exclude-table=information_schema.*",
        "--strict-names",
        "--snapshot=0-1",
        "--compress=zstd:1",
        "--jobs=2",
        "--file=/there/dump",
        "--no-sync",
    ]
    assert command.layout()["filters"] == {"tables": ["a b", "$(touch x)"], "exclude_schemas": ["--x"]}
    definitions = command.definitions({}, None).argv
    assert "--format=custom" in definitions
    assert "--schema-only" in definitions


LISTING = [
    b"; Archive created at 2026-03-01 02:00:00 UTC\n",
    b";3; 0 9 TABLE DATA public commented me\n",
    b"215; 1259 16385 TABLE public items me\n",
    b"3426; 0 16385 TABLE DATA public items me\n",
    b"3427; 0 16390 TABLE DATA Other odd; 1; 0 2 TABLE DATA  me\n",
    b"3430; 0 0 TABLE ATTACH public part_1 me\n",
    b"3431; 0 16400 MATERIALIZED VIEW DATA public seen me\n",
    b"3432; 0 0 COMMENT - TABLE items me\n",
    b"3433; 2613 16401 BLOB - 16401 me\n",
]


def test_tables_are_told_by_their_numbers() -> None:
    assert postgres_dump_toc.with_rows(LISTING) == [16385, 16390]
    assert postgres_dump_toc.defined(LISTING) == {16385}


@pytest.mark.parametrize(
    ("words", "kind", "told"),
    [
        ("could not write to file: No space left on device", OpsError, "the disk is full"),
        ('error: no matching tables were found for pattern "x"', NotThere, "a pattern of tables matches none"),
        ("ERROR: permission denied for table items", AccessDenied, "permission denied for table items"),
        ("canceling statement due to statement timeout", Unreachable, "a table stayed locked"),
        ("server closed the connection unexpectedly", Unreachable, "the server went away"),
    ],
)
def test_the_words_of_pg_dump_are_told_as_what_they_mean(words: str, kind: type[OpsError], told: str) -> None:
    error = explained(OpsError("pg_dump ended with status 1", advice=words), "postgres db/shop")
    assert error.__class__ is kind
    assert told in str(error)
    assert ": postgres db/shop; " in str(error)


def test_other_words_stay_as_they_are() -> None:
    error = explained(OpsError("pg_dump was ended by signal 9", level_failed="L0"), "postgres db/shop")
    assert str(error) == "pg_dump was ended by signal 9: postgres db/shop"
    assert error.details == {"level_failed": "L0"}
    known = OpsError("cannot write the file", on="/a")
    assert explained(known, "x") is known
