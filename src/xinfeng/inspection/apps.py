from django.apps import AppConfig


class InspectionConfig(AppConfig):
    name = "xinfeng.inspection"
    label = "inspection"
