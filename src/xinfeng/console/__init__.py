"""The console: server-rendered screens over the actions and reads of the slices below; it holds no rule itself.

It owns the frame (base page, navigation, login, language, theme, errors), the components every screen is built
of (`components/`, `templates/components/`, `templatetags/xinfeng_ui.py`), the table of who may open which door
(`permissions.py`) and the words for errors (`words.py`). One folder per screen: `console/<screen>/urls.py` and
`views.py`, `templates/<screen>/`, and `locale/en/<screen>.po`.

What always holds: no inline script and no inline style anywhere (the Content-Security-Policy forbids both);
every page works without JavaScript, only less smoothly; a page is never kept by a cache; every text a person
reads has an English translation (a test compares).
"""
