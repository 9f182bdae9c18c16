# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration with which the simulated appliance starts: two realms, a peering trunk and a cluster of call servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._appliance_certificates import CertificateState
from ._appliance_configuration import Configuration, Stamp, draft_of
from ._appliance_metadata import ElementType

SELF_SIGNED = "defaultSelfSignedRestCert"


def _port(address: str, transport: str = "UDP", port: str = "5060", **more: str) -> tuple[str, Any]:
    return "sip-port", ({"address": address, "port": port, "transport-protocol": transport, **more}, ())


def _route(next_hop: str, realm: str, **more: str) -> tuple[str, Any]:
    return "policy-attribute", ({"next-hop": next_hop, "realm": realm, **more}, ())


def _host_rule(name: str, header: str) -> tuple[str, Any]:
    element = ("element-rules", ({"name": "host", "type": "uri-host", "action": "replace", "match-val-type": "ip", "new-value": "$LOCAL_IP"}, ()))
    return "header-rules", ({"name": name, "header-name": header, "action": "manipulate", "msg-type": "request"}, [element])


ELEMENTS: tuple[tuple[str, dict[str, str | list[str]], list[tuple[str, Any]]], ...] = (
    (
        "system-config",
        {"hostname": "sbc-fra-1", "description": "Border controller Frankfurt", "location": "Frankfurt", "default-gateway": "192.0.2.1"},
        [],
    ),
    ("phy-interface", {"name": "M00", "operation-type": "Media", "port": "0", "slot": "0"}, []),
    ("phy-interface", {"name": "M10", "operation-type": "Media", "port": "0", "slot": "1"}, []),
    (
        "network-interface",
        {"name": "M00", "description": "access", "ip-address": "198.51.100.10", "netmask": "255.255.255.0", "gateway": "198.51.100.1"},
        [],
    ),
    (
        "network-interface",
        {"name": "M10", "description": "core", "ip-address": "203.0.113.10", "netmask": "255.255.255.0", "gateway": "203.0.113.1"},
        [("bfd-config", ({"state": "enabled", "health-score": "20"}, [("bfd-session", ({"bfd-sess-type": "primary", "admin-state": "enabled"}, ()))]))],
    ),
    ("host-route", {"dest-network": "192.0.2.128", "netmask": "255.255.255.128", "gateway": "192.0.2.1", "description": "management network"}, []),
    ("certificate-record", {"name": SELF_SIGNED, "common-name": "sbc-fra-1", "trusted": "disabled"}, []),
    ("tls-profile", {"name": "defaultTlsProfile", "end-entity-certificate": SELF_SIGNED}, []),
    ("http-server", {"name": "webServerInstance", "http-state": "disabled", "https-state": "enabled", "tls-profile": "defaultTlsProfile"}, []),
    ("media-manager", {}, []),
    ("codec-policy", {"name": "g711-only", "allow-codecs": "PCMA PCMU telephone-event", "order-codecs": "PCMA PCMU"}, []),
    ("media-profile", {"name": "PCMA", "payload-type": "8", "clock-rate": "8000"}, []),
    ("media-profile", {"name": "G729", "subname": "annexb-no", "payload-type": "18", "clock-rate": "8000", "parameters": ["annexb=no"]}, []),
    (
        "realm-config",
        {"identifier": "access", "description": "customers", "network-interfaces": ["M00:0.4"], "addr-prefix": "198.51.100.0/24", "codec-policy": "g711-only"},
        [],
    ),
    (
        "realm-config",
        {"identifier": "core", "description": "call servers", "network-interfaces": ["M10:0.4"], "access-control-trust-level": "high"},
        [("auth-attribute", ({"auth-realm": "core.example.com", "username": "sbc-fra-1", "password": "sbc-Core-digest-77!"}, ()))],
    ),
    ("steering-pool", {"ip-address": "198.51.100.10", "start-port": "10000", "end-port": "19999", "realm-id": "access"}, []),
    ("steering-pool", {"ip-address": "203.0.113.10", "start-port": "20000", "end-port": "29999", "realm-id": "core"}, []),
    ("sip-config", {"home-realm-id": "core", "registrar-port": "5060", "options": "max-udp-length=0"}, []),
    ("sip-manipulation", {"name": "hide-topology", "description": "own address in From and To"}, [_host_rule("from", "From"), _host_rule("to", "To")]),
    (
        "sip-interface",
        {"realm-id": "access", "description": "towards customers", "out-manipulationid": "hide-topology"},
        [_port("198.51.100.10"), _port("198.51.100.10", "TLS", "5061", **{"tls-profile": "defaultTlsProfile", "allow-anonymous": "agents-only"})],
    ),
    ("sip-interface", {"realm-id": "core"}, [_port("203.0.113.10"), _port("203.0.113.10", "TCP")]),
    ("session-agent", {"hostname": "pbx1.example.com", "ip-address": "203.0.113.21", "realm-id": "core", "ping-method": "OPTIONS", "ping-interval": "30"}, []),
    ("session-agent", {"hostname": "pbx2.example.com", "ip-address": "203.0.113.22", "realm-id": "core", "ping-method": "OPTIONS", "ping-interval": "30"}, []),
    ("session-agent", {"hostname": "trunk.carrier.example", "ip-address": "198.51.100.200", "realm-id": "access", "max-sessions": "120"}, []),
    ("session-group", {"group-name": "pbx-cluster", "strategy": "RoundRobin", "dest": ["pbx1.example.com", "pbx2.example.com"]}, []),
    (
        "local-policy",
        {"from-address": ["*"], "to-address": ["*"], "source-realm": ["access"], "description": "inbound"},
        [_route("SAG:pbx-cluster", "core", action="replace-uri")],
    ),
    (
        "local-policy",
        {"from-address": ["*"], "to-address": ["+49", "+43"], "source-realm": ["core"], "description": "outbound"},
        [_route("trunk.carrier.example", "access", cost="1"), _route("SAG:pbx-cluster", "core", cost="9")],
    ),
    (
        "access-control",
        {"realm-id": "access", "source-address": "198.51.100.200", "application-protocol": "SIP", "transport-protocol": "UDP", "trust-level": "high"},
        [],
    ),
)
"""No time servers are configured, so that one singleton does not exist yet."""

SECRETS = ("sbc-Core-digest-77!",)


def first_configuration(kinds: Mapping[str, ElementType], now: float) -> Configuration:
    """The configuration, made by the same code that serves POST."""
    configuration = Configuration()
    for name, values, subs in ELEMENTS:
        element = configuration.create(kinds[name], draft_of(kinds[name], values, subs), Stamp("admin", now))
        if values.get("name") == SELF_SIGNED:
            element.certificate = CertificateState(self_signed=True)
    return configuration
