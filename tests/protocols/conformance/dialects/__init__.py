"""Every protocol that is held to the suite: one module each, which builds one Dialect or more."""

from tests.protocols.conformance.dialects import cmpp, sgip, smgp, smpp

DIALECTS = [*cmpp.DIALECTS, *sgip.DIALECTS, *smgp.DIALECTS, *smpp.DIALECTS]
