# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the get-pip script that ansible-test would download: pip comes from the Python itself.

Takes get-pip's arguments (packages to install, --no-setuptools, --no-wheel).
"""

from __future__ import annotations

import os
import subprocess
import sys


def main() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GET_PIP"}
    packages = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
    subprocess.run([sys.executable, "-m", "ensurepip"], env=environment, check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", *packages], env=environment, check=True)


if __name__ == "__main__":
    main()
