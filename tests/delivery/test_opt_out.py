from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.delivery.opt_out import normalise, reads_as_opt_out

OPT_OUTS = [
    *(
        "T",
        "t",
        "TD",
        "td",
        "Ｔ",
        "ＴＤ",
        "ｔｄ",
        "T D",
        " t d ",
        "T.",
        "“T”",
        "T！",
        "(TD)",
        "【T】",
        "T。",
        "回T",
        "回复TD",
    ),
    *(
        "R",
        "r",
        "Ｒ",
        "N",
        "n",
        "Ｎ",
        "QX",
        "TT",
        "T\u200b",
        "\u200bT\u200dD",
        "\ufeffTD",
        "T\u00ad",
        "t\n",
        "\tT\r\n",
    ),
    *(
        "退订",
        "退 订",
        "退-订",
        "退、订",
        "退\u200b订",
        "退订。",
        "退订！！！",
        "退訂",
        "退定",
        "我要退订",
        "请退订",
        "退订谢谢",
        "退订吧",
    ),
    *("帮我退订", "麻烦帮我退订一下", "马上退订", "T退订", "退订T", "TD退订", "退订短信", "回T退订"),
    *("拒收", "拒 收", "拒收！", "拒絕接收", "拒收短信", "R拒收"),
    *("取消", "取消订阅", "取消短信", "请取消", "停发", "停止发送", "屏蔽", "拉黑"),
    *(
        "不要再发",
        "不要再发了",
        "别发了",
        "別發了",
        "别再发了",
        "不要给我发短信",
        "不要给我发信息了",
        "请不要再给我发了",
        "别再给我发了！",
    ),
    *(
        "不要再打扰我",
        "别再骚扰我",
        "请勿打扰",
        "勿发",
        "勿扰，请勿再发",
        "不想再收到你们的短信",
        "不想收到",
        "停止推送",
        "别老发了",
    ),
    *(
        "不要发了",
        "不用再发了",
        "不需要再发了",
        "你们不要再发短信了，烦死了",
        "滚，别再发了",
        "能不能别再发了？",
        "可以别发了吗",
    ),
    *("把我的号码删除", "请把我从名单移除号码", "删除我的号码"),
    *(
        "STOP",
        "stop",
        "Stop.",
        "ＳＴＯＰ",
        "S T O P",
        "unsubscribe",
        "Unsubscribe please",
        "stop sending",
        "Don't send",
        "opt out",
    ),
    *("OPT-OUT", "please stop texting me", "remove me", "do not contact me"),
    *("不需要", "不要", "不要了", "拒绝"),
]

NOT = [
    *("", " ", "？", "。", "👍", "1", "10086", "12", "0"),
    *(
        "Today",
        "today",
        "Tom",
        "TV",
        "Nice",
        "OK",
        "ok",
        "Thanks",
        "thank you",
        "Really?",
        "RMB",
        "NBA",
        "Y",
        "A",
        "B",
    ),
    *(
        "T恤",
        "T恤有货吗",
        "T恤多少钱",
        "R级会员",
        "R级会员?",
        "R级会员怎么升",
        "N号还有吗",
        "TD150多少钱",
        "T1航站楼",
        "我穿T码",
    ),
    *(
        "不退订",
        "我不退订",
        "不要退订",
        "别退订",
        "没有退订",
        "先不退订",
        "不想退订",
        "我没说要退订",
        "不拒收",
        "不取消",
    ),
    *(
        "怎么退订",
        "如何退订",
        "怎样退订？",
        "退订怎么操作",
        "退订要钱吗",
        "退订会扣费吗",
        "为什么退订",
        "退订?",
        "取消?",
        "退订吗",
    ),
    *(
        "退订了还能收到券吗",
        "取消订单",
        "帮我取消预约",
        "取消昨天的订单",
        "退货",
        "退款",
        "退票",
        "我要退货",
        "退课",
        "取消会员多少钱",
    ),
    *(
        "滚",
        "烦死了",
        "骗子",
        "你是谁",
        "谁啊",
        "什么东西",
        "举报你们",
        "好的",
        "收到",
        "可以",
        "知道了",
        "谢谢",
        "想了解一下",
        "怎么买",
    ),
    *(
        "发了吗",
        "发货了吗",
        "什么时候发货",
        "再发一遍",
        "请再发一次",
        "不要发错货",
        "不要发票",
        "别发火",
        "快递别发顺丰",
        "不要香菜",
        "不要辣",
        "N95口罩有吗",
    ),
    *(
        "恢复订阅",
        "取消退订",
        "撤销退订",
        "重新订阅",
        "no problem",
        "don't stop",
        "nonstop",
        "stopwatch",
        "Tuesday",
        "return",
        "note",
    ),
    *("订阅", "我要订阅", "有没有优惠", "地址在哪", "几点开门"),
]


@pytest.mark.parametrize("text", OPT_OUTS)
def test_a_request_to_write_no_more_is_heard(text: str) -> None:
    assert reads_as_opt_out(text)


@pytest.mark.parametrize("text", NOT)
def test_anything_else_is_left_to_a_person(text: str) -> None:
    assert not reads_as_opt_out(text)


def test_a_long_letter_that_mentions_opting_out_is_read_by_a_person() -> None:
    assert not reads_as_opt_out("我上个月在你们店里买了一件外套，" * 6 + "朋友说可以退订，真的吗，等你们回复")


def test_a_long_letter_that_begins_with_the_request_is_one() -> None:
    assert reads_as_opt_out("退订！" + "你们天天发短信真的很影响我休息，" * 8)


@given(
    st.sampled_from(["退订", "拒收", "TD", "STOP", "别发了"]),
    st.lists(
        st.sampled_from([" ", "\u200b", "。", "!", "～", "\u3000", "-", "*", "\u2060", "\n"]),
        min_size=12,
        max_size=12,
    ),
)
def test_decoration_between_the_characters_hides_nothing(word: str, decoration: list[str]) -> None:
    assert reads_as_opt_out("".join(d + c for d, c in zip(decoration, word, strict=False)) + decoration[-1])


@given(st.text())
def test_any_text_is_read_without_fault(text: str) -> None:
    assert reads_as_opt_out(text) in (True, False)
    assert normalise(normalise(text)) == normalise(text)


def test_a_huge_reply_is_read_quickly() -> None:
    assert not reads_as_opt_out("别" * 200_000)
    assert not reads_as_opt_out("不要给我" * 50_000)
