# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line: up, down, status and what breaks and mends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .demo.account import await_drained, settle
from .demo.load import Load
from .demonstration import Demonstration
from .errors import LabError
from .faults import table
from .lab import Lab
from .servers import SERVERS, light
from .signals import signals_as_errors

DEFAULT_FOLDER = Path("build/lab")
_LIGHT = ",".join(light())


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


def _break(options: argparse.Namespace) -> int:
    Lab(options.dir).break_server(options.name, options.how)
    _say(f"{options.name}: {options.how} done")
    return 0


def _mend(options: argparse.Namespace) -> int:
    lab = Lab(options.dir)
    (partial(lab.mend, options.name, options.how) if options.name else lab.mend_all)()
    _say(f"{options.name or 'everything'}: mended")
    return 0


def _run(options: argparse.Namespace) -> int:
    Lab(options.dir).run_process(options.name)
    _say(f"{options.name}: runs")
    return 0


def _end(options: argparse.Namespace) -> int:
    Lab(options.dir).end_process(options.name, options.kill)
    _say(f"{options.name}: ended")
    return 0


def _load(options: argparse.Namespace) -> int:
    lab = Lab(options.dir)
    url = lab.facts["service"]["url"]
    load = Load(url, options.rate, options.seconds, options.count)
    result = load.run(connections=4)
    await_drained(lab.facts)
    account = settle(lab.facts, result)
    _say(account.line())
    _say(f"latency: p50 {result.latency_ms['p50']} ms, p99 {result.latency_ms['p99']} ms")
    return 0 if account.balanced else 1


def _demo(options: argparse.Namespace) -> int:
    with signals_as_errors() as told:
        well = Demonstration(Lab(options.dir, _say), _say).run()
        told.check()
    return 0 if well else 1


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
    up.add_argument("--only", type=_names, help=f"some of {','.join(SERVERS)}, and what they need (default: {_LIGHT})")
    command("down", _down, "stop all and leave nothing behind")
    command("status", _status, "say what runs; exit status 1 when something does not")
    faults = "; ".join(table())
    breaking = command("break", _break, f"break on purpose. {faults}")
    breaking.add_argument("name", help="a server or a process of the lab")
    breaking.add_argument("how", help="the fault")
    mending = command("mend", _mend, "mend what was broken")
    mending.add_argument("name", nargs="?", default="", help="a server or a process (default: all)")
    mending.add_argument("how", nargs="?", default="", help="the fault, or what mends it (default: all faults)")
    command("run", _run, "start a process of the demo service: api, worker-1 and so on").add_argument("name")
    ending = command("end", _end, "end a process of the demo service, with time to finish what it has in hand")
    ending.add_argument("name")
    ending.add_argument("--kill", action="store_true", help="without that time")
    load = command("load", _load, "send orders to the demo service and print the account of them")
    load.add_argument("--rate", type=float, default=40.0, help="orders a second (default: %(default)s)")
    load.add_argument("--seconds", type=float, default=10.0, help="how long (default: %(default)s)")
    load.add_argument("--count", type=int, default=0, help="how many at most (default: no limit)")
    command("demo", _demo, "a maintenance window and the daily checks under load, with an account at the end")
    return parser
