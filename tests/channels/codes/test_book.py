"""What codes mean: the files are well-formed, what is published is found, and nothing is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.channels.codes.book import Book, classes, expand, shipped, tidy
from xinfeng.channels.codes.own import OwnCode
from xinfeng.channels.codes.shapes import BARS, TEACHES, Action, CodeInfo, Phase, Side, Verdict, is_pattern
from xinfeng.channels.codes.words import ACTIONS, PERMANENCES, PHASES, SIDES
from xinfeng.channels.models import ChannelKind

BOOK = Book()


class TestTheFiles:
    def test_every_code_has_both_languages_side_action_source_and_date(self) -> None:
        assert len(shipped()) > 900
        for one in shipped():
            assert one.zh and one.en and one.source and one.date, one
            assert set(one.kinds) <= {"*", *ChannelKind.values}, one
            assert any("\u4e00" <= letter <= "\u9fff" for letter in one.zh), one
            assert one.en.isascii() or "–" in one.en or "…" in one.en or "“" in one.en or "回复" in one.en, (
                one
            )

    def test_no_code_stands_twice_in_one_table(self) -> None:
        seen: dict[tuple[str, Phase, str], CodeInfo] = {}
        for one in shipped():
            for kind in one.kinds:
                place = (kind, one.phase, one.pattern)
                assert place not in seen, (place, seen.get(place), one)
                seen[place] = one

    def test_what_sources_dispute_teaches_nothing_and_bars_nobody(self) -> None:
        disputed = [one for one in shipped() if one.disputed]
        assert len(disputed) > 25
        assert [one.pattern for one in disputed if one.action in TEACHES | BARS] == []

    def test_a_pattern_never_quarantines_or_bars(self) -> None:
        loose = [one for one in shipped() if is_pattern(one.pattern) and one.action in TEACHES | BARS]
        assert loose == []

    def test_every_kind_of_channel_has_results_and_every_tcp_kind_logins(self) -> None:
        has = {(kind, one.phase) for one in shipped() for kind in one.kinds}
        assert {(kind, Phase.SUBMIT) for kind in ChannelKind.values} <= has
        assert {(kind, Phase.LOGIN) for kind in ("cmpp2", "cmpp3", "sgip12", "smgp30", "smpp34")} <= has

    def test_a_class_says_what_codes_come_down_to_and_words_exist_for_all(self) -> None:
        assert all(one.zh and one.en for one in classes().values())
        for words, members in ((SIDES, Side), (ACTIONS, Action), (PHASES, Phase)):
            assert set(words) == set(members)
        assert len(PERMANENCES) == 3


PUBLISHED = (
    "MK:0000 MK:0001-MK:0015 MK:0017 MK:0018 MK:0020 MK:0022-MK:0024 MK:0029 MK:0036 MK:0045 MK:0048-MK:0058 MK:0061 "
    "MK:0062 MK:0065-MK:0069 MK:0075 MK:0077-MK:0079 MK:0115 MK:0118 MK:0128-MK:0196 MK:0208-MK:0210 MK:0255 MK:100C "
    "MK:100D MK:1010 MK:1041 MI:0000 MI:0004 MI:0005 MI:0011 MI:0013 MI:0020 MI:0024 MI:0029 MI:0042 MI:0053-MI:0055 "
    "MI:0059 MI:0072 MI:0073 MI:0076 MI:0080 MI:0082-MI:0084 MI:0017 MI:0022 MI:0099 MI:0208-MI:0210 MI:0008 MI:0021 "
    "MI:0036 MI:0045 MI:0087-MI:0089 MI:0010 MI:0012 MI:0018 MI:0061 MI:0062 MI:0192 MI:0019 MI:0051 MI:0052 MI:0056 "
    "MI:0090 MI:0079 MI:0094 MI:0196 MI:0075 MI:0999 MN:0000 MN:0174 MN:0999 MN:0001 MN:0011-MN:0013 MN:0022 MN:0050 "
    "MN:0054 MN:0056 MN:0017 MN:0099 MN:0036 MN:0059 MA:0051-MA:0054 MA:0001-MA:0003 MA:0005 MA:0022-MA:0024 MB:0008 "
    "MB:0010 MB:0011 MB:0019 MB:0069 MB:0088 MB:1026 MB:1031 MB:1041-MB:1043 MB:1048-MB:1051 MB:1070 MB:1076-MB:1079 "
    "MB:1083 MC:0001 MC:0151 MC:0055 CA:0051 CA:0052 CA:0054 CA:0111 CB:0001 CB:0005 CB:0007 CB:0016 CB:0018 CB:0022 "
    "CB:0047 CB:0053 DA:0051-DA:0054 DB:0100-DB:0108 DB:0114-DB:0118 DB:0126 DB:0129 DB:0139-DB:0146 DB:0164 DB:0309 "
    "DB:0318 DB:0500-DB:0506 DB:9001 DB:9007 IA:0051-IA:0054 IA:0073 IB:0008 IB:0009 IB:0011 IB:0070 IB:0012 IB:0168 "
    "IB:0064 IB:0194 IC:0001 IC:0055 IC:0151 IC:0154 ID:0000-ID:0014 ID:0020 ID:0021 ID:0043 ID:0045-ID:0049 "
    "ID:0051-ID:0056 ID:0069 ID:0070 ID:0072 ID:0073 ID:0076 ID:0077 ID:0096 ID:0097 ID:0141-ID:0143 ID:0311 ID:0318 "
    "ID:1240-ID:1251 ID:6150-ID:6153 "
    "DELIVRD DELIVERED EXPIRED DELETED UNDELIV ACCEPTD UNKNOWN REJECTD ENROUTE BUFFRED "
    "MBBLACK DBBLACK BLACK E:BLACK TDBLACK TSBLACK HD:0001 HD:19 LIMIT BEYONDN MILIMIT E:ODDL E:ODSL DISTURB HD:29 "
    "HD:31 HD:34 KEYWORD SUPERWD CJ:0007 -8411 -9211 SIGFAIL NOTITLE XA:0003 -8410 -8422 E:CHAN TE:0008 LT:0036 LT:11 "
    "LT:23 MH:0007 NP:1243 -9000 NE:0106 -8426 CR:0206 NOROUTE NOROUTER SWITCH TIMEOUT ROUTEERR NE:0100 NE:0103 NE:0104 "
    "NE:0105 CR:0200-CR:0203 CR:0212 CR:0213 CR:0215-CR:0217 CE:0302 UN:0900"
)
"""Every code of the published tables that reports carry over any protocol."""


class TestFinding:
    @pytest.mark.parametrize("code", [one for part in PUBLISHED.split() for one in expand(part)])
    def test_every_published_code_is_found(self, code: str) -> None:
        found = BOOK.explain("cmpp3", code)
        assert found.known and found.phase is Phase.RECEIPT

    @pytest.mark.parametrize(
        ("kind", "phase", "codes"),
        [
            ("cmpp2", Phase.SUBMIT, "0-13 62 63 64 80 82"),
            ("cmpp3", Phase.SUBMIT, "0-13 62 63 64 80 82"),
            ("cmpp3", Phase.LOGIN, "0-5"),
            (
                "sgip12",
                Phase.SUBMIT,
                "0-11 13 14 17-19 21-34 38-40 51-56 61-80 82-88 90-94 100-121 123 124 182",
            ),
            (
                "sgip12",
                Phase.RECEIPT,
                "0 1 4 5 6 8-13 16 17 22-29 31-33 53-56 59 67 69 75 76 86 88 89 92 108 110 182",
            ),
            ("sgip12", Phase.LOGIN, "0-4"),
            ("smgp30", Phase.SUBMIT, "0 1 2 10-12 20-22 30-49 56-76 112-116"),
            ("smgp30", Phase.LOGIN, "0 1 2 10 20 21 22"),
            (
                "smgp30",
                Phase.RECEIPT,
                "000-010 013 999 601 602 606 608 612-618 624 627 636 640 650 660 701-703 705 706 711 713-717 726 731 "
                "760 765 801 802 815 840 174 255 899 900 908 998",
            ),
            (
                "smpp34",
                Phase.SUBMIT,
                "0x00-0x08 0x0A-0x0F 0x11 0x13 0x14 0x15 0x33 0x34 0x40 0x42-0x45 0x48 0x49 0x50 0x51 0x53-0x55 0x58 "
                "0x61-0x67 0xC0-0xC4 0xFE 0xFF 0x400 0x4FF",
            ),
            ("smpp34", Phase.LOGIN, "0x00 0x04 0x05 0x08 0x0D-0x0F 0x53"),
            (
                "maap_csp",
                Phase.SUBMIT,
                "0 -1 -2 20002 20003 30001-30008 40001-40052 41001-41006 42001 43001 44001 44002",
            ),
            ("maap_csp", Phase.SUBMIT, "45001 45010 46001-46003 47001 47002 48001 60001-60003 70001"),
            ("maap_mobile", Phase.SUBMIT, "SVC1000 SVC0002 SVC0004 SVC4001 POL0009 POL0001"),
        ],
    )
    def test_every_result_of_the_protocols_is_found(self, kind: str, phase: Phase, codes: str) -> None:
        for code in expand(codes):
            assert BOOK.explain(kind, code, phase=phase).known, code

    @pytest.mark.parametrize(
        ("kind", "code", "category", "pattern"),
        [
            ("cmpp3", "MB:1048", "ported", "MB:1048"),
            ("cmpp3", "MB:7777", "noreason", "MB:*"),
            ("cmpp3", "SY:0501", "system", "SY:050#"),
            ("cmpp3", "SY:9", "noreason", "SY:*"),
            ("cmpp3", "mk:0005\x00", "suspended", "MK:0005"),
            ("cmpp3", "UNDELIVX12", "noreason", "UNDELIV*"),
            ("smgp30", "UNDELIV:003", "dead", "003"),
            ("smgp30", "EXPIREDS608S", "off", "608"),
            ("cmpp3", "EXPIREDS608S", "expired", "EXPIRED*"),
            ("sgip12", "UNDELIV:029", "dead", "29"),
            ("cmpp3", "SGIP:69", "blacklist", "69"),
            ("cmpp3", "U2:29", "dead", "29"),
            ("cmpp3", "CMPPERR:8", "flow", "8"),
            ("smgp30", "UNDELIV:000", "noreason", "UNDELIV"),
            ("smpp34", "0x58", "flow", "88"),
            ("smpp34", "88", "flow", "88"),
            ("aliyun", "isv.BUSINESS_LIMIT_CONTROL", "frequency", "ISV.BUSINESS_LIMIT_CONTROL"),
            ("tencent", "RequestLimitExceeded.IPLimitExceeded", "flow", "REQUESTLIMITEXCEEDED.*"),
            ("maap_csp", "81234", "noreason", "81###"),
        ],
    )
    def test_an_exact_code_beats_a_pattern_and_the_longest_wins(
        self, kind: str, code: str, category: str, pattern: str
    ) -> None:
        found = BOOK.explain(kind, code)
        assert (found.category, found.pattern) == (category, pattern)

    def test_one_number_means_what_its_protocol_says(self) -> None:
        said = {
            kind: BOOK.explain(kind, "8", phase=Phase.SUBMIT).category
            for kind in ("cmpp3", "smpp34", "sgip12")
        }
        assert said == {"cmpp3": "flow", "smpp34": "system", "sgip12": "message"}
        assert BOOK.explain("sgip12", "1").disputed is not None
        assert BOOK.explain("sgip12", "1", phase=Phase.SUBMIT).category == "account"

    def test_an_unknown_code_says_so(self) -> None:
        found = BOOK.explain("cmpp3", "QX:0001")
        assert (found.known, found.category, found.action, found.zh) == (
            False,
            "unlisted",
            Action.NONE,
            "不在代码表里",
        )
        assert "MK" in BOOK.explain("cmpp3", "MK:7777").zh, "what its first letters tell"

    def test_codes_longer_than_the_column_are_found_as_they_are_kept(self) -> None:
        whole = "UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny"
        assert len(whole) > 60
        assert BOOK.explain("tencent", whole[:60]).known
        assert BOOK.explain("tencent", whole).known

    @given(st.text(max_size=80), st.sampled_from(["", "nonsense", *ChannelKind.values]))
    def test_garbage_is_answered_and_neither_teaches_nor_bars(self, code: str, kind: str) -> None:
        found = BOOK.explain(kind, code)
        assert found.zh and found.en
        if not found.known:
            assert found.action not in TEACHES | BARS


class TestVerdicts:
    @pytest.mark.parametrize(
        ("kind", "result", "meaning"),
        [
            ("cmpp2", 0, Verdict.ACCEPTED),
            ("cmpp3", 8, Verdict.THROTTLED),
            ("cmpp3", 13, Verdict.THIS_MESSAGE),
            ("cmpp3", 9, Verdict.ALL_MESSAGES),
            ("cmpp3", 150, Verdict.ALL_MESSAGES),
            ("sgip12", 0, Verdict.ACCEPTED),
            ("sgip12", 88, Verdict.THROTTLED),
            ("sgip12", 33, Verdict.THROTTLED),
            ("sgip12", 11, Verdict.THROTTLED),
            ("sgip12", 29, Verdict.THIS_MESSAGE),
            ("sgip12", 69, Verdict.THIS_MESSAGE),
            ("sgip12", 54, Verdict.UNCERTAIN),
            ("sgip12", 182, Verdict.ALL_MESSAGES),
            ("smgp30", 1, Verdict.THROTTLED),
            ("smgp30", 75, Verdict.ALL_MESSAGES),
            ("smgp30", 47, Verdict.THIS_MESSAGE),
            ("smgp30", 200, Verdict.ALL_MESSAGES),
            ("smpp34", 0x58, Verdict.THROTTLED),
            ("smpp34", 0x14, Verdict.THROTTLED),
            ("smpp34", 0x0B, Verdict.THIS_MESSAGE),
            ("smpp34", 0x0A, Verdict.ALL_MESSAGES),
            ("smpp34", 0x410, Verdict.ALL_MESSAGES),
            ("aliyun", "OK", Verdict.ACCEPTED),
            ("aliyun", 0, Verdict.ACCEPTED),
            ("aliyun", "Throttling.User", Verdict.THROTTLED),
            ("aliyun", "isv.BUSINESS_LIMIT_CONTROL", Verdict.THIS_MESSAGE),
            ("aliyun", "isv.OUT_OF_SERVICE", Verdict.ALL_MESSAGES),
            ("aliyun", "isp.SYSTEM_ERROR", Verdict.UNCERTAIN),
            ("tencent", "Ok", Verdict.ACCEPTED),
            ("tencent", "FailedOperation.PhoneNumberInBlacklist", Verdict.THIS_MESSAGE),
            ("tencent", "InternalError.Timeout", Verdict.UNCERTAIN),
            ("tencent", "AuthFailure.SignatureFailure", Verdict.ALL_MESSAGES),
            ("maap_csp", 60001, Verdict.THROTTLED),
            ("maap_mobile", "POL0009", Verdict.THROTTLED),
            ("nobody's", 7, Verdict.ALL_MESSAGES),
        ],
    )
    def test_a_result_says_what_becomes_of_the_next_message(
        self, kind: str, result: int | str, meaning: Verdict
    ) -> None:
        assert BOOK.verdict(kind, result) is meaning
        assert BOOK.verdict(kind, result) is meaning, "and from memory"

    @given(st.one_of(st.integers(), st.text(max_size=70)), st.sampled_from(ChannelKind.values))
    def test_nothing_made_up_is_ever_taken_for_accepted_or_sent_again(
        self, result: int | str, kind: str
    ) -> None:
        if BOOK.explain(kind, str(result), phase=Phase.SUBMIT).category not in (
            "accepted",
            "flow",
            "system",
            "account",
        ):
            assert BOOK.verdict(kind, result) not in (Verdict.ACCEPTED, Verdict.THROTTLED)
        if str(result).strip("\x00 \t\r\n").upper() not in ("0", "OK", "SVC1000", "0X0", "0X00"):
            assert BOOK.verdict(kind, result) is not Verdict.ACCEPTED or str(result).upper().startswith("0X0")


def test_own_entries_go_before_what_ships_one_carrier_before_all() -> None:
    def own(code: str, category: str, *, kind: str = "*", carrier: str = "") -> CodeInfo:
        whole = classes()[category]
        return CodeInfo(
            code=code, phase=Phase.RECEIPT, pattern=code, category=category, zh="我们说", en="we say", side=whole.side,
            permanence=whole.permanence, action=whole.action, verdict=whole.verdict, source="boss", date="2026-11-22",
            own=True, carrier=carrier, kinds=(kind,),
        )  # fmt: skip

    book = Book([own("MK:0012", "dead"), own("MK:7*", "off"), own("MK:0001", "system", carrier="unicom")])
    assert book.explain("cmpp3", "MK:0012").category == "dead"
    assert book.explain("cmpp3", "MK:7001").category == "off"
    assert book.explain("cmpp3", "MK:0001").category == "dead"
    assert book.explain("cmpp3", "MK:0001", carrier="unicom").category == "system"
    assert sum(one.pattern == "MK:0012" for one in book.entries()) == 1


@pytest.mark.parametrize(
    ("written", "expanded"),
    [
        ("MB:1048-MB:1050", ["MB:1048", "MB:1049", "MB:1050"]),
        ("001 013", ["001", "013"]),
        ("0x14", ["20"]),
        ("-8411", ["-8411"]),
        ("isv.Foo", ["ISV.FOO"]),
    ],
)
def test_ranges_are_written_out(written: str, expanded: list[str]) -> None:
    assert expand(written) == expanded


def test_padding_and_case_do_not_matter() -> None:
    assert tidy(" mk:0001\x00\x00") == "MK:0001"
    assert OwnCode("a", "*", "receipt", "off", "关机").key == ("a", "*", "receipt", "")
