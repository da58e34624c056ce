"""Words in which one character is written as it sounds: 包过 as bao过 or 包guo, 国家级 as 国j级.

Only for the words a rule lists as `spelled`: sound alone proves nothing, but Latin letters in the middle of a
Chinese word that should not be said do. Own table, of the characters these words are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_SOUNDS = {
    character: sound
    for sound, characters in {
        "jia": "加佳价家",
        "wei": "微唯",
        "xin": "信",
        "qun": "群",
        "bao": "保包",
        "guo": "过国",
        "bi": "必币",
        "zhi": "治",
        "liao": "疗",
        "yu": "愈",
        "zui": "最",
        "hao": "好",
        "di": "低第",
        "hong": "红",
        "dai": "贷代",
        "kuan": "款",
        "tao": "套",
        "xian": "现险",
        "du": "赌毒",
        "bo": "博",
        "cai": "彩",
        "fa": "发",
        "piao": "票",
        "ya": "押",
        "ti": "题提",
        "shua": "刷",
        "dan": "单",
        "fan": "返",
        "wen": "稳",
        "zhuan": "赚",
        "ben": "本",
        "gao": "高",
        "fang": "仿放",
        "yi": "一",
        "ji": "级",
        "gen": "根",
        "kang": "抗",
        "ai": "癌",
        "jian": "减",
        "fei": "肥",
        "yao": "药",
        "kai": "开",
        "zheng": "证征",
        "jin": "金进",
        "yan": "烟炎",
        "xiang": "香",
        "xia": "下",
        "zhu": "注",
        "ban": "办",
        "kao": "考",
        "e": "额",
        "ding": "顶",
        "chao": "炒",
        "gu": "股",
        "niu": "牛",
        "quan": "全",
        "wang": "网",
        "xiao": "销效消",
        "liang": "量",
        "yue": "约",
        "pao": "炮",
        "xiu": "修",
        "fu": "复",
        "hei": "黑",
        "hu": "户",
        "lu": "录",
        "qu": "取",
        "qiang": "枪",
        "ming": "命",
        "zhong": "中",
        "miao": "秒",
        "tang": "躺",
        "kou": "扣",
        "ri": "日",
        "wu": "无",
        "feng": "风",
    }.items()
    for character in characters
}


def spelled(words: Iterable[str]) -> Iterator[str]:
    """Each word with one of its characters as it sounds, and with all of them; one in the middle also by its initial
    (at an end it could belong to what stands beside the word: 计划b通过)."""
    for word in words:
        sounds = [_SOUNDS.get(character) for character in word]
        for place, sound in enumerate(sounds):
            if sound and len(word) > 1:
                yield word[:place] + sound + word[place + 1 :]
                if 0 < place < len(word) - 1 and len(sound) > 1:
                    yield word[:place] + sound[0] + word[place + 1 :]
        if len(word) > 2 and all(sounds):
            yield "".join(filter(None, sounds))
