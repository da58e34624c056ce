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
        "audit.view": _("查看审计"),
        "ui.view": _("查看界面组件"),
    },
}
