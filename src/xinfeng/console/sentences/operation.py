"""Words for what backups and restores refuse, and for versions beside each other."""

from __future__ import annotations

from xinfeng.console.sentences import Words

SENTENCES: dict[str, Words] = {
    "backup.cannot_write": Words(
        "备份写不进 {file}：{fault}。没有留下半份文件。请检查文件夹、权限和磁盘空间。",
        "The backup can't be written to {file}: {fault}. No half file was left. Check the folder, its rights and the disk.",
    ),
    "backup.changed_meanwhile": Words(
        "做备份时表结构变了（升级，或到期的月份被清除），这一份作废，没有留下文件。请再做一次。",
        "Tables changed while the backup was made (an upgrade, or a month past its retention); it was thrown away. "
        "Make another.",
    ),
    "backup.cut_off": Words(
        "{file} 不完整：后面少了一截，可能没有拷完。什么都没有恢复。请重新拷贝，或用另一份备份。",
        "{file} is not whole: its end is missing, as when copying broke off. Nothing was restored. Copy it again, or use "
        "another one.",
    ),
    "backup.damaged": Words(
        "备份已损坏或被改过：{file}。什么都没有恢复。请用另一份备份。",
        "The backup is damaged or was changed: {file}. Nothing was restored. Use another one.",
    ),
    "backup.every": Words(
        "间隔是 0 到 {most} 小时，0 为不做。没有保存。",
        "The interval is 0 to {most} hours, 0 for never. Nothing was saved.",
    ),
    "backup.file_exists": Words(
        "{file} 已经存在。没有覆盖。请换一个名字。",
        "{file} exists already and was left alone. Choose another name.",
    ),
    "backup.folder": Words(
        "文件夹 {folder} 不能放备份：要写绝对路径，已存在、可写入，并且不在数据库、密钥、上传和镜像的文件夹里。",
        "Backups can't go into {folder}: an absolute path is needed, of a folder that exists, can be written to and is "
        "none of the database's, keys', uploads' or lens's own.",
    ),
    "backup.folder_not_empty": Words(
        "文件夹 {folder} 不是空的。什么都没有动。请恢复到空文件夹（里面最多只有 keys）；"
        "如果是上次恢复断了留下的，先把它清空。",
        "The folder {folder} is not empty. Nothing was touched. Restore into an empty one (at most keys in it); "
        "if a restore that broke off left it, empty it first.",
    ),
    "backup.keep": Words("保留 1 到 {most} 份。没有保存。", "Keep between 1 and {most}. Nothing was saved."),
    "backup.keys_missing": Words(
        "找不到密钥文件 {file}。什么都没有恢复：没有密钥，备份里的内容打不开，退订过的人也认不出来。"
        "请用 --keys 指明密钥文件夹的备份。",
        "The key file {file} is missing. Nothing was restored: without keys nothing can be opened and people who opted "
        "out would not be known. Say with --keys where the backed-up folder of the keys is.",
    ),
    "backup.keys_other": Words(
        "密钥文件 {file} 与这份备份不符（不同或缺少：{missing}）。什么都没有恢复。"
        "较早的备份要用当时的密钥文件，它在密钥文件夹里，名字后面带日期。",
        "The key file {file} does not fit this backup (other or missing: {missing}). Nothing was restored. Older "
        "backups need the key file of their time; it lies in the folder of the keys with a date behind its name.",
    ),
    "backup.keys_there": Words(
        "{file} 已经存在。没有覆盖，什么都没有恢复。",
        "{file} exists already and was left alone. Nothing was restored.",
    ),
    "backup.keys_twice": Words(
        "--keys 和 --keys-within 只能给一个。什么都没有恢复。",
        "Give either --keys or --keys-within. Nothing was restored.",
    ),
    "backup.newer": Words(
        "这份备份由更新的版本 {version} 做成（多了 {missing}）。什么都没有恢复。请先装那个版本或更新的。",
        "A newer version, {version}, made this backup (it has {missing}). Nothing was restored. Install that version "
        "or a later one.",
    ),
    "backup.newer_format": Words(
        "看不懂这份备份的格式（{format}，最多认识 {known}）。请用做它的那个版本。",
        "The form of this backup ({format}) is not known here (up to {known}). Use the version that made it.",
    ),
    "backup.no_keys_within": Words(
        "这份备份里没有密钥。请用 --keys 指明密钥文件夹的备份。",
        "There are no keys in this backup. Say with --keys where they are.",
    ),
    "backup.no_room": Words(
        "{folder} 所在的磁盘只剩 {free_mb} MB，需要约 {needed_mb} MB。没有做备份。请腾出空间或换一个文件夹。",
        "The disk of {folder} has {free_mb} MB left; about {needed_mb} MB are needed. No backup was made. "
        "Make room or choose another folder.",
    ),
    "backup.not_empty": Words(
        "数据库不是空的。什么都没有动。请恢复到空数据库或新的数据文件夹。",
        "The database is not empty. Nothing was touched. Restore into an empty one or a new data folder.",
    ),
    "backup.other_signer": Words(
        "这份备份不是用手头的签名密钥签的。什么都没有恢复。核对指纹 {fingerprint} 无误后，用 --trust 指纹 再试。",
        "This backup was signed with another key than the one at hand. Nothing was restored. If {fingerprint} is the "
        "fingerprint you expect, give it with --trust.",
    ),
    "backup.passphrase": Words(
        "口令不对。什么都没有恢复。", "The passphrase is wrong. Nothing was restored."
    ),
    "backup.passphrase_differs": Words(
        "两次输入的口令不一样。没有做备份。", "The two passphrases differ. No backup was made."
    ),
    "backup.passphrase_file": Words(
        "读不到口令文件 {file}。", "The file of the passphrase, {file}, cannot be read."
    ),
    "backup.passphrase_short": Words(
        "口令至少 {shortest} 个字符。没有做备份。",
        "A passphrase has at least {shortest} characters. No backup was made.",
    ),
    "backup.restore_interrupted": Words(
        "恢复被中断。什么都没有恢复，{folder} 里已经写入的都删掉了；备份文件不受影响。再恢复一次即可。",
        "The restore was interrupted. Nothing was restored and what had been written into {folder} was removed; the "
        "backup is not affected. Restore once more.",
    ),
    "backup.restore_no_room": Words(
        "{folder} 所在的磁盘满了。什么都没有恢复，已经写入的都删掉了；备份文件不受影响。"
        "请腾出空间，再恢复一次：原来的数据文件夹有多大，就要有多少。",
        "The disk of {folder} is full. Nothing was restored and what had been written was removed; the backup is not "
        "affected. Make room, as much as the data folder it was made of took, and restore once more.",
    ),
    "backup.rights": Words(
        "数据库用户没有权限暂停触发器。什么都没有恢复。请由管理员执行："
        "GRANT SET ON PARAMETER session_replication_role TO 用户。",
        "The database user may not suspend triggers. Nothing was restored. Have an administrator run: "
        "GRANT SET ON PARAMETER session_replication_role TO the user.",
    ),
    "backup.schema": Words(
        "备份里的表 {table} 与这个版本的表对不上。什么都没有恢复。请用做它的那个版本。",
        "The table {table} of the backup does not fit this version's. Nothing was restored. Use the version that made it.",
    ),
    "backup.signature": Words(
        "备份的签名不对：文件被改过。什么都没有恢复。请用另一份备份。",
        "The backup's signature is wrong: the file was changed. Nothing was restored. Use another one.",
    ),
    "backup.under_way": Words("正在做另一份备份。请等它做完。", "Another backup is being made. Wait for it."),
    "backup.unfinished": Words(
        "往这里恢复备份没有做完就断了，里面不是完整的数据。没有启动，什么都没有改变。"
        "请清空数据文件夹（或数据库），再恢复一次；备份文件不受影响。",
        "A restore into this place broke off, so what is here is not whole. Nothing was started or changed. Empty the data "
        "folder (or the database) and restore once more; the backup itself is not affected.",
    ),
    "backup.unreadable": Words("{file} 不存在，或不是备份文件。", "{file} does not exist or is no backup."),
    "campaign.restored": Words(
        "生成计划时的数据来自恢复的备份，之后可能已经发过。没有再发。请先核对，再重新编辑。",
        "A backup was restored while the plan was being made; it may have been sent since. Nothing more was sent. "
        "Check first, then edit it again.",
    ),
    "database.newer": Words(
        "数据库已由更新的版本升级过（多了 {missing}）。没有启动。请把这台主机也升级。",
        "A newer version has migrated the database (it has {missing}). Nothing was started. Upgrade this host too.",
    ),
    "database.busy": Words(
        "升级时有表一直被占用，{seconds} 秒内没有等到。已做的步骤保留，其余没有改。请稍后再试。",
        "A table was in use for {seconds} seconds while migrating. What was done is kept, the rest is unchanged. "
        "Try again later.",
    ),
}
