"""How states look: the word and the colour of each, in one place, so that a state looks the same everywhere."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from xinfeng.console.components.parts import Text, Tone

STATES: dict[str, dict[str, tuple[Text, Tone]]] = {
    "campaign": {
        "draft": (_("草稿"), "neutral"),
        "submitted": (_("待审核"), "warn"),
        "approved": (_("已批准"), "info"),
        "scheduled": (_("已排期"), "info"),
        "planning": (_("计划中"), "accent"),
        "running": (_("发送中"), "accent"),
        "paused": (_("已暂停"), "warn"),
        "stopped": (_("已停止"), "bad"),
        "finished": (_("已完成"), "good"),
        "failed": (_("失败"), "bad"),
    },
    "message": {
        "planned": (_("已计划"), "neutral"),
        "withheld": (_("未发出"), "neutral"),
        "accepted": (_("已接收"), "info"),
        "delivered": (_("已送达"), "good"),
        "failed": (_("未送达"), "bad"),
        "uncertain": (_("待定"), "warn"),
    },
    "import": {
        "mapping": (_("待对应列"), "warn"),
        "queued": (_("排队中"), "info"),
        "checking": (_("检查中"), "accent"),
        "running": (_("导入中"), "accent"),
        "done": (_("已完成"), "good"),
        "failed": (_("失败"), "bad"),
        "cancelled": (_("已取消"), "neutral"),
    },
    "stage": {
        "planned": (_("已计划"), "neutral"),
        "waiting": (_("等待发送"), "neutral"),
        "on_wire": (_("提交中"), "accent"),
        "withheld": (_("未发出"), "neutral"),
        "accepted": (_("已接收"), "info"),
        "delivered": (_("已送达"), "good"),
        "failed": (_("未送达"), "bad"),
        "uncertain": (_("待定"), "warn"),
        "left_out": (_("未列入"), "neutral"),
    },
    "connection": {
        "connecting": (_("连接中"), "accent"),
        "ready": (_("已连接"), "good"),
        "refused": (_("登录被拒"), "bad"),
        "waiting": (_("等待重连"), "warn"),
        "closed": (_("已断开"), "bad"),
    },
    "reply": {
        "opt_out": (_("退订"), "bad"),
        "other": (_("普通回复"), "info"),
    },
    "channel": {
        "connected": (_("已连接"), "good"),
        "connecting": (_("连接中"), "accent"),
        "refused": (_("登录被拒"), "bad"),
        "waiting": (_("等待重连"), "warn"),
        "down": (_("已断开"), "bad"),
        "off": (_("已停用"), "neutral"),
    },
    "consent": {
        "granted": (_("已授权"), "good"),
        "withdrawn": (_("已撤回"), "bad"),
        "stale": (_("告知已更新"), "warn"),
        "none": (_("无授权"), "neutral"),
    },
}


def state_of(kind: str, code: str) -> tuple[Text, Tone]:
    """Word and colour; a code nobody has named yet is shown as it is."""
    return STATES[kind].get(code, (code, "neutral"))
