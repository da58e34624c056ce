"""Any readable message of SMPP."""

from hypothesis import strategies as st

from xinfeng.protocols.smpp.messages import (
    AlertNotification,
    Bind,
    BindMode,
    BindResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Message,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)

OCTET = st.integers(0, 255)
SEQUENCES = st.integers(0, 2**32 - 1)
STATUS = st.integers(0, 0x4FF)


def latin(longest: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=longest)


TLVS = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=4).map(
    lambda tlvs: tuple(tlvs.items())
)
IDS = st.binary(max_size=64).filter(lambda raw: b"\0" not in raw)
SHORT = {
    "sequence": SEQUENCES,
    "source": latin(20),
    "destination": latin(20),
    "short_message": st.binary(max_size=254),
    "data_coding": OCTET,
    "esm_class": OCTET,
    "registered_delivery": OCTET,
    "service_type": latin(5),
    "source_types": st.tuples(OCTET, OCTET),
    "destination_types": st.tuples(OCTET, OCTET),
    "protocol_id": OCTET,
    "priority": OCTET,
    "schedule_delivery_time": latin(16),
    "validity_period": latin(16),
    "replace_if_present": OCTET,
    "default_message": OCTET,
    "tlvs": TLVS,
}
MODES = st.sampled_from(list(BindMode))
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(SubmitSm, **SHORT),
    st.builds(DeliverSm, **SHORT),
    st.builds(
        DataSm,
        **{
            name: SHORT[name]
            for name in (
                "sequence",
                "source",
                "destination",
                "data_coding",
                "esm_class",
                "registered_delivery",
                "service_type",
                "source_types",
                "destination_types",
                "tlvs",
            )
        },
    ),
    st.builds(SubmitSmResp, sequence=SEQUENCES, message_id=IDS),
    st.builds(SubmitSmResp, sequence=SEQUENCES, status=st.integers(1, 0x4FF)),
    st.builds(DeliverSmResp, sequence=SEQUENCES, status=STATUS, message_id=IDS),
    st.builds(DataSmResp, sequence=SEQUENCES, status=STATUS, message_id=IDS),
    st.builds(
        Bind,
        sequence=SEQUENCES,
        mode=MODES,
        system_id=latin(15),
        password=latin(8),
        system_type=latin(12),
        interface_version=OCTET,
        addr_ton=OCTET,
        addr_npi=OCTET,
        address_range=latin(40),
    ),
    st.builds(
        BindResp, sequence=SEQUENCES, mode=MODES, status=st.just(0), system_id=latin(15), sc_version=OCTET
    ),
    st.builds(BindResp, sequence=SEQUENCES, mode=MODES, status=st.integers(1, 0x4FF)),
    st.builds(Unbind, sequence=SEQUENCES),
    st.builds(UnbindResp, sequence=SEQUENCES, status=STATUS),
    st.builds(EnquireLink, sequence=SEQUENCES),
    st.builds(EnquireLinkResp, sequence=SEQUENCES, status=STATUS),
    st.builds(GenericNack, sequence=SEQUENCES, status=STATUS),
    st.builds(AlertNotification, sequence=SEQUENCES, body=st.binary(max_size=60)),
)
