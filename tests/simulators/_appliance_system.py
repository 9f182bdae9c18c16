# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated appliance as a machine: power, role, status, KPIs and boot parameters (contract §3, §9)."""

from __future__ import annotations

import ipaddress
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import datetime, timezone

from ._appliance_wire import Refused, children, node, nodes, one_text, text_of

FIRST_UPTIME = 146091
"""Seconds that the system has been up when the simulator starts (the sample of contract §9)."""

PEER = {"PRIMARY": "SECONDARY", "SECONDARY": "PRIMARY"}
OTHER_ROLE = {"active": "standby", "standby": "active", "out of service": "active"}
ROLES = ("standalone", "active", "standby", "out of service")

BOOT_PARAMETERS = {
    "Boot File": "/boot/nnSCZ1000p4.bz",
    "IP Address": "192.0.2.10",
    "VLAN": "",
    "Netmask": "255.255.255.0",
    "Gateway": "192.0.2.1",
    "IPv6 Address": "",
    "IPv6 Gateway": "",
    "Host IP": "192.0.2.5",
    "FTP username": "vxftp",
    "FTP password": "sbc-Boot-fetch-31!",
    "Flags": "0x00000008",
    "Target Name": "PRIMARY",
    "Console Device": "COM1",
    "Console Baudrate": "115200",
    "Other": "",
}
_BOOT_ADDRESSES = ("IP Address", "Netmask", "Gateway", "IPv6 Address", "IPv6 Gateway", "Host IP")


@dataclass(frozen=True)
class Kpi:
    """One figure: name, unit, meaning, and its value."""

    name: str
    unit: str
    meaning: str
    value: int


KPIS: dict[str, tuple[str, tuple[Kpi, ...]]] = {
    "globalSessions": (
        "globalSessions",
        (
            Kpi("sysGlobalConSessions", "sessions", "global concurrent sessions", 118),
            Kpi("sysGlobalCPS", "sessions per second", "global calls per second", 4),
        ),
    ),
    "sessCapacityUtil": ("sessionCapacity", (Kpi("sysSessCapacityUtil", "percent", "licensed session capacity in use", 12),)),
    "sipRegistrations": ("sipRegistrations", (Kpi("sysSipRegistrations", "registrations", "registered SIP contacts", 2374),)),
    "sysCPUUtil": ("systemUtilization", (Kpi("sysCPUUtil", "percent", "processor in use", 7),)),
    "sysMemoryUtil": ("systemUtilization", (Kpi("sysMemoryUtil", "percent", "memory in use", 41),)),
}
"""Type: container and figures. The container need not be called like the type."""


@dataclass
class Outage:
    """A restart or switchover to come: when the service goes and when it is back (Unix seconds)."""

    kind: str
    begins: float
    ends: float
    applied: bool = False


class Machine:
    """Power, role and boot parameters; times in Unix seconds."""

    def __init__(self, now: float) -> None:
        self.up_since = now - FIRST_UPTIME
        self.outage: Outage | None = None
        self.role = "active"
        self.switchovers: list[dict[str, str]] = []
        self.boot = dict(BOOT_PARAMETERS)
        self.target_name = self.boot["Target Name"]

    def begin(self, kind: str, now: float, delay: float, duration: float) -> None:
        """Plans an outage, unless one is already under way."""
        if self.outage is None:
            self.outage = Outage(kind, now + delay, now + delay + duration)

    def due(self, now: float) -> Outage | None:
        """The outage that has begun and has not been applied yet; marks it."""
        if self.outage and self.outage.begins <= now and not self.outage.applied:
            self.outage.applied = True
            return self.outage
        return None

    def down(self, now: float) -> bool:
        """Whether the service is away; ends an outage whose time is over."""
        if self.outage is None or now < self.outage.begins:
            return False
        if now < self.outage.ends:
            return True
        if self.outage.kind == "reboot":
            self.up_since = self.outage.ends
            self.target_name = self.boot["Target Name"]
        self.outage = None
        return False

    def change_role(self, role: str, now: float, info: str) -> None:
        moment = datetime.fromtimestamp(now, timezone.utc).strftime("%b %d %H:%M:%S")
        self.switchovers.append({"time": moment, "oldState": self.role, "newState": role, "info": info})
        self.role = role

    def status(self, now: float, redundant: bool, uptime_tag: str) -> list[ET.Element]:
        """Content of ``data`` for ``system/status``."""
        shown = {
            uptime_tag: str(int(now - self.up_since)),
            "hostName": self.target_name,
            "systemState": "offline" if redundant and self.role == "out of service" else "online",
            "role": self.role if redundant else "standalone",
            "healthScorePercent": "0" if redundant and self.role == "out of service" else "100",
        }
        if not redundant:
            return nodes(shown)
        shown.update(
            haPeerName=PEER.get(self.target_name, "SECONDARY"),
            haPeerRole=OTHER_ROLE[self.role],
            haHealthScorePercent="100",
            haSockets="2",
            haSwitchOvers=str(len(self.switchovers)),
        )
        sync = [node("component", nodes({"name": name, "state": state})) for name, state in (("config", "true"), ("sip", "enabled"), ("media", "enabled"))]
        logs = [node("switchOver", nodes(entry)) for entry in self.switchovers]
        return [*nodes(shown), node("haSyncState", sync), node("switchOverLogs", logs)]

    def boot_parameters(self) -> list[ET.Element]:
        """Content of ``data`` for ``configuration/bootparams``."""
        return [node("bootparams", [node("bootparam", nodes({"name": name, "value": value})) for name, value in self.boot.items()])]

    def set_boot_parameters(self, root: ET.Element) -> None:
        """Takes a complete set (contract §9); 400 if a name is unknown, absent or twice, or a value is not valid."""
        given: dict[str, str] = {}
        for entry in children(root, "bootparam")["bootparam"]:
            parts = children(entry, "name", "value")
            name = one_text(parts, "name", "bootparam")
            if name not in self.boot or name in given or len(parts["value"]) != 1:
                raise Refused(400, f"Invalid boot parameter {name}")
            given[name] = text_of(parts["value"][0])
        missing = [name for name in self.boot if name not in given]
        if missing:
            raise Refused(400, f"Missing boot parameter {missing[0]}")
        for name, value in given.items():
            if not _boot_value_fits(name, value):
                raise Refused(400, f"Invalid value for boot parameter {name}")
        self.boot = {name: given[name] for name in self.boot}


def _boot_value_fits(name: str, value: str) -> bool:
    if name in _BOOT_ADDRESSES and value:
        try:
            ipaddress.ip_address(value)
        except ValueError:
            return False
    if name == "Flags":
        return bool(re.fullmatch(r"0x[0-9A-Fa-f]{1,8}", value))
    if name in ("Boot File", "IP Address", "Target Name"):
        return bool(value)
    return True


def kpi_schema(name: str) -> list[ET.Element]:
    """Content of ``data`` for ``statistics/kpiTypes?type=`` (all tags INFERRED)."""
    container, figures = _kpi(name)
    entries = [node("kpi", nodes({"name": one.name, "type": "integer", "units": one.unit, "description": one.meaning})) for one in figures]
    return [node("kpiType", [*nodes({"type": name, "container": container}), *entries])]


def kpi_values(name: str) -> list[ET.Element]:
    """Content of ``data`` for ``statistics/kpis?type=``."""
    container, figures = _kpi(name)
    return [node(container, nodes({one.name: str(one.value) for one in figures}))]


def _kpi(name: str) -> tuple[str, tuple[Kpi, ...]]:
    if name not in KPIS:
        raise Refused(404, f"KPI type {name} not found")
    return KPIS[name]
