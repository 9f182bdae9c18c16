# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Management actions, certificates, administration and status, and the table of all operations (contract §3, §7, §9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from . import _appliance_resources as resources
from ._appliance_certificates import CertificateState, details, generate_request, imported, with_self_signed
from ._appliance_configuration import Element
from ._appliance_resources import Call
from ._appliance_state import State
from ._appliance_system import KPIS, kpi_schema, kpi_values
from ._appliance_wire import Refused, Reply, children, node, nodes, one_text, parse

VERSIONS = ("v1.0", "v1.1", "v1.2")


def manage(state: State, call: Call) -> Reply:
    """PUT save, verify, restore; POST activate, backup."""
    action = call.value("action")
    if action not in {"PUT": ("save", "verify", "restore"), "POST": ("activate", "backup")}[call.method]:
        raise Refused(400, f"Unsupported action {action}")
    if action == "backup" and call.version == "v1.0":
        raise Refused(400, f"Unsupported action {action}")
    if action == "restore":
        source = _source(call, "restoreSource", ("running", "saved", "backupFile"))
        work = state.restore(source, _filename(call) if source == "backupFile" else "")
    elif action == "backup":
        work = state.backup(_source(call, "backupSource", ("running", "saved", "editing")), _filename(call))
    else:
        work = {"save": state.save, "verify": state.verify, "activate": state.activate}[action]()
    if state.jobs.running and state.on("async_busy") == 409:
        raise Refused(409, "Another asynchronous operation is in progress")
    state.start(action, work, call.token.user)
    return Reply(links=[call.link("/admin/asyncstatus")], status=202)


def _source(call: Call, name: str, allowed: tuple[str, ...]) -> str:
    source = call.value(name)
    if source not in allowed:
        raise Refused(400, f"Invalid value for query parameter {name}")
    return source


def _filename(call: Call) -> str:
    name = call.value("filename")
    if not re.fullmatch(r"[A-Za-z0-9_\-][A-Za-z0-9._\-]{0,254}", name):
        raise Refused(400, "Query parameter filename must be a file name without path")
    return name


def async_status(state: State, call: Call) -> Reply:
    found = state.jobs.status()
    if not found and state.on("async_initial") == 404:
        raise Refused(404, "No asynchronous request has been made")
    return Reply(found)


def get_files(state: State, call: Call) -> Reply:
    return Reply([node("files", [node("file", name) for name in sorted(state.backups)])])


def delete_file(state: State, call: Call) -> Reply:
    name = _filename(call)
    if name not in state.backups:
        raise Refused(404, "File not found")
    del state.backups[name]
    return Reply(status=204)


def get_boot_parameters(state: State, call: Call) -> Reply:
    return Reply(state.machine.boot_parameters())


def put_boot_parameters(state: State, call: Call) -> Reply:
    state.machine.set_boot_parameters(parse(call.body, "bootparams"))
    return Reply(state.machine.boot_parameters())


def get_certificate(state: State, call: Call) -> Reply:
    record = _record(state, call.value("recordName"))
    form = call.value("format")
    if form not in ("detail", "pem"):
        raise Refused(404, "Requested format is not supported")
    kept = record.certificate
    if kept and kept.self_signed:
        kept = record.certificate = with_self_signed(kept, record.first, state.clock.now())
    if kept is None or not kept.certificates:
        raise Refused(404, "Certificate-record has no imported certificate")
    text = "".join(kept.certificates) if form == "pem" else details(kept.certificates[0])
    shown = nodes({"certificateRecord": record.first("name"), "certificate": text})
    return Reply([node("CertificateRecordDetails", shown)])


def request_certificate(state: State, call: Call) -> Reply:
    record = _record(state, call.value("recordName"))
    again = call.value("reGenerate", "false")
    if again not in ("true", "false"):
        raise Refused(400, "Invalid value for query parameter reGenerate")
    kept = record.certificate
    if kept and (kept.key or kept.certificates or kept.self_signed) and again == "false":
        raise Refused(400, "Certificate request already exists, set reGenerate to replace it")
    made = generate_request(record.first)
    record.certificate = replace(kept or CertificateState(), key=made.key, request=made.request, certificates=(), self_signed=False)
    shown = nodes({"recordName": record.first("name"), "certificateSignedRequest": made.request})
    return Reply([node("CertificateRequest", shown)])


