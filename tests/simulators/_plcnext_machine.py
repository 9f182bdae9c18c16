# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seed project of the PLCnext simulator: a bottle filling line with variables of every IEC type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._plcnext_project import Project, Variable
from ._plcnext_types import ELEMENTARY, Enumeration, Integer, Structure

PREFIX = "Arp.Plc.Eclr/"
TICK_COUNT = PREFIX + "ESM_DATA.ESM_INFOS[1].TICK_COUNT"
IDENTIFIER = "3b1f7c52-8e0d-4c57-9a41-6f2d0b9e7c18"
CHECKSUM = 1430805090

ENUMERATIONS: dict[str, tuple[str, dict[str, int]]] = {
    "OperatingModes": ("INT", {"Off": 0, "Manual": 1, "Automatic": 2, "Cleaning": 3}),
    "PumpStates": ("DINT", {"Stopped": 0, "Starting": 1, "Running": 2, "Fault": 10}),
}

STRUCTURES: dict[str, dict[str, str]] = {
    "PumpData": {"Enabled": "BOOL", "Speed": "REAL", "RunHours": "UDINT", "State": "PumpStates", "Pressure": "ARRAY[1..3] OF REAL"},
    "RecipeStep": {"Duration": "TIME", "Valve": "USINT", "Dose": "REAL", "Limits": "ARRAY[0..1] OF LREAL"},
    "RecipeData": {"Number": "INT", "Name": "STRING[20]", "FillVolume": "LREAL", "Steps": "ARRAY[1..4] OF RecipeStep"},
    "DiagnosticData": {"Errors": "UDINT", "LastError": "STRING", "CycleTimes": "ARRAY[0..4] OF DINT", "Serial": "LWORD"},
}

RECIPE = {
    "Number": 7,
    "Name": "Spring water 0.5 l",
    "FillVolume": 0.502,
    "Steps": [
        {"Duration": 800, "Valve": 1, "Dose": 0.25, "Limits": [0.0, 0.3]},
        {"Duration": 1500, "Valve": 1, "Dose": 0.2, "Limits": [0.1, 0.4]},
        {"Duration": 400, "Valve": 2, "Dose": 0.052, "Limits": [0.0, 0.1]},
        {"Duration": 0, "Valve": 0, "Dose": 0, "Limits": [0.0, 0.0]},
    ],
}

DIAGNOSTICS = {"Errors": 3, "LastError": "Bottle jam at infeed", "CycleTimes": [412, 409, 415, 411, 410], "Serial": 0x00A0450001F3C27E}


def _pump(speed: float, hours: int, state: int) -> dict[str, Any]:
    return {"Enabled": speed > 0, "Speed": speed, "RunHours": hours, "State": state, "Pressure": [2.5, 2.25, 1.9]}


# Path after the prefix, type, value, read-only.
GLOBALS: list[tuple[str, str, Any, bool]] = [
    ("RealVar", "REAL", 6.738039, False),
    ("MachineEnabled", "BOOL", True, False),
    ("EmergencyStopOk", "BOOL", True, True),
    ("OperatingMode", "OperatingModes", 2, False),
    ("SpeedSetpoint", "REAL", 42.5, False),
    ("SpeedActual", "REAL", 41.97, True),
    ("LevelMinimum", "REAL", 15, False),
    ("LevelMaximum", "REAL", 85, False),
    ("LevelCurrent", "REAL", 63.21, True),
    ("TankVolume", "LREAL", 1234.56789012345, False),
    ("TemperatureOffset", "SINT", -3, False),
    ("RecipeNumber", "INT", 7, False),
    ("EncoderPosition", "DINT", -104233, False),
    ("EncoderAbsolute", "LINT", -9007199254740993, False),
    ("ValveNumber", "USINT", 12, False),
    ("PressureRaw", "UINT", 27648, True),
    ("ProductCounter", "UDINT", 3128734, False),
    ("BatchNumber", "ULINT", 18446744073709551557, False),
    ("DeviceMask", "BYTE", 0x5A, False),
    ("AlarmWord", "WORD", 0x0041, False),
    ("StatusWord", "DWORD", 2387, True),
    ("SerialMask", "LWORD", 0xFFFFFFFFFFFFFFFE, False),
    ("OrderNumber", "STRING", "ORD-2026-000417", False),
    ("OperatorName", "STRING[20]", "Søren Kjær", False),
    ("FillTime", "TIME", 1500, False),
    ("CycleTime", "LTIME", 4_000_000, False),
    ("ProductionDate", "LDATE", 1_791_331_200_000_000_000, False),
    ("ShiftStart", "LTIME_OF_DAY", 21_600_000_000_000, False),
    ("LastService", "LDATE_AND_TIME", 1_790_000_000_123_456_789, False),
    ("LastAlarm", "DATE_AND_TIME", 1_791_340_245_000, True),
    ("SpeedCurve", "ARRAY[0..9] OF REAL", [0, 5.5, 11, 16.5, 22, 27.5, 33, 38.5, 44, 49.5], False),
    ("ValveStates", "ARRAY[1..16] OF BOOL", [index % 3 == 0 for index in range(16)], False),
    ("AlarmCodes", "ARRAY[1..8] OF DINT", [0, 0, 4711, 0, 0, 0, 12, 0], True),
    ("Totals", "ARRAY[-1..2] OF ULINT", [1, 2, 3, 9007199254740993], False),
    ("ProductNames", "ARRAY[1..3] OF STRING[20]", ["Spring water", "Apple juice", "Lemonade"], False),
    ("Matrix", "ARRAY[0..2] OF ARRAY[0..2] OF INT", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], False),
    ("Filler.Recipe", "RecipeData", RECIPE, False),
    ("Filler.Pump1", "PumpData", _pump(35.5, 18231, 2), False),
    ("Filler.Pump2", "PumpData", _pump(0, 17004, 0), False),
    ("Filler.Pumps", "ARRAY[1..2] OF PumpData", [_pump(10, 5, 2), _pump(0, 0, 10)], False),
    ("Filler.Diagnostics", "DiagnosticData", DIAGNOSTICS, True),
    ("Filler.BottlesPerMinute", "INT", 120, False),
    ("Robot.Test_Var", "INT", 0, False),
]

# Ports of a C++ component have a prefix of their own.
PORTS: list[tuple[str, str, Any, bool]] = [
    ("ConveyorComponent1/Conveyor.Velocity", "LREAL", 0.75, False),
    ("ConveyorComponent1/Conveyor.BeltCurrent", "REAL", 3.2, True),
]


def build(ticks: Callable[[], int]) -> Project:
    """The seed project; ``ticks`` gives the value of TICK_COUNT."""
    project = Project(IDENTIFIER, CHECKSUM)
    for name, (base, values) in ENUMERATIONS.items():
        integer = ELEMENTARY[base]
        if isinstance(integer, Integer):
            project.define(Enumeration(name, values, integer))
    for name, members in STRUCTURES.items():
        project.define(Structure(name, {member: project.type(text) for member, text in members.items()}))
    project.add([Variable(TICK_COUNT, ELEMENTARY["DINT"], 0, read_only=True, source=ticks)])
    project.add([project.make(PREFIX + path, text, value, read_only) for path, text, value, read_only in GLOBALS])
    project.add([project.make(path, text, value, read_only) for path, text, value, read_only in PORTS])
    return project
