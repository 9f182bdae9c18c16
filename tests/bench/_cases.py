# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: the plays, on how many controllers, and what each controller must get and hold afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "Arp.Plc.Eclr/"
BEFORE: dict[str, Any] = {
    "SpeedSetpoint": 42.5,
    "LevelMinimum": 15,
    "LevelMaximum": 85,
    "MachineEnabled": True,
    "RecipeNumber": 7,
    "EncoderPosition": -104233,
    "ValveNumber": 12,
    "ProductCounter": 3128734,
    "OrderNumber": "ORD-2026-000417",
    "FillTime": 1500,
}
"""The ten variables before a run that writes: four kinds of number, a truth value, a text and a time."""
WANTED: dict[str, Any] = {
    "SpeedSetpoint": 48.1,
    "LevelMinimum": 11.5,
    "LevelMaximum": 84,
    "MachineEnabled": False,
    "RecipeNumber": 9,
    "EncoderPosition": 55,
    "ValveNumber": 3,
    "ProductCounter": 99,
    "OrderNumber": "ORD-2026-000418",
    "FillTime": 1700,
}

BULK = (("REAL", 400), ("DINT", 300), ("BOOL", 300))
"""Types of generated variables, and how many there are of each in a thousand."""
GROUPS = {"plcs": 0, "bulk": 1000, "limit": 10_000}
"""The groups of controllers, and how many generated variables each controller has."""
_VALUES = {"REAL": lambda number: number / 10, "DINT": lambda number: number * 1001, "BOOL": lambda number: number % 3 == 0}
_OTHERS = {"REAL": lambda number: number / 10 + 0.5, "DINT": lambda number: -1 - number, "BOOL": lambda number: number % 3 != 0}

VERSION = "/_pxc_api/v1.2"
LOGIN = (f"POST {VERSION}/auth/auth-token", f"POST {VERSION}/auth/access-token")
READ = f"GET {VERSION}/variables"
READ_MANY = f"POST {VERSION}/variables"
DICTIONARIES = ("GET /ehmi/data.dictionary.json", "GET /ehmi/type.dictionary.json")
WRITE = f"PUT {VERSION}/variables"
FIRST = (*LOGIN, READ, *DICTIONARIES, WRITE)
"""What a write needs where nothing is known of the controller's project."""


def bulk_prefix(kind: str) -> str:
    """The beginning of the names of the generated variables of a type, without ``PREFIX``."""
    return f"Bulk.{kind.title()}"


