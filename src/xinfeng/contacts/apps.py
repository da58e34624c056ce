from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "xinfeng.contacts"
    label = "contacts"
