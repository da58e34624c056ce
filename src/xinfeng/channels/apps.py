from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "xinfeng.channels"
    label = "channels"
