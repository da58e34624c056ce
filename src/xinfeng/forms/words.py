"""What the public's pages say besides the form's own texts, in both languages."""

from __future__ import annotations

from typing import Any

WORDS: dict[str, tuple[str, str]] = {
    "phone": ("手机号", "Mobile number"),
    "name": ("姓名", "Name"),
    "gender": ("性别", "Gender"),
    "female": ("女", "Female"),
    "male": ("男", "Male"),
    "unknown": ("不透露", "Prefer not to say"),
    "birthday": ("生日", "Date of birth"),
    "province": ("省份", "Province"),
    "city": ("城市", "City"),
    "optional": ("选填", "optional"),
    "choose": ("请选择", "Choose"),
    "yes": ("是", "Yes"),
    "no": ("否", "No"),
    "submit": ("提交", "Send"),
    "your_choice": (
        "以下授权均为自愿，不勾选也可以提交",
        "All of these are voluntary; you can send the form without them",
    ),
    "read_notice": ("查看告知全文", "Read the full notice"),
    "sensitive": ("敏感信息，勾选对应授权后才会保存", "Sensitive: kept only if you tick its box below"),
    "use": (
        "您的手机号只用于处理这次提交，以及您在下面勾选的用途。",
        "Your number is used for this request, and for what you tick below.",
    ),
    "use_code": (
        "提交后会向这个号码发一条验证码短信。",
        "A code will be sent to this number by SMS when you send the form.",
    ),
    "privacy": ("隐私政策", "Privacy policy"),
    "trap": ("请不要填写这一栏", "Leave this empty"),
    "other_language": ("English", "中文"),
    "fix": (
        "有几处需要改一下，已填的内容都还在。",
        "A few things need another look; what you typed is still here.",
    ),
    "stale": (
        "这个页面已经更新或打开太久，请看一下再提交。您填的内容都还在。",
        "This page has changed or was open too long. Please look it over and send it again; what you typed is here.",
    ),
    "used": (
        "这个页面已经提交过一次，这次填的和上次不同。请看一下，再点一次提交；新填的还没有保存。",
        "This page was sent before, with something else on it. Please look it over and send it once more; "
        "what is new has not been saved yet.",
    ),
    "too_fast": ("提交得太快了，请再点一次。", "That was very quick. Please send it once more."),
    "flooded": ("提交次数太多，请过一会儿再试。", "Too many attempts. Please try again later."),
    "full": ("名额已满，这次没有提交成功。", "All places are taken; this was not sent."),
    "full_title": ("名额已满", "All places are taken"),
    "closed_title": ("活动已结束", "This has ended"),
    "closed": ("感谢关注，欢迎下次再来。", "Thank you for your interest. See you next time."),
    "soon_title": ("还没开始", "Not open yet"),
    "soon": ("开放时间：{at}", "Opens {at}"),
    "none_title": ("没有这个页面", "There is no such page"),
    "none": ("请核对链接，或重新扫码。", "Check the address, or scan the code again."),
    "problem_title": ("暂时无法提交", "This cannot be sent now"),
    "problem": ("请稍后再试。您没有被扣任何名额或奖品。", "Please try again later. Nothing was used up."),
    "refused_title": ("这次请求没有被接受", "This request was not accepted"),
    "refused": ("请从表单页面重新提交。", "Please send the form from its own page."),
    "code_title": ("输入验证码", "Enter the code"),
    "code_sent": (
        "我们向您填写的手机号发了一条 6 位数字的验证码，10 分钟内有效。",
        "We sent a 6-digit code to the number you gave. It is valid for 10 minutes.",
    ),
    "code_label": ("验证码", "Code"),
    "code_why": (
        "输入验证码，说明这个号码在您手里。您刚才勾选的授权会在验证后生效；如果这个号码以前退订过，而您勾选了营销短信，"
        "验证后会恢复接收，之后仍可随时退订。",
        "Entering it shows that the number is in your hands. What you ticked takes effect then; if this number opted out "
        "before and you ticked marketing SMS, messages will come again, and you can opt out at any time.",
    ),
    "code_submit": ("确认", "Confirm"),
    "code_wrong": ("验证码不对，请核对最新一条短信。", "That is not the code. Check the latest message."),
    "code_expired": ("这个验证码已失效，请重新获取。", "This code no longer works. Ask for another."),
    "code_wait": ("请至少间隔 60 秒再获取。", "Please wait 60 seconds before asking again."),
    "code_again_sent": ("已重新发送，请以最新一条为准。", "Sent again; use the latest one."),
    "again": ("重新获取验证码", "Send another code"),
    "no_code": ("没有收到？", "No code?"),
    "no_code_help": (
        "请核对号码，查看短信拦截。部分号码因之前的设置暂时收不到短信；需要帮助请联系我们的客服，可以恢复接收或另行登记。",
        "Check the number and your spam folder. Some numbers receive no messages because of earlier settings; "
        "our customer service can restore them or register you another way.",
    ),
    "done_title": ("提交成功", "Thank you"),
    "done": ("我们已经收到您的信息。", "We have received it."),
    "won": ("恭喜您获得", "You have won"),
    "got": ("您获得了", "You have received"),
    "coupon": ("券码", "Code"),
    "copy": ("复制", "Copy"),
    "copied": ("已复制", "Copied"),
    "points": ("{n} 积分已到账", "{n} points were credited"),
    "nothing": (
        "这次没有奖品：可能是没有抽中、奖品已发完，或这个号码已经参加过。",
        "No prize this time: none was drawn, none is left, or this number has taken part already.",
    ),
    "lost": ("这次没有抽中，谢谢参与。", "No luck this time. Thank you for taking part."),
    "out_of_stock": ("奖品已经发完了。", "There is nothing left to give."),
    "repeated": ("您已经参加过了，每人最多 {n} 次。", "You have taken part already; at most {n} times each."),
    "not_asked_for": ("您的信息已登记，没有附带奖品。", "You are registered; no prize comes with it."),
    "only_for": ("勾选营销短信授权的参与者可获得奖品", "The gift is for those who agree to marketing SMS"),
    "keep": (
        "请截图保存。这个页面的链接只有您有。",
        "Keep a screenshot. Only you have the address of this page.",
    ),
    "agreed": ("您同意了", "You agreed to"),
    "withdraw": (
        "随时可以退订：回复短信中的退订字样，或联系我们的客服。",
        "You can opt out at any time: reply as the message says, or contact us.",
    ),
    "purpose_marketing": ("接收营销短信", "marketing SMS"),
    "purpose_service": ("接收服务短信", "service SMS"),
    "purpose_location": ("使用位置信息", "use of your location"),
    "purpose_profiling": ("个性化推荐", "personalisation"),
    "purpose_sharing": ("对外提供信息", "passing data on"),
    "purpose_sensitive": ("使用敏感信息", "use of sensitive data"),
    "preview": ("预览", "Preview"),
    "by": ("由信风提供", "Powered by Xinfeng"),
}

