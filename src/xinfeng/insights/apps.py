from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "xinfeng.insights"
    label = "insights"
