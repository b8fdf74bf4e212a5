# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP server that keeps each JSON document posted to it: where announcements go.

    python -m ...lab.webhook_sink PORT FILE

POST / appends the document to the file, one a line, with the time and path; GET / returns them all as a list.
"""

from __future__ import annotations

import datetime
import json
import sys
import threading
from pathlib import Path

from .http_parts import JsonHandler, QuietServer, serve_until_stopped


class Sink(JsonHandler):
    """One connection; the file is the class's, set before serving."""

    file: Path
    writing = threading.Lock()

    def do_POST(self) -> None:
        """Keep one document."""
        try:
            document = json.loads(self.body())
        except ValueError as error:
            self.answer(400, {"error": f"expected a JSON document: {error}"})
            return
        at = datetime.datetime.now(datetime.UTC).isoformat()
        line = json.dumps({"at": at, "path": self.path, "body": document})
        with self.writing, self.file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self.answer(200, {"kept": True})

    def do_GET(self) -> None:
        """Return what was kept."""
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []
        self.answer(200, [json.loads(line) for line in lines])


def main() -> None:
    """Run until a signal ends it."""
    Sink.file = Path(sys.argv[2])
    serve_until_stopped(QuietServer(int(sys.argv[1]), Sink))


if __name__ == "__main__":
    main()
