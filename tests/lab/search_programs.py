# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSearch and Elasticsearch as libraries, with a small program that runs a node of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .artifacts import PROGRAMS, Artifact, run

MAIN_CLASS = "SearchNode"
NEW_MAIN_CLASS = "NewSearchNode"
_SOURCES = PROGRAMS / "search_node"
_WRITTEN_FOR = "org.opensearch"


@dataclass(frozen=True)
class _Kind:
    """name: of the Maven file too. package: of its classes. program: the class that runs a node."""

    name: str
    package: str = _WRITTEN_FOR
    program: str = MAIN_CLASS


def _recipe(kind: _Kind) -> str:
    return _pom(kind).read_text(encoding="utf-8") + _source(kind)


def _build(kind: _Kind, folder: Path) -> None:
    maven = ["mvn", "--quiet", "--batch-mode", f"--file={_pom(kind)}", "dependency:copy-dependencies"]
    run([*maven, f"-DoutputDirectory={folder / 'lib'}", "-DincludeScope=runtime"])
    source = folder / f"{kind.program}.java"
    source.write_text(_source(kind), encoding="utf-8")
    # Jars that the compiler is too old for are of no use to it, nor does that program need them.
    jars = [] if kind.program == NEW_MAIN_CLASS else ["-cp", f"{folder / 'lib'}/*"]
    run(["javac", "-nowarn", *jars, "-d", str(folder / "classes"), str(source)])


def _pom(kind: _Kind) -> Path:
    return _SOURCES / f"{kind.name}.xml"


def _source(kind: _Kind) -> str:
    return (_SOURCES / f"{kind.program}.java").read_text(encoding="utf-8").replace(_WRITTEN_FOR, kind.package)


def _artifact(kind: _Kind, what: str, target: str = "servers") -> Artifact:
    needs = ("mvn", "java", "javac")
    return Artifact(kind.name, what, target, needs, partial(_recipe, kind), partial(_build, kind))


OPENSEARCH = _artifact(_Kind("opensearch"), "OpenSearch")
ELASTICSEARCH = _artifact(_Kind("elasticsearch", "org.elasticsearch"), "Elasticsearch")
OPENSEARCH3 = _artifact(_Kind("opensearch3", program=NEW_MAIN_CLASS), "OpenSearch 3", "opensearch3")
