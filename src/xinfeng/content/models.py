"""Tables of the content slice."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Signature(models.Model):
    """The 【name】 in front of a text. Stored without its brackets."""

    text = models.CharField(max_length=20, unique=True)
    hotline = models.CharField(max_length=30, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "signature"


class Template(models.Model):
    """A named text; what it says is in its versions."""

    name = models.CharField(max_length=80, unique=True)
    purpose = models.CharField(max_length=20)  # consent.Purpose
    trade = models.CharField(max_length=20, default="retail")  # policy.Trade
    archived = models.BooleanField(default=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "template"


class TemplateVersion(models.Model):
    """One wording: the parts identity (signature), value, action and opt-out. Immutable.

    `value` and `action` are Liquid. `defaults` gives a value for each variable a contact may lack.
    """

    template = models.ForeignKey(Template, related_name="versions", on_delete=models.CASCADE)
    number = models.IntegerField()
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT)
    value = models.TextField()
    action = models.TextField(blank=True)
    opt_out = models.CharField(max_length=40, blank=True)
    defaults = models.JSONField(default=dict)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "template_version"
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="template_version_number")]
