# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated appliance's element types (contract §8.7, §8.8; ranges and further values from the vendor's ACLI reference)."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from ._appliance_metadata import Attribute, ElementType, choice, element_type, numbers, text, toggles
from ._appliance_signalling import (
    ACCESS_CONTROL,
    AUTH_ATTRIBUTE,
    LOCAL_POLICY,
    MANIPULATION,
    REALM,
    SESSION_AGENT,
    SESSION_GROUP,
    SIP_CONFIG,
    SIP_INTERFACE,
    SIP_MANIPULATION,
    U32,
)

REALM_CONFIG = element_type(
    "realm-config",
    "realm: a logical network",
    [Attribute("identifier", "name", key=True, required=True)],
    text("description"),
    [Attribute("addr-prefix", "network", "0.0.0.0")],
    text("network-interfaces", multiple=True, refers="network-interface"),
    text("media-realm-list", multiple=True, **REALM),
    toggles("mm-in-realm mm-in-network=enabled mm-same-ip=enabled mm-in-system=enabled bw-cac-non-mm msm-release qos-enable"),
    numbers("max-bandwidth=0 fallback-bandwidth=0 max-priority-bandwidth=0 max-latency=0 max-jitter=0 max-packet-loss=0 observ-window-size=0"),
    text("parent-realm dns-realm", **REALM),
    text("media-policy nsep-media-policy"),
    toggles("rtcp-mux"),
    text("ice-profile teams-fqdn"),
    toggles("teams-fqdn-in-uri sdp-inactive-only"),
    text("dtls-srtp-profile class-profile"),
    MANIPULATION,
    numbers("average-rate-limit=0"),
    choice("access-control-trust-level", "none|low|medium|high"),
    numbers("max-inbound-per-session-burst-rate=30 burst-rate-window-per-session=1"),
    choice("dos-action-at-session", "none|deny|permit"),
    numbers("invalid-signal-threshold=0 maximum-signal-threshold=0 untrusted-signal-threshold=0", 0, U32),
    numbers("nat-trust-threshold=0 max-endpoints-per-nat=0 nat-invalid-message-threshold=0", 0, 65535),
    numbers("wait-time-for-invalid-register=0 deny-period=30 session-max-life-limit=0 cac-failure-threshold=0 untrust-cac-failure-threshold=0", 0, U32),
    text("ext-policy-svr diam-e2-address-realm"),
    choice("subscription-id-type", "END_USER_NONE|END_USER_E164|END_USER_IMSI|END_USER_SIP_URI|END_USER_NAI|END_USER_PRIVATE"),
    toggles("symmetric-latching pai-strip"),
    text("trunk-context device-id"),
    choice("early-media-allow", "|none|both|reverse"),
    text("enforcement-profile additional-prefixes"),
    choice("restricted-latching", "none|sdp|peer-ip"),
    numbers("restriction-mask=32", 1, 128),
    choice("user-cac-mode", "none|aor|ip"),
    numbers("user-cac-bandwidth=0 user-cac-sessions=0 icmp-detect-multiplier=0 icmp-advertisement-interval=0"),
    [Attribute("icmp-target-ip", "address")],
    numbers("monthly-minutes=0"),
    text("options spl-options"),
    toggles("accounting-enable=enabled net-management-control delay-media-update"),
    choice("refer-call-transfer", "disabled|enabled|dynamic"),
    toggles("hold-refer-reinvite"),
    choice("refer-notify-provisional", "none|initial|all"),
    toggles("dyn-refer-term"),
    text("codec-policy", refers="codec-policy"),
    toggles("codec-manip-in-realm codec-manip-in-network=enabled"),
    text("rtcp-policy constraint-name session-recording-server"),
    toggles("session-recording-required"),
    text("manipulation-string manipulation-pattern"),
    toggles("stun-enable"),
    [Attribute("stun-server-ip", "address", "0.0.0.0"), Attribute("stun-changed-ip", "address", "0.0.0.0")],
    numbers("stun-server-port=3478 stun-changed-port=3479", 1025, 65535),
    text("sip-profile"),
    numbers("flow-time-limit=-1 initial-guard-timer=-1 subsq-guard-timer=-1 tcp-flow-time-limit=-1 tcp-initial-guard-timer=-1 tcp-subsq-guard-timer=-1", -1),
    text("sip-isup-profile match-media-profiles qos-constraint"),
    toggles("block-rtcp hide-egress-media-update"),
    text("tcp-media-profile monitoring-filters node-functionality default-location-string"),
    text("alt-family-realm", **REALM),
    choice("pref-addr-type", "none|ipv4|ipv6"),
    text("sm-icsi-match-for-invite sm-icsi-match-for-message"),
    toggles("merge-early-dialogs"),
    text("user-site srvcc-trfo feature-trfo fqdn-hostname fqdn-hostname-in-header P-Asserted-Identity P-Asserted-Identity-For"),
    toggles("nsep-stats"),
    numbers("steering-pool-threshold=0 steering-pool-lower-threshold=70", 0, 100),
    numbers("steering-pool-alarm-monitoring-time=15"),
    toggles("suppress-hold-resume-reinvite snmp-sipmethod-stats"),
    sub_types=(AUTH_ATTRIBUTE,),
)

