from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "xinfeng.delivery"
    label = "delivery"
