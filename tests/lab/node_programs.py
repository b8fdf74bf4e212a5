# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries of Node.js that programs of the lab use, installed by npm as their lock files say."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from .artifacts import Artifact, run

BULLMQ_SOURCE = Path(__file__).resolve().parent / "brokers" / "bullmq"
_FILES = ("package.json", "package-lock.json")


def _recipe(source: Path) -> str:
    return "".join((source / name).read_text(encoding="utf-8") for name in _FILES)


def _install(source: Path, folder: Path) -> None:
    for name in _FILES:
        shutil.copyfile(source / name, folder / name)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)


BULLMQ = Artifact(
    "bullmq",
    "BullMQ",
    "servers",
    ("npm", "node"),
    partial(_recipe, BULLMQ_SOURCE),
    partial(_install, BULLMQ_SOURCE),
)