HOST_ROUTE = element_type(
    "host-route",
    "route of management traffic",
    [Attribute("dest-network", "network", key=True, required=True), Attribute("netmask", "address"), Attribute("gateway", "address", required=True)],
    text("description"),
)

PHY_INTERFACE = element_type(
    "phy-interface",
    "physical interface",
    [Attribute("name", "name", key=True, required=True)],
    choice("operation-type", "Control|Media|Maintenance"),
    numbers("port=0", 0, 3),
    numbers("slot=0", 0, 1),
    [Attribute("virtual-mac", "mac")],
    toggles("admin-state=enabled auto-negotiation=enabled"),
    choice("duplex-mode", "FULL|HALF"),
    [Attribute("speed", "enumeration", "100", choices=("10", "100", "1000", "10000"))],
    numbers("wancom-health-score=50", 0, 100),
    toggles("overload-protection"),
)

BFD_SESSION = element_type(
    "bfd-session",
    "one forwarding detection session",
    choice("bfd-sess-type", "primary|secondary|vip", key=True),
    toggles("admin-state"),
    choice("admin-session-state", "adminDown|up"),
    numbers("min-tx-interval=1000 min-rx-interval=1000", 1, 65535),
    numbers("detect-multiplier=3", 1, 255),
    numbers("hold-down-time=0", 0, 10000),
    numbers("local-discriminator=3", 1, U32),
)

BFD_CONFIG = element_type(
    "bfd-config",
    "bidirectional forwarding detection",
    toggles("state"),
    numbers("health-score=0", 0, 100),
    text("options"),
    single=True,
    sub_types=(BFD_SESSION,),
)

NETWORK_INTERFACE = element_type(
    "network-interface",
    "network interface on a physical one",
    text("name", key=True, required=True, refers="phy-interface"),
    numbers("sub-port-id=0", 0, 4095, key=True),
    choice("family", "|ipv4|ipv6"),
    text("description hostname"),
    [Attribute(name, "address") for name in ("ip-address", "pri-utility-addr", "sec-utility-addr", "netmask", "gateway", "sec-gateway")],
    [Attribute(name, "address") for name in ("dns-ip-primary", "dns-ip-backup1", "dns-ip-backup2")],
    text("dns-domain"),
    numbers("dns-timeout=11 dns-max-ttl=86400"),
    numbers("signaling-mtu=0", 0, 4096),
    [Attribute(name, "address", multiple=True) for name in ("hip-ip-list", "icmp-address", "snmp-address", "ssh-address")],
    sub_types=(BFD_CONFIG,),
)

STEERING_POOL = element_type(
    "steering-pool",
    "media addresses and ports of a realm",
    [Attribute("ip-address", "address", key=True, required=True)],
    numbers("start-port", 1, 65535, key=True, required=True),
    numbers("end-port", 1, 65535, required=True),
    text("realm-id", key=True, required=True, **REALM),
    text("network-interface", refers="network-interface"),
    choice("port-allocation-strategy", "mixed|sequential|random"),
)

CODEC_POLICY = element_type(
    "codec-policy",
    "codecs that may pass",
    [Attribute("name", "name", key=True, required=True)],
    text("allow-codecs add-codecs-on-egress order-codecs"),
    numbers("packetization-time=20", 10, 200),
    toggles("force-ptime secure-dtmf-cancellation"),
    choice("dtmf-in-audio", "disabled|preferred|dual"),
    text("tone-detection"),
    numbers("tone-detect-renegotiate-timer=500", 50, 32000),
    toggles("reverse-fax-tone-detection-reinvite evrc-tty-baudot-transcode"),
)

MEDIA_PROFILE = element_type(
    "media-profile",
    "codec and its bandwidth",
    [Attribute("name", "name", key=True, required=True)],
    text("subname", key=True),
    choice("media-type", "audio|video|application|data|image|text|message"),
    text("payload-type"),
    choice("transport", "RTP/AVP|UDP|RTP/SAVP|TCP"),
    numbers("clock-rate=0 req-bandwidth=0 frames-per-packet=0"),
    text("parameters", multiple=True),
    numbers("average-rate-limit=0 peak-rate-limit=0 max-burst-size=0 sdp-rate-limit-headroom=0"),
    toggles("sdp-bandwidth"),
    numbers("police-rate=0 standard-pkt-rate=0 as-bandwidth=0"),
)

