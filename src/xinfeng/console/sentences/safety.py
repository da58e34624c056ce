"""Words for signing in, passwords, second factors, sessions, and keys."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "login.locked": Words(
        "密码或验证码错了太多次，这个账号暂时不能从这里登录。账号没有改变。请过 {minutes} 分钟再试，或请管理员重设密码。",
        "Too many wrong passwords or codes: this account cannot sign in from here for now. Nothing was changed. "
        "Try again in {minutes} minutes, or ask an administrator to set a new password.",
    ),
    "login.slow": Words(
        "有人正从很多地方试这个账号的密码。账号没有被锁：新地点合起来每分钟只能试一次，您平时登录的地方不受影响。"
        "请过一分钟再试，或请管理员重设密码。",
        "Somebody is trying passwords of this account from many places. The account is not locked: new places share one "
        "try a minute, and where you usually sign in you are not slowed down. Try again in a minute, or ask an "
        "administrator to set a new password.",
    ),
    "login.busy": Words(
        "现在同时登录的人太多。什么都没有改变。请过几秒钟再试。",
        "Too many are signing in at this moment. Nothing was changed. Try again in a few seconds.",
    ),
    "login.password_wrong": Words(
        "密码不对。什么都没有改变。请注意大小写再试。",
        "The password is wrong. Nothing was changed. Mind capital letters and try again.",
    ),
    "login.prove_again": Words(
        "请再确认一次是您：填密码或验证码之后再做。什么都没有改变。",
        "Please confirm once more that it is you, with your password or a code. Nothing was changed.",
    ),
    "second_factor.wrong": Words(
        "验证码不对，或已经用过。请等应用里出现下一个再填；总是不对时，请核对手机的时间。",
        "The code is wrong or has been used. Wait for the next one in your app; if it is always wrong, check the "
        "clock of your phone.",
    ),
    "second_factor.on": Words(
        "两步验证已经开启。什么都没有改变。换手机请在“我的账号”里操作。",
        "Two-step sign-in is on already. Nothing was changed. For a new phone, see My account.",
    ),
    "second_factor.off": Words(
        "这个账号没有开启两步验证。什么都没有改变。",
        "Two-step sign-in is not on for this account. Nothing was changed.",
    ),
    "second_factor.not_begun": Words(
        "还没有开始设置两步验证。什么都没有改变。请回到“我的账号”重新开始。",
        "Setting up has not been started. Nothing was changed. Begin again at My account.",
    ),
    "session.unknown": Words("这处登录已经结束了。", "This session has ended already."),
    "reason.missing": Words(
        "没有写原因。什么都没有改变。请写一句，它会记入审计。",
        "No reason was given. Nothing was changed. Write a sentence; it goes into the audit log.",
    ),
    "login.initial_lapsed": Words(
        "这个初始密码已经超过 {days} 天没有使用，不再有效。账号没有改变。请管理员重设一个。",
        "This initial password was not used within {days} days and is no longer good. Nothing was changed. "
        "Ask an administrator for a new one.",
    ),
    "export.reason_rows": Words(
        "要导出 {rows} 行，超过 {most} 行的导出要写用途。没有导出。用途会记入审计。",
        "{rows} rows are to be exported; more than {most} ask for a reason. Nothing was exported. "
        "The reason goes into the audit log.",
    ),
    "user.same_password": Words(
        "新密码和现在的一样。没有更改。请换一个。",
        "The new password is the one in force. Nothing was changed. Choose another.",
    ),
    "password.short": Words(
        "密码有 {length} 个字符，至少要 {shortest} 个。没有更改。可以用一句话。",
        "The password has {length} characters; at least {shortest} are needed. Nothing was changed. "
        "A sentence will do.",
    ),
    "password.long": Words(
        "密码超过 {longest} 个字符。没有更改。请缩短。",
        "The password has more than {longest} characters. Nothing was changed. Shorten it.",
    ),
    "password.common": Words(
        "这是常见或泄露过的密码，或只是它换了个样子，很容易被猜到。没有更改。请换一个。",
        "This password is well known or has leaked, or is one in disguise, and easily guessed. Nothing was changed. "
        "Choose another.",
    ),
    "password.repeats": Words(
        "只有几个字符在重复，至少要 {fewest} 种不同的字符。没有更改。",
        "Only a few characters repeat; at least {fewest} different ones are needed. Nothing was changed.",
    ),
    "password.own": Words(
        "密码里有用户名、姓名或产品的名字，很容易被猜到。没有更改。请换一个。",
        "The password holds the username, a name or the product's name, and is easily guessed. Nothing was changed. "
        "Choose another.",
    ),
    "security.range": Words(
        "“{name}”要在 {lowest} 到 {highest} 之间。没有保存。",
        "“{name}” must be between {lowest} and {highest}. Nothing was saved.",
    ),
    "key.not_known_everywhere": Words(
        "密钥 {key_id} 还不能启用：{holders} 还没有拿到它。什么都没有改变。请把密钥文件放到那些主机上，再试一次。",
        "Key {key_id} cannot be used yet: {holders} do not know it. Nothing was changed. "
        "Put the key file on those hosts and try again.",
    ),
    "key.unknown": Words(
        "密钥文件里没有密钥 {key_id}。什么都没有改变。用 xinfeng keys list 查看。",
        "There is no key {key_id} in the key file. Nothing was changed. See xinfeng keys list.",
    ),
    "key.active": Words(
        "密钥 {key_id} 正在使用，不能退役。什么都没有改变。请先用 xinfeng keys rotate 换一个。",
        "Key {key_id} is in use and cannot be retired. Nothing was changed. Run xinfeng keys rotate first.",
    ),
    "key.in_use": Words(
        "还有 {values} 项内容是用密钥 {key_id} 加密的（{where}）。没有退役。等重新加密完成后再试。",
        "{values} values are still sealed with key {key_id} ({where}). It was not retired. "
        "Wait until everything has been sealed anew.",
    ),
    "key.too_soon": Words(
        "密钥 {key_id} 刚刚换下，可能还有没写完的内容用着它。没有退役。请过 {seconds} 秒再试。",
        "Key {key_id} was replaced a moment ago and work in progress may still use it. It was not retired. "
        "Try again in {seconds} seconds.",
    ),
    "key.rotating": Words(
        "正在重新加密，还没有完成。没有再开始一次。进度见“设置 → 密钥”。",
        "Everything is being sealed anew already. No second round was started. See Settings → Keys.",
    ),
}
