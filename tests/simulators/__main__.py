# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.simulators``: the five services on this machine's loopback addresses."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from ._core import ControlError, Simulator
from ._server import Town

SERVICES = ("plcnext", "pxplus", "phoenix", "magento", "appliance")


def simulator_class(service: str) -> type[Simulator]:
    """The simulator of a service."""
    return importlib.import_module(f".{service}", __package__).SIMULATOR


def catalogue() -> str:
    """The switches and control actions of every simulator, as text."""
    lines = ["simulators, their switches (default first) and control actions:"]
    for service in SERVICES:
        simulator = simulator_class(service)
        lines += ["", f"{service}: {(simulator.__doc__ or '').strip().splitlines()[0]}"]
        for name, switch in simulator.SWITCHES.items():
            others = [choice for choice in switch.choices if choice != switch.default]
            lines.append(f"  {name} = {json.dumps(switch.default)}" + (f" | {' | '.join(json.dumps(o) for o in others)}" if others else ""))
            if switch.about:
                lines.append(f"      {switch.about}")
        lines.append(f"  actions: {', '.join(simulator.actions())}")
    return "\n".join(lines)


def pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return key, value


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    wants_help = any(a in ("-h", "--help") for a in (arguments if arguments is not None else sys.argv[1:]))
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulators",
        description="Simulated PLCnext, PxPlus, Phoenix Security, Magento and appliance services for trying and testing the collection.",
        epilog=catalogue() if wants_help else "",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", metavar="SERVICES", help="comma-separated services to start; all five if not given")
    parser.add_argument("--listen", metavar="SERVICE=ADDRESS:PORT", type=pair, action="append", default=[], help="where a service listens")
    parser.add_argument("--count", metavar="SERVICE=N", type=pair, action="append", default=[], help="start N of a service, each with its own state")
    parser.add_argument("--switch", metavar="SERVICE.SWITCH=VALUE", type=pair, action="append", default=[], help="set a switch at the start")
    parser.add_argument("--control-port", type=int, default=0, metavar="PORT", help="port of the control interface on 127.0.0.1; any free one if not given")
    parser.add_argument("--write", metavar="FILE", type=Path, help="write addresses and credentials to this JSON file (mode 0600)")
    return parser.parse_args(arguments)


def build(options: argparse.Namespace, directory: Path) -> Town:
    """The simulators as asked for on the command line, bound to their addresses but not yet serving."""
    town = Town(directory, options.control_port)
    only = options.only.split(",") if options.only else SERVICES
    counts, places = dict(options.count), dict(options.listen)
    for service in {*only, *counts, *places}:
        if service not in SERVICES:
            raise ControlError(f"there is no service {service!r}; there are {', '.join(SERVICES)}")
    for service in only:
        host, _colon, port = places.get(service, "127.0.0.1:0").rpartition(":")
        for number in range(int(counts.get(service, 1))):
            instance = service if number == 0 else f"{service}-{number + 1}"
            town.add(simulator_class(service)(instance), host.strip("[]"), int(port) if number == 0 else 0)
    for key, text in options.switch:
        service, _dot, name = key.partition(".")
        for simulator in town.simulators().values():
            if simulator.NAME == service:
                simulator.switch(**{name: json_or_text(text)})
    town.certify()
    return town


def json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(name, path)


def identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one that took its name; None if there is none."""
    try:
        return path.stat().st_dev, path.stat().st_ino
    except FileNotFoundError:
        return None


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(prefix="simulators-") as directory:
        try:
            town = build(options, Path(directory))
        except (ControlError, OSError) as error:
            sys.exit(f"simulators: {error}")
        description = town.description()
        written: list[tuple[int, int] | None] = []

        def ready() -> None:
            for name, entry in description["simulators"].items():
                print(f"{name:<14} {entry['base_url']}")
            print(f"{'control':<14} {town.control_url}")
            if options.write:
                write_private(options.write, json.dumps(description, indent=2) + "\n")
                written.append(identity(options.write))
                print(f"written to     {options.write}")
            sys.stdout.flush()

        try:
            asyncio.run(town.serve(ready))
        finally:
            # Not one that other simulators have written since.
            if options.write and identity(options.write) in written:
                options.write.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