CERTIFICATE_RECORD = element_type(
    "certificate-record",
    "certificate and its key",
    [Attribute("name", "name", key=True, required=True)],
    text("country=US"),
    [Attribute("state", "token", "MA")],
    text("locality=Burlington"),
    [Attribute("organization", "token", "Engineering")],
    text("unit common-name"),
    [Attribute("key-size", "enumeration", "2048", choices=("512", "1024", "2048", "4096"))],
    [Attribute("alternate-name", "token")],
    toggles("trusted=enabled"),
    text("key-usage-list extended-key-usage-list", multiple=True),
    choice("key-algor", "rsa|ecdsa"),
    [Attribute("digest-algor", "enumeration", "sha256", choices=("sha1", "sha256", "sha384"))],
    choice("ecdsa-key-size", "p256|p384"),
    text("options"),
)

TLS_PROFILE = element_type(
    "tls-profile",
    "certificates and ciphers of a TLS end point",
    [Attribute("name", "name", key=True, required=True)],
    text("end-entity-certificate", refers="certificate-record"),
    text("trusted-ca-certificates", multiple=True, refers="certificate-record"),
    text("cipher-list=DEFAULT", multiple=True),
    numbers("verify-depth=10", 0, 10),
    toggles("mutual-authenticate"),
    [Attribute("tls-version", "enumeration", "tlsv12", choices=("tlsv1", "tlsv11", "tlsv12", "tlsv13", "compatibility"))],
    text("options"),
    toggles("cert-status-check"),
    text("cert-status-profile-list", multiple=True),
    toggles("ignore-dead-responder allow-self-signed-cert"),
)

HTTP_SERVER = element_type(
    "http-server",
    "server of the web interface and of this interface",
    [Attribute("name", "name", key=True, required=True)],
    toggles("state=enabled"),
    text("realm", **REALM),
    [Attribute("ip-address", "address")],
    toggles("http-state=enabled"),
    numbers("http-port=80", 1, 65535),
    toggles("http-strict-transport-security-policy https-state"),
    numbers("https-port=443", 1, 65535),
    [Attribute("http-interface-list", "enumeration", "REST,GUI", choices=("REST,GUI", "REST", "GUI"))],
    numbers("http-file-upload-size=0", 0, 999),
    text("tls-profile", refers="tls-profile"),
    text("auth-profile"),
)

LOG_LEVELS = ("EMERGENCY", "CRITICAL", "MAJOR", "MINOR", "WARNING", "NOTICE", "INFO", "TRACE", "DEBUG", "DETAIL")

SYSTEM_CONFIG = element_type(
    "system-config",
    "system-wide settings",
    text("hostname description location mib-system-contact mib-system-name mib-system-location"),
    text("acp-tls-profile", refers="tls-profile"),
    toggles("disable-garp-out-of-subnet snmp-enabled=enabled enable-snmp-auth-traps enable-snmp-syslog-notify enable-snmp-monitor-traps"),
    toggles("enable-snmp-tls-srtp-traps enable-env-monitor-traps enable-mblk_tracking enable-l2-miss-report=enabled"),
    numbers("snmp-syslog-his-table-length=1", 1, 500),
    [
        Attribute(name, "enumeration", default, choices=LOG_LEVELS)
        for name, default in (("snmp-syslog-level", "WARNING"), ("system-log-level", "WARNING"), ("process-log-level", "NOTICE"))
    ],
    [Attribute("process-log-ip-address", "address", "0.0.0.0")],
    numbers("process-log-port=0", 0, 65535),
    toggles("call-trace internal-trace"),
    choice("log-filter", "all|none|traces|traces-fork|logs|logs-fork|all-fork"),
    [Attribute("default-gateway", "address")],
    toggles("restart=enabled"),
    text("exceptions"),
    numbers("telnet-timeout=0 console-timeout=0", 0, 65535),
    numbers("http-timeout=5", 0, 20),
    numbers("reserved-nsep-session-capacity=0", 0, 100),
    toggles("remote-control=enabled cli-audit-trail=enabled source-routing cli-more"),
    numbers("terminal-height=24", 5, 1000),
    numbers("debug-timeout=0", 0, 65535),
    numbers("trap-event-lifetime=0", 0, 7),
    numbers("ids-syslog-facility=-1", -1, 23),
    toggles("ecc-chk-pkt log-tls-key"),
    numbers("pko-rake-pkt=0 pko-rake-burst=0"),
    text("options"),
    [Attribute("default-v6-gateway", "address", "::")],
    numbers("ipv6-signaling-mtu=1500", 1280, 4096),
    numbers("ipv4-signaling-mtu=1500", 576, 4096),
    text("cleanup-time-of-day=00:00 snmp-engine-id-suffix"),
    choice("snmp-agent-mode", "v3|v1v2"),
    numbers("snmp-rate-limit=0"),
    numbers("forwarding-cores=1 dos-cores=0 transcoding-cores=0", 0, 128),
    toggles("use-sibling-core-datapath"),
    numbers("httpclient-max-total-conn=500 httpclient-max-cpu-load=70 httpclient-cache-size-multiplier=16 http-clearDead-conn-timer=0"),
    toggles("resource-monitoring"),
    single=True,
)

