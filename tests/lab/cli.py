# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line: up, down, status and what breaks and mends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from .errors import LabError
from .lab import SERVERS, Lab

DEFAULT_FOLDER = Path("build/lab")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("lab: interrupted, cleaned up", file=sys.stderr)
    return 1


def _say(line: str) -> None:
    print(line, flush=True)


def _up(options: argparse.Namespace) -> int:
    facts = Lab(options.dir, _say).up(options.only)
    _say(f"lab is up: {facts['dir']}/state.json")
    return 0


def _down(options: argparse.Namespace) -> int:
    Lab(options.dir, _say).down()
    _say("lab is down")
    return 0


def _status(options: argparse.Namespace) -> int:
    lab = Lab(options.dir)
    stopped = [name for name in lab.facts["processes"] if not lab.home.runs(name)]
    for name, facts in lab.facts["processes"].items():
        _say(f"{name}: {'stopped' if name in stopped else 'up'} (pid {facts['pid']}, log {facts['log']})")
    for name, reason in lab.facts.get("absent", {}).items():
        _say(f"{name}: not here ({reason})")
    for name, how in lab.facts.get("faults", []):
        _say(f"{name}: broken on purpose ({how})")
    return 1 if stopped else 0


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="real servers on loopback for tests and the demo")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text)
        found.add_argument("--dir", type=Path, default=DEFAULT_FOLDER, help="the lab's folder (default: %(default)s)")
        found.set_defaults(run=run)
        return found

    up = command("up", _up, "start servers, or those of them that do not run")
    up.add_argument("--only", type=_names, help=f"some of {','.join(SERVERS)}, and what they need")
    command("down", _down, "stop all and leave nothing behind")
    command("status", _status, "say what runs; exit status 1 when something does not")
    return parser
