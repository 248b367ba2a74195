"""Encryption: throughput, handshakes of the right version, and what is left without the library."""

from __future__ import annotations

from dcplan.profiling.probes.crypto import contexts, crypto, shake_hands
from dcplan.profiling.probes.settings import Settings

UNITS = {
    "aes_256_gcm_16_kib": "B/s",
    "aes_256_gcm_1_mib": "B/s",
    "tls_1_3_stream": "B/s",
    "tls_1_3_handshakes": "1/s",
}


def test_every_result_has_its_unit_and_is_plausible(tiny: Settings) -> None:
    found = {result.name: result for result in crypto(tiny)}
    assert {name: result.unit for name, result in found.items()} == UNITS
    assert 1e6 < found["aes_256_gcm_1_mib"].value < 1e12
    assert 1e5 < found["tls_1_3_stream"].value < found["aes_256_gcm_1_mib"].value * 2
    assert 1 < found["tls_1_3_handshakes"].value < 1e6


def test_hands_are_shaken_by_the_version_that_is_claimed() -> None:
    assert shake_hands(*contexts()) == "TLSv1.3"


def test_without_the_library_there_is_a_reason(tiny: Settings, no_cryptography: None) -> None:
    found = {result.name: result for result in crypto(tiny)}
    assert {name: result.unit for name, result in found.items()} == UNITS
    assert {result.verdict for result in found.values()} == {"INVALID: not measured: needs cryptography"}