MEDIA_MANAGER = element_type(
    "media-manager",
    "system-wide media settings",
    toggles("state=enabled latching=enabled"),
    numbers(
        "flow-time-limit=86400 initial-guard-timer=300 subsq-guard-timer=300 tcp-flow-time-limit=86400 tcp-initial-guard-timer=300 tcp-subsq-guard-timer=300"
    ),
    numbers("tcp-number-of-ports-per-flow=2", 2, 4),
    toggles("hnt-rtcp"),
    [Attribute(name, "enumeration", "NOTICE", choices=LOG_LEVELS) for name in ("algd-log-level", "mbcd-log-level")],
    text("options"),
    numbers("red-flow-port=1985 red-mgcp-port=1986", 0, 65535),
    numbers("red-max-trans=10000 red-sync-start-time=5000 red-sync-comp-time=1000"),
    toggles("media-policing=enabled"),
    numbers("max-arp-rate=10 max-untrusted-signaling=100 min-untrusted-signaling=30", 0, 100),
    numbers("max-signaling-packets=0 dos-guard-window=5"),
    numbers("untrusted-minor-threshold=0 untrusted-major-threshold=0 untrusted-critical-threshold=0 trusted-minor-threshold=0", 0, 100),
    numbers("trusted-major-threshold=0 trusted-critical-threshold=0 arp-minor-threshold=0 arp-major-threshold=0 arp-critical-threshold=0", 0, 100),
    numbers("tolerance-window=30"),
    numbers("untrusted-drop-threshold=0 trusted-drop-threshold=0", 0, 100),
    numbers("acl-monitor-window=30", 5, 3600),
    toggles("trap-on-demote-to-deny trap-on-demote-to-untrusted syslog-on-demote-to-deny syslog-on-demote-to-untrusted"),
    numbers("rtcp-rate-limit=0", 0, 125000000),
    toggles("anonymous-sdp rfc2833-timestamp reactive-transcoding"),
    numbers("default-2833-duration=100", 50, 5000),
    toggles("rfc2833-end-pkts-only-for-non-sig=enabled translate-non-rfc2833-event media-supervision-traps dnsalg-server-failover syslog-on-call-reject"),
    [Attribute("xcode-fax-max-rate", "enumeration", "14400", choices=("2400", "4800", "7200", "9600", "12000", "14400"))],
    single=True,
)

NTP_CONFIG = element_type(
    "ntp-config",
    "time servers",
    text("add-server", multiple=True),
    text("dns-realm", **REALM),
    single=True,
    sub_types=(
        element_type(
            "auth-servers",
            "time server that is authenticated",
            [Attribute("ip-address", "address", key=True, required=True)],
            numbers("key-id=0", 0, 999999999),
            [Attribute("key", "password")],
        ),
    ),
)

TYPES = (
    SYSTEM_CONFIG, PHY_INTERFACE, NETWORK_INTERFACE, HOST_ROUTE, NTP_CONFIG, HTTP_SERVER,
    CERTIFICATE_RECORD, TLS_PROFILE,
    MEDIA_MANAGER, REALM_CONFIG, STEERING_POOL, CODEC_POLICY, MEDIA_PROFILE,
    SIP_CONFIG, SIP_INTERFACE, SIP_MANIPULATION, SESSION_AGENT, SESSION_GROUP, LOCAL_POLICY, ACCESS_CONTROL,
)  # fmt: skip


@cache
def catalogue(ntp_name: str = "ntp-config", destination_is_key: bool = False) -> dict[str, ElementType]:
    """The element types by the name under which the appliance knows them; the two arguments are open questions of contract §8.7."""
    found = {}
    for kind in TYPES:
        if kind is NTP_CONFIG:
            kind = replace(kind, name=ntp_name, stored=NTP_CONFIG.name)
        if kind is ACCESS_CONTROL and destination_is_key:
            kind = replace(kind, attributes=tuple(replace(a, key=True) if a.name == "destination-address" else a for a in kind.attributes))
        found[kind.name] = kind
    return found


def password_names() -> set[str]:
    """Names of the attributes that hold a secret."""

    def walk(kind: ElementType) -> set[str]:
        return {a.name for a in kind.attributes if a.kind == "password"}.union(*(walk(sub) for sub in kind.sub_types))

    return set().union(*(walk(kind) for kind in TYPES))
