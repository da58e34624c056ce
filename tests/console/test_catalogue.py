"""Every text of the console can be read in English."""

from xinfeng.console import catalogue
from xinfeng.console.catalogue import Text


def test_every_marked_text_has_an_english_translation():
    lacking = {found.text.one for found in catalogue.missing(catalogue.sources())}
    assert not lacking, "run python -m xinfeng.console.catalogue and translate: " + ", ".join(sorted(lacking))


def test_the_compiled_catalogue_is_that_of_the_sources():
    assert catalogue.COMPILED.read_bytes() == catalogue.compile_mo(catalogue.sources())


def test_no_text_is_translated_in_two_ways():
    seen: dict[Text, str] = {}
    for screen, entries in catalogue.sources().items():
        for text in entries:
            assert text not in seen, f"{text.one!r} is in {seen[text]}.po and {screen}.po"
            seen[text] = screen


def test_placeholders_survive_translation():
    for entries in catalogue.sources().values():
        for text, forms in entries.items():
            wanted = set(catalogue.re.findall(r"%\(\w+\)s", text.one))
            for form in forms:
                assert set(catalogue.re.findall(r"%\(\w+\)s", form)) == wanted, text.one


def test_texts_are_found_in_every_way_a_template_can_mark_them():
    source = (
        '{% translate "甲" %}{{ x|default:_("乙") }}{% blocktranslate with n=x|num %}共 {{ n }} 条{% endblocktranslate %}'
        "{% blocktranslate count n=x %}{{ n }} 个{% plural %}{{ n }} 些{% endblocktranslate %}"
    )
    assert set(catalogue.in_template(source)) == {
        Text("甲"),
        Text("乙"),
        Text("共 %(n)s 条"),
        Text("%(n)s 个", "%(n)s 些"),
    }


def test_texts_are_found_in_python_calls():
    source = 'a = _("甲")\nb = ngettext("一个", "多个", n)\nc = other("丙")\nd = _(variable)\n'
    assert set(catalogue.in_python(source)) == {Text("甲"), Text("一个", "多个")}


def test_a_po_file_survives_reading_and_writing():
    entries = {Text('带"引号"\n两行'): ('with "quotes"\ntwo lines',), Text("个", "些"): ("one", "many")}
    assert catalogue.read_po(catalogue.write_po(entries)) == entries
