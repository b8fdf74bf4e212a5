# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch that is a table of nftables, by the real nft, in a network of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

INSIDE = "ansible_collections.day2.ops.tests.live.ingress_firewall_inside"
ALONE = ["unshare", "--net"]


def missing() -> str:
    """Return why this cannot be tried here; empty when it can."""
    absent = [program for program in ("nft", "unshare", "ip") if not shutil.which(program)]
    if absent:
        return f"no {absent[0]} on PATH (Debian: nftables)"
    tried = subprocess.run([*ALONE, "nft", "list", "ruleset"], capture_output=True, check=False)
    return "this user may have no network of its own" if tried.returncode else ""


@pytest.mark.skipif(bool(missing()), reason=missing() or "nft works")
def test_ports_are_closed_to_others() -> None:
    argv = [*ALONE, sys.executable, "-m", INSIDE]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    closed = {"local": "200", "outside": "ConnectionRefusedError"}
    well = {"local": "200", "outside": "200"}
    assert json.loads(done.stdout) == {
        "closed": {"changed": True, **closed},
        "again": {"changed": False, **closed},
        "lasting": "200",  # who was in stays, unless he is cut
        "cut": {"changed": True, **closed},
        "lasting cut": "ConnectionResetError",
        "open": {"changed": True, **well},
        "open again": {"changed": False, **well},
        "same rules": True,
    }
