"""Commands about signatures and templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinfeng.cli import named
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import utc_now

if TYPE_CHECKING:
    from xinfeng.content.models import TemplateVersion

group = typer.Typer(help="签名与模板 signatures and templates", no_args_is_help=True)
rich = typer.Typer(help="模板的 5G 消息 the 5G message of a template", no_args_is_help=True)
group.add_typer(rich, name="rich")
NAMED = typer.Argument(help="模板名称或版本号 name of the template, or id of a version")
ACTOR = "system:command line"


@group.command("signature")
def signature(
    text: Annotated[str, typer.Argument(help="签名，例如 四时茶 the signature")],
    hotline: Annotated[str, typer.Option()] = "",
) -> None:
    """添加签名（不带【】）。 Add a signature, without its brackets."""
    ready()
    from xinfeng.content.actions import add_signature

    say(f"签名 signature {add_signature(text, hotline=hotline, actor=ACTOR).pk}: 【{text}】")


@group.command("list")
def list_templates() -> None:
    """列出模板。 List templates."""
    ready()
    from xinfeng.content.models import TemplateVersion

    newest = (
        TemplateVersion.objects.select_related("template", "signature")
        .order_by("template_id", "-number")
        .distinct("template_id")
    )
    rows = [
        [
            version.pk,
            version.template.name,
            version.number,
            f"【{version.signature.text}】{version.value}{version.action}{version.opt_out}",
        ]
        for version in newest
    ]
    table("模板 Templates", ["版本号 version id", "名称 name", "第几版 no.", "文本 text"], rows, right=(0, 2))


@group.command("add")
def add(
    name: str,
    signature_text: Annotated[str, typer.Option("--signature", help="已登记的签名 a registered signature")],
    value: Annotated[str, typer.Option(help="价值：为什么值得看 why it is worth reading (Liquid)")],
    action: Annotated[str, typer.Option(help="行动：现在做什么 what to do now (Liquid)")] = "",
    opt_out: Annotated[str, typer.Option(help="退订说明 opt-out wording")] = "拒收请回复R",
    purpose: Annotated[str, typer.Option(help="marketing 或 service")] = "marketing",
    default: Annotated[list[str] | None, typer.Option(help="变量默认值 NAME=TEXT, repeatable")] = None,
    trade: Annotated[str, typer.Option()] = "retail",
) -> None:
    """新建模板。 Make a template."""
    ready()
    from xinfeng.content.actions import save_template
    from xinfeng.content.models import Signature

    found = Signature.objects.filter(text=signature_text).first()
    if found is None:
        raise NotFound("signature.unknown", text=signature_text)
    defaults = {}
    for pair in default or []:
        variable, equals, text = pair.partition("=")
        if not equals:
            raise InvalidInput("template.default", given=pair)
        defaults[variable.strip()] = text
    version = save_template(
        name=name,
        purpose=purpose,
        signature_id=found.pk,
        value=value,
        action=action,
        opt_out=opt_out if purpose == "marketing" else "",
        defaults=defaults,
        trade=trade,
        actor=ACTOR,
    )
    say(f"模板版本 template version {version.pk}")
    tell_examples(version)


def tell_examples(version: TemplateVersion) -> None:
    """Say which examples of the library or a strategy still stand in a version."""
    from xinfeng.content.review import examples_in

    if left := examples_in(version, at=utc_now()):
        places = "、".join(left)
        say(
            f"还有没换掉的示例：{places}。换成自己的内容之后才能送审、提交。\n"
            f"Examples are left in: {places}. Put your own words; until then it cannot be submitted.",
            style="yellow",
        )


@rich.command("show")
def show_rich(template: Annotated[str, NAMED]) -> None:
    """打印 5G 消息的 JSON，没有时打印 null。 Print its JSON form, null where there is none (docs/rich.md)."""
    ready()
    from xinfeng.content import reads

    typer.echo(json.dumps(reads.version(named.template_version(template)).rich, ensure_ascii=False, indent=2))


@rich.command("set")
def set_rich(
    template: Annotated[str, NAMED],
    file: Annotated[Path, typer.Argument(help="JSON 文件，- 是标准输入 a JSON file, - for standard input")],
) -> None:
    """用文件里的 JSON 存一个新版本；已经一样就不存。 Save the file's JSON as a new version, if it differs."""
    ready()
    _save_rich(template, _read_face(file))


@rich.command("drop")
def drop_rich(template: Annotated[str, NAMED]) -> None:
    """存一个没有 5G 消息的新版本。 Save a version without it: everybody gets the text."""
    ready()
    _save_rich(template, None)


def _save_rich(template: str, face: dict[str, Any] | None) -> None:
    from xinfeng.console.words import sentence
    from xinfeng.content import reads
    from xinfeng.content.actions import save_rich

    template_id = reads.version(named.template_version(template)).template_id
    try:
        version = save_rich(template_id, face, actor=ACTOR)
    except InvalidInput as refused:
        for fault in refused.params.get("faults", ()):
            say(f"{fault['where']}: {sentence(InvalidInput(fault['code'], **fault['params']))}", style="red")
        raise
    say(f"第 {version.number} 版 version {version.number}: {version.pk}")
    tell_examples(version)


def _read_face(file: Path) -> dict[str, Any]:
    """Raises InvalidInput `rich.no_file`, `rich.not_json`."""
    try:
        text = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text("utf-8-sig")
        face = json.loads(text)
    except OSError:
        raise InvalidInput("rich.no_file", file=str(file)) from None
    except (ValueError, RecursionError) as fault:
        raise InvalidInput("rich.not_json", fault=str(fault)[:120]) from None
    if not isinstance(face, dict):
        raise InvalidInput("rich.shape", where="rich")
    return face
