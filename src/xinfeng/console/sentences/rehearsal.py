"""Words for what stands in the way of a rehearsal."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "rehearsal.broke": Words(
        "演练出了意外，没有结果，原因在 app 的日志里。什么都没有发出。",
        "The rehearsal broke down and has no result; the app's log says why. Nothing was sent.",
    ),
    "rehearsal.fault": Words(
        "没有“{fault}”这种故障。没有演练。", "There is no fault “{fault}”. Nothing was rehearsed."
    ),
    "rehearsal.kind": Words(
        "通道“{channel}”没有可以替代它的模拟运营商（例如 5G 消息），不能演练。什么都没有发出。",
        "No simulated carrier can stand in for “{channel}” (5G messages, for one), so it can't be rehearsed. Nothing "
        "was sent.",
    ),
    "rehearsal.lost": Words(
        "演练中断了：信风在中途停止或重启。没有结果，什么都没有发出。请再演练一次。",
        "The rehearsal was cut short: Xinfeng stopped or was restarted. There is no result, and nothing was sent. "
        "Rehearse again.",
    ),
    "rehearsal.messages": Words(
        "演练的条数要在 1 到 {at_most} 之间。没有演练。",
        "A rehearsal takes 1 to {at_most} messages. Nothing was rehearsed.",
    ),
    "rehearsal.no_carrier": Words(
        "模拟运营商（{protocol}）没有启动。什么都没有发出。请再试一次；再不行，请看服务器是否还有内存和端口。",
        "The simulated carrier ({protocol}) did not start. Nothing was sent. Try again; if it fails again, see whether "
        "the server has memory and ports left.",
    ),
    "rehearsal.nobody": Words(
        "现在没有人会收到这个活动，没有可以演练的短信。请看预检里每个人被拦下的原因。",
        "Nobody would get this campaign now, so there is nothing to rehearse. The preflight says what holds people back.",
    ),
    "rehearsal.not_loopback": Words(
        "演练停止了：有一个账号不是本机的模拟运营商。什么都没有发出。请把这件事告诉管理员。",
        "The rehearsal was stopped: an account did not lead to a simulated carrier on this machine. Nothing was sent. "
        "Tell an administrator.",
    ),
    "rehearsal.stopped": Words(
        "演练已停止。什么都没有发出。", "The rehearsal was stopped. Nothing was sent."
    ),
    "rehearsal.too_late": Words(
        "活动已经开始，不能再演练。", "The campaign was started already; it can't be rehearsed any more."
    ),
    "rehearsal.under_way": Words(
        "已经有一次演练在进行，同时只能有一次。请等它结束（最多三分钟），或先取消它。",
        "A rehearsal is under way, and there is one at a time. Wait until it is over (three minutes at most) or cancel "
        "it first.",
    ),
    "rehearsal.unknown": Words("没有这次演练。", "There is no such rehearsal."),
}
