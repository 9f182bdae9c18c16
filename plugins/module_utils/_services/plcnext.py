# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The REST data interface of a PLCnext controller (contract §3, §5, §8)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, NotFound, ProjectChanged
from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import ROOT, detail
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer, encode_query
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_project import Project
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_station import Station
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session

URL_LIMIT = 4000
"""Bytes of a request line up to which variables are read with GET; the server refuses more than 8 KiB (contract §2.1)."""
BODY_LIMIT = 512 * 1024
"""Bytes of a request body after which reading and writing is split."""
PREFIX = "Arp.Plc.Eclr/"
UNKNOWN_HINT = "A variable is there only if it is marked for the HMI in the project."
LISTED = 20
"""Variables that a message names; the result has all."""
NO_VALUE = "the controller gave no value"
NO_VALUE_HINT = "A REAL has none while it is not a number (NaN) or infinite."


@dataclass
class Reading:
    """Values by full path in the order asked for, and the paths that the controller refused with its reason."""

    values: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def full_path(path: str, prefix: str) -> str:
    """A path as the controller takes it: one with a slash is whole, to any other the prefix is put as it is (contract §8.1)."""
    return path if "/" in path else prefix + path


class Plcnext:
    """Variables of one controller; notices when its project is exchanged."""

    def __init__(self, session: Session, cache_folder: Path | None = None, *, station_id: str | None = None, station_timeout: float = 30.0) -> None:
        self.session = session
        self.crc: int | None = None
        self.base = f"{ROOT}/{session.flow.params.get('api_version') or 'v1.2'}"
        self._station = Station(session, self.base, station_id, station_timeout) if station_id else None
        self._cache_folder = cache_folder
        self._project: Project | None = None
        self._looked = False

    def __enter__(self) -> Plcnext:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._station:
            self._station.close()

    def call(self, method: str, path: str, *, as_station: bool = True, **request: Any) -> Answer:
        """A request below the API version, as the station if there is one; its answer may have any status. Raises ``ProjectChanged``."""
        if self._station and as_station:
            answer = self._station.call(method, self.base + path, **request)
        else:
            answer = self.session.call(method, self.base + path, expect=(), **request)
        if answer.status >= 400 and detail(answer):
            # Errors have the checksum too (contract §5).
            self.envelope(answer)
        return answer

    def pause(self, seconds: float) -> None:
        """Waits, and keeps the station's session alive."""
        if self._station:
            self._station.keep_alive(seconds)
        else:
            time.sleep(seconds)

    # Variables

    def read(self, paths: Sequence[str]) -> Reading:
        """Reads variables in as few requests as the limits allow. A name that the controller does not know is in ``refused``."""
        reading = Reading()
        for chunk in _chunks(paths, lambda path: len(path) + 3):
            self._read_chunk(chunk, reading)
        return reading

    def _read_chunk(self, paths: list[str], reading: Reading) -> None:
        answer = self._request_values(paths)
        if answer.status == 404 and detail(answer).get("reason") == "invalidNames":
            self._read_without_bad_names(paths, answer, reading)
            return
        if answer.status != 200:
            raise self.session.error(answer)
        entries = self.envelope(answer).get("variables")
        if not isinstance(entries, list) or len(entries) != len(paths):
            raise answer.bad(f"the answer does not have the {len(paths)} variables that were asked for")
        # The controller answers in the order of the request (contract §8.2).
        for path, entry in zip(paths, entries):
            reason = refusal(entry)
            if reason:
                reading.refused[path] = reason
            else:
                reading.values[path] = entry["value"]

    def _read_without_bad_names(self, paths: list[str], answer: Answer, reading: Reading) -> None:
        named = {str(value) for value in detail(answer).get("values") or []}
        bad = [path for path in paths if path in named or path.partition("/")[2] in named]
        if not bad:
            project = self.project()
            bad = [path for path in paths if project is not None and project.find(path) is None]
        if bad:
            reading.refused.update(dict.fromkeys(bad, "unknown"))
            rest = [path for path in paths if path not in reading.refused]
            if rest:
                self._read_chunk(rest, reading)
        elif len(paths) == 1:
            reading.refused[paths[0]] = "unknown"
        else:
            middle = len(paths) // 2
            self._read_chunk(paths[:middle], reading)
            self._read_chunk(paths[middle:], reading)

    def _request_values(self, paths: list[str]) -> Answer:
        prefix, relative = split_prefix(paths)
        query = {"pathPrefix": prefix, "paths": ",".join(relative)}
        if len(self.base) + len(encode_query(query)) <= URL_LIMIT:
            return self.call("GET", "/variables", query=query)
        body = {"pathPrefix": prefix, "paths": relative}
        answer = self.call("POST", "/variables", json_body=body, write=False, repeatable=True)
        if answer.status == 400:
            # Older versions take the body only as a form (contract §2.2).
            form = {name: value for name, value in query.items() if value is not None}
            answer = self.call("POST", "/variables", form=form, content_type="text/plain; charset=utf-8", write=False, repeatable=True)
        return answer

    def write(self, values: Mapping[str, Any], text: bool = False) -> Iterator[tuple[list[str], Reading]]:
        """Writes values by full path, and yields after each request which paths it wrote and what the controller echoed.

        With ``text`` all values are sent as text, as the vendor's own client does (contract §8.3).
        """
        for chunk in _chunks(list(values.items()), lambda item: len(item[0]) + len(json.dumps(item[1])) + 60):
            prefix, relative = split_prefix([path for path, _value in chunk])
            entries = [{"path": short, "value": as_text(value) if text else value, "valueType": "Constant"} for short, (_path, value) in zip(relative, chunk)]
            answer = self.call("PUT", "/variables", json_body={"pathPrefix": prefix, "variables": entries})
            if answer.status != 200:
                raise self.session.error(answer)
            echoed = self.envelope(answer).get("variables")
            paths = [path for path, _value in chunk]
            yield paths, _echo(paths, echoed if isinstance(echoed, list) else [])

    def unreadable(self, refused: Mapping[str, str]) -> NotFound:
        """The error for variables that cannot be read, from the reason by full path."""
        problems = [f"{path} cannot be read ({reason})" for path, reason in refused.items()]
        return NotFound(listed(problems, "; "), service=self.session.flow.TITLE, hint=hint_for(refused), details={"problems": problems})

    def first_index(self, path: str, length: int) -> int | None:
        """0 or 1 if that is the first index of an array, found by asking for its first and last element by either; None if it is neither."""
        ends = {start: [f"{path}[{index}]" for index in (start, start + length - 1)] for start in (0, 1)}
        values = self.read(list(dict.fromkeys(ends[0] + ends[1]))).values
        return next((start for start, elements in ends.items() if all(element in values for element in elements)), None)

    def envelope(self, answer: Answer) -> dict[str, Any]:
        """The decoded answer. Raises ``ProjectChanged`` if its checksum is another than before."""
        data = answer.json()
        if not isinstance(data, dict):
            raise answer.bad("the answer is not a JSON object")
        crc = data.get("projectCRC")
        if isinstance(crc, int):
            if self.crc is not None and crc != self.crc:
                raise ProjectChanged(
                    f"the project on the controller was exchanged during the task (checksum {self.crc} became {crc})",
                    service=self.session.flow.TITLE,
                    method=answer.method,
                    path=answer.path,
                    hint="Check the variables against the new project and run again.",
                )
            self.crc = crc
        return data

    # The project

    def project(self) -> Project | None:
        """The project's dictionaries, None where the controller does not give them (contract §8.5).

        They are fetched once, and kept on disk under the project's checksum.
        """
        if self._looked:
            return self._project
        self._looked = True
        url = self.session.client.connection.base_url
        if self._cache_folder and self.crc is not None:
            self._project = Project.load(self._cache_folder, url, self.crc)
        if self._project is None:
            self._project = Project.from_dictionaries(self.crc or 0, self._static("data.dictionary.json"), self._static("type.dictionary.json"))
            if self._project is not None and self._cache_folder and self.crc is not None:
                self._project.store(self._cache_folder, url)
        return self._project

    def _static(self, name: str) -> Any:
        try:
            answer = self.session.client.send("GET", f"/ehmi/{name}")
            return answer.json() if answer.status == 200 else None
        except BadAnswer:
            return None


