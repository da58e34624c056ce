"""From a contact file to a template, as a person does it: import, look, segment, write."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

HOSTILE = "<img src=x onerror=alert(1)>"


def write_members(folder: Path, *, prefix: str, count: int = 12) -> Path:
    """Members of Hangzhou and Ningbo with points, one row that cannot be taken."""
    rows = ["会员号,手机号,姓名,城市,积分,标签"]
    for number in range(count):
        city = "杭州" if number % 3 else "宁波"
        name = HOSTILE if number == 1 else "欧阳明月"
        rows.append(f"{prefix}{number:03d},154{prefix[-2:]}{number:06d},{name},{city},{number * 10},新茶会")
    rows.append(f"{prefix}999,154,坏行,杭州,1,")
    path = folder / f"{prefix}.csv"
    path.write_text("\n".join(rows), encoding="gb18030")
    return path


def import_members(page: Page, path: Path, source: str) -> None:
    page.goto("/imports/new")
    page.set_input_files("[name=file]", path)
    page.get_by_role("button", name="上传并查看").click()
    expect(page.get_by_text("按列名识别").first).to_be_visible()
    page.get_by_label("积分", exact=True).select_option("new:number")
    page.get_by_label("来源", exact=True).fill(source)
    page.get_by_label("什么时候同意的").fill("2026-03-01T10:00")
    page.get_by_label("在哪里同意的").fill("门店入会表")
    page.get_by_label("凭什么证明").fill("档案 A-17")
    page.get_by_role("button", name="下一步：检查").click()
    expect(page.get_by_text("新属性“积分”")).to_be_visible()
    page.get_by_role("button", name="开始导入").click()
    expect(page.get_by_text("已完成")).to_be_visible()


def test_a_file_becomes_contacts_a_segment_and_a_template(page: Page, tmp_path: Path) -> None:
    import_members(page, write_members(tmp_path, prefix="AA21"), "新茶会名单")
    expect(page.locator("#rejected")).to_contain_text("不是中国大陆手机号")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载这些行").click()
    assert "坏行" in download.value.path().read_text("utf-8-sig")

    page.get_by_role("link", name="查看这些客户").click()
    expect(page.locator("#contacts tbody tr")).to_have_count(12)
    expect(page.locator("#contacts")).to_contain_text("欧**")
    expect(page.locator("#contacts")).not_to_contain_text("欧阳明月")

    page.locator(".xf-find [name=q]").fill("15421000002")
    page.locator(".xf-find [name=q]").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("欧**")
    assert "15421" not in page.url
    expect(page.get_by_text("未被改动")).to_be_visible()
    page.get_by_role("button", name="显示完整信息").click()
    page.get_by_label("为什么需要看").fill("客户来电核对")
    page.get_by_role("button", name="显示并记录").click()
    expect(page.get_by_text("15421000002")).to_be_visible()

    page.goto("/segments/new")
    page.get_by_label("分群名称").fill("杭州新茶客")
    page.get_by_role("button", name="条件", exact=True).click()
    expect(page.get_by_text("这个条件还没有填完。").first).to_be_visible()
    page.get_by_label("值", exact=True).fill("杭州")
    expect(page.locator("#numbers")).to_contain_text("城市是「杭州」")
    expect(page.locator("#numbers strong").first).to_have_text("8")
    page.get_by_role("button", name="条件", exact=True).click()
    row = page.locator(".xf-rule-row").nth(1)
    row.get_by_label("条件对象").select_option(label="积分")
    row.get_by_label("比较").select_option("at_least")
    row.get_by_label("值", exact=True).fill("50")
    expect(page.locator("#numbers strong").first).to_have_text("5")
    page.get_by_role("button", name="保存分群").click()
    expect(page.locator(".xf-rule-words")).to_contain_text("积分")
    expect(page.locator("#numbers strong").first).to_have_text("5")

    page.goto("/templates/signatures")
    page.get_by_role("textbox", name="签名", exact=True).fill("山岚茶社")
    page.get_by_label("服务热线").last.fill("400-820-8820")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("main table")).to_contain_text("山岚茶社")
    page.goto("/templates/new")
    page.get_by_label("模板名称").fill("新茶到店提醒")
    page.get_by_label("价值").click()
    page.get_by_role("button", name="姓名 contact.name").click()
    page.get_by_label("价值").press_sequentially("您好，新茶到店")
    expect(page.locator("#error-value")).to_contain_text("默认值")
    page.get_by_label("姓名 contact.name").fill("会员")
    expect(page.locator(".xf-bubble")).to_contain_text("您好，新茶到店 拒收请回复R")
    expect(page.locator("#preview")).not_to_contain_text("欧阳明月")
    expect(page.locator(".xf-preview-reader")).to_be_visible()
    reader = page.locator(".xf-preview-reader").inner_text()
    page.get_by_role("button", name="下一位").click()
    expect(page.locator(".xf-preview-reader")).not_to_have_text(reader)
    page.get_by_role("button", name="保存模板").click()
    expect(page.get_by_text("已保存为第 1 版。")).to_be_visible()


def test_a_rule_is_built_by_keyboard_with_groups_and_examples(page: Page) -> None:
    page.goto("/segments/new")
    page.get_by_role("button", name="条件组").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".xf-rule-group .xf-rule-group")).to_have_count(1)
    subject = page.locator(".xf-rule-group .xf-rule-group").get_by_label("条件对象")
    subject.select_option(label="购买")
    page.locator(".xf-rule-group .xf-rule-group").get_by_label("比较").select_option("between")
    values = page.locator(".xf-rule-group .xf-rule-group").get_by_label("值", exact=True)
    values.nth(1).fill("2")
    values.nth(2).fill("4")
    expect(page.locator("#numbers")).to_contain_text("购买")
    rule = page.locator("textarea[name=rule]")
    assert '"between"' in rule.input_value() and '"any"' in rule.input_value()
    page.get_by_role("button", name="移除这一组").click()
    expect(page.locator("#numbers")).to_contain_text("所有客户")
    page.locator(".xf-examples summary").click()
    page.get_by_role("link", name="高意向").click()
    expect(page.locator(".xf-rule-row")).to_have_count(3)
    expect(page.locator("#numbers")).to_contain_text("浏览至少 3 次")


def test_screens_fit_a_phone(phone_page: Page) -> None:
    for path in ("/contacts", "/imports/new", "/segments", "/segments/new?ready=champions", "/templates/new"):
        phone_page.goto(path)
        phone_page.wait_for_load_state("networkidle")
        wider = phone_page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, path
