"""What each permission allows, in words; in the groups and the order in which the page lists them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GROUPS: dict[Promise, dict[str, Promise]] = {
    _("客户"): {
        "contact.view": _("查看客户（号码打码）"),
        "contact.reveal": _("查看完整手机号"),
        "contact.edit": _("修改客户资料和标签"),
        "contact.erase": _("删除个人信息"),
        "consent.view": _("查看告知书、屏蔽名单和账本"),
        "consent.edit": _("登记授权与撤回，发布告知书"),
        "consent.prove": _("出具同意证明"),
        "contract.view": _("查看共享合同"),
        "contract.edit": _("登记和终止共享合同"),
        "suppression.edit": _("加入和解除屏蔽"),
        "import.view": _("查看导入"),
        "import.run": _("导入文件"),
        "segment.view": _("查看分群"),
        "segment.edit": _("新建和修改分群"),
        "tier.view": _("查看分层、特征和标签"),
        "tier.edit": _("修改分层规则和行为特征"),
        "tag.edit": _("新建、改名与合并标签"),
        "contact.merge": _("合并客户与撤销合并"),
        "form.view": _("查看表单"),
        "form.edit": _("制作和发布表单"),
        "number.view": _("查看号码健康"),
        "number.edit": _("隔离和放行号码"),
        "request.view": _("查看个人信息请求"),
        "request.handle": _("办理个人信息请求"),
    },
    _("内容与活动"): {
        "template.view": _("查看模板"),
        "template.edit": _("写模板"),
        "template.approve": _("审核模板"),
        "campaign.view": _("查看活动和报告"),
        "campaign.edit": _("新建、修改和提交活动"),
        "campaign.approve": _("批准或退回活动"),
        "campaign.run": _("开始、暂停、停止活动"),
        "campaign.export": _("导出活动名单"),
        "inbox.view": _("查看收件箱"),
        "inbox.handle": _("阅读回复并标为已处理"),
    },
    _("系统"): {
        "dashboard.view": _("查看概览"),
        "channel.view": _("查看通道"),
        "channel.edit": _("设置通道"),
        "api.view": _("查看接口"),
        "api.edit": _("管理密钥和推送"),
        "settings.view": _("查看设置"),
        "settings.edit": _("修改规则和日历"),
        "user.edit": _("管理用户"),
        "security.edit": _("设置登录安全"),
        "key.rotate": _("轮换密钥"),
        "audit.view": _("查看审计"),
        "ui.view": _("查看界面组件"),
    },
}

DESCRIPTIONS: dict[str, Promise] = {
    "contact.view": _("姓名、号码都打码；标签、分层、行为和授权看得到。"),
    "contact.reveal": _("一次看一个，要写原因，记入审计。"),
    "contact.erase": _("应本人要求删除；不能恢复。"),
    "consent.edit": _("撤回立即生效，约束所有未发的短信。"),
    "consent.prove": _("含个人信息的签名证据包；每次出具和下载都记入审计。"),
    "suppression.edit": _("解除屏蔽要写原因，并记入审计。"),
    "import.run": _("导入的每个人都要有授权来源。"),
    "request.handle": _("查询、复制、更正、转移、删除；有期限。"),
    "template.approve": _("不能审核自己写的。"),
    "campaign.approve": _("不能批准自己提交的；批准后有改动就作废。"),
    "campaign.run": _("只能开始已批准的活动。"),
    "campaign.export": _("号码打码；要完整号码还需“查看完整手机号”和用途。"),
    "inbox.handle": _("会看到客户回复的原文，记入审计。"),
    "channel.edit": _("密钥写进去就再也读不出来，只能更换。"),
    "api.edit": _("密钥只显示一次，可限权限、地址、速率和期限。"),
    "user.edit": _("添加、停用、换角色、重设密码和两步验证。"),
    "security.edit": _("谁必须两步验证、会话多久结束、密码和闲置账号的规则。"),
    "key.rotate": _("换一个加密主密钥，边运行边重新加密。"),
    "audit.view": _("只能看和导出；没有任何角色能改或删审计。"),
    "settings.edit": _("时段、频次、日历等规则；每次修改都记入审计。"),
}
"""What matters about a permission beyond its name."""

ROLE_WORDS: dict[str, Promise] = {
    "operator": _("建客户库、分群、写模板、做活动，交给审核。"),
    "reviewer": _("审核模板和活动，不写内容。"),
    "compliance": _("管授权、屏蔽、个人信息请求和证据；可随时暂停或停止。"),
    "analyst": _("看数据、做分群、导出打码名单。"),
    "developer": _("接通道和接口，不看客户。"),
    "administrator": _("什么都可以，包括管理用户和密钥；仍不能批准自己写的，也改不了审计。"),
}
"""What a role is there for."""
