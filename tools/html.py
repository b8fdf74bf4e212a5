# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the HTML documentation of the plugins and roles: build/docs/build/html/index.html."""

from __future__ import annotations

import shutil
import sys

from ansible_collections.day2.ops.tools.paths import BIN, BUILD, ROOT
from ansible_collections.day2.ops.tools.steps import environment, status_of

SITE = BUILD / "docs"
SOURCES = SITE / "rst"
HTML = SITE / "html"


def main() -> int:
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir(parents=True)
    env = {**environment(), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    antsibull = (str(BIN / "antsibull-docs"),)
    site = (
        "sphinx-init",
        "--use-current",
        "--lenient",
        "--sphinx-theme",
        "alabaster",
        "--dest-dir",
        str(SITE),
        "day2.ops",
    )
    pages = ("collection", "--use-current", "--squash-hierarchy", "--dest-dir", str(SOURCES), "day2.ops")
    no_links_outside = ("-D", "extensions=sphinx_antsibull_ext")
    sphinx = (
        str(BIN / "sphinx-build"),
        "-q",
        "-b",
        "html",
        *no_links_outside,
        "-c",
        str(SITE),
        str(SOURCES),
        str(HTML),
    )
    SOURCES.mkdir()
    for argv in ((*antsibull, *site), (*antsibull, *pages), sphinx):
        status = status_of(argv, env=env)
        if status != 0:
            return status
    print(f"documentation: {(HTML / 'index.html').relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
