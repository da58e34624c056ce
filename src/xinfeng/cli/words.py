"""Errors in words for the terminal: Chinese, then English."""

from __future__ import annotations

from django.utils import translation

from xinfeng.console.sentences import operation
from xinfeng.console.words import sentence as console_sentence
from xinfeng.kernel.errors import XinfengError

SENTENCES = {
    "up.already_running": (
        "这个数据文件夹（{folder}）已经有一个信风在运行。没有再启动。要换一个文件夹，请设置 XINFENG_DATA。",
        "Xinfeng is already running on this data folder ({folder}). Nothing was started. "
        "To use another folder, set XINFENG_DATA.",
    ),
    "up.port_taken": (
        "地址 {address} 已被别的程序占用。没有启动。要换一个端口，请设置 XINFENG_HTTP，例如 127.0.0.1:8001。",
        "Another program uses {address}. Nothing was started. "
        "Choose another port with XINFENG_HTTP, for example 127.0.0.1:8001.",
    ),
    "up.address": (
        "不能在地址 {address} 上监听（{fault}）。没有启动。请用 XINFENG_HTTP 写本机的地址和 1024 以上的端口，"
        "例如 127.0.0.1:8001。",
        "Cannot listen on {address} ({fault}). Nothing was started. Name an address of this machine and a port above "
        "1024 with XINFENG_HTTP, for example 127.0.0.1:8001.",
    ),
    "app.already_running": (
        "这个数据文件夹（{folder}）已经有一个 app 在运行，或有命令还没有做完。没有再启动，正在运行的不受影响。",
        "An app is already running on this data folder ({folder}), or a command has not ended yet. Nothing was started; "
        "what runs is not affected.",
    ),
    "disk.full": (
        "磁盘满了：{folder}。命令没有做完；已经保存的都在。请腾出空间，再做一次。",
        "The disk is full: {folder}. The command did not finish; what was saved is kept. Make room and try again.",
    ),
    "file.not_allowed": (
        "{file} 不能读写（{fault}）。命令没有做完。它属于 {owner}，现在的用户是 {user}："
        "信风要一直用同一个系统用户运行；或用 XINFENG_DATA 换一个可以写的文件夹。",
        "{file} cannot be read or written ({fault}). The command did not finish. It belongs to {owner}, and this is "
        "{user}: always run Xinfeng as the same system user, or name a folder that can be written to with XINFENG_DATA.",
    ),
    "file.not_a_folder": (
        "{file} 不是文件夹。什么都没有做。请用 XINFENG_DATA 指明一个文件夹。",
        "{file} is no folder. Nothing was done. Name a folder with XINFENG_DATA.",
    ),
    "database.unreachable": (
        "连不上 PostgreSQL（{where}）：{fault}。命令没有做完；已经保存的都在。"
        "请看它是否在运行、XINFENG_DATABASE_URL 是否正确，再做一次。",
        "PostgreSQL ({where}) cannot be reached: {fault}. The command did not finish; what was saved is kept. See that it "
        "runs and that XINFENG_DATABASE_URL is right, then try again.",
    ),
    "database.rights": (
        "数据库用户的权限不够：{fault}。命令没有做完。这个用户要是数据库的所有者：ALTER DATABASE 库名 OWNER TO 用户。",
        "The database user lacks rights: {fault}. The command did not finish. It has to own the database: "
        "ALTER DATABASE name OWNER TO user.",
    ),
    "database.older": (
        "数据库的结构还是旧版的：程序升级了，正在运行的还没有重新启动。什么都没有改变。"
        "请先重新启动 xinfeng up（或 gateway、app），它会升级数据库；或运行 xinfeng migrate。",
        "The database still has the former version's tables: the program was upgraded, but what runs was not restarted. "
        "Nothing was changed. Restart xinfeng up (or gateway and app), which upgrades it; or run xinfeng migrate.",
    ),
    "vault.keys_missing": (
        "找不到密钥文件 {file}，而数据库里已有用它加密的数据。没有启动，也没有生成新密钥："
        "用新密钥会认不出已退订的人。请从备份放回这个文件，或用 XINFENG_KEY_FILE 指明它在哪里。",
        "The key file {file} is missing, but the database holds data sealed with it. Nothing was started and no new "
        "key was made: under a new one, people who opted out would not be known again. "
        "Put the file back from a backup, or say where it is with XINFENG_KEY_FILE.",
    ),
    "vault.keys_other": (
        "密钥文件 {file} 不是这个数据库所用的那一份，或少了其中的旧密钥。没有启动，什么都没有改变。"
        "请放回原来的文件，或用 XINFENG_KEY_FILE 指明它在哪里。",
        "The key file {file} is not the one this database is sealed with, or lacks one of its older keys. "
        "Nothing was started or changed. Put the right file back, or say where it is with XINFENG_KEY_FILE.",
    ),
    "vault.keys_unreadable": (
        "密钥文件 {file} 已损坏，读不出密钥。没有启动，什么都没有改变。请从备份放回这个文件。",
        "The key file {file} is damaged and cannot be read. Nothing was started or changed. "
        "Put it back from a backup.",
    ),
    "demo.folder_in_use": (
        "{folder} 里有不是演示留下的文件。什么都没有动。请用 --folder 换一个文件夹。",
        "{folder} holds files that no demonstration has left. Nothing was touched. Choose another with --folder.",
    ),
    "demo.no_port": ("找不到空闲端口。没有启动。", "There is no free port. Nothing was started."),
    "demo.interrupted": (
        "演示已中断。再运行一次会从头开始。",
        "The demonstration was interrupted; the next starts afresh.",
    ),
    "demo.timeout": (
        "等了 {seconds} 秒，仍没有等到：{waited_for}。演示已停止，数据留在原处，日志在 logs 文件夹。",
        "Waited {seconds} seconds in vain for: {waited_for}. The demonstration stopped; its data and logs are kept.",
    ),
    "demo.campaign_failed": ("活动没有完成：{fault}", "The campaign failed: {fault}"),
    "demo.command_failed": ("命令没有成功：{command}", "A command did not succeed: {command}"),
    "mapping.option": (
        "看不懂 --column {given}。请写成 列名=字段。什么都没有导入。",
        "--column {given} cannot be read; write COLUMN=FIELD. Nothing was imported.",
    ),
    "segment.no_file": (
        "读不到文件 {file}。什么都没有保存。请核对路径。",
        "The file {file} cannot be read. Nothing was saved. Check the path.",
    ),
    "segment.not_json": (
        "规则不是有效的 JSON：{fault}。什么都没有保存。",
        "The rule is not valid JSON: {fault}. Nothing was saved.",
    ),
    "template.default": (
        "看不懂 --default {given}。请写成 变量=文字。什么都没有保存。",
        "--default {given} cannot be read; write NAME=TEXT. Nothing was saved.",
    ),
    "as.unknown": (
        "没有叫“{user}”的在用账号，不能以它的身份做这件事。什么都没有改变。用 xinfeng users list 查看账号。",
        "There is no active account “{user}” to act as. Nothing was changed. See xinfeng users list.",
    ),
    "proof.no_file": (
        "没有证据包 {file}。没有核验。请核对路径。",
        "There is no proof bundle {file}. Nothing was checked. Check the path.",
    ),
    "inspection.no_file": (
        "没有检查档案 {file}。没有核验。请核对路径。",
        "There is no inspection archive {file}. Nothing was checked. Check the path.",
    ),
    "named.segment": (
        "没有叫“{given}”的分群。什么都没有保存。用 xinfeng segments list 查看名称和编号。",
        "There is no segment “{given}”. Nothing was saved. See xinfeng segments list for names and ids.",
    ),
    "named.template": (
        "没有叫“{given}”的模板。什么都没有保存。用 xinfeng templates list 查看名称和版本号。",
        "There is no template “{given}”. Nothing was saved. See xinfeng templates list for names and version ids.",
    ),
    "named.route": (
        "没有叫“{given}”的路由。什么都没有保存。用 xinfeng routes list 查看名称和编号。",
        "There is no route “{given}”. Nothing was saved. See xinfeng routes list for names and ids.",
    ),
    "named.channel": (
        "没有叫“{given}”的通道。什么都没有保存。用 xinfeng channels list 查看名称和编号。",
        "There is no channel “{given}”. Nothing was saved. See xinfeng channels list for names and ids.",
    ),
    "evidence.no_file": (
        "读不到文件 {file}。什么都没有保存。请核对路径。",
        "The file {file} cannot be read. Nothing was saved. Check the path.",
    ),
    "campaign.not_planned": (
        "活动 {campaign_id} 还没有生成计划，所以没有数字。先开始它，或用 preflight 预估。",
        "Campaign {campaign_id} has no plan yet, so there are no numbers. Start it, or ask for a preflight.",
    ),
}
"""Words for codes that only the command line raises."""


def sentence(error: XinfengError) -> str:
    """What happened, what was kept, what to do, in both languages; for a rule, at which place of it."""
    own = SENTENCES.get(error.code) or operation.SENTENCES.get(error.code)  # said before Django is there
    if own is not None:
        params = {
            name: ", ".join(map(str, one)) if isinstance(one, list) else one
            for name, one in error.params.items()
        }
        return "\n".join(text.format(**params) for text in own)
    where = f" [{error.params['path']}]" if error.code.startswith("rule.") and "path" in error.params else ""
    with translation.override("zh-hans"):
        chinese = console_sentence(error)
    with translation.override("en"):
        return f"{chinese}{where}\n{console_sentence(error)}{where}"