def import_certificate(state: State, call: Call) -> Reply:
    body = b"" if call.method != state.on("import_verb") else call.body
    root = parse(body, "ImportCertificate")
    parts = children(root, "recordName", "format", "certificateRequest", "overwrite")
    name, form, pem = (one_text(parts, tag, "ImportCertificate") for tag in ("recordName", "format", "certificateRequest"))
    overwrite = one_text(parts, "overwrite", "ImportCertificate", optional=True) or "false"
    if form not in ("x509", "pkcs7") or overwrite not in ("true", "false"):
        raise Refused(400, "Invalid value in ImportCertificate")
    record = _record(state, name)
    record.certificate = imported(record.certificate, form, pem, overwrite == "true")
    return Reply(nodes({"recordName": name}))


def _record(state: State, name: str) -> Element:
    record = state.editing.find(state.kinds["certificate-record"], ((name,),))
    if record is None:
        raise Refused(404, "Certificate-record not found")
    return record


def reboot(state: State, call: Call) -> Reply:
    delay = float(state.on("reboot_delay_seconds"))
    state.machine.begin("reboot", state.clock.now(), delay, float(state.on("reboot_seconds")))
    return Reply("Rebooting in 5 seconds", status=202)


def switchover(state: State, call: Call) -> Reply:
    if state.on("redundancy") != "ha":
        raise Refused(400, "System is not part of a redundant pair")
    state.machine.begin("switchover", state.clock.now(), 0.0, float(state.on("switchover_seconds")))
    return Reply(status=state.on("switchover_status"))


def status(state: State, call: Call) -> Reply:
    return Reply(state.machine.status(state.clock.now(), state.on("redundancy") == "ha", state.on("uptime_tag")))


def kpi_types(state: State, call: Call) -> Reply:
    name = call.value("type", "")
    if not name:
        return Reply(links=[call.link(f"/statistics/kpiTypes?type={one}") for one in KPIS])
    return Reply(kpi_schema(name), links=[call.link(f"/statistics/kpis?type={name}")])


def kpis(state: State, call: Call) -> Reply:
    name = call.value("type")
    return Reply(kpi_values(name), links=[call.link(f"/statistics/kpiTypes?type={name}")])


def supported_versions(latest: str) -> Reply:
    """The answer of ``api/supportedversions``."""
    others = VERSIONS[: VERSIONS.index(latest)]
    found = [node("latestVersion", latest), node("otherVersions", [node("version", version) for version in others])]
    return Reply([node("supportedVersions", found)])


@dataclass(frozen=True)
class Operation:
    """What a verb on a path does, what it needs, and since which API version it exists."""

    handler: Callable[[State, Call], Reply]
    admin: bool = False
    lock: bool = False
    since: str = "v1.0"


def _change(handler: Callable[[State, Call], Reply], since: str = "v1.0") -> Operation:
    return Operation(handler, admin=True, lock=True, since=since)


OPERATIONS: dict[str, dict[str, Operation]] = {
    "/configuration/lock": {"POST": Operation(resources.lock, admin=True)},
    "/configuration/unlock": {"POST": Operation(resources.unlock, admin=True)},
    "/configuration/elementTypes": {"GET": Operation(resources.element_types)},
    "/configuration/elementTypes/metadata": {"GET": Operation(resources.metadata)},
    "/configuration/elementTypes/template": {"GET": Operation(resources.template)},
    "/configuration/configElements": {
        "GET": Operation(resources.get_elements),
        "POST": _change(resources.create_element),
        "PUT": _change(resources.update_element),
        "DELETE": _change(resources.delete_element),
    },
    "/configuration/configReferences": {"DELETE": _change(resources.delete_references, "v1.2")},
    "/configuration/management": {"PUT": _change(manage), "POST": _change(manage)},
    "/configuration/management/files": {"GET": Operation(get_files, since="v1.1"), "DELETE": _change(delete_file, "v1.1")},
    "/configuration/bootparams": {"GET": Operation(get_boot_parameters), "PUT": _change(put_boot_parameters)},
    "/configuration/certificates": {"GET": Operation(get_certificate, since="v1.2")},
    "/configuration/certificates/generateRequest": {"PUT": _change(request_certificate, "v1.2")},
    "/configuration/certificates/import": {"PUT": _change(import_certificate, "v1.2"), "POST": _change(import_certificate, "v1.2")},
    "/admin/asyncstatus": {"GET": Operation(async_status, admin=True)},
    "/admin/reboot": {"POST": Operation(reboot, admin=True)},
    "/admin/switchover": {"POST": Operation(switchover, admin=True, since="v1.1")},
    "/system/status": {"GET": Operation(status)},
    "/statistics/kpiTypes": {"GET": Operation(kpi_types, since="v1.1")},
    "/statistics/kpis": {"GET": Operation(kpis, since="v1.1")},
}
"""Path below ``/rest/{version}`` and verb: every row of contract §3 but token and supported versions."""
