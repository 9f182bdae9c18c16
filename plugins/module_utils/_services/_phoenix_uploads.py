# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Reports of scanners and bills of materials: uploaded as files, worked on by the service, waited for (contract §4.6)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import mimetypes
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    from urllib3.filepost import encode_multipart_formdata
except ImportError:
    # Without it there is no HTTP client either, which says so.
    encode_multipart_formdata = None  # type: ignore[assignment]

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, JobFailed, TimedOut
from ansible_collections.tokenflow.services.plugins.module_utils._files import load_mapping
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix, object_of

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0
"""Seconds between two questions for the state of an import."""
REPORT, SBOM = "import/assets/file/translate", "import/sboms"
STATES = {REPORT: f"{REPORT}/request", SBOM: SBOM}
"""Where the state of an upload is asked for, without its id."""
DONE, FAILED, READY = "IMPORTED", "ERROR", "READY_FOR_IMPORT"
ARTEFACT = {
    "type": "artefactType",
    "build_file": "buildFile",
    "container_name": "containerName",
    "container_version": "containerVersion",
    "container_digest": "containerDigest",
    "registry": "registry",
}
Data = dict[str, Any]


@dataclass(frozen=True)
class Upload:
    """A file with what is said about it. ``key`` makes a repeat the same import, where the service has that."""

    path: str
    name: str
    content: bytes
    fields: Mapping[str, str]
    key: str = ""

    def encoded(self) -> tuple[bytes, str]:
        """The multipart body and its content type."""
        kind = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        parts: list[Any] = [*self.fields.items(), ("file", (self.name, self.content, kind))]
        return encode_multipart_formdata(parts)


def read_file(path: str) -> bytes:
    """The content of a file. Raises ``InvalidInput``."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error})") from error


def carry_out(phoenix: Phoenix, params: Mapping[str, Any], check_mode: bool, tell: Callable[[str], None]) -> tuple[Data, str]:
    """Uploads the file of a module's options and waits for it; in check mode only checks it. The task's result, and a warning or nothing."""
    upload = upload_of(params, params["request_limit"])
    known: Data = {"changed": True, "requests": 1, **({"idempotency_key": upload.key} if upload.key else {})}
    if check_mode:
        return known, f"Only the service knows whether {upload.name} was imported before, and tells when it is sent." if upload.key else ""
    answer = start(phoenix, upload)
    identifier, status, warning = answer.get("id"), str(answer.get("status") or ""), ""
    # A document that was imported before is answered with the end of that import.
    known["changed"] = not (upload.key and status == DONE)
    if identifier and (params["wait"] or status == FAILED):
        status = wait(phoenix, upload, identifier, status, params["wait_timeout"], tell, not params["auto_import"])
    elif params["wait"]:
        warning = f"The service took {upload.name} and gave no id, so that it cannot be waited for."
    return {**known, "request_id": identifier, "status": status}, warning


def without_files(params: Mapping[str, Any]) -> Data:
    """The parameters with the files of this machine read into them, for a module that runs on another host."""
    found = dict(params)
    if params["src"]:
        body = load_mapping(params["src"])
        if not isinstance(body.get("assets"), list):
            raise InvalidInput(f"{params['src']} has no list of assets")
        found.update({"src": None, "assets": body["assets"]})
        found["import_type"] = params["import_type"] or body.get("importType")
        given = body.get("assessment") or {}
        names = {"name": "name", "asset_type": "assetType", "asset_sub_type": "assetSubType"}
        found["assessment"] = {**{name: given.get(key) for name, key in names.items()}, **_given(params["assessment"] or {})}
    for name in ("scan_file", "sbom_file"):
        if params[name]:
            text = base64.b64encode(read_file(params[name])).decode("ascii")
            found.update({name: None, "content": text, "file_name": params["file_name"] or Path(params[name]).name})
    return found


def _given(values: Mapping[str, Any]) -> Data:
    return {name: value for name, value in values.items() if value is not None}


def upload_of(params: Mapping[str, Any], limit: int) -> Upload:
    """The upload that a module's options describe. Raises ``InvalidInput``."""
    given = params["scan_file"] or params["sbom_file"]
    try:
        content = read_file(given) if given else base64.b64decode(params["content"], validate=True)
    except binascii.Error as error:
        raise InvalidInput(f"content is not base64 ({error})") from error
    name = params["file_name"] or (Path(given).name if given else "report")
    if not content:
        raise InvalidInput(f"{name} is empty")
    sbom = not params["scan_type"]
    fields = _fields(params, sbom)
    if sbom and not _is_cyclonedx(content):
        raise InvalidInput(f"{name} is not a CycloneDX document", hint="A report of a scanner needs scan_type.")
    upload = Upload(SBOM if sbom else REPORT, name, content, fields, _key(params, fields, content) if sbom else "")
    size = len(upload.encoded()[0])
    if size > limit:
        raise InvalidInput(
            f"the upload of {name} has {size} bytes, and the gateway takes {limit}; a file cannot be split",
            hint="Make the report smaller, or import its findings as assets of the type delta, which are split.",
        )
    return upload


