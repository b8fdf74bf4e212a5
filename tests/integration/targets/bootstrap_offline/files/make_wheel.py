# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the smallest wheel there is, in the folder named: a library without an index."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

CONTENT = {
    "day2_probe.py": 'NAME = "day2"\n',
    "day2_probe-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: day2-probe\nVersion: 1.0\n",
    "day2_probe-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: day2\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    record = "day2_probe-1.0.dist-info/RECORD"
    names = [*CONTENT, record]
    with zipfile.ZipFile(folder / "day2_probe-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in CONTENT.items():
            wheel.writestr(name, text)
        wheel.writestr(record, "".join(f"{name},,\n" for name in names))


if __name__ == "__main__":
    main()
