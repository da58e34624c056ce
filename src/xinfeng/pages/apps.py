from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "xinfeng.pages"
    label = "pages"
