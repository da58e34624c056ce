"""Findings: the right ones, at the very characters, for any writing, in time linear in the text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.screening.world import DAY, rules, screen, shipped_screener

from xinfeng.content.optout import WORDINGS
from xinfeng.delivery.opt_out import reads_as_opt_out
from xinfeng.kernel.errors import InvalidInput
from xinfeng.screening import scorecard
from xinfeng.screening.characters import normal
from xinfeng.screening.engine import Screener
from xinfeng.screening.findings import from_json, verdict
from xinfeng.screening.lexicons import BadLexicon, Lexicons
from xinfeng.screening.rules import DATA, Outcome, Pattern, Rule, guards, shipped
from xinfeng.screening.ruleset import Word, read_ruleset, ruleset_on


def _trade(rule: Rule) -> str:
    known = ("retail", "other", "education", "medicine")
    return rule.trades[0] if rule.trades else next(one for one in known if one not in rule.exempt_trades)


def _purpose(rule: Rule) -> str:
    return rule.purposes[0] if rule.purposes else "marketing"


RULES = [rule for rule in shipped() if rule.in_force(DAY)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_examples_and_lets_the_others_pass(rule: Rule) -> None:
    for text in rule.hits:
        assert rule.id in {one.rule for one in screen(text, _trade(rule), _purpose(rule))}, text
    for text in rule.passes:
        assert rule.id not in {one.rule for one in screen(text, _trade(rule), _purpose(rule))}, text
        assert not rules(text, _trade(rule), _purpose(rule)), text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_speaks_both_languages_and_names_its_law(rule: Rule) -> None:
    for language in ("zh-hans", "en"):
        assert rule.title(language)
        assert rule.message(language)
        assert rule.cited(language)
        assert rule.suggestion(language)
    assert rule.law.source


def test_nobody_is_nagged_about_everyday_words() -> None:
    for text in (
        "第一步，打开小程序；第二步，选择门店",
        "最近气温下降，请注意添衣",
        "首个工作日到账",
        "我们会第一时间通知您",
        "最后提醒：您的券明天到期",
        "首单立减10元，最高可减30元",
        "最低消费100元，最快30分钟送达",
        "您的唯一券码为88231",
        "V领针织衫上新，红旗轿车到店试驾",
    ):
        assert not rules(text), text


def test_a_finding_marks_the_characters_typed() -> None:
    text = "本店是國\u200b家級品质"
    found = [one for one in screen(text) if one.rule == "absolute.named"]
    assert [text[one.start : one.end] for one in found] == ["國\u200b家級"]
    assert found[0].matched == "國\u200b家級"


def test_disguise_is_a_finding_of_its_own() -> None:
    for text in ("品质最\u200b佳", "最·佳品质", "加*微*信领券", "销量第壹", "bao过班", "ＶＸ：abc123"):
        assert "evasion" in rules(text), text
    assert "evasion" not in rules("品质最佳")
    assert "evasion" not in rules("頂級和牛，會員專享")  # written for people who read it


def test_what_only_joining_finds_is_a_remark() -> None:
    assert not screen("请确保 本人到场")
    found = screen("蛋糕-面包", words=[Word("糕面", "block")])
    assert [one.outcome for one in found] == [Outcome.REMARK]
    assert found[0].params["split"] is True
    assert verdict(found) is None
    assert "连起来" in found[0].words("zh")


def test_the_signature_in_front_is_no_bracket_inside() -> None:
    assert "format.brackets" not in rules("【信风优选】新品到店")
    assert "format.brackets" in rules("【信风优选】新品【到店】")
    assert "format.brackets" in rules("新品】到店")


def test_words_inside_a_link_are_no_words() -> None:
    assert not rules("点https://xf.example.cn/vx/abc123-no1查看")


def test_a_rule_holds_for_its_trades_and_purposes_only() -> None:
    assert "medical.claim" in rules("膏方降血压", "retail")
    assert "medical.claim" not in rules("膏方降血压", "medicine")
    assert "service.marketing" in rules("验证码123456，全场八折", purpose="service")
    assert "service.marketing" not in rules("全场八折")


def test_rules_hold_from_their_day_to_their_last() -> None:
    base = next(rule for rule in shipped() if rule.id == "absolute.named")
    dated = replace(base, effective_from=date(2026, 6, 1), effective_to=date(2026, 6, 30))
    for day, expected in ((31, False), (32, True), (61, True), (62, False)):
        at = date(2026, 5, 1) + timedelta(days=day - 1)
        screener = Screener(ruleset_on(at, rules=[dated]))
        found = screener.screen("国家级品质", trade="retail", purpose="marketing")
        assert bool(found) is expected, at


def test_own_words_block_ask_for_proof_and_pass() -> None:
    words = [
        Word("蓝鲸计划", "block", reason="停用的产品"),
        Word("新配方", "evidence"),
        Word("第一品牌馆", "allow"),
    ]
    found = screen("蓝 鲸 计 划与蓝鲸计划", words=words)
    assert {one.rule for one in found} == {"own.block", "evasion"}
    assert "停用的产品" in found[-1].words("zh")
    assert rules("新配方上市", words=words) == {"own.evidence"}
    assert rules("第一品牌馆开业", words=words) == set()
    assert rules("第一品牌", words=words) == {"absolute.first"}


def test_own_words_hold_for_their_trades_and_purposes() -> None:
    words = [Word("夜宵", "block", trades=("catering",), purposes=("marketing",))]
    assert rules("夜宵半价", "catering", words=words) == {"own.block"}
    assert rules("夜宵半价", "retail", words=words) == set()
    assert rules("夜宵已送达", "catering", "service", words=words) == set()


def test_no_allowed_phrase_lifts_what_the_law_fixes() -> None:
    words = [Word("代开发票", "allow"), Word("国家级", "allow"), Word("国家级酒楼", "allow")]
    assert rules("代开发票", words=words) == {"fraud.invoice"}
    assert rules("国家级", words=words) == {"absolute.named"}
    assert rules("国家级酒楼", words=words) == set()  # a trade name, which the guide lets pass


def test_overrides_are_milder_only_where_the_law_leaves_room() -> None:
    assert "contact.mobile" in rules("详询13800138000")
    assert "contact.mobile" not in rules("详询13800138000", overrides={"contact.mobile": "off"})
    assert "absolute.named" in rules("国家级", overrides={"absolute.named": "off"})
    assert ruleset_on(DAY, overrides={"absolute.named": "off"}).overrides == ()
    found = screen("原价299元", overrides={"price.compared": "block"})
    assert [one.outcome for one in found] == [Outcome.BLOCK]


def test_domains_that_are_not_filed_are_remarked_on() -> None:
    text = "点https://a.shop.example.cn/1"
    assert "link.unfiled" not in {one.rule for one in screen(text)}
    assert "link.unfiled" not in {one.rule for one in screen(text, domains=["example.cn"])}
    assert "link.unfiled" in {one.rule for one in screen(text, domains=["example.com", "ample.cn"])}


def test_the_same_rules_have_the_same_digest_and_can_be_read_again() -> None:
    words = [Word("乙", "block"), Word("甲甲", "evidence", ("retail",))]
    one = ruleset_on(DAY, words=words, overrides={"contact.mobile": "off"}, domains=["b.cn", "a.cn"])
    two = ruleset_on(DAY, words=words[::-1], overrides={"contact.mobile": "off"}, domains=["a.cn", "b.cn"])
    assert one.digest == two.digest
    assert read_ruleset(one.as_json()) == one
    assert read_ruleset(one.as_json()).digest == one.digest
    assert ruleset_on(DAY).digest != one.digest


def test_a_kept_finding_says_the_same_later() -> None:
    finding = screen("全网最低价，速来")[0]
    again = from_json(finding.as_json(), ruleset_on(DAY).by_id)
    assert again == finding
    assert again.suggestion("zh") == finding.suggestion("zh")
    assert "限时优惠价" in screen("全网最低价")[0].suggestion("zh") or "限时优惠" in finding.suggestion("zh")


def test_an_unknown_trade_or_purpose_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"screening\.trade"):
        shipped_screener().screen("你好", trade="rocketry", purpose="marketing")
    with pytest.raises(InvalidInput, match=r"screening\.purpose"):
        shipped_screener().screen("你好", trade="retail", purpose="gossip")


# For any writing

BLOCK_WORDS = [
    (rule, word)
    for rule in RULES
    if rule.outcome is Outcome.BLOCK and not rule.requires and not rule.needs_text
    for word in rule.words
    if len(word) >= 2 and word.isalnum() and not word.isascii()
]
INVISIBLE = "\u200b\u200d\u2060\ufeff\u0301\ufe0f\u00ad"
SIGNS = "·*_-~🎉★^、"


@given(st.sampled_from(BLOCK_WORDS), st.lists(st.sampled_from(INVISIBLE), min_size=1, max_size=3))
def test_invisible_characters_hide_no_word(rule_word: tuple[Rule, str], between: list[str]) -> None:
    rule, word = rule_word
    if rule.id not in {one.rule for one in screen(f"请看{word}吧", _trade(rule), _purpose(rule))}:
        return
    disguised = "".join(between).join(word)
    found = screen(f"请看{disguised}吧", _trade(rule), _purpose(rule))
    assert any(one.rule == rule.id and one.start <= 2 and one.end >= 2 + len(disguised) for one in found)


@given(st.sampled_from(BLOCK_WORDS))
def test_full_width_and_traditional_letters_hide_no_word(rule_word: tuple[Rule, str]) -> None:
    rule, word = rule_word
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in word)
    mine = {one.rule for one in screen(word, _trade(rule), _purpose(rule))}
    assert mine <= {one.rule for one in screen(wide, _trade(rule), _purpose(rule))}


@given(st.sampled_from(BLOCK_WORDS), st.sampled_from(SIGNS))
def test_signs_between_the_characters_hide_no_word(rule_word: tuple[Rule, str], sign: str) -> None:
    rule, word = rule_word
    if len(word) < 3 or rule.id not in {one.rule for one in screen(word, _trade(rule), _purpose(rule))}:
        return
    disguised = sign.join(word)
    found = screen(disguised, _trade(rule), _purpose(rule))
    assert any(one.start == 0 and one.end == len(disguised) for one in found), (disguised, found)


@given(st.text(max_size=120), st.sampled_from(["marketing", "service"]))
def test_findings_lie_in_the_text_and_quote_it(text: str, purpose: str) -> None:
    found = screen(text, "retail", purpose)
    for one in found:
        assert 0 <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.matched
    assert list(found) == sorted(found, key=lambda one: one.start)


PIECES = st.sampled_from(
    [
        "王女士您好，",
        "销量第一",
        "最\u200b佳",
        "满199减50",
        "13800138000",
        "https://t.cn/a1",
        "加·微·信",
        "原价99元",
        "，",
        " ",
        "限时",
        "①",
        "V",
    ]
)


@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=8))
def test_a_batch_is_judged_as_each_of_its_texts(texts: list[str]) -> None:
    screener = shipped_screener()
    each = [screener.screen(text, trade="retail", purpose="marketing") for text in texts]
    assert screener.screen_many(texts, trade="retail", purpose="marketing") == each


ALLOWED = [
    "会员您好",
    "周六",
    "新品",
    "到店",
    "满199元减50元",
    "第一步",
    "最近",
    "首单",
    "，",
    "。",
    "请",
    "预约",
]


@given(st.lists(st.sampled_from(ALLOWED), max_size=12).map("".join))
def test_texts_of_plain_words_are_never_stopped(text: str) -> None:
    assert verdict(screen(text)) is None


# Hostile


@pytest.mark.parametrize(
    "text",
    [
        "最佳" * 50_000,
        "a" * 100_000,
        "1" * 100_000,
        "一" * 100_000,
        "a." * 50_000,
        "a-" * 50_000 + ".com",
        "http://" * 15_000,
        "加 " * 50_000,
        "·" * 100_000,
        "\u0301" * 100_000,
        "\ud800" * 10_000,
        "【" * 100_000,
        "送好礼" * 33_000,
        "qq1" * 33_000,
        "1" + " 3" * 50_000,
        "全国最" * 33_000,
        "\U0001f389最" * 50_000,
    ],
    ids=lambda text: ascii(text[:6]),
)
def test_long_and_strange_texts_are_judged(text: str) -> None:
    for one in screen(text):
        assert one.start < one.end


def test_normal_is_total() -> None:
    for point in [*range(0x300), 0x2028, 0xD800, 0xE000, 0xFFFF, 0x10FFFF, 0x1F600]:
        assert isinstance(normal(chr(point)), str)


def test_the_list_of_rules_is_the_rules_that_ship() -> None:
    """`data/README.md` is what texts are labelled by."""
    text = (DATA / "README.md").read_text("utf-8")
    listed = set(re.findall(r"`([a-z]+\.[a-z_]+)`", text)) | {"evasion"}
    listed -= {"laws.toml", "lexicons.toml", "guards.toml", "rules.py"}
    assert listed == {rule.id for rule in shipped()}
    said = dict(re.findall(r"^\| `([a-z_.]+)` \| (\w+) \|", text, re.MULTILINE))
    assert {rule.id: str(rule.outcome) for rule in shipped() if rule.id in said} == said


def test_the_scorecard_holds() -> None:
    """What `make check` demands of the rules, so that a change of a rule is seen here too."""
    screener = scorecard.shipped_screener()
    texts = list(scorecard.labelled())
    scores = scorecard.scores_of(texts, screener)
    assert len(texts) >= 600
    assert all(scores[part].texts >= 150 for part in scorecard.PARTS)
    assert scorecard.failures(scores) == []


def test_a_scorecard_tells_right_from_wrong() -> None:
    one = scorecard.Labelled("x:1", "国家级品质", "retail", "marketing", "block", frozenset(), "", False)
    found = scorecard.score([one], shipped_screener())
    assert found.by_outcome[Outcome.BLOCK].wrong == 1
    assert found.overall.precision == 0
    assert found.same_outcome == 1
    assert found.stopped == 1
    bad = {"known": found, "development": scorecard.Score(), "blind": scorecard.Score()}
    assert scorecard.failures(bad) == ["known: block precision 0.000 < 0.98"]


def test_a_scorecard_counts_what_becomes_of_whole_texts() -> None:
    def text(place: str, text: str, outcome: str) -> scorecard.Labelled:
        return scorecard.Labelled(place, text, "retail", "marketing", outcome, frozenset(), "", True)

    texts = [
        text("a:1", "国家级品质", "pass"),
        text("a:2", "春季上新", "pass"),
        text("a:3", "春季上新", "block"),
        text("a:4", "全网最低价", "block"),
        text("a:5", "国家级品质", "block"),
        text("blind_a:1", "国家级品质", "block"),
    ]
    scores = scorecard.scores_of(texts, shipped_screener())
    assert {part: one.texts for part, one in scores.items()} == {"known": 0, "development": 5, "blind": 1}
    assert scores["development"].same_outcome == pytest.approx(2 / 5)
    assert scores["development"].passed == pytest.approx(1 / 2)
    assert scores["development"].stopped == pytest.approx(2 / 3)


# Families

FAMILIES = (
    ("absolute.best", "全场最够味的小龙虾"),
    ("absolute.first", "川渝地区火锅底料的领头羊"),
    ("medical.claim", "祛除寒湿的艾灸坐垫"),
    ("education.guarantee", "一建考不过，学费分文不收"),
    ("invest.guarantee", "跟投项目，亏了公司来补"),
    ("property.promise", "湖景洋房，孩子直接读实验小学"),
    ("bait.group", "点这里加入比价群，天天抢好货"),
)


@pytest.mark.parametrize(("rule", "text"), FAMILIES)
def test_a_family_finds_a_combination_nobody_listed(rule: str, text: str) -> None:
    assert rule in rules(text, "education" if rule.startswith("education") else "other")
    listed = next(one for one in shipped() if one.id == rule)
    assert not any(word in text for word in listed.words)


def test_a_title_of_a_work_is_no_praise_and_a_warning_is_no_offer() -> None:
    assert not rules("电影《最好用的魔法》周六放映，凭会员码取票")
    assert "absolute.best" in rules("《最好用的锅》到店")
    assert not rules("警方提示：刷单返利、充值返现都不可信", "other")
    assert "fraud.phishing" in rules("反诈中心提醒：您的银行卡异常，点击链接核验身份", "other")


def test_an_exception_of_a_family_is_its_own() -> None:
    """What lets one pattern pass does not lift another of the same rule."""
    law = next(one for one in shipped() if one.id == "absolute.best")
    patterns = (Pattern(("甲",), "甲乙", ("丙~",)), Pattern(("丁",), "丁戊", (), True))
    rule = replace(law, words=(), disguised=(), patterns=patterns, unless=())
    evasion = next(one for one in shipped() if one.id == "evasion")
    ruleset = ruleset_on(DAY, rules=[rule, evasion])
    screener = Screener(read_ruleset(ruleset.as_json()))

    def found(text: str) -> set[str]:
        return {one.rule for one in screener.screen(text, trade="retail", purpose="marketing")}

    assert found("甲乙") == {rule.id}
    assert found("丙甲乙") == set()
    assert found("丙丁戊") == {rule.id, "evasion"}


def test_the_longest_word_wins_and_nothing_inside_it_is_a_rules_word() -> None:
    for text in (
        "天津大麻花现炸现卖",
        "转运仓搬迁，发货略有延后",
        "清新环保过冬天",
        "A货架第三层有您预订的商品",
        "黑户外套两件减60",
        "抵押登记可在线上办理",
        "止痛贴心服务",
    ):
        assert not rules(text, "other"), text
    for text, rule in (
        ("大麻花边新闻里的大麻到货，懂的来", "forbidden.drugs"),  # one inside, one beside
        ("环保过滤棉到店，考证保过", "education.guarantee"),
        ("A货架到店，A货包包现货", "fraud.counterfeit"),
    ):
        assert rule in rules(text, "other"), text


def test_a_guard_is_part_of_the_ruleset_and_of_its_digest() -> None:
    ours = ruleset_on(DAY)
    assert "大麻花" in ours.guards
    assert read_ruleset(ours.as_json()) == ours
    without = replace(ours, guards=())
    assert without.digest != ours.digest
    kept = ours.as_json()
    del kept["guards"]  # as rulesets were kept before there were any
    found = Screener(read_ruleset(kept)).screen("大麻花礼盒", trade="catering", purpose="marketing")
    assert [one.rule for one in found] == ["forbidden.drugs"]


def test_no_guard_is_a_word_of_a_rule_that_blocks() -> None:
    """It would lift nothing, as only what lies inside is passed over; but whoever wrote it meant something else."""
    words = {word for rule in RULES if rule.outcome is Outcome.BLOCK for word in rule.words}
    assert not words.intersection(guards())


STORIES = (
    ("healthfood.claim", "retail", "同事从一百四瘦到一百一，靠的就是这款奶昔"),
    ("fraud.part_time", "other", "下班后做两小时，一个月赚了六千块"),
    ("invest.guarantee", "finance", "跌了算我们的，投资有风险"),
    ("education.endorsed", "education", "入学时考56分，期末考了98，冬季班招生"),
    ("medical.endorsed", "medicine", "王大爷贴了一盒，上楼不用扶了"),
    ("medical.claim", "retail", "戴上它，奶奶的腰不疼了"),
    ("finance.loan_bait", "other", "征信上的逾期都能抹掉"),
    ("fraud.documents", "other", "案底可以从档案里拿掉"),
    ("fraud.brushing", "other", "网上的负面消息帮您处理干净"),
    ("absolute.exclusive_title", "retail", "部队后勤直供的大米"),
    ("fraud.phishing", "other", "您的社保卡已失效，请点击链接重新激活"),
    ("forbidden.surrogacy", "other", "性别自由选，包抱回家"),
    ("bait.wechat", "retail", "图册都在🛰️里"),
)


@pytest.mark.parametrize(("rule", "trade", "text"), STORIES)
def test_what_is_said_in_other_words_is_found(rule: str, trade: str, text: str) -> None:
    assert rule in rules(text, trade)


def test_a_quotation_that_warns_is_no_offer() -> None:
    for text in (
        "学校从未委托任何机构办“包过班”，请家长提高警惕",
        "所谓“安全账户”都是剧本，不听不信不转账",
        "宣称“征信修复”的都是骗子",
    ):
        assert not rules(text, "other", "service"), text
    assert "fraud.documents" in rules("别家不行，“代办文凭”找我们", "other")


def test_four_numbers_of_a_version_are_no_address() -> None:
    assert not rules("请升级到固件1.1.1.8版后重启设备", "other", "service")
    assert "link.ip" in rules("系统升级请打开http://1.1.1.8/a", "other", "service")
    assert "link.ip" in rules("请访问1.1.1.8下载", "other", "service")


@pytest.mark.parametrize(
    "host",
    [
        "taobao618.top",
        "icbc-card.cc",
        "ccb-wap.vip",
        "10086jf.top",
        "jd-baitiao.xyz",
        "tmalll.com",
        "pinduod0.com",
    ]
    + ["app1e-store.cn", "douyin.mall-vip.shop", "alipay-cn.com", "12306cn.vip"],
)
def test_a_name_that_lures_is_an_imitation(host: str) -> None:
    assert "link.lookalike" in rules(f"戳 https://{host}/a")


@pytest.mark.parametrize(
    "host",
    [
        "item.jd.com",
        "www.tmall.com",
        "vip-club.cn",
        "boc-home.com",
        "pick.example.cn",
        "weixin.example.com",
        "cloud.cn",
    ]
    + ["suningshan.cn", "applepie.cn", "meiyuan.com", "jdaily.cn"],
)
def test_a_name_of_its_own_is_none(host: str) -> None:
    assert "link.lookalike" not in rules(f"戳 https://{host}/a")


def test_kinds_of_words_take_each_other_in_and_unknown_ones_are_refused() -> None:
    kinds = Lexicons({"fruit": ["桃", "桃子"], "food": ["{fruit}", "米"], "loop": ["{loop}"]})
    assert kinds.words(["{food}", "桃", "水"]) == ("桃", "桃子", "米", "水")
    assert kinds.regex("吃{food}{0,4}") == "吃(?:桃子|桃|米){0,4}"
    for name in ("loop", "nothing"):
        with pytest.raises(BadLexicon):
            kinds.regex(f"{{{name}}}")


def test_a_host_that_feigns_a_government_is_told_from_one_that_is() -> None:
    for host in ("ybsb-gov.cn.xyz/a", "12333.gov.cn.top", "shebao-gov.vip"):
        assert "link.lookalike" in rules(f"请登录 {host} 查看")
    for host in ("zwfw.beijing.gov.cn", "www.gov.cn", "govee.com"):
        assert "link.lookalike" not in rules(f"请登录 {host} 查看")


def test_a_no_excuses_its_own_clause_only() -> None:
    assert "absolute.perfect" in rules("这款不粘锅绝对不粘，会员价99元")
    assert "absolute.perfect" not in rules("我们不承诺绝对不粘，请按说明使用")
    assert "minor.urge" in rules("同学都有了，别落后，叫爸爸妈妈今晚就交费吧")


INNOCENT = (
    ("retail", "独家冠名的城市跑步节周日开跑，凭短信领号码簿"),
    ("other", "孕妈瑜伽课最佳预约时间为提前两天"),
    ("retail", "您的会员等级已升至最高级黑金"),
    ("other", "唯一一场点映在周六19:30，票价39元"),
    ("other", "最便捷的预约方式是回复1"),
    ("retail", "蓝牙音箱续航最长20小时"),
    ("other", "摄影展最受欢迎作品评选开始，回复编号投票"),
    ("retail", "唯一要提醒的是：羊绒请冷水手洗"),
    ("retail", "我们不做全网最低价，只做明码标价"),
    ("medicine", "您订的药品已到店，请凭处方购买"),
    ("retail", "A货品类和B货品类分两层陈列"),
    ("retail", "尺码 S M L 2 3 4 5 . 5 都有货"),
)


@pytest.mark.parametrize(("trade", "text"), INNOCENT)
def test_a_superlative_of_time_manner_rank_or_refusal_is_no_claim(trade: str, text: str) -> None:
    assert not rules(text, trade)


CLAIMED = (
    ("data.source", "retail", "98%的顾客用了都说好"),
    ("absolute.first", "other", "唯一官方授权维修点"),
    ("absolute.first", "retail", "品牌销量全国前三"),
    ("absolute.most", "other", "最大的室内滑雪场开门了"),
    ("price.lowest", "retail", "全网罪低，围巾39元"),
    ("price.lowest", "retail", "本店价比旗舰店低30元"),
    ("price.compared", "retail", "平日卖168，今天只要88"),
    ("price.unproven", "retail", "老板跑路价，羽绒服99元"),
    ("prize.limit", "retail", "老客抽大奖：一等奖五十万现金"),
    ("fraud.counterfeit", "retail", "女包，A货品质，看不出来"),
    ("fraud.counterfeit", "retail", "A版鞋，纯原皮，380"),
    ("bait.wechat", "retail", "微\ufe0f信搜laomao66，新款每天更新"),
    ("bait.wechat", "retail", "咨询+徽❤：huoyuan88"),
    ("contact.mobile", "retail", "客服小王139一2345一6789"),
    ("link.lookalike", "retail", "登录 www.taoboa.com 领红包"),
    ("link.disguised", "retail", "h t t p s : / / j d . c o m 领券"),
)


@pytest.mark.parametrize(("rule", "trade", "text"), CLAIMED)
def test_a_claim_or_a_bait_is_found_however_it_is_put(rule: str, trade: str, text: str) -> None:
    assert rule in rules(text, trade)


def test_a_zero_for_an_o_and_an_initial_for_a_character_are_disguises() -> None:
    assert rules("Ｎ０．１咖啡", "retail") >= {"absolute.first", "evasion"}
    assert rules("n0.1的咖啡", "retail") >= {"absolute.first", "evasion"}
    assert rules("国j级工艺", "retail") >= {"absolute.named", "evasion"}
    assert "absolute.first" not in rules("包装盒型号AN01，备件同款", "retail")


@pytest.mark.parametrize(
    "text", ["回R领取礼品", "参加回复Y，不参加回复“N”", "如需取消请回复取消", "发送TD到106领券"]
)
def test_a_word_of_refusal_promises_nothing_else(text: str) -> None:
    """Who replies it is barred for good, and never gets what the text promised."""
    assert "reply.means_no" in rules(f"{text}。拒收请回复R", "retail")
    assert reads_as_opt_out("R") and reads_as_opt_out("N") and reads_as_opt_out("取消")
    assert "reply.means_no" not in rules(text, "retail", "service")


@pytest.mark.parametrize("text", ["退订回0000", "拒收请回复W", "回复8即可退订"])
def test_a_refusal_that_nobody_would_understand_is_stopped(text: str) -> None:
    assert "reply.not_understood" in rules(f"{text} 拒收请回复R", "retail")


@pytest.mark.parametrize(
    "wording", [one.text for one in WORDINGS] + ["不想收到请回N", "发送TD到10690001退订", "回复TD即可退订"]
)
def test_a_refusal_that_is_understood_is_no_fault(wording: str) -> None:
    assert not {"reply.means_no", "reply.not_understood"} & rules(f"回复1预约到店。{wording}", "retail")
