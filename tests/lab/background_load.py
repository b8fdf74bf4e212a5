# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load on the demo service that goes on while something else is done."""

from __future__ import annotations

from types import TracebackType

from . import process
from .demo.load import Result
from .errors import LabError
from .home import Home

NAME = "load"


class BackgroundLoad:
    """`with BackgroundLoad(home) as load: ...`, then `load.result`.

    rate: orders a second. seconds: after so many it ends by itself. url: where orders go, if not to the API itself.
    """

    def __init__(self, home: Home, rate: float = 40.0, seconds: float = 600.0, url: str = "") -> None:
        self._home = home
        self._url = url or home.facts["service"]["url"]
        self._options = [f"--rate={rate:g}", f"--seconds={seconds:g}"]
        self._file = home.run_dir / "load.json"
        self._result: Result | None = None

    def __enter__(self) -> BackgroundLoad:
        self._home.reread()  # another command may have changed the lab
        self._file.unlink(missing_ok=True)
        self._home.launch(NAME, process.python_argv("demo.load", self._url, str(self._file), *self._options))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._home.reread()  # or may have meanwhile
        self._home.stop(NAME)
        self._home.facts["processes"].pop(NAME, None)
        self._home.save()
        if error is None:
            self._result = Result.read(self._file)

    @property
    def result(self) -> Result:
        """What the load saw; raises LabError while it runs."""
        if self._result is None:
            raise LabError("the load has not ended: leave its 'with' block first")
        return self._result
