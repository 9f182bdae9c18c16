# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done with the appliance as a whole: a change longer than a token's life, the configuration's stores, its certificates, a restart."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from tests.integration._lab import Lab, check, equal

SIMULATORS = ("--only", "appliance")


JOB_MINUTES = 40


def test(lab: Lab) -> None:
    long_change(lab)
    prepare(lab)
    lab.play("configuration.yml")
    prepare(lab)
    run = lab.play("system.yml")
    check("Reboot: reboot: the system has been away for" in run.output, "nobody is told that the system is away")
    sign(lab.folder)
    lab.play("certificate.yml")


def prepare(lab: Lab) -> None:
    """The appliance as at the start, and quick."""
    lab.reset()
    lab.simulators["appliance"].control("switch", job_seconds=0, reboot_delay_seconds=0.1, reboot_seconds=3, switchover_seconds=0.2)


def long_change(lab: Lab) -> None:
    """The lock is renewed with its token, in the task that comes next and in one that goes on; there is never a gap for somebody else."""
    simulator = lab.simulators["appliance"]
    simulator.control("switch", job_seconds=60 * JOB_MINUTES)
    time_passes = TimePasses(lab)
    lab.play("long_change.yml", moving_clock=True, watch=time_passes)
    equal(time_passes.steps, [], "steps of time that did not pass during the verification")
    journal = simulator.journal()
    equal([entry["status"] for entry in (*journal.logins(), *journal.renewals())], [200] * (2 + len(journal.renewals())), "logins and renewals")
    renewals = Counter(entry["headers"]["authorization"] for entry in journal.renewals())
    # One for each step, and those while the verification goes on; somebody else logs in with the first step.
    equal(sorted(renewals.values()), [3, 4 + len(TimePasses.STEPS)], "renewals of either user")
    changes = [f"{entry['path'].rpartition('/')[2]} {entry['status']}" for entry in journal.writes()]
    tries = ["lock 423", "configElements 200", "lock 423"]
    equal(changes, ["lock 204", *tries * 4, "management 202", "unlock 204"], "what was written")


class TimePasses:
    """Moves the clocks, step by step, while a task waits for the appliance's work."""

    STEPS = (500, 500, 500, 500, 500)

    def __init__(self, lab: Lab) -> None:
        self.lab, self.steps, self.polls, self.looked = lab, list(self.STEPS), 1, 0.0

    def __call__(self) -> None:
        if not self.steps or time.monotonic() < self.looked + 0.1:
            return
        simulator, self.looked = self.lab.simulators["appliance"], time.monotonic()
        polls = sum(entry["path"].endswith("asyncstatus") for entry in simulator.journal(clear=False).entries)
        # The first is the look whether somebody else is at work.
        if polls > self.polls:
            self.polls = polls
            seconds = self.steps.pop(0)
            simulator.control("advance", seconds=seconds)
            self.lab.clock.write_text(str(float(self.lab.clock.read_text(encoding="ascii")) + seconds), encoding="ascii")


def sign(folder: Path) -> None:
    """What a certificate authority does with the signing request: a certificate, the same one with its chain, and another one."""
    request, key = x509.load_pem_x509_csr((folder / "phones.csr").read_bytes()), ec.generate_private_key(ec.SECP256R1())
    now, issuer = datetime.now(timezone.utc), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    start, end = now - timedelta(days=1), now + timedelta(days=90)

    def certificate(subject: x509.Name, public_key: Any) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
        return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end).sign(key, hashes.SHA256())

    own, other = (certificate(request.subject, request.public_key()) for _round in range(2))
    for name, one in (("phones", own), ("other", other)):
        (folder / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
    (folder / "phones.p7b").write_bytes(pkcs7.serialize_certificates([certificate(issuer, key.public_key()), own], Encoding.PEM))