def listed(texts: Sequence[str], separator: str = ", ") -> str:
    """The texts for a message: all of them, or the first ones and how many more there are."""
    shown = texts if len(texts) <= LISTED else [*texts[:LISTED], f"and {len(texts) - LISTED} more"]
    return separator.join(shown)


def hint_for(refused: Mapping[str, str]) -> str:
    """What to do about variables that the controller refused to show, by its reasons."""
    return NO_VALUE_HINT if set(refused.values()) == {NO_VALUE} else UNKNOWN_HINT


def as_text(value: Any) -> str:
    """A value as the text that the controller converts."""
    return value if isinstance(value, str) else json.dumps(value)


def _chunks(items: Iterable[Any], size_of: Any) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    size = 0
    for item in items:
        length = size_of(item)
        if chunk and size + length > BODY_LIMIT:
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += length
    if chunk:
        yield chunk


def split_prefix(paths: Sequence[str]) -> tuple[str | None, list[str]]:
    """The component's name with its slash that all paths share, and the rest of each; None where they share none."""
    prefix = paths[0].partition("/")[0] + "/"
    if "/" in paths[0] and all(path.startswith(prefix) for path in paths):
        return prefix, [path[len(prefix) :] for path in paths]
    return None, list(paths)


def refusal(entry: Any) -> str:
    """Why an entry of a 200 answer is no value; empty if it is one (contract §11)."""
    if not isinstance(entry, dict):
        return "the answer has no entry for it"
    error = entry.get("error")
    if error:
        return str(error.get("reason", error)) if isinstance(error, dict) else str(error)
    return NO_VALUE if entry.get("value") is None else ""


def _echo(paths: list[str], entries: list[Any]) -> Reading:
    reading = Reading()
    by_path = {entry.get("path"): entry for entry in entries if isinstance(entry, dict)}
    for place, path in enumerate(paths):
        entry: Any = by_path.get(path, entries[place] if len(entries) == len(paths) else None)
        reason = refusal(entry)
        if reason:
            reading.refused[path] = reason
        else:
            reading.values[path] = entry["value"]
    return reading