FAULTS: dict[str, tuple[str, str]] = {
    "form.missing": ("请填写这一项", "Please fill this in"),
    "form.choice": ("请从列表里选一项", "Please choose one of the list"),
    "form.child": (
        "未满 14 周岁需要监护人陪同办理，请联系我们。什么都没有保存。",
        "Under 14 a guardian has to agree; please contact us. Nothing was kept.",
    ),
    "phone.empty": ("请填写手机号", "Please give your mobile number"),
    "phone.unreadable": ("请填写 11 位手机号", "Please give an 11-digit mobile number"),
    "phone.iot": ("这是物联网号码，不能接收短信", "This is a number of a machine"),
    "phone.not_mainland_mobile": (
        "请填写大陆的 11 位手机号",
        "Please give a mainland mobile number of 11 digits",
    ),
    "birthday.unreadable": ("请填写日期，例如 1990-02-03", "Please give a date such as 1990-02-03"),
    "birthday.in_future": ("生日不能在将来", "This date is in the future"),
    "birthday.too_old": ("请核对年份", "Please check the year"),
    "date.unreadable": ("请填写日期，例如 2026-12-01", "Please give a date such as 2026-12-01"),
    "number.unreadable": ("请填写数字", "Please give a number"),
    "bool.unreadable": ("请选择是或否", "Please choose yes or no"),
    "cell.too_long": ("太长了，请写短一些", "This is too long"),
    "attribute.too_long": ("太长了，请写短一些", "This is too long"),
}
_OTHER = ("请核对这一项", "Please check this")


def word(name: str, language: str, **values: Any) -> str:
    """A text of WORDS, its `{places}` filled."""
    return WORDS[name][language == "en"].format(**values)


def words(language: str) -> dict[str, str]:
    """All texts of WORDS in one language, for templates."""
    return {name: pair[language == "en"] for name, pair in WORDS.items()}


def fault(code: str, language: str) -> str:
    """What is wrong with an answer."""
    return FAULTS.get(code, _OTHER)[language == "en"]