def _fields(params: Mapping[str, Any], sbom: bool) -> dict[str, str]:
    assessment = (params["assessment"] or {}).get("name")
    if not sbom and not (assessment and params["import_type"]):
        raise InvalidInput("a report of a scanner needs import_type and assessment.name")
    found = {
        "importType": params["import_type"],
        "assessmentName": assessment,
        "scanTarget": params["scan_target"],
        "repository": params["repository"],
        **{ARTEFACT[name]: value for name, value in _artefact(params["artefact"] or {}).items()},
    }
    if not sbom:
        found.update({"scanType": params["scan_type"], "autoImport": "true" if params["auto_import"] else "false"})
    return {name: str(value) for name, value in found.items() if value is not None}


def _artefact(artefact: Mapping[str, Any]) -> Data:
    """What a report is about (contract §4.6), checked before the upload."""
    given = _given(artefact)
    if given.get("type") == "CONTAINER" and not given.get("container_name"):
        raise InvalidInput("an artefact of type CONTAINER needs container_name")
    if given.get("container_digest") and not re.fullmatch(r"sha256:[0-9a-f]{64}", given["container_digest"]):
        raise InvalidInput("container_digest is not of the form sha256:<64 hexadecimal digits>")
    build_file = given.get("build_file", "")
    if build_file.startswith("/") or ".." in build_file.split("/"):
        raise InvalidInput(f"build_file {build_file!r} is not a relative path")
    return given


def _is_cyclonedx(content: bytes) -> bool:
    try:
        document = json.loads(content)
    except ValueError:
        return b"cyclonedx.org/schema/bom" in content[:4096]
    return isinstance(document, dict) and document.get("bomFormat") == "CycloneDX"


def _key(params: Mapping[str, Any], fields: Mapping[str, str], content: bytes) -> str:
    """The same for the same document and the same words about it, so that a repeat imports nothing twice."""
    if params["idempotency_key"]:
        return str(params["idempotency_key"])
    digest = hashlib.sha256(json.dumps(fields, sort_keys=True).encode() + b"\0" + content)
    return digest.hexdigest()


def start(phoenix: Phoenix, upload: Upload) -> Data:
    """Uploads the file; the answer has ``id`` and ``status``, where it has anything."""
    body, content_type = upload.encoded()
    # With a key a repeat is the same import; without one it would be another.
    again: Data = {"headers": {"Idempotency-Key": upload.key}, "repeatable": True} if upload.key else {"repeat": False}
    return object_of(phoenix.call("POST", upload.path, body=body, content_type=content_type, expect=(200, 201, 202), **again))


def wait(phoenix: Phoenix, upload: Upload, identifier: str, status: str, seconds: float, tell: Callable[[str], None], until_ready: bool) -> str:
    """Waits until the import is in the data, or with ``until_ready`` until it only has to be released. Raises ``JobFailed`` and ``TimedOut``."""
    end, pause, error = time.monotonic() + seconds, FIRST_PAUSE, ""
    details = {"changed": True, "request_id": identifier}
    while status not in (DONE, FAILED) and not (until_ready and status == READY):
        if time.monotonic() + pause > end:
            raise TimedOut(
                f"the import of {upload.name} is still {status or 'under way'} after {seconds:g} seconds",
                service=phoenix.title,
                hint="It goes on without this task. Raise wait_timeout to wait longer.",
                details={**details, "status": status},
            )
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
        state = phoenix.object(f"{STATES[upload.path]}/{identifier}", patient=True)
        if state.get("status") != status:
            tell(f"{upload.name}: {state.get('status')}")
        status, error = str(state.get("status")), str(state.get("error") or "")
    if status == FAILED:
        # A repeat is answered with the failure of the first time, without the reason.
        error = error or str(phoenix.object(f"{STATES[upload.path]}/{identifier}", patient=True).get("error") or "")
        raise JobFailed(
            f"the import of {upload.name} failed",
            service=phoenix.title,
            reply=error,
            hint="Check the file and what is said about it." + (" To send the same file again, set idempotency_key." if upload.key else ""),
            details={**details, "status": status},
        )
    return status
