from django.apps import AppConfig


class FilingsConfig(AppConfig):
    name = "xinfeng.filings"
    label = "filings"
