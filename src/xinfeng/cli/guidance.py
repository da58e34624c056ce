"""What `--help` and misused options say, in Chinese and in English.

Typer speaks English only. Here its frames and refusals get both languages, commands show one language a line, and
parameters that mean the same everywhere are explained once, by their name.
"""

from __future__ import annotations

import re
from typing import Any

import typer
from typer import rich_utils

from xinfeng.cli.output import complain

PARAMETERS = {
    "account": "企业代码 SP_Id，6 位 six digits",
    "campaign": "活动编号 campaign id",
    "campaign_id": "活动编号 campaign id",
    "change": "修改的编号，见 pressure rules number of the change",
    "channel_id": "通道编号 channel id",
    "code": "代码 code",
    "comment": "审批意见 comment",
    "connections": "连接数 how many connections",
    "days": "多少天 how many days",
    "description": "说明 description",
    "file": "文件 file",
    "first_id": "第一个分群的编号 id of one segment",
    "host": "运营商的地址 the carrier's address",
    "hotline": "客服电话 service hotline",
    "kind": "数据的种类，见 retention show kind of data",
    "key": "键：小写字母、数字和下划线 key: lower-case letters, digits, underscores",
    "key_id": "密钥编号 key id",
    "label": "中文名 label",
    "label_en": "英文名 label in English",
    "name": "名称 name",
    "number": "手机号 phone number",
    "page": "第几页 which page",
    "port": "端口 port",
    "prize": "奖项的名称 name of the prize",
    "purpose": "用途：marketing 营销或 service 服务 purpose",
    "reason": "原因 why",
    "route": "路由的编号或名称 id or name of a route",
    "rule_id": "规则标签编号 rule tag id",
    "second_id": "另一个分群的编号 id of the other",
    "segment_id": "分群编号 segment id",
    "slug": "表单网址里的短名 short name in the form's address",
    "tier": "分层，见 pressure strategies tier",
    "trade": "行业，发送时段随它 trade; it decides the send window",
    "username": "登录名 login",
    "version": "版本，例如 v1 version, such as v1",
    "webhook_id": "推送编号 webhook id",
}
"""Words for parameters that a command does not explain itself."""

_FRAMES = {
    "ARGUMENTS_PANEL_TITLE": "参数 Arguments",
    "OPTIONS_PANEL_TITLE": "选项 Options",
    "COMMANDS_PANEL_TITLE": "命令 Commands",
    "ERRORS_PANEL_TITLE": "错误 Error",
    "ABORTED_TEXT": "已中断。 Aborted.",
    "REQUIRED_LONG_STRING": "[必填 required]",
    "DEFAULT_STRING": "[默认 default: {}]",
    "ENVVAR_STRING": "[环境变量 env var: {}]",
    "RICH_HELP": "用法见 See: [blue]{command_path} {help_option}[/]",
}

_BETWEEN_LANGUAGES = re.compile(r"(?<=。) (?=[A-Za-z`])")


def command_tree(commands: typer.Typer) -> Any:
    """The commands, ready to run, with everything `--help` says about them in both languages."""
    for name, ours in {**_FRAMES, "rich_format_error": _refuse}.items():
        setattr(rich_utils, name, ours)
    tree = typer.main.get_command(commands)
    _explain(tree)
    return tree


def _explain(command: Any) -> None:
    if command.help:
        languages = _BETWEEN_LANGUAGES.split(command.help)
        command.short_help = "\b\n" + "\n".join(languages)
        command.help = "\n\n".join(languages)
    for parameter in command.params:
        if not getattr(parameter, "help", None):
            parameter.help = PARAMETERS.get(parameter.name)
    if command.context_settings.get("help_option_names") != []:  # the simulators have a parser of their own
        option = command.get_help_option(typer.Context(command))
        if option is not None:
            option.help = "显示这段说明 show this message"
    for inner in getattr(command, "commands", {}).values():
        _explain(inner)


def _refuse(error: Any) -> None:
    """Say what is wrong with the arguments; Typer goes on to leave with its exit code."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return
    for line in usage_fault(error):
        complain(line)
    context = getattr(error, "ctx", None)
    if context is not None:
        complain(f"用法见 See: {context.command_path} --help", style="dim")


def usage_fault(error: Any) -> list[str]:
    """What is wrong with the arguments: a line in Chinese, a line in English."""
    parameter = getattr(error, "param", None)
    context = getattr(error, "ctx", None)
    hint = error.param_hint if getattr(error, "param_hint", None) else None
    place = hint or (parameter.get_error_hint() if parameter is not None else "")
    place = " / ".join(place) if isinstance(place, (list, tuple)) else str(place)
    english = error.format_message()
    match type(error).__name__:
        case "MissingParameter":
            return [f"缺少 {place}。什么都没有做。", f"{english.rstrip('.')}. Nothing was done."]
        case "NoSuchOption":
            like = "、".join(sorted(error.possibilities or ()))
            rest = f"是不是 {like}？" if like else ""
            return [
                f"没有 {error.option_name} 这个选项。{rest}什么都没有做。",
                f"{english}. Nothing was done.",
            ]
        case "BadParameter" if place and "does not exist" in english:
            return [f"没有 {place} 这个文件。什么都没有做。", f"{english.rstrip('.')}. Nothing was done."]
        case "BadParameter" if place:
            return [f"{place} 的值不能用。什么都没有做。", f"{english.rstrip('.')}. Nothing was done."]
        case "BadParameter":  # one of ours, in both languages already
            return [str(error.message)]
    if context is not None and "No such command" in english:
        return [f"{context.command_path} 没有这个命令。什么都没有做。", english]
    return ["命令写得不完整，或多了内容。什么都没有做。", english]