def shares(count: int) -> dict[str, int]:
    """How many of so many generated variables are of each type."""
    return {kind: number * count // sum(number for _kind, number in BULK) for kind, number in BULK}


def bulk(count: int, others: bool = False) -> dict[str, Any]:
    """Values for so many generated variables; ``others`` differ from the usual ones in every variable."""
    values = _OTHERS if others else _VALUES
    return {f"{bulk_prefix(kind)}{index:05d}": values[kind](index) for kind, number in shares(count).items() for index in range(number)}


def _action(**options: Any) -> dict[str, Any]:
    # As for any inventory of controllers: the address is ansible_host.
    return {"tokenflow.services.plcnext_variable": options}


def play(*tasks: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A play over all hosts of the inventory that the run is limited to."""
    return [{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]


_LITERAL = _action(variables=WANTED)
_TEMPLATED = _action(variables={name: f"{{{{ wanted['{PREFIX}{name}'] }}}}" for name in WANTED})
_EMPTY = "bench.empty.nothing"
_STEADY_TASKS = 5

FILES = {"ten": 10, "thousand": 1000, "ten_thousand": 10_000}
"""Files with values for the option ``src``, and for how many of the generated variables."""

PLAYS: dict[str, list[dict[str, Any]]] = {
    "empty": play({_EMPTY: {}}),
    "empty_arguments": play({_EMPTY: _LITERAL["tokenflow.services.plcnext_variable"]}),
    "literal": play(_LITERAL),
    "templated": play(_TEMPLATED),
    "tasks": play(*[_LITERAL] * _STEADY_TASKS),
    "remote": play(_action(variables=WANTED, run_on="target")),
    **{f"{name}_{form}": play(_action(src=f"{{{{ inventory_dir }}}}/{name}.{form}")) for name in FILES for form in ("json", "yml")},
}
"""The plays by name; that with ``uri`` is a file beside this one."""


@dataclass(frozen=True)
class Case:
    """A play on several numbers of controllers.

    ``requests`` is what every controller must get, in order. ``changed`` and ``ok`` are tasks a host. ``fresh`` means that nothing is kept on disk from
    earlier runs. Sizes in ``seldom`` are run in every other round only. ``variables`` is how many of the generated variables it is about; 0: the ten.
    """

    name: str
    title: str
    play: str
    sizes: tuple[int, ...]
    requests: tuple[str, ...] = ()
    changed: int = 0
    ok: int = 1
    group: str = "plcs"
    fresh: bool = False
    seldom: tuple[int, ...] = ()
    shown: bool = True
    variables: int = 0

    @property
    def wanted(self) -> dict[str, Any]:
        """What a controller holds at the end."""
        return bulk(self.variables) if self.variables else WANTED

    @property
    def before(self) -> dict[str, Any]:
        """What a controller holds at the start."""
        if not self.changed:
            return self.wanted
        return bulk(self.variables, others=True) if self.variables else BEFORE


_SIZES = (1, 50, 200, 500)
_SAME = (1, 100)
_LAST = _SIZES[-1:]

LIMITS = tuple(
    Case(f"{name}_{what}", f"{count:,} from src, {title}", f"{name}_json", (1,), (*LOGIN, *requests), changed, group="limit", variables=count)
    for what, title, changed in (("read", "nothing to write", 0), ("write", "all written", 1))
    for name, count, requests in (
        ("ten", 10, (READ, *[WRITE] * changed)),
        ("thousand", 1000, (READ_MANY, *[WRITE] * changed)),
        # Half a megabyte a request.
        ("ten_thousand", 10_000, (READ_MANY, *[WRITE] * 2 * changed)),
    )
)
"""From ten variables to 10,000 on one controller."""

CASES = (
    Case("empty", "action that does nothing", "empty", _SIZES, seldom=_LAST),
    Case("empty_arguments", "the same with our arguments", "empty_arguments", _SIZES, seldom=_LAST),
    Case("read", "plcnext_variable, nothing to write", "literal", _SIZES, (*LOGIN, READ), seldom=_LAST),
    Case("write", "plcnext_variable, ten written", "literal", _SIZES, (*LOGIN, READ, WRITE), changed=1, seldom=_LAST),
    Case("first", "the same on controllers never seen before", "literal", (1, 50), FIRST, changed=1, fresh=True),
    Case("remote", "plcnext_variable, run_on: target, ten written", "remote", (1, 20), FIRST, changed=1, seldom=(20,)),
    Case("uri", "ansible.builtin.uri, ten written", "uri", (1, 50), (*LOGIN, READ, WRITE), changed=1, ok=5, seldom=(50,)),
    # That the play by hand is right also where nothing differs; its time is not of interest.
    Case("uri_read", "ansible.builtin.uri, nothing to write", "uri", (1,), (*LOGIN, READ), ok=4, shown=False),
    Case("literal", "ten literal values", "literal", _SAME, (*LOGIN, READ), group="bulk"),
    Case("templated", "ten templated values", "templated", _SAME, (*LOGIN, READ), group="bulk"),
    Case("ten_json", "ten from src, JSON", "ten_json", _SAME, (*LOGIN, READ), group="bulk"),
    Case("thousand_json", "1,000 from src, JSON", "thousand_json", _SAME, (*LOGIN, READ_MANY), group="bulk"),
    Case("ten_yaml", "ten from src, YAML", "ten_yml", _SAME, (*LOGIN, READ), group="bulk"),
    Case("thousand_yaml", "1,000 from src, YAML", "thousand_yml", _SAME, (*LOGIN, READ_MANY), group="bulk"),
    Case("tasks", f"{_STEADY_TASKS} tasks with ten literal values", "tasks", _SAME, (*LOGIN, *[READ] * _STEADY_TASKS), ok=_STEADY_TASKS, group="bulk"),
    *LIMITS,
)

QUICK = {20: 2, 50: 3, 100: 3, 200: 5}
"""Controllers in a quick run in place of the sizes above; those not named are left out."""


def quick(case: Case) -> Case:
    """The case on few controllers."""
    sizes = tuple(size if size == 1 else QUICK[size] for size in case.sizes if size == 1 or size in QUICK)
    return Case(**{**vars(case), "sizes": sizes, "seldom": ()})
