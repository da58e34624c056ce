"""Words in which one character is written as it sounds: 包过 as bao过 or 包guo.

Only for the words a rule lists as `spelled`: sound alone proves nothing, but Latin letters in the middle of a
Chinese word that should not be said do. Own table, of the characters these words are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_SOUNDS = dict(
    pair.split(":")
    for pair in (
        "加:jia 微:wei 信:xin 群:qun 保:bao 包:bao 过:guo 必:bi 治:zhi 疗:liao 愈:yu 最:zui 佳:jia 好:hao 低:di 价:jia "
        "红:hong 贷:dai 款:kuan 套:tao 现:xian 赌:du 博:bo 彩:cai 发:fa 票:piao 押:ya 题:ti 刷:shua 单:dan 返:fan 稳:wen "
        "赚:zhuan 本:ben 高:gao 仿:fang 第:di 一:yi 国:guo 家:jia 级:ji 根:gen 抗:kang 癌:ai 减:jian 肥:fei 药:yao 代:dai "
        "开:kai 证:zheng 金:jin 烟:yan 香:xiang 下:xia 注:zhu 办:ban 考:kao 提:ti 额:e 顶:ding 炒:chao 币:bi 股:gu 牛:niu "
        "全:quan 网:wang 销:xiao 量:liang 唯:wei 进:jin 约:yue 炮:pao 征:zheng 修:xiu 复:fu 黑:hei 户:hu 录:lu 取:qu 疗:liao "
        "效:xiao 消:xiao 炎:yan 枪:qiang 毒:du 命:ming 中:zhong 秒:miao 放:fang 躺:tang 扣:kou 日:ri 无:wu 风:feng 险:xian"
    ).split()
)


def spelled(words: Iterable[str]) -> Iterator[str]:
    """Each word with one of its characters as it sounds, and with all of them."""
    for word in words:
        sounds = [_SOUNDS.get(character) for character in word]
        for place, sound in enumerate(sounds):
            if sound and len(word) > 1:
                yield word[:place] + sound + word[place + 1 :]
        if len(word) > 2 and all(sounds):
            yield "".join(filter(None, sounds))
