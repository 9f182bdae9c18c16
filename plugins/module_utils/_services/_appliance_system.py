# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The appliance as a system: what it tells of itself, reboot, switchover and certificates (contract §3, §9)."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ansible_collections.tokenflow.services.plugins.module_utils import _xml
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    ConnectionFailed,
    CredentialsRejected,
    LoginFailed,
    NotAuthorised,
    NotFound,
    RequestRefused,
    TimedOut,
    TlsFailed,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import MASK
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_config import backups
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_jobs import Jobs
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import TITLE, Appliance

INTERVAL = 2.0
AWAY = (ConnectionFailed, TlsFailed, Unavailable, NotAuthorised, CredentialsRejected, LoginFailed, NotFound)
"""What a system that restarts answers with, until it is back."""


class Info:
    """The parts by name; each is fetched when it is asked for."""

    def __init__(self, appliance: Appliance, element_type: str | None, kpi_types: Sequence[str], records: Sequence[str]) -> None:
        self._appliance = appliance
        self.parts: dict[str, Callable[[], Any]] = {
            "versions": self._versions,
            "status": lambda: status(appliance),
            "job": lambda: asdict(Jobs(appliance, 0.0).status()),
            "element_types": appliance.element_types,
            "metadata": lambda: asdict(appliance.metadata(str(element_type))),
            "kpis": lambda: {kind: self._kpis(kind) for kind in kpi_types or self._kpi_types()},
            "certificates": lambda: {record: certificate(appliance, record) for record in records},
            "boot_parameters": self._boot_parameters,
            "backups": lambda: backups(appliance),
        }

    def _versions(self) -> dict[str, Any]:
        answer = self._appliance.session.call("GET", "/rest/api/supportedversions", accept="application/xml")
        root = answer.xml()
        return {"latest": root.findtext(".//latestVersion"), "others": [element.text for element in root.iter("version")]}

    def _kpi_types(self) -> list[str]:
        answer = self._appliance.call("GET", "statistics/kpiTypes")
        return [kind for link in answer.xml().iter("link") for kind in parse_qs(urlsplit(link.text or "").query).get("type", [])]

    def _kpis(self, kind: str) -> dict[str, Any]:
        root = self._appliance.data("statistics/kpis", type=kind)
        return {element.tag: element.text or "" for element in root.iter() if not len(element)}

    def _boot_parameters(self) -> dict[str, str]:
        root = self._appliance.data("configuration/bootparams")
        found = {str(entry.findtext("name")): entry.findtext("value") or "" for entry in root.iter("bootparam")}
        # The password for fetching the software stands among them in plain text.
        return {name: MASK if "password" in name.lower() and value else value for name, value in found.items()}


def status(appliance: Appliance) -> dict[str, Any]:
    """The system's state, role and health (contract §9); ``uptime`` in seconds."""
    found = _xml.to_data(appliance.data("system/status"))
    data: dict[str, Any] = found if isinstance(found, dict) else {}
    uptime = str(data.get("uptimeSeconds") or data.get("upTime") or "")
    return {**data, "uptime": int(uptime) if uptime.isdigit() else None}


def certificate(appliance: Appliance, record: str) -> str | None:
    """The certificate of a record as PEM, None where it has none."""
    answer = appliance.call("GET", "configuration/certificates", query={"recordName": record, "format": "pem"}, expect=(200, 404))
    return next(iter(_pem_blocks(answer.text())), None) if answer.status == 200 else None


def request_certificate(appliance: Appliance, record: str, anew: bool) -> str:
    """A certificate signing request for a record, from a key that the appliance makes."""
    query = {"recordName": record, **({"reGenerate": "true"} if anew else {})}
    try:
        answer = appliance.call("PUT", "configuration/certificates/generateRequest", query=query)
    except RequestRefused as error:
        if not anew:
            error.hint = f"{error.hint} If the record has a key or a request already, set regenerate: true to replace it.".strip()
        raise
    found = next(iter(_pem_blocks(answer.text())), None)
    if found is None:
        raise answer.bad("the answer has no certificate signing request")
    return found


def import_certificate(appliance: Appliance, record: str, form: str, content: str, overwrite: bool) -> None:
    """Gives a record its certificate."""
    data = {"recordName": record, "format": form, "certificateRequest": content, **({"overwrite": "true"} if overwrite else {})}
    body = _xml.from_data("ImportCertificate", data)
    try:
        appliance.call("PUT", "configuration/certificates/import", body=body)
    except RequestRefused as error:
        # Some releases take it only as POST (contract §5).
        if "body not found" not in error.reply.lower():
            raise
        appliance.call("POST", "configuration/certificates/import", body=body)


def same_certificate(given: str, shown: str | None) -> bool:
    """Whether what a record shows is the certificate that is given, however lines are broken: the first one of a PEM text, or any of a PKCS#7 bundle."""
    found, wanted = (_pem_blocks(text or "")[:1] for text in (shown, given))
    if wanted and wanted[0].startswith("-----BEGIN PKCS7"):
        wanted = _unbundled(wanted[0].split("-----")[2])
    return bool(found) and "".join(found[0].split()) in ["".join(block.split()) for block in wanted]


def _unbundled(bundle: str) -> list[str]:
    """The certificates of a PKCS#7 bundle as PEM; none where the library to read it is missing, so that the bundle counts as another certificate."""
    try:
        from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

        return [one.public_bytes(Encoding.PEM).decode() for one in pkcs7.load_der_pkcs7_certificates(base64.b64decode(bundle))]
    except (ImportError, ValueError):
        return []


def _pem_blocks(text: str) -> list[str]:
    blocks = []
    for part in text.split("-----BEGIN ")[1:]:
        kind, _dashes, rest = part.partition("-----")
        blocks.append(f"-----BEGIN {kind}-----{rest.partition('-----END ')[0]}-----END {kind}-----\n")
    return blocks


def restart(appliance: Appliance, action: str, timeout: float, progress: Callable[[str], None]) -> dict[str, Any]:
    """Reboots or switches over, and waits until the system answers again; ``timeout`` in seconds, 0 to wait for nothing. Raises ``TimedOut``."""
    before = status(appliance)
    appliance.call("POST", f"admin/{action}", expect=(202, 204))
    started = time.monotonic()
    # Tokens do not outlive a restart (contract §6).
    appliance.session.drop()
    if not timeout:
        return {"before": before}
    last: TokenflowError | None = None
    while time.monotonic() - started < timeout:
        time.sleep(INTERVAL)
        try:
            now = status(appliance)
        except AWAY as error:
            last = error
            appliance.session.drop()
            progress(f"{action}: the system has been away for {time.monotonic() - started:.0f} s")
            continue
        if last is not None or _is_another(before, now):
            return {"before": before, "status": now}
    raise TimedOut(
        f"the system was not back {timeout:g} seconds after the {action}",
        service=TITLE,
        hint=f"Raise wait. The last thing heard was: {last}" if last else "It never went away: look at its log.",
    )


def _is_another(before: dict[str, Any], now: dict[str, Any]) -> bool:
    # Behind an address that the two of a pair share, the other one answers.
    if any(before.get(name) != now.get(name) for name in ("role", "hostName")):
        return True
    return before["uptime"] is not None and now["uptime"] is not None and now["uptime"] < before["uptime"]
