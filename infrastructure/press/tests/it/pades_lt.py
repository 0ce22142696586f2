"""Judges the signatures of a PDF by pyHanko with nothing but what stands in it (ETSI EN 319 102-1, 5.6.3), where every
certificate below the root must be shown not to be revoked, as it will stand in thirty years if it was archived on the day
after the samples are signed. Prints a line each."""

import asyncio
import datetime
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.ades import simulate_future_ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleTrustManager

ARCHIVED = datetime.datetime(2026, 3, 6, tzinfo=datetime.timezone.utc)
LATER = ARCHIVED.replace(year=2056)

root = load_cert_from_pemder(sys.argv[1])
policy = CertValidationPolicySpec(
    trust_manager=SimpleTrustManager.build(trust_roots=[root]),
    revinfo_policy=CertRevTrustPolicy(
        RevocationCheckingPolicy(
            ee_certificate_rule=RevocationCheckingRule.CRL_REQUIRED,
            intermediate_ca_cert_rule=RevocationCheckingRule.CRL_REQUIRED,
        )
    ),
)
spec = PdfSignatureValidationSpec(
    SignatureValidationSpec(
        cert_validation_policy=policy,
        ts_cert_validation_policy=policy,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
    )
)


async def judge():
    with open(sys.argv[2], "rb") as file:
        for signature in PdfFileReader(file).embedded_signatures:
            result = await simulate_future_ades_lta_validation(signature, spec, LATER, ARCHIVED)
            verdict = "holds" if result.ades_subindic.status.name == "PASSED" else "falls"
            print(verdict, result.ades_subindic, result.best_signature_time, result.failure_msg)


asyncio.run(judge())
